//! How much of a repository is verified.

use std::collections::BTreeSet;

/// How deep verification goes. Each contains the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// Every metadata blob reads, and agrees with its neighbours.
    Metadata,
    /// Every part of every file is there, with the right length.
    Presence,
    /// The footer of every file carries the recorded checksum; inlined files are checked whole.
    Footers,
    /// Every byte is read, and its checksum computed.
    Content,
}

/// Which snapshots, indices and shards are verified; `None` is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Uuids of snapshots.
    pub snapshots: Option<BTreeSet<Box<str>>>,
    /// Names of indices.
    pub indices: Option<BTreeSet<Box<str>>>,
    /// Shard numbers.
    pub shards: Option<BTreeSet<u32>>,
}

impl Scope {
    /// Whether everything is verified: only then can anything be called unreferenced.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.snapshots.is_none() && self.indices.is_none() && self.shards.is_none()
    }
}

/// Which files have their footers or contents read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// All.
    All,
    /// This share of the files, in parts per million, chosen by the seed.
    PerMillion(u32),
    /// Files whose number, given by the seed, has remainder `part` of `of`: seven runs with 1/7 … 7/7 see every file once.
    Slice {
        /// Which part, from 0.
        part: u32,
        /// Of how many.
        of: u32,
    },
    /// As many files, chosen by the seed, as make up about this many bytes.
    Bytes(u64),
}

/// What to verify, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How deep.
    pub depth: Depth,
    /// Which part of the repository.
    pub scope: Scope,
    /// Which files.
    pub sample: Sample,
    /// Decides the sample; the same seed chooses the same files.
    pub seed: u64,
    /// Findings that are kept; all are counted.
    pub max_findings: usize,
    /// Threads that check files. Metadata are read by the pool.
    pub width: std::num::NonZeroUsize,
}
