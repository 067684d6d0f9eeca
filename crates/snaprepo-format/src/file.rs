//! One Lucene file as the repository records it (`docs/format.md`, *File entry*).

use serde::{Deserialize, Deserializer, de::Error as _};
use snaprepo_codec::base36;

use crate::{
    direct::{Bytes, Text},
    ids::{DataName, FileName, NameText},
    short::{ShortBytes, ShortText},
};

/// Part size that stands for "unlimited".
const UNLIMITED: u64 = i64::MAX.cast_unsigned();

/// A Lucene file: where its bytes are and what they must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// Where the bytes are.
    pub name: FileName,
    /// Name that Lucene knows it by, such as `_0.cfs`.
    pub physical_name: ShortText,
    /// Length in bytes.
    pub len_bytes: u64,
    /// CRC-32 of the file's footer. Missing for the `segments_N` of an empty commit up to Elasticsearch 2.
    pub checksum: Option<u32>,
    /// Most bytes in one data blob; `u64::MAX` without a limit.
    pub part_size: u64,
    /// Lucene version, as text; not reliable for empty commits.
    pub written_by: Option<ShortText>,
    /// The first bytes of the file, up to 1 MiB, kept in the metadata; all of them for a virtual file.
    pub meta_hash: Option<Box<[u8]>>,
    /// Identity of the segment or commit that wrote the file (Elasticsearch 7.16 and later).
    pub writer_uuid: Option<ShortBytes>,
}

/// The data blobs of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Base name of the blobs.
    pub name: DataName,
    /// How many there are, at least 1.
    pub n_parts: u64,
    /// Length of the file in bytes.
    pub len_bytes: u64,
    part_size: u64,
}

impl FileInfo {
    /// The data blobs that hold the file; `None` for a virtual file.
    #[must_use]
    pub fn parts(&self) -> Option<Parts> {
        let FileName::Data(name) = self.name else { return None };
        let n_parts = self.len_bytes.div_ceil(self.part_size).max(1);
        Some(Parts { name, n_parts, len_bytes: self.len_bytes, part_size: self.part_size })
    }

    /// All bytes of the file, when the metadata hold them.
    #[must_use]
    pub fn inlined(&self) -> Option<&[u8]> {
        self.meta_hash.as_deref().filter(|bytes| bytes.len() as u64 == self.len_bytes)
    }

    /// Whether two entries describe the same file, by the engines' own rule: equal name and parts, and equal content
    /// by whole inlined bytes, else by writer uuid, else by length, checksum and hash.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        if self.name != other.name || self.parts() != other.parts() || self.physical_name != other.physical_name {
            return false;
        }
        if let (Some(ours), Some(theirs)) = (self.inlined(), other.inlined()) {
            return ours == theirs;
        }
        if let (Some(ours), Some(theirs)) = (&self.writer_uuid, &other.writer_uuid) {
            return ours == theirs;
        }
        self.len_bytes == other.len_bytes && self.checksum == other.checksum && self.meta_hash == other.meta_hash
    }

    /// Whether two entries of one physical name describe the same bytes, in whatever blobs these lie: whole inlined
    /// bytes tell; else length and checksum, and the identity of the writer where both entries have it. A file without
    /// a checksum is known by its first bytes.
    #[must_use]
    pub fn has_same_content(&self, other: &Self) -> bool {
        if let (Some(ours), Some(theirs)) = (self.inlined(), other.inlined()) {
            return ours == theirs;
        }
        let is_same_writer = match (&self.writer_uuid, &other.writer_uuid) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => true,
        };
        self.len_bytes == other.len_bytes
            && self.checksum == other.checksum
            && (self.checksum.is_some() || self.meta_hash == other.meta_hash)
            && is_same_writer
    }
}

impl Parts {
    /// The part number in the name of blob `i`; `None` for a file that is one blob.
    #[must_use]
    pub fn part_number(&self, i: u64) -> Option<u64> {
        (self.n_parts > 1).then_some(i)
    }

    /// Length of blob `i` in bytes.
    #[must_use]
    pub fn part_len(&self, i: u64) -> u64 {
        if i + 1 < self.n_parts {
            self.part_size
        } else {
            self.len_bytes.saturating_sub(self.part_size.saturating_mul(i))
        }
    }

    /// Name of blob `i`.
    #[must_use]
    pub fn blob_name(&self, i: u64) -> String {
        crate::names::data_blob_name(self.name, self.part_number(i))
    }
}

impl<'de> Deserialize<'de> for FileInfo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let disk = FileOnDisk::deserialize(deserializer)?;
        let name = match disk.name.0 {
            NameText::File(name) => name,
            NameText::Odd(text) => {
                return Err(D::Error::custom(format_args!("{text:?} is not the name of a data blob")));
            }
        };
        let checksum = match disk.checksum {
            None => None,
            Some(Text(Checksum::Value(value))) => Some(value),
            Some(Text(Checksum::Odd(text))) => {
                return Err(D::Error::custom(format_args!("{text:?} is not a checksum in base 36")));
            }
        };
        let physical_name = disk.physical_name.0;
        if physical_name.is_empty() || physical_name.contains(['/', '\\', '\0']) {
            return Err(D::Error::custom(format_args!("{physical_name:?} is not the name of a Lucene file")));
        }
        Ok(Self {
            name,
            physical_name,
            len_bytes: disk.length,
            checksum,
            part_size: disk.part_size.filter(|size| (1..UNLIMITED).contains(size)).unwrap_or(u64::MAX),
            written_by: disk.written_by.map(|text| text.0),
            meta_hash: disk.meta_hash.map(|bytes| bytes.0),
            writer_uuid: disk.writer_uuid.map(|bytes| bytes.0).filter(|bytes| !bytes.is_empty()),
        })
    }
}

/// The shape on disk. Unknown keys are refused, as the engines refuse them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileOnDisk {
    name: Text<NameText>,
    physical_name: Text<ShortText>,
    length: u64,
    checksum: Option<Text<Checksum>>,
    part_size: Option<u64>,
    written_by: Option<Text<ShortText>>,
    meta_hash: Option<Bytes<Box<[u8]>>>,
    writer_uuid: Option<Bytes<ShortBytes>>,
}

/// A checksum in base 36, whatever stands in its place.
enum Checksum {
    Value(u32),
    Odd(Box<str>),
}

impl From<&str> for Checksum {
    fn from(text: &str) -> Self {
        let value = base36::decode(text).and_then(|value| u32::try_from(value).ok());
        value.map_or_else(|| Self::Odd(text.into()), Self::Value)
    }
}

#[cfg(test)]
mod tests;
