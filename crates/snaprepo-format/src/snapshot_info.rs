//! What the engine noted about one snapshot: root `snap-<uuid>.dat` (`docs/format.md`, *Snapshot info*).

use serde::Deserialize;
use snaprepo_codec::{Fault, value::Value};

use crate::{
    engine::VersionId,
    wrapped::{self, Kind},
};

/// The state of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SnapshotState {
    /// Still being taken; never stored by a healthy writer.
    InProgress,
    /// All shards were taken.
    Success,
    /// Not restorable.
    Failed,
    /// Some shards are missing.
    Partial,
    /// Listed, but too old for the writer of the list to read.
    Incompatible,
}

impl SnapshotState {
    /// The state of a code in the root.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        Some(match code {
            0 => Self::InProgress,
            1 => Self::Success,
            2 => Self::Failed,
            3 => Self::Partial,
            4 => Self::Incompatible,
            _ => return None,
        })
    }

    /// The code in the root.
    #[must_use]
    pub fn code(self) -> i64 {
        (0..5).find(|code| Self::from_code(*code) == Some(self)).unwrap_or(0)
    }

    /// The state of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        (0..5).filter_map(Self::from_code).find(|state| state.name() == name)
    }

    /// The engines' name for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Partial => "PARTIAL",
            Self::Incompatible => "INCOMPATIBLE",
        }
    }
}

/// One snapshot as its own blob describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotInfo {
    /// Name.
    pub name: Box<str>,
    /// Uuid; missing before Elasticsearch 5.
    pub uuid: Option<Box<str>>,
    /// Version that took the snapshot.
    pub version: Option<VersionId>,
    /// Names of its indices, in the order of the blob (a hash order).
    pub indices: Vec<Box<str>>,
    /// Names of its data streams; `None` when the writer knew none.
    pub data_streams: Option<Vec<Box<str>>>,
    /// State.
    pub state: SnapshotState,
    /// Why it failed.
    pub reason: Option<Box<str>>,
    /// Whether it holds the cluster state; missing before Elasticsearch 6.
    pub include_global_state: Option<bool>,
    /// What its creator attached to it.
    pub metadata: Option<Value>,
    /// Start, in milliseconds since 1970.
    pub start_millis: i64,
    /// End, in milliseconds since 1970.
    pub end_millis: i64,
    /// Shards it should have.
    pub total_shards: i64,
    /// Shards it has.
    pub successful_shards: i64,
    /// Shards it lacks.
    pub failures: Vec<ShardFailure>,
    /// Feature states (Elasticsearch 7.12 and later).
    pub feature_states: Option<Vec<FeatureState>>,
    /// Sizes per index (Elasticsearch 7.13 and later), in the order of the blob.
    pub index_details: Option<Vec<(Box<str>, IndexDetails)>>,
    /// Whether it was taken in shallow mode (OpenSearch 2.9 and later).
    pub shallow: Option<bool>,
    /// Time of a shallow snapshot of version 2, whose data are pinned in the remote store (OpenSearch 2.17 and later).
    pub pinned_timestamp: Option<i64>,
}

/// A shard that a snapshot lacks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ShardFailure {
    /// Index name.
    pub index: Box<str>,
    /// Index uuid; some versions put the name here.
    #[serde(default)]
    pub index_uuid: Option<Box<str>>,
    /// Shard number.
    pub shard_id: i64,
    /// What went wrong.
    #[serde(default)]
    pub reason: Option<Box<str>>,
    /// Node that held the shard.
    #[serde(default)]
    pub node_id: Option<Box<str>>,
    /// REST status name.
    #[serde(default)]
    pub status: Option<Box<str>>,
}

/// The indices of one feature.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FeatureState {
    /// Name of the feature.
    pub feature_name: Box<str>,
    /// Its indices.
    pub indices: Vec<Box<str>>,
}

/// Size of an index in a snapshot, as the engine recorded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct IndexDetails {
    /// Number of shards.
    pub shard_count: i64,
    /// Sum of the file lengths.
    pub size_in_bytes: i64,
    /// Most segments in one shard.
    pub max_segments_per_shard: i64,
}

impl SnapshotInfo {
    /// Reads the blob.
    ///
    /// # Errors
    /// When it is damaged or not a snapshot info.
    pub fn parse(blob: &[u8]) -> Result<Self, Fault> {
        wrapped::read::<OnDisk>(blob, Kind::SnapshotInfo).map(|disk| disk.snapshot.into())
    }

    /// Whether a shard is listed as failed.
    #[must_use]
    pub fn has_failed(&self, index: &str, shard: u32) -> bool {
        self.failures.iter().any(|failure| &*failure.index == index && failure.shard_id == i64::from(shard))
    }

    /// The policy that took the snapshot: `policy` (SLM) or `sm_policy` (OpenSearch) of its metadata.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        let metadata = self.metadata.as_ref()?;
        metadata.get("policy").or_else(|| metadata.get("sm_policy"))?.as_str()
    }
}

#[derive(Deserialize)]
struct OnDisk {
    snapshot: InfoOnDisk,
}

#[derive(Deserialize)]
struct InfoOnDisk {
    name: Box<str>,
    uuid: Option<Box<str>>,
    version_id: Option<i64>,
    #[serde(default)]
    indices: Vec<Box<str>>,
    data_streams: Option<Vec<Box<str>>>,
    #[serde(deserialize_with = "state")]
    state: SnapshotState,
    reason: Option<Box<str>>,
    include_global_state: Option<bool>,
    metadata: Option<Value>,
    #[serde(default)]
    start_time: i64,
    #[serde(default)]
    end_time: i64,
    #[serde(default)]
    total_shards: i64,
    #[serde(default)]
    successful_shards: i64,
    #[serde(default)]
    failures: Vec<ShardFailure>,
    feature_states: Option<Vec<FeatureState>>,
    #[serde(default, deserialize_with = "details")]
    index_details: Option<Vec<(Box<str>, IndexDetails)>>,
    remote_store_index_shallow_copy: Option<bool>,
    pinned_timestamp: Option<i64>,
}

fn state<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SnapshotState, D::Error> {
    let name = Box::<str>::deserialize(deserializer)?;
    SnapshotState::from_name(&name)
        .ok_or_else(|| serde::de::Error::custom(format_args!("{name:?} is not a snapshot state")))
}

/// Sizes by index name.
type DetailsByIndex = Vec<(Box<str>, IndexDetails)>;

fn details<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<DetailsByIndex>, D::Error> {
    crate::root::pairs::<IndexDetails, D>(deserializer).map(Some)
}

impl From<InfoOnDisk> for SnapshotInfo {
    fn from(disk: InfoOnDisk) -> Self {
        Self {
            name: disk.name,
            uuid: disk.uuid,
            version: disk.version_id.map(VersionId),
            indices: disk.indices,
            data_streams: disk.data_streams,
            state: disk.state,
            reason: disk.reason,
            include_global_state: disk.include_global_state,
            metadata: disk.metadata.filter(|metadata| *metadata != Value::Null),
            start_millis: disk.start_time,
            end_millis: disk.end_time,
            total_shards: disk.total_shards,
            successful_shards: disk.successful_shards,
            failures: disk.failures,
            feature_states: disk.feature_states,
            index_details: disk.index_details,
            shallow: disk.remote_store_index_shallow_copy,
            pinned_timestamp: disk.pinned_timestamp.filter(|pin| *pin != 0),
        }
    }
}
