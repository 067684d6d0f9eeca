//! The root of a generation, `index-<N>`: which snapshots there are, which indices they hold, and where
//! (`docs/format.md`, *Root*).
//!
//! A root can list 100,000 snapshots. It is read once, without a generic tree: every text is stored once, and
//! snapshots, indices and identifiers refer to each other by position.

mod build;
mod disk;
mod edit;
mod texts;

use snaprepo_codec::{Fault, FaultKind};

pub use build::{NewIndex, NewRoot, NewSnapshot, build, era_of};
pub(crate) use disk::pairs;
pub use edit::{Edit, NewTable, edited};

use crate::{
    engine::{Era, Product, Release, VersionId},
    shard_paths::ShardPathType,
    snapshot_info::SnapshotState,
};

/// Position of a snapshot in [`Root::snapshots`].
pub type SnapshotIx = u32;
/// Position of an index in [`Root::indices`].
pub type IndexIx = u32;

/// The `min_version` values that are known, oldest first.
const MIN_VERSIONS: [(&str, Era); 3] = [("7.6.0", Era::E76), ("7.9.0", Era::E79), ("7.12.0", Era::E712)];

/// The content of a root.
#[derive(Debug, Clone, PartialEq)]
pub struct Root {
    /// Format generation.
    pub era: Era,
    /// Identity of the repository (Elasticsearch 7.12 and later).
    pub uuid: Option<Box<str>>,
    /// Cluster that wrote this generation (Elasticsearch 7.12 and later).
    pub cluster_id: Option<Box<str>>,
    /// Snapshots, in the order of the blob (a hash order).
    pub snapshots: Vec<SnapshotEntry>,
    /// Indices, in the order of the blob (a hash order).
    pub indices: Vec<IndexEntry>,
    /// Identifier and blob id of each distinct index metadata.
    pub identifiers: Vec<(Box<str>, Box<str>)>,
    /// Disagreements inside this root; empty for a healthy one.
    pub oddities: Vec<Oddity>,
}

/// A snapshot as the root lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotEntry {
    /// Name.
    pub name: Box<str>,
    /// Uuid; the name for snapshots from before Elasticsearch 5.
    pub uuid: Box<str>,
    /// State, where the root records it.
    pub state: Option<SnapshotState>,
    /// Version that took it, where the root records it.
    pub version: Option<VersionText>,
    /// Start, in milliseconds since 1970, where the root records it.
    pub start_millis: Option<i64>,
    /// End, in milliseconds since 1970, where the root records it.
    pub end_millis: Option<i64>,
    /// SLM policy; empty text for "known to have none".
    pub slm_policy: Option<Box<str>>,
    /// Position in [`Root::identifiers`] of the metadata of each index that has deduplicated metadata, by index.
    pub lookup: Box<[(IndexIx, u32)]>,
    /// How its blobs are named and packed.
    pub form: SnapshotForm,
}

/// How the blobs of a snapshot are named and packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotForm {
    /// `snap-<uuid>.dat`, wrapped.
    Wrapped,
    /// `snapshot-<name>`, bare JSON (Elasticsearch 1).
    Bare,
}

/// A version as the root records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionText {
    /// A release number; it does not tell the product.
    Release(Release),
    /// A version id.
    Id(VersionId),
    /// Text of no known form.
    Other(Box<str>),
}

impl VersionText {
    fn parse(text: &str) -> Self {
        if let Ok(id) = text.parse::<i64>() {
            return Self::Id(VersionId(id));
        }
        Release::parse(text).map_or_else(|| Self::Other(text.into()), Self::Release)
    }
}

impl std::fmt::Display for VersionText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Release(release) => release.fmt(f),
            Self::Id(id) => id.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// An index as the root lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// Name.
    pub name: Box<str>,
    /// Repository index id: the name of its folder; re-used when an index of the same name is created again.
    pub id: Box<str>,
    /// Where its shard folders are.
    pub shard_path_type: ShardPathType,
    /// Whether the root recorded that, or it is assumed because the key is absent.
    pub shard_path_type_recorded: bool,
    /// Snapshots that hold it, in the order of the blob.
    pub snapshots: Vec<SnapshotIx>,
    /// Shard generations by shard number, as far as the root goes.
    pub shard_generations: Vec<ShardGen>,
}

/// The current generation of a shard, as the root records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShardGen {
    /// `index-<this>` in the shard folder.
    Named(Box<str>),
    /// Not recorded: the highest `index-<number>` of the shard folder counts.
    Unknown,
    /// The shard was never taken: there is no table.
    New,
    /// A number where a name should be, written by mistake by some 7.6 and 7.7 releases; counts as not recorded.
    Numeric(Box<str>),
}

/// A disagreement inside a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// An index lists a snapshot uuid that the root does not have. The engines refuse the whole repository.
    UnknownSnapshot {
        /// Index name.
        index: Box<str>,
        /// The uuid.
        uuid: Box<str>,
    },
    /// Two entries share a name, uuid or id; or an index lists a snapshot twice, which then counts once.
    Duplicate {
        /// What is shared: `snapshot name`, `snapshot uuid`, `index name`, `index id` or `snapshot of an index`.
        what: &'static str,
        /// The shared text.
        text: Box<str>,
    },
    /// An index that no snapshot holds.
    EmptyIndex {
        /// Index name.
        index: Box<str>,
    },
    /// A lookup names an index id that the root does not have.
    LookupUnknownIndex {
        /// Snapshot name.
        snapshot: Box<str>,
        /// The index id.
        id: Box<str>,
    },
    /// A lookup names an identifier that the root does not have.
    LookupUnknownIdentifier {
        /// Snapshot.
        snapshot: SnapshotIx,
        /// Index.
        index: IndexIx,
        /// The identifier.
        identifier: Box<str>,
    },
    /// An identifier that no lookup uses.
    UnusedIdentifier {
        /// The identifier.
        identifier: Box<str>,
    },
    /// A shard path type that this program does not know.
    UnknownShardPathType {
        /// Index name.
        index: Box<str>,
        /// The code.
        code: i64,
    },
    /// Elasticsearch 1 and 2: there is no list `index`.
    NoSnapshotList,
    /// Elasticsearch 1 and 2: the list `index` cannot be read.
    UnreadableSnapshotList {
        /// Why.
        problem: String,
    },
    /// Elasticsearch 1 and 2: the list `index` lacks a snapshot.
    NotInSnapshotList {
        /// Snapshot name.
        snapshot: Box<str>,
    },
    /// A snapshot state that this program does not know.
    UnknownState {
        /// Snapshot name.
        snapshot: Box<str>,
        /// The code.
        code: i64,
    },
}

/// Why a root cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootFault {
    /// The bytes are damaged, or of no known shape.
    #[error(transparent)]
    Damaged(#[from] Fault),
    /// It does not start as JSON: encrypted by the client, a foreign format, or damaged at the first byte.
    #[error("does not start with '{{': encrypted, foreign, or damaged")]
    NotJson,
    /// A release newer than this program knows is needed to read it.
    #[error("needs a reader of version {min_version} or later; this program knows 7.6.0, 7.9.0 and 7.12.0")]
    TooNew {
        /// The `min_version` it states.
        min_version: Box<str>,
    },
    /// It has a top-level key that this program does not know; the engines refuse such a root, too.
    #[error("has an unknown top-level key {key:?}: written by a newer release or a fork")]
    UnknownKey {
        /// The key.
        key: Box<str>,
    },
}

impl RootFault {
    /// Whether the root is whole but not for this program, rather than damaged.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::TooNew { .. } | Self::UnknownKey { .. })
    }
}

impl Root {
    /// Reads a root.
    ///
    /// # Errors
    /// When it is damaged, encrypted, or from a newer or foreign writer. Disagreements that leave it readable are in
    /// [`Root::oddities`].
    pub fn parse(blob: &[u8]) -> Result<Self, RootFault> {
        if blob.is_empty() {
            return Err(Fault::new(0, FaultKind::Empty).into());
        }
        let text = blob.strip_prefix(b"\xef\xbb\xbf").unwrap_or(blob);
        if text.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(RootFault::NotJson);
        }
        disk::parse(text)?.resolve()
    }

    /// The position of the snapshot with a uuid.
    #[must_use]
    pub fn snapshot_by_uuid(&self, uuid: &str) -> Option<SnapshotIx> {
        (0..).zip(&self.snapshots).find(|(_, entry)| &*entry.uuid == uuid).map(|(ix, _)| ix)
    }

    /// A snapshot entry. Positions come from this root, so the entry exists.
    #[must_use]
    pub fn snapshot_entry(&self, ix: SnapshotIx) -> &SnapshotEntry {
        &self.snapshots[usize::try_from(ix).unwrap_or(usize::MAX)]
    }

    /// An index entry. Positions come from this root, so the entry exists.
    #[must_use]
    pub fn index_entry(&self, ix: IndexIx) -> &IndexEntry {
        &self.indices[usize::try_from(ix).unwrap_or(usize::MAX)]
    }

    /// The blob id of the metadata of an index in a snapshot: `indices/<id>/meta-<this>.dat`.
    #[must_use]
    pub fn metadata_blob_id(&self, snapshot: SnapshotIx, index: IndexIx) -> &str {
        self.identifier(snapshot, index).map_or(&self.snapshot_entry(snapshot).uuid, |(_, blob)| blob)
    }

    /// The identifier of the metadata of an index in a snapshot, and its blob id; `None` without deduplication.
    #[must_use]
    pub fn identifier(&self, snapshot: SnapshotIx, index: IndexIx) -> Option<(&str, &str)> {
        let lookup = &self.snapshot_entry(snapshot).lookup;
        let found = lookup.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        let (identifier, blob) = self.identifiers.get(usize::try_from(lookup[found].1).ok()?)?;
        Some((identifier, blob))
    }

    /// The product that wrote this repository, as far as the root alone tells.
    #[must_use]
    pub fn product(&self) -> Product {
        let majors = || {
            self.snapshots.iter().filter_map(|entry| match &entry.version {
                Some(VersionText::Release(release)) => Some(release.major),
                _ => None,
            })
        };
        match self.era {
            Era::E1 | Era::E2 | Era::E5 | Era::E76 | Era::E712 => Product::Elasticsearch,
            Era::E79 if majors().any(|major| major < 5) => Product::OpenSearch,
            Era::E79 => Product::Elasticsearch,
            Era::Crate => Product::CrateDb,
            Era::Os3 => Product::OpenSearch,
        }
    }
}

#[cfg(test)]
mod tests;
