//! What a story is made of: steps in neutral words, in order.

use crate::dialect::{IndexPlan, Operation, Request, SnapshotPlan};

/// A story for one release.
#[derive(Debug)]
pub(super) struct Story {
    /// What happens.
    pub(super) steps: Vec<Step>,
    /// What this release cannot do, and what the story does in its place.
    pub(super) notes: Vec<String>,
}

/// One thing that happens.
#[derive(Debug)]
pub(super) enum Step {
    /// A request that must succeed.
    Ask(Request),
    /// A request that may be refused; a refusal is noted.
    Try(Request),
    /// An index is made.
    Create(IndexPlan),
    /// Documents are written, and flushed: each of these steps makes new segments.
    Write { index: String, operations: Vec<Operation> },
    /// Each shard of an index becomes one segment.
    Merge { index: String },
    /// An index is closed. Its documents are read before, because nobody can read them afterwards.
    Close { index: String },
    /// An index goes away.
    Drop { index: String },
    /// The cluster comes to rest: every shard that can be allocated is.
    Settle,
    /// A snapshot is taken.
    Snapshot(SnapshotPlan),
    /// A snapshot of some indices of another snapshot, or of all.
    Clone { from: String, to: String, indices: Option<Vec<String>> },
    /// A snapshot is deleted.
    Delete { snapshot: String },
    /// The repository is cleaned up.
    Cleanup,
    /// All snapshots are listed. A node that meets an older repository does that first: Elasticsearch 5 then converts
    /// one of version 2, and would fail to take a snapshot before that.
    List,
}
