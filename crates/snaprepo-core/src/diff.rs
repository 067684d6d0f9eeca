//! What differs: between two snapshots, or between a repository and what should be its copy.
//!
//! ```text
//! two snapshots ─▶ indices by name ─▶ metadata, key by key
//!                                  ─▶ shards ─▶ files by recorded content
//! two roots ─▶ snapshots by uuid ─▶ the same, every snapshot of a shard at once
//! ```
//! Nothing here depends on where bytes lie. Files are the same when their recorded content is (`docs/format.md`, *File
//! entry*), whatever their blobs are called; metadata are the same when their documents are, however they were written.

mod content;
mod document;
mod repositories;
mod snapshots;

pub use content::Moves;
pub use document::{Change, changes};
pub use repositories::{Difference, RepositoryDiff, SnapshotPair, repositories};
pub use snapshots::{IndexChange, IndexDiff, ShardDiff, ShardSide, Side, SnapshotDiff, snapshots};
