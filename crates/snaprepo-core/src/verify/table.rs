//! Checks of the file table of a shard: by itself, and against the file lists of the snapshots.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};
use snaprepo_format::{
    FileName,
    root::{ShardGen, SnapshotForm, SnapshotIx},
    shard_generation::ShardGeneration,
    shard_snapshot::ShardSnapshot,
};

use super::{
    commit::CommitFacts,
    finding::{Finding, FindingKind},
    indices::Held,
    shard::ShardCheck,
};
use crate::shard::{self, Current};

/// Whether the file list of a snapshot has a file that the table gives to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    Yes,
    No,
}

impl ShardCheck<'_> {
    fn recorded_generation(&self) -> Option<&ShardGen> {
        let entry = self.context.repository.root.index_entry(self.index);
        entry.shard_generations.get(usize::try_from(self.shard).unwrap_or(usize::MAX))
    }

    pub(super) fn read_table(&mut self, expected: &[&Held]) {
        let current = Current::of(self.context.repository, self.index, self.shard, self.folder);
        let root = self.context.repository.root_path();
        let at_root = |finding: Finding| match &root {
            Some(path) => finding.blob(path),
            None => finding,
        };
        if let Some(ShardGen::Numeric(text)) = self.recorded_generation() {
            let message = format!("shard_generations has the number {text:?}");
            let finding = at_root(self.finding(FindingKind::ShardGenerationNumeric, message));
            self.find(finding);
        } else if matches!(current, Current::Highest(_)) && self.context.repository.era().names_shard_generations() {
            let message = "the root does not name the file table; the highest number counts";
            let finding = at_root(self.finding(FindingKind::ShardGenerationFallback, message));
            self.find(finding);
        }
        let Some(name) = current.blob_name() else {
            // Shallow snapshots come without a table. So do those of Elasticsearch 1: the first table of a shard is
            // written by the first later release that takes or deletes a snapshot of it.
            let has_table = |held: &&Held| {
                let (repository, snapshot) = (self.context.repository, held.snapshot);
                repository.root.snapshot_entry(snapshot).form == SnapshotForm::Wrapped
                    && self.folder.has(&repository.shard_snapshot_name(snapshot))
            };
            // A number would only show in a listing.
            let may_be_unseen = current == Current::Undefined && self.folder.by_name;
            if matches!(current, Current::New | Current::Undefined) && !may_be_unseen && expected.iter().any(has_table)
            {
                let message = "nobody names the file table, and the folder has none with a number";
                let finding = self.finding(FindingKind::ShardGenerationUndefined, message);
                let is_named = self.context.repository.era().names_shard_generations();
                self.find(if is_named { at_root(finding) } else { finding.blob(&self.folder.path) });
            }
            return;
        };
        match shard::read_generation(self.context.repository, &self.folder.path, &name) {
            Ok(table) => {
                self.check_table(&table, &name);
                self.table = Some((table, name.clone()));
            }
            Err(error) => {
                self.complete = false;
                let (index, shard) = (self.index, self.shard);
                self.outcome.notes.blob(&error, |error| {
                    Finding::of_blob(FindingKind::ShardGenerationUnreadable, error).in_shard(index, shard)
                });
            }
        }
        self.live.insert(name);
    }

    /// The table by itself.
    fn check_table(&mut self, table: &ShardGeneration, name: &str) {
        let mut findings = Vec::new();
        for file in &table.duplicates {
            let message = format!("{file} is described twice");
            findings.push(self.about(FindingKind::ConflictingFileEntries, name, message));
        }
        let mut used = vec![false; table.files.len()];
        for entry in &table.snapshots {
            for file in &entry.dangling {
                let message = format!("snapshot {} refers to {file}, which is not described", entry.snapshot);
                findings.push(self.about(FindingKind::DanglingFileReference, name, message));
            }
            for position in &entry.files {
                if let Some(used) = usize::try_from(*position).ok().and_then(|at| used.get_mut(at)) {
                    *used = true;
                }
            }
        }
        // Of two entries with one name only one can be referred to; that is told already.
        let duplicates: HashSet<FileName> = table.duplicates.iter().copied().collect();
        let unused = table.files.iter().zip(&used).filter(|(file, used)| !**used && !duplicates.contains(&file.name));
        for (file, _) in unused {
            let message = format!("no snapshot uses {} ({})", file.name, file.physical_name);
            findings.push(self.about(FindingKind::UnusedFileEntry, name, message).of_file(&file.physical_name));
        }
        let known = self.known_names();
        for entry in table.snapshots.iter().filter(|entry| !known.contains(&*entry.snapshot)) {
            let message = format!("has snapshot {}, which the root does not have for this index", entry.snapshot);
            findings.push(self.about(FindingKind::UnknownSnapshotInShardGeneration, name, message));
        }
        self.outcome.notes.findings.extend(findings);
    }

    /// The file list of a snapshot against its entry in the table.
    pub(super) fn compare_with_table(&mut self, snapshot: SnapshotIx, content: &ShardSnapshot, blob: &str) {
        let Some((table, table_blob)) = &self.table else { return };
        let name = &self.context.repository.root.snapshot_entry(snapshot).name;
        let mut findings = Vec::new();
        let Some(entry) = table.entry(name) else {
            let message = format!("lacks snapshot {name}");
            let finding = self.about(FindingKind::SnapshotNotInShardGeneration, table_blob, message);
            let finding = finding.in_snapshots([snapshot]);
            self.find(finding);
            return;
        };
        let mut in_table = HashMap::with_capacity(entry.files.len());
        in_table.extend(table.files_of(entry).map(|file| (file.name, (file, Listed::No))));
        for file in &content.files {
            let (kind, message) = match in_table.get_mut(&file.name) {
                Some((known, listed)) => {
                    *listed = Listed::Yes;
                    if known.is_same(file) {
                        continue;
                    }
                    (FindingKind::FileEntryMismatch, format!("{} is described otherwise in {table_blob}", file.name))
                }
                None => (FindingKind::FileNotInShardGeneration, format!("{table_blob} does not give it {}", file.name)),
            };
            findings.push(self.about(kind, blob, message).of_file(&file.physical_name).in_snapshots([snapshot]));
        }
        for (file, _) in in_table.values().filter(|(_, listed)| *listed == Listed::No) {
            let message = format!("gives snapshot {name} {}, which {blob} does not list", file.name);
            let finding = self.about(FindingKind::FileNotInShardSnapshot, table_blob, message);
            findings.push(finding.of_file(&file.physical_name).in_snapshots([snapshot]));
        }
        findings.sort_by(|a, b| (a.kind, &a.message).cmp(&(b.kind, &b.message)));
        self.outcome.notes.findings.extend(findings);
    }

    /// The state recorded in the table against that of the commit.
    pub(super) fn compare_state(&mut self, snapshot: SnapshotIx, facts: Option<CommitFacts>) {
        let name = &self.context.repository.root.snapshot_entry(snapshot).name;
        let Some((table, blob)) = &self.table else { return };
        let recorded = table.entry(name).and_then(|entry| entry.shard_state_id.as_deref());
        let (Some(recorded), Some(of_commit)) = (recorded, facts.and_then(|facts| facts.shard_state_id)) else {
            return;
        };
        if recorded != of_commit {
            let message = format!("shard_state_id {recorded}, the commit gives {of_commit}");
            let finding = self.about(FindingKind::ShardStateMismatch, blob, message);
            let finding = finding.values(of_commit, recorded).in_snapshots([snapshot]);
            self.find(finding);
        }
    }

    /// Names of the snapshots that may be in the table.
    fn known_names(&self) -> BTreeSet<&str> {
        let root = &self.context.repository.root;
        let name = |snapshot: SnapshotIx| &*root.snapshot_entry(snapshot).name;
        let mut known: BTreeSet<&str> = root.index_entry(self.index).snapshots.iter().copied().map(name).collect();
        if self.context.repository.generation.is_none() {
            // Without a root, a snapshot whose blob cannot be read has all or none of the indices: nobody knows.
            let unread = (0..).zip(self.context.facts).filter(|(_, facts)| !facts.known);
            known.extend(unread.map(|(snapshot, _)| name(snapshot)));
        }
        known
    }

    /// Files that the table gives to known snapshots, or to none, are in use although no list has them. Files of
    /// unknown snapshots are not; but who removes them must first write a table without these snapshots
    /// (`docs/format.md`, *Liveness*), because the next snapshot re-uses what the table lists.
    pub(super) fn table_leftovers(&mut self) {
        let Some((table, _)) = &self.table else { return };
        let known = self.known_names();
        let mut in_use = vec![false; table.files.len()];
        let mut of_unknown = in_use.clone();
        for entry in &table.snapshots {
            let users = if known.contains(&*entry.snapshot) { &mut in_use } else { &mut of_unknown };
            for position in &entry.files {
                if let Some(used) = usize::try_from(*position).ok().and_then(|at| users.get_mut(at)) {
                    *used = true;
                }
            }
        }
        for (file, (in_use, of_unknown)) in table.files.iter().zip(in_use.into_iter().zip(of_unknown)) {
            if in_use || !of_unknown {
                self.needs.keep(file);
            }
        }
    }
}
