//! Gathers findings and failures, and what they mean for each snapshot and index.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use snaprepo_codec::BlobPath;
use snaprepo_format::root::{IndexIx, SnapshotIx};

use super::{
    finding::{Finding, FindingKind, Severity},
    report::{Cause, ReadFailure, Tally},
};
use crate::{BlobError, Event, Observer, Repository};

/// What is wrong with an index in a snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Broken {
    pub(crate) cause: Cause,
    /// The shards; all of them when empty.
    pub(crate) shards: BTreeSet<u32>,
}

/// Findings made in one place, before they are gathered.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) findings: Vec<Finding>,
    pub(crate) failures: Vec<Unread>,
    pub(crate) tally: Tally,
}

/// Something that could not be read, and what therefore cannot be judged.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) failure: ReadFailure,
    pub(crate) snapshots: Vec<SnapshotIx>,
    pub(crate) index: Option<IndexIx>,
}

impl Notes {
    pub(crate) fn find(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds what was noted later.
    pub(crate) fn append(&mut self, later: Self) {
        self.findings.extend(later.findings);
        self.failures.extend(later.failures);
        self.tally.add(&later.tally);
    }

    /// Notes a blob that could not be had: as a finding when that says something about the repository, else as a failure
    /// of ours. An archived blob is not damaged, but no engine can read it either.
    pub(crate) fn blob(&mut self, error: &BlobError, finding: impl FnOnce(&BlobError) -> Finding) {
        let finding = finding(error);
        if error.is_finding() {
            self.find(finding);
        } else if error.is_archived() {
            let kind = FindingKind::BlobArchived;
            // What its bytes are nobody knows: the snapshots are neither broken nor whole.
            let archived = Finding { kind, severity: kind.severity(), breaks_restore: false, ..finding };
            self.find(Finding { message: error.problem.to_string(), offset: None, ..archived }.blob(&error.path));
        } else {
            self.failures.push(Unread {
                failure: ReadFailure { path: error.path.clone(), message: error.problem.to_string() },
                snapshots: finding.snapshots,
                index: finding.index,
            });
        }
    }
}

/// Everything that was found so far.
pub(crate) struct Collector<'a> {
    repository: &'a Repository,
    observer: &'a dyn Observer,
    max: usize,
    pub(crate) findings: Vec<Finding>,
    pub(crate) n_findings: [u64; 3],
    pub(crate) n_archived: u64,
    pub(crate) failures: Vec<ReadFailure>,
    pub(crate) n_failures: u64,
    pub(crate) tally: Tally,
    pub(crate) broken_snapshots: HashMap<SnapshotIx, Cause>,
    pub(crate) broken_pairs: HashMap<(SnapshotIx, IndexIx), Broken>,
    pub(crate) unread_snapshots: HashMap<SnapshotIx, Cause>,
    pub(crate) unread_pairs: HashMap<(SnapshotIx, IndexIx), Cause>,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(repository: &'a Repository, observer: &'a dyn Observer, max: usize) -> Self {
        Self {
            repository,
            observer,
            max,
            findings: Vec::new(),
            n_findings: [0; 3],
            n_archived: 0,
            failures: Vec::new(),
            n_failures: 0,
            tally: Tally::default(),
            broken_snapshots: HashMap::new(),
            broken_pairs: HashMap::new(),
            unread_snapshots: HashMap::new(),
            unread_pairs: HashMap::new(),
        }
    }

    pub(crate) fn observer(&self) -> &'a dyn Observer {
        self.observer
    }

    pub(crate) fn take(&mut self, notes: Notes) {
        self.tally.add(&notes.tally);
        notes.findings.into_iter().for_each(|finding| self.finding(finding));
        notes.failures.into_iter().for_each(|unread| self.unread(unread));
    }

    fn finding(&mut self, mut finding: Finding) {
        finding.blob = finding.blob.map(|path| self.repository.shown(&path));
        if finding.breaks_restore {
            self.mark(&finding);
        }
        if let (FindingKind::BlobArchived, Some(path)) = (finding.kind, &finding.blob) {
            self.mark_unread(&finding.snapshots, finding.index, path);
            self.n_archived += 1;
        }
        if finding.kind == FindingKind::ShardPathTypeLost && self.merge_path_type(&finding) {
            return;
        }
        self.observer.event(Event::Finding);
        let slot = match finding.severity {
            Severity::Info => 0,
            Severity::Warning => 1,
            Severity::Error => 2,
        };
        self.n_findings[slot] += 1;
        if self.findings.len() < self.max {
            self.findings.push(finding);
        }
    }

    /// The lost path type is one finding per index, not one per shard.
    fn merge_path_type(&mut self, finding: &Finding) -> bool {
        let same = |known: &&mut Finding| known.kind == finding.kind && known.index == finding.index;
        let Some(known) = self.findings.iter_mut().find(same) else { return false };
        known.snapshots.extend(finding.snapshots.iter().copied());
        known.snapshots.sort_unstable();
        known.snapshots.dedup();
        true
    }

    fn mark(&mut self, finding: &Finding) {
        let cause = || Cause::Finding { kind: finding.kind, blob: finding.blob.clone() };
        for snapshot in &finding.snapshots {
            let Some(index) = finding.index else {
                self.broken_snapshots.entry(*snapshot).or_insert_with(cause);
                continue;
            };
            let broken = self.broken_pairs.entry((*snapshot, index));
            match (broken, finding.shard) {
                (hashbrown::hash_map::Entry::Occupied(mut known), Some(shard)) => {
                    // An empty set stands for all shards already.
                    if !known.get().shards.is_empty() {
                        known.get_mut().shards.insert(shard);
                    }
                }
                (hashbrown::hash_map::Entry::Occupied(mut known), None) => known.get_mut().shards.clear(),
                (hashbrown::hash_map::Entry::Vacant(new), shard) => {
                    new.insert(Broken { cause: cause(), shards: shard.into_iter().collect() });
                }
            }
        }
    }

    fn mark_unread(&mut self, snapshots: &[SnapshotIx], index: Option<IndexIx>, path: &BlobPath) {
        for snapshot in snapshots {
            let cause = Cause::Unread(path.clone());
            match index {
                Some(index) => self.unread_pairs.entry((*snapshot, index)).or_insert(cause),
                None => self.unread_snapshots.entry(*snapshot).or_insert(cause),
            };
        }
    }

    fn unread(&mut self, unread: Unread) {
        let path = self.repository.shown(&unread.failure.path);
        self.mark_unread(&unread.snapshots, unread.index, &path);
        self.n_failures += 1;
        if self.failures.len() < self.max {
            self.failures.push(ReadFailure { path, message: unread.failure.message });
        }
    }
}
