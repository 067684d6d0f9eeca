//! Damage to the bytes of one blob, undone when the test is done with it.

use std::{fs, io, path::PathBuf};

use snaprepo_codec::{crc::crc32, cursor::Cursor, envelope::Header};
use snaprepo_format::Document;

use super::place::{Place, Target};
use crate::fixtures::must;

/// Length of the footer, and of the checksum at its end, in bytes.
const FOOTER_LEN: usize = 16;
const CHECKSUM_LEN: usize = 8;

/// The place of a flipped bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Where {
    /// The first byte.
    Header,
    /// The middle.
    Body,
    /// The magic of the footer.
    Footer,
    /// The last byte, which is part of the checksum.
    Checksum,
}

/// A way in which the bytes of a blob can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Damage {
    /// The blob does not exist.
    Missing,
    /// It has no bytes.
    Empty,
    /// Only its first half is there.
    Truncated,
    /// One bit is another.
    FlippedBit(Where),
    /// It holds the bytes of another blob of its kind.
    SwappedWithSibling,
    /// The header names another codec; the checksum fits.
    WrongCodecName,
    /// The header has another version; the checksum fits.
    WrongVersion,
    /// One byte too much.
    TrailingBytes,
    /// A folder has its name.
    ReplacedByFolder,
}

/// Damage that is there until this value is dropped.
#[derive(Debug)]
pub struct Damaged {
    file: PathBuf,
    bytes: Vec<u8>,
}

impl Damage {
    /// All ways.
    pub const ALL: [Self; 12] = [
        Self::Missing,
        Self::Empty,
        Self::Truncated,
        Self::FlippedBit(Where::Header),
        Self::FlippedBit(Where::Body),
        Self::FlippedBit(Where::Footer),
        Self::FlippedBit(Where::Checksum),
        Self::SwappedWithSibling,
        Self::WrongCodecName,
        Self::WrongVersion,
        Self::TrailingBytes,
        Self::ReplacedByFolder,
    ];

    /// Damages a blob; `None` when this damage does not fit it: it has no header or footer, or no sibling.
    ///
    /// # Panics
    /// When the blob cannot be read or written.
    #[must_use]
    pub fn apply(self, place: &Place) -> Option<Damaged> {
        let file = place.file.clone();
        let bytes = must(fs::read(&file), &file.display());
        let is_wrapped = place.target.is_data() || matches!(place.packed, Some(Document::Wrapped(_)));
        let damaged = match self {
            Self::Missing | Self::ReplacedByFolder => Vec::new(),
            Self::Empty if bytes.is_empty() => return None,
            Self::Empty => Vec::new(),
            Self::Truncated => bytes.get(..bytes.len() / 2)?.to_vec(),
            // What a bit in the middle of a bare document of Elasticsearch 1 means depends on the place: it has no checksum.
            Self::FlippedBit(Where::Body) if !is_wrapped && place.packed.is_some() && place.target != Target::Root => {
                return None;
            }
            Self::FlippedBit(at) => flipped(&bytes, at, is_wrapped || place.target == Target::Latest)?,
            Self::SwappedWithSibling => {
                let sibling = place.sibling.as_ref()?;
                must(fs::read(sibling), &sibling.display())
            }
            Self::WrongCodecName | Self::WrongVersion if !is_wrapped || is_part(place) => return None,
            Self::WrongCodecName => with_header(&bytes, |codec, _| codec.reverse())?,
            Self::WrongVersion => with_header(&bytes, |_, version| version[3] ^= 0x40)?,
            Self::TrailingBytes => [&*bytes, &[0]].concat(),
        };
        if damaged == bytes && !matches!(self, Self::Missing | Self::ReplacedByFolder) {
            return None;
        }
        let done = match self {
            Self::Missing => fs::remove_file(&file),
            Self::ReplacedByFolder => fs::remove_file(&file).and_then(|()| fs::create_dir(&file)),
            _ => fs::write(&file, damaged),
        };
        must(done, &file.display());
        Some(Damaged { file, bytes })
    }
}

impl Drop for Damaged {
    fn drop(&mut self) {
        let removed = match fs::remove_dir(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        let restored = removed.or(Ok(())).and_then(|()| fs::write(&self.file, &self.bytes));
        must(restored, &self.file.display());
    }
}

fn is_part(place: &Place) -> bool {
    matches!(place.target, Target::FirstPart | Target::LastPart)
}

/// The highest bit: no text and no number stays legal with it. Without a footer only the first two places exist.
fn flipped(bytes: &[u8], at: Where, has_footer: bool) -> Option<Vec<u8>> {
    let len = bytes.len();
    let at = match at {
        Where::Header => 0,
        Where::Body => len / 2,
        Where::Footer if has_footer => len.checked_sub(FOOTER_LEN)?,
        Where::Checksum if has_footer => len.checked_sub(1)?,
        Where::Footer | Where::Checksum => return None,
    };
    let mut flipped = bytes.to_vec();
    *flipped.get_mut(at)? ^= 0x80;
    Some(flipped)
}

/// Changes codec name and version of a header, and gives the blob the checksum of its new bytes.
fn with_header(bytes: &[u8], change: impl FnOnce(&mut [u8], &mut [u8])) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(bytes);
    let codec_len = Header::read(&mut cursor).ok()?.codec.len();
    let version_end = usize::try_from(cursor.pos()).ok()?;
    let mut changed = bytes.to_vec();
    let (codec, version) = changed.get_mut(version_end - 4 - codec_len..version_end)?.split_at_mut(codec_len);
    change(codec, version);
    let covered = changed.len().checked_sub(CHECKSUM_LEN)?;
    let crc = crc32(changed.get(..covered)?);
    changed.get_mut(covered..)?.copy_from_slice(&u64::from(crc).to_be_bytes());
    Some(changed)
}
