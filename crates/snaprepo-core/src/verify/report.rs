//! What verification found.

use snaprepo_codec::BlobPath;
use snaprepo_format::{
    root::{IndexIx, SnapshotIx},
    snapshot_info::SnapshotState,
};

use super::{
    finding::{Finding, FindingKind, Severity},
    unreferenced::Class,
};
use crate::{OpenError, Repository};

/// The overall answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that was looked at is intact.
    Pass,
    /// Something is broken.
    Fail,
    /// Something could not be read, or changed meanwhile; nothing is known to be broken.
    Inconclusive,
    /// Stopped before the end; nothing is known to be broken so far.
    Interrupted,
}

impl Outcome {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Whether something can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Completely.
    Restorable,
    /// Cannot be told from this repository: the data are elsewhere, or could not be read.
    Unknown,
    /// Some of it.
    Partly,
    /// Not at all.
    Not,
}

impl Verdict {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Restorable => "restorable",
            Self::Unknown => "unknown",
            Self::Partly => "partly",
            Self::Not => "not",
        }
    }
}

/// What decides a verdict other than "restorable".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A finding.
    Finding {
        /// Its kind.
        kind: FindingKind,
        /// Its blob, from the folder of the repository.
        blob: Option<BlobPath>,
    },
    /// Shards failed when the snapshot was taken.
    FailedShards(u64),
    /// The state of the snapshot.
    State(SnapshotState),
    /// The data are in a remote store.
    RemoteStore,
    /// The data are in another snapshot, of a repository that is not open.
    OtherRepository,
    /// A blob could not be read.
    Unread(BlobPath),
    /// The verification was stopped before it got there.
    NotReached,
}

/// The verdict on one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotVerdict {
    /// The snapshot.
    pub snapshot: SnapshotIx,
    /// Its state, where its blob or the root tell.
    pub state: Option<SnapshotState>,
    /// Whether it can be restored.
    pub verdict: Verdict,
    /// What decides that; `None` when it is restorable.
    pub cause: Option<Cause>,
    /// Indices that were looked at.
    pub n_indices: u64,
    /// Those that are completely restorable.
    pub n_restorable: u64,
}

/// The verdict on an index in a snapshot that is not completely restorable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairVerdict {
    /// The snapshot.
    pub snapshot: SnapshotIx,
    /// The index.
    pub index: IndexIx,
    /// Whether it can be restored.
    pub verdict: Verdict,
    /// What decides that.
    pub cause: Cause,
    /// Shards that the index has; 0 when that is not known.
    pub n_shards: u32,
    /// Shards that cannot be restored.
    pub n_broken: u32,
}

/// A blob or folder that could not be read: an error, not a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFailure {
    /// The blob or folder, from the folder of the repository.
    pub path: BlobPath,
    /// The store's word.
    pub message: String,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Snapshot blobs.
    pub snapshots: u64,
    /// Indices.
    pub indices: u64,
    /// Pairs of a snapshot and an index.
    pub index_snapshots: u64,
    /// Shard folders.
    pub shards: u64,
    /// File lists: pairs of a snapshot and a shard.
    pub shard_snapshots: u64,
    /// Distinct files with blobs of their own.
    pub files: u64,
    /// Their blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Distinct files inside the metadata.
    pub inlined_files: u64,
    /// Files whose footer was read.
    pub footers: u64,
    /// Files whose content was read.
    pub contents: u64,
    /// Bytes of these contents.
    pub content_bytes: u64,
}

impl Tally {
    /// Sums saturate: hostile lengths can claim any number of blobs.
    pub(crate) fn add(&mut self, other: &Self) {
        self.snapshots = self.snapshots.saturating_add(other.snapshots);
        self.indices = self.indices.saturating_add(other.indices);
        self.index_snapshots = self.index_snapshots.saturating_add(other.index_snapshots);
        self.shards = self.shards.saturating_add(other.shards);
        self.shard_snapshots = self.shard_snapshots.saturating_add(other.shard_snapshots);
        self.files = self.files.saturating_add(other.files);
        self.blobs = self.blobs.saturating_add(other.blobs);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.inlined_files = self.inlined_files.saturating_add(other.inlined_files);
        self.footers = self.footers.saturating_add(other.footers);
        self.contents = self.contents.saturating_add(other.contents);
        self.content_bytes = self.content_bytes.saturating_add(other.content_bytes);
    }
}

/// Blobs of one class that nothing refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassTally {
    /// The class.
    pub class: Class,
    /// How many.
    pub n_blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// When the oldest was written, in milliseconds since 1970.
    pub oldest_millis: Option<i64>,
    /// When the newest was written, in milliseconds since 1970.
    pub newest_millis: Option<i64>,
    /// Some of them.
    pub examples: Vec<BlobPath>,
}

/// The result of a verification.
#[derive(Debug, Clone)]
pub struct Report {
    /// The repository at the generation that was verified.
    pub repository: Repository,
    /// The answer.
    pub outcome: Outcome,
    /// Findings, the worst first; no more than were asked for.
    pub findings: Vec<Finding>,
    /// All findings by severity: info, warning, error.
    pub n_findings: [u64; 3],
    /// Those among the errors that are blobs in an archive: not known to be damaged.
    pub n_archived: u64,
    /// What could not be read; no more than findings were asked for.
    pub failures: Vec<ReadFailure>,
    /// All that could not be read.
    pub n_failures: u64,
    /// Verdicts, in the order in which the snapshots were taken.
    pub snapshots: Vec<SnapshotVerdict>,
    /// Pairs of snapshot and index that are not completely restorable.
    pub pairs: Vec<PairVerdict>,
    /// Per index in scope: how many snapshots hold it, and from how many of these it is completely restorable.
    pub indices: Vec<(IndexIx, u64, u64)>,
    /// What was looked at.
    pub tally: Tally,
    /// What nothing refers to; `None` when only a part was verified, a snapshot may be hidden, the root changed
    /// meanwhile, or the store lists nothing.
    pub unreferenced: Option<Vec<ClassTally>>,
    /// Share of the files that a sample by bytes came to, in parts per million.
    pub sampled_per_million: Option<u32>,
    /// The newest generation at the end.
    pub final_generation: Option<u64>,
}

impl Report {
    /// Whether all that is wrong is that blobs lie in an archive.
    #[must_use]
    pub fn is_only_archived(&self) -> bool {
        self.n_archived > 0 && self.count(Severity::Error) + self.count(Severity::Warning) == self.n_archived
    }

    /// Findings of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> u64 {
        match severity {
            Severity::Info => self.n_findings[0],
            Severity::Warning => self.n_findings[1],
            Severity::Error => self.n_findings[2],
        }
    }
}

/// A repository without a readable root: there is a finding, and nothing else to report.
#[derive(Debug)]
pub struct Unopened {
    /// What is wrong with the root.
    pub finding: Finding,
    /// The same, for whoever would only have opened it.
    pub error: OpenError,
}
