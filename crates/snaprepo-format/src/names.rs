//! Every blob name of a repository, and back (`docs/format.md`, *Names*).
//!
//! Random names may start with `-` or `_`: prefixes are stripped by their exact length, names are never split.

use std::fmt::Write as _;

use crate::ids::{DataName, Uuid};

/// Folder below the base path that holds the index folders.
pub const INDICES: &str = "indices";
/// Folder in which OpenSearch notes hashed shard folders.
pub const SHARD_PATHS: &str = "snapshot_shard_paths";
/// Blob with the last written generation.
pub const LATEST: &str = "index.latest";
/// List of snapshots that Elasticsearch 5.2 to 7.3 could not read.
pub const INCOMPATIBLE: &str = "incompatible-snapshots";
/// Advisory snapshot list of Elasticsearch 1 and 2.
pub const LEGACY_INDEX: &str = "index";
/// Wrapped-key folder of encrypted repositories (development builds).
pub const ENCRYPTION: &str = ".encryption-metadata";

/// A blob in the root folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootBlob<'a> {
    /// `index-<N>`: the root of a generation.
    Root(u64),
    /// `index.latest`.
    Latest,
    /// `index`: the advisory list of Elasticsearch 1 and 2.
    LegacyIndex,
    /// `incompatible-snapshots`.
    Incompatible,
    /// `snap-<uuid>.dat`.
    SnapshotInfo(&'a str),
    /// `meta-<uuid>.dat`.
    GlobalMetadata(&'a str),
    /// `snapshot-<name>` (Elasticsearch 1).
    LegacySnapshot(&'a str),
    /// `metadata-<name>` (Elasticsearch 1).
    LegacyMetadata(&'a str),
    /// `pending-…`, `tests-…`: left behind by a write or a registration.
    Transient,
    /// `snaprepo-scratch-…`: left behind by this program, when it was killed while it asked a store what it makes of
    /// conditions. No engine writes such a name, so it tells nothing of a cluster at work.
    Scratch,
    /// Anything else: reported, never touched.
    Foreign,
}

impl<'a> RootBlob<'a> {
    /// Recognises a name.
    #[must_use]
    pub fn parse(name: &'a str) -> Self {
        match name {
            LATEST => return Self::Latest,
            LEGACY_INDEX => return Self::LegacyIndex,
            INCOMPATIBLE => return Self::Incompatible,
            _ => {}
        }
        if let Some(generation) = name.strip_prefix("index-").and_then(generation) {
            Self::Root(generation)
        } else if let Some(uuid) = dat(name, "snap-") {
            Self::SnapshotInfo(uuid)
        } else if let Some(uuid) = dat(name, "meta-") {
            Self::GlobalMetadata(uuid)
        } else if let Some(snapshot) = non_empty(name, "snapshot-") {
            Self::LegacySnapshot(snapshot)
        } else if let Some(snapshot) = non_empty(name, "metadata-") {
            Self::LegacyMetadata(snapshot)
        } else if is_pending(name) || is_verification(name) {
            Self::Transient
        } else if is_scratch(name) {
            Self::Scratch
        } else {
            Self::Foreign
        }
    }
}

/// Whether this program gave the name: twenty letters and digits of chance behind the prefix.
fn is_scratch(name: &str) -> bool {
    let chance = name.strip_prefix("snaprepo-scratch-");
    chance.is_some_and(|chance| chance.len() == 20 && chance.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether a blob of this name is written once and never again: its name holds a random identity. Metadata only, and
/// only in repositories of Elasticsearch 5 and later: before, snapshots were named by people.
#[must_use]
pub fn is_written_once(name: &str) -> bool {
    // Identities of metadata blobs of indices are made from the time, and are 15 bytes long (`docs/format.md`, *Names*).
    const TIME_BASED_LEN: usize = 20;
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_id = |id: &str| Uuid::parse(id).is_some() || id.len() == TIME_BASED_LEN && id.bytes().all(is_digit);
    let id = dat(name, "snap-").or_else(|| dat(name, "meta-")).or_else(|| name.strip_prefix("index-"));
    id.is_some_and(|id| is_id(id) && !id.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A folder in the root folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootFolder {
    /// `indices`.
    Indices,
    /// `snapshot_shard_paths`.
    ShardPaths,
    /// The hash component of OpenSearch shard folders, perhaps with a node's prefix.
    Hashed,
    /// `tests-…`, `temp-analysis-…`: left behind by a registration or an analysis.
    Transient,
    /// `.encryption-metadata`.
    Encryption,
    /// Anything else.
    Foreign,
}

impl RootFolder {
    /// Recognises a name.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        match name {
            INDICES => Self::Indices,
            SHARD_PATHS => Self::ShardPaths,
            ENCRYPTION => Self::Encryption,
            _ if name.strip_prefix("tests-").is_some_and(|seed| Uuid::parse(seed).is_some()) => Self::Transient,
            _ if name.strip_prefix("temp-analysis-").is_some_and(|id| Uuid::parse(id).is_some()) => Self::Transient,
            _ if is_hashed(name) => Self::Hashed,
            _ => Self::Foreign,
        }
    }
}

/// A blob in the folder of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexBlob<'a> {
    /// `meta-<id>.dat`.
    Metadata(&'a str),
    /// `snapshot-<name>` (Elasticsearch 1): index metadata of one snapshot.
    LegacySnapshot(&'a str),
    /// `pending-…`.
    Transient,
    /// Anything else.
    Foreign,
}

impl<'a> IndexBlob<'a> {
    /// Recognises a name.
    #[must_use]
    pub fn parse(name: &'a str) -> Self {
        if let Some(id) = dat(name, "meta-") {
            Self::Metadata(id)
        } else if let Some(snapshot) = non_empty(name, "snapshot-") {
            Self::LegacySnapshot(snapshot)
        } else if is_pending(name) {
            Self::Transient
        } else {
            Self::Foreign
        }
    }
}

/// A blob in a shard folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardBlob<'a> {
    /// `index-<gen>`: a table of the files of all snapshots.
    Generation(&'a str),
    /// `snap-<uuid>.dat`: the files of one snapshot.
    Snapshot(&'a str),
    /// `shallow-snap-<uuid>.dat`: a pointer into a remote store (OpenSearch).
    ShallowSnapshot(&'a str),
    /// `snapshot-<name>` (Elasticsearch 1).
    LegacySnapshot(&'a str),
    /// `__<name>` or `__<name>.part<i>`.
    Data(DataName, Option<u64>),
    /// `pending-…`.
    Transient,
    /// Anything else.
    Foreign,
}

impl<'a> ShardBlob<'a> {
    /// Recognises a name.
    #[must_use]
    pub fn parse(name: &'a str) -> Self {
        if let Some((data, part)) = data_blob(name) {
            Self::Data(data, part)
        } else if let Some(id) = non_empty(name, "index-").filter(|id| is_shard_generation(id)) {
            Self::Generation(id)
        } else if let Some(uuid) = dat(name, "shallow-snap-") {
            Self::ShallowSnapshot(uuid)
        } else if let Some(uuid) = dat(name, "snap-") {
            Self::Snapshot(uuid)
        } else if let Some(snapshot) = non_empty(name, "snapshot-") {
            Self::LegacySnapshot(snapshot)
        } else if is_pending(name) {
            Self::Transient
        } else {
            Self::Foreign
        }
    }
}

/// The number of a generation: decimal, without sign or leading zeros.
#[must_use]
pub fn generation(text: &str) -> Option<u64> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    text.parse::<i64>().ok().filter(|_| canonical && !text.is_empty()).and_then(|n| u64::try_from(n).ok())
}

/// The number of a shard folder: decimal, without leading zeros.
#[must_use]
pub fn shard_folder(name: &str) -> Option<u32> {
    generation(name).and_then(|number| u32::try_from(number).ok())
}

/// Name of a data blob.
#[must_use]
pub fn data_blob_name(name: DataName, part: Option<u64>) -> String {
    // Room for a uuid; a part number is rare.
    let mut text = String::with_capacity(24);
    let _ = match part {
        None => write!(text, "{name}"),
        Some(part) => write!(text, "{name}.part{part}"),
    };
    text
}

fn data_blob(name: &str) -> Option<(DataName, Option<u64>)> {
    match name.split_once(".part") {
        Some((base, part)) => Some((DataName::parse(base)?, Some(generation(part)?))),
        None => Some((DataName::parse(name)?, None)),
    }
}

fn is_shard_generation(id: &str) -> bool {
    generation(id).is_some() || Uuid::parse(id).is_some()
}

fn dat<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    name.strip_prefix(prefix)?.strip_suffix(".dat").filter(|id| !id.is_empty())
}

fn non_empty<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    name.strip_prefix(prefix).filter(|rest| !rest.is_empty())
}

fn is_pending(name: &str) -> bool {
    name.starts_with("pending-")
}

/// Registration checks of Elasticsearch 1 and 2: `tests-<seed>-master`, `tests-<seed>-<node>`.
fn is_verification(name: &str) -> bool {
    name.strip_prefix("tests-").is_some_and(|rest| {
        rest.get(..22).is_some_and(|seed| Uuid::parse(seed).is_some()) && rest[22..].starts_with('-') && rest.len() > 23
    })
}

/// The hash component of a hashed shard folder: any prefix, one Base64 character, fourteen binary digits.
fn is_hashed(name: &str) -> bool {
    let bytes = name.as_bytes();
    let Some((head, tail)) = bytes.len().checked_sub(14).map(|at| bytes.split_at(at)) else { return false };
    tail.iter().all(|byte| matches!(byte, b'0' | b'1'))
        && head.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests;
