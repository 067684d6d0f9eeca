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

use snaprepo_codec::value::Value;
use snaprepo_format::{
    index_metadata::{IndexFacts, IndexMetadata},
    root::{IndexIx, SnapshotIx},
};

use crate::{BlobError, Repository, Unread};

pub use content::Moves;
pub use document::{Change, changes};
pub use repositories::{Difference, RepositoryDiff, SnapshotPair, repositories};
pub use snapshots::{IndexChange, IndexDiff, ShardDiff, ShardSide, Side, SnapshotDiff, snapshots};

/// What could not be read of each side.
type Unreadable = [Vec<Unread>; 2];

/// Adds to what could not be read of each side.
fn gather<I: IntoIterator<Item = Unread>>(all: &mut Unreadable, more: impl IntoIterator<Item = I>) {
    all.iter_mut().zip(more).for_each(|(all, more)| all.extend(more));
}

/// Metadata of an index in a snapshot: what has to be known of it, and all of it.
fn index_document(
    repository: &Repository,
    snapshot: SnapshotIx,
    index: IndexIx,
) -> Result<(IndexFacts, Value), BlobError> {
    let path = repository.named(repository.index_metadata_path(snapshot, index))?;
    repository.load(&path, |blob| Ok((IndexFacts::parse(blob)?, IndexMetadata::parse(blob)?.document)))
}
