//! Answers as a cluster gives them, so that scripts written against the snapshot APIs run unchanged
//! (`docs/json.md`, *Cluster shapes*). One table tells how the nodes differ.

pub(crate) mod cat;
pub(crate) mod list;
pub(crate) mod status;
pub(crate) mod verify;

use serde_json::{Map, Value, json};
use snaprepo_core::Repository;
use snaprepo_format::{
    engine::{Product, Release, Target, VersionId},
    root::{SnapshotIx, VersionText},
};

use crate::session::Session;

/// A JSON object under construction, in order.
pub(crate) type Object = Map<String, Value>;

/// Snapshot blobs read to find the newest writer where the root does not tell.
const MAX_CANDIDATES: usize = 16;

/// The node that is imitated.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Its product.
    pub product: Product,
    /// Its release.
    pub release: Release,
    /// The name under which the repository is registered.
    pub repository: String,
}

impl Node {
    /// The node that was asked for, or the newest writer of the repository.
    pub(crate) fn new(wanted: Option<Target>, repository: &Repository, _: &Session, name: String) -> Self {
        let (product, release) = match wanted {
            Some(target) => (target.product, target.release),
            None => newest_writer(repository),
        };
        Self { product, release, repository: name }
    }

    fn is_es(&self, major: u16, minor: u16) -> bool {
        self.product != Product::OpenSearch && self.release >= Release::new(major, minor, 0)
    }

    fn is_os(&self, major: u16, minor: u16) -> bool {
        self.product == Product::OpenSearch && self.release >= Release::new(major, minor, 0)
    }

    /// Snapshot uuids are shown.
    pub(crate) fn has_uuid(&self) -> bool {
        self.is_es(5, 0) || self.is_os(0, 0)
    }

    /// The repository's name stands in lists.
    pub(crate) fn has_repository(&self) -> bool {
        self.is_es(7, 14)
    }

    /// `data_streams` is shown, empty or not.
    pub(crate) fn has_data_streams(&self) -> bool {
        self.is_es(7, 9) || self.is_os(0, 0)
    }

    /// `include_global_state` is shown where the blob has it.
    pub(crate) fn has_global_state(&self) -> bool {
        self.is_es(6, 0) || self.is_os(0, 0)
    }

    /// `metadata` is shown where the blob has it.
    pub(crate) fn has_metadata(&self) -> bool {
        self.is_es(7, 3) || self.is_os(0, 0)
    }

    /// `feature_states` is shown, empty or not.
    pub(crate) fn has_feature_states(&self) -> bool {
        self.is_es(7, 12)
    }

    /// `index_details` can be asked for.
    pub(crate) fn has_index_details(&self) -> bool {
        self.is_es(7, 13)
    }

    /// Lists end with `total` and `remaining`.
    pub(crate) fn has_total(&self) -> bool {
        self.is_es(7, 15)
    }

    /// `remote_store_index_shallow_copy` is shown where the blob has it.
    pub(crate) fn has_shallow(&self) -> bool {
        self.is_os(2, 9)
    }

    /// Lists without details sort index names; newer nodes keep the order of the root.
    pub(crate) fn sorts_indices(&self) -> bool {
        !self.is_es(8, 0)
    }

    /// `_status` tells PARTIAL; others call it SUCCESS.
    pub(crate) fn tells_partial(&self) -> bool {
        self.is_os(2, 12)
    }

    /// `_status` takes the times of a snapshot from its blob; older nodes from its shards.
    pub(crate) fn times_from_info(&self) -> bool {
        self.is_es(7, 0) || self.is_os(0, 0)
    }

    /// `_status` has `incremental` and `total`.
    pub(crate) fn has_new_stats(&self) -> bool {
        self.is_es(6, 0) || self.is_os(0, 0)
    }

    /// `_status` has the statistics of old nodes.
    pub(crate) fn has_old_stats(&self) -> bool {
        self.product != Product::OpenSearch && self.release < Release::new(7, 0, 0)
    }

    /// Where a failure has its reason.
    pub(crate) fn failure_order(&self) -> FailureOrder {
        match self.release.major {
            1 if self.product != Product::OpenSearch => FailureOrder::ReasonBeforeShard,
            2..=4 if self.product != Product::OpenSearch => FailureOrder::WithoutUuid,
            _ => FailureOrder::WithUuid,
        }
    }
}

/// The fields of a shard failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureOrder {
    /// `index, reason, shard_id, status` (Elasticsearch 1).
    ReasonBeforeShard,
    /// `index, shard_id, reason, status` (Elasticsearch 2).
    WithoutUuid,
    /// `index, index_uuid, shard_id, reason, [node_id,] status`.
    WithUuid,
}

/// The newest version that took one of the snapshots.
fn newest_writer(repository: &Repository) -> (Product, Release) {
    let root = &repository.root;
    let product = root.product();
    let known = root.snapshots.iter().filter_map(|entry| match &entry.version {
        Some(VersionText::Release(release)) => Some(VersionId::of_release(product, *release)),
        Some(VersionText::Id(id)) => Some(*id),
        _ => None,
    });
    let newest = known.max().or_else(|| {
        let ixs = (0..).zip(&root.snapshots).map(|(ix, _): (SnapshotIx, _)| ix).take(MAX_CANDIDATES);
        ixs.filter_map(|ix| repository.snapshot_info(ix).ok()?.version).max()
    });
    let release = newest.map_or(Release::new(9, 0, 0), VersionId::release);
    (newest.map_or(product, VersionId::product), release)
}

/// The text that a node shows for a version id. For ids that several releases share each node has its own table;
/// ours names the releases that are known to have it.
fn version_text(version: VersionId) -> String {
    version.text()
}

/// Adds a member.
fn put(object: &mut Object, key: &str, value: impl Into<Value>) {
    object.insert(key.to_owned(), value.into());
}

/// An amount as the engines show it.
fn amount(amount: snaprepo_core::status::Amount) -> Value {
    json!({ "file_count": amount.files, "size_in_bytes": amount.bytes })
}

/// A readable duration: the largest unit that is at least 1, one truncated decimal.
fn readable_duration(millis: i64) -> String {
    let Ok(millis) = u64::try_from(millis) else { return millis.to_string() };
    const UNITS: [(u64, &str); 5] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let Some((unit, name)) = UNITS.iter().find(|(unit, _)| millis >= *unit) else { return "0s".to_owned() };
    let (whole, tenth) = (millis / unit, millis % unit * 10 / unit);
    if tenth == 0 { format!("{whole}{name}") } else { format!("{whole}.{tenth}{name}") }
}

#[cfg(test)]
mod tests;
