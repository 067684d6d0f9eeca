//! Where the shard folders of an index are (`docs/format.md`, *Hashed shard paths*).

use serde::Deserialize;
use snaprepo_codec::{BlobPath, Fault, PathFault};

use crate::names;

/// How the shard folder of an index is found. OpenSearch 2.17 and later record it per index in the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShardPathType {
    /// `<base>/indices/<id>/<shard>`: everything but hashed OpenSearch repositories.
    Fixed,
    /// `<hash>/<base>/indices/<id>/<shard>`: outside the base path.
    HashedPrefix,
    /// `<base>/<hash>/indices/<id>/<shard>`.
    HashedInfix,
}

impl ShardPathType {
    /// The type of a code in the root.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        match code {
            0 => Some(Self::Fixed),
            1 => Some(Self::HashedPrefix),
            2 => Some(Self::HashedInfix),
            _ => None,
        }
    }

    /// The code in the root.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Fixed => 0,
            Self::HashedPrefix => 1,
            Self::HashedInfix => 2,
        }
    }

    /// OpenSearch's name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "FIXED",
            Self::HashedPrefix => "HASHED_PREFIX",
            Self::HashedInfix => "HASHED_INFIX",
        }
    }

    /// The folder of a shard. `prefix` is the text that a node may put before the hash; usually empty.
    ///
    /// # Errors
    /// When the index id cannot be a folder name.
    pub fn folder(self, base: &BlobPath, index_id: &str, shard: u32, prefix: &str) -> Result<BlobPath, PathFault> {
        let below = |folder: &BlobPath| folder.join(names::INDICES)?.join(index_id)?.join(&shard.to_string());
        let hash = || format!("{prefix}{}", hash(index_id, shard));
        match self {
            Self::Fixed => below(base),
            Self::HashedPrefix => below(&BlobPath::root().join(&hash())?.append(base)),
            Self::HashedInfix => below(&base.join(&hash())?),
        }
    }
}

/// Length of [`hash`]: one character, and fourteen digits.
pub const HASH_LEN: usize = 15;

/// The hash component of a shard folder: one Base64 character for the first six bits of FNV-1a over the shard number
/// and the index id, then the next fourteen bits as digits.
#[must_use]
pub fn hash(index_id: &str, shard: u32) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let hash = fnv_1a(format!("{shard}{index_id}").as_bytes());
    let first = usize::try_from(hash >> 58).unwrap_or(0);
    let mut text = String::with_capacity(HASH_LEN);
    text.push(char::from(ALPHABET[first]));
    (44..58).rev().for_each(|bit| text.push(if hash >> bit & 1 == 1 { '1' } else { '0' }));
    text
}

fn fnv_1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// A note of OpenSearch about the shard folders of one index: `snapshot_shard_paths/…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardPathsNote {
    /// Repository index id.
    pub index_id: Box<str>,
    /// Type of the paths.
    pub path_type: ShardPathType,
    /// Number of shards.
    pub n_shards: u32,
}

impl ShardPathsNote {
    /// Reads the name of a note. Index names may contain dots, so the id is taken from the front and the numbers from
    /// the back.
    #[must_use]
    pub fn parse_name(name: &str) -> Option<Self> {
        let rest = name.strip_prefix("snapshot_path_").unwrap_or(name);
        let index_id = rest.get(..22)?;
        let delimiter = rest[22..].chars().next().filter(|c| matches!(c, '.' | '#'))?;
        let mut fields = rest[23..].rsplitn(4, delimiter);
        let _algorithm: u32 = fields.next()?.parse().ok()?;
        let path_type = ShardPathType::from_code(fields.next()?.parse().ok()?)?;
        let n_shards = fields.next()?.parse().ok()?;
        fields.next().filter(|index| !index.is_empty())?;
        Some(Self { index_id: index_id.into(), path_type, n_shards })
    }
}

/// Reads the body of a note: the folder of each shard, from the root of the store.
///
/// # Errors
/// When it is not the JSON that OpenSearch writes, or a path could leave the store.
pub fn parse_note(body: &[u8]) -> Result<Vec<BlobPath>, Fault> {
    #[derive(Deserialize)]
    struct Note {
        paths: Vec<String>,
    }
    let note: Note = serde_json::from_slice(body).map_err(|error| Fault::from_json(&error, body))?;
    note.paths
        .iter()
        .map(|path| BlobPath::parse(path))
        .collect::<Result<_, _>>()
        .map_err(|fault| Fault::new(0, snaprepo_codec::FaultKind::Document(fault.to_string())))
}

#[cfg(test)]
mod tests;
