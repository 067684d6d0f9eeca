//! The files of one shard in one snapshot: shard `snap-<uuid>.dat` (`docs/format.md`, *Shard snapshot*), and the
//! pointer that OpenSearch writes instead for remote-backed indices.

use serde::Deserialize;
use snaprepo_codec::Fault;

use crate::{
    file::FileInfo,
    wrapped::{self, Kind},
};

/// The files of a shard in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ShardSnapshot {
    /// Name of the snapshot.
    #[serde(rename = "name")]
    pub snapshot: Box<str>,
    /// Lucene commit generation; 0 where the writer does not record it.
    #[serde(alias = "index-version", default)]
    pub index_version: i64,
    /// When the copy of this shard started, in milliseconds since 1970.
    #[serde(default)]
    pub start_time: i64,
    /// How long it took, in milliseconds.
    #[serde(default)]
    pub time: i64,
    /// Files that were new in this snapshot when it was taken.
    #[serde(default)]
    pub number_of_files: i64,
    /// Their full lengths, in bytes.
    #[serde(default)]
    pub total_size: i64,
    /// All files of the shard in this snapshot.
    pub files: Vec<FileInfo>,
}

impl ShardSnapshot {
    /// Reads the blob.
    ///
    /// # Errors
    /// When it is damaged or not a shard snapshot.
    pub fn parse(blob: &[u8]) -> Result<Self, Fault> {
        wrapped::read(blob, Kind::ShardSnapshot)
    }
}

/// A shard whose files are in a remote store (OpenSearch): `shallow-snap-<uuid>.dat`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ShallowShardSnapshot {
    /// Name of the snapshot.
    #[serde(rename = "name")]
    pub snapshot: Box<str>,
    /// Clock of the node, not an epoch time.
    #[serde(default)]
    pub start_time: i64,
    /// Difference between two clocks; means nothing.
    #[serde(default)]
    pub time: i64,
    /// Files of the commit.
    #[serde(default)]
    pub number_of_files: i64,
    /// Their lengths, in bytes.
    #[serde(default)]
    pub total_size: i64,
    /// Registration name of the repository with the segments.
    #[serde(default)]
    pub remote_store_repository: Option<Box<str>>,
    /// Lucene file names of the commit.
    #[serde(default)]
    pub file_names: Vec<Box<str>>,
}

impl ShallowShardSnapshot {
    /// Reads the blob.
    ///
    /// # Errors
    /// When it is damaged or not a shallow shard snapshot.
    pub fn parse(blob: &[u8]) -> Result<Self, Fault> {
        wrapped::read(blob, Kind::ShardSnapshot)
    }
}
