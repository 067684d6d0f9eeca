//! Checks of one shard folder: listing, table and file lists joined; then forgotten.

use hashbrown::{HashMap, HashSet, hash_map::Entry};
use snaprepo_format::{
    DataName, FileInfo, FileName,
    names::ShardBlob,
    root::{IndexIx, SnapshotIx},
    shard_generation::ShardGeneration,
    shard_snapshot::ShardSnapshot,
};

use super::{
    collect::Notes,
    commit::{self, CommitFacts},
    file::FileJob,
    finding::{Finding, FindingKind},
    indices::{Held, IndexPlan, Mounted},
    options::Options,
    snapshots::SnapshotFacts,
    unreferenced::Unreferenced,
};
use crate::{
    BlobError, Problem, Repository,
    folder::ShardFolder,
    shard::{self, Located, ShardContent},
};

/// What checking a shard gives.
#[derive(Default)]
pub(super) struct ShardOutcome {
    pub(super) notes: Notes,
    /// Files whose bytes are to be checked.
    pub(super) jobs: Vec<FileJob>,
    pub(super) unreferenced: Unreferenced,
    /// Snapshots of which this shard is in a remote store.
    pub(super) shallow: Vec<SnapshotIx>,
}

/// What every shard is checked with.
pub(super) struct Context<'a> {
    pub(super) repository: &'a Repository,
    pub(super) options: &'a Options,
    pub(super) facts: &'a [SnapshotFacts],
    /// Whether everything was looked at that could refer to a blob: else nothing may be called unreferenced.
    pub(super) sees_all: bool,
}

impl Context<'_> {
    pub(super) fn facts(&self, snapshot: SnapshotIx) -> &SnapshotFacts {
        &self.facts[usize::try_from(snapshot).unwrap_or(usize::MAX)]
    }
}

/// Checks one shard.
pub(super) fn check(context: &Context<'_>, plan: &IndexPlan, shard: u32) -> ShardOutcome {
    let mut outcome = ShardOutcome::default();
    outcome.notes.tally.shards = 1;
    // Shards that failed are no findings; pinned snapshots have no shard blobs.
    let has = |held: &&Held| held.n_shards > shard && !context.facts(held.snapshot).has_failed(plan.index, shard);
    let expected: Vec<&Held> =
        plan.held.iter().filter(has).filter(|held| !context.facts(held.snapshot).pinned).collect();
    outcome
        .shallow
        .extend(plan.held.iter().filter(has).map(|held| held.snapshot).filter(|ix| context.facts(*ix).pinned));

    let snapshots = || expected.iter().map(|held| held.snapshot);
    let folder = match shard::locate(context.repository, plan.index, shard) {
        Ok(Located::AsRecorded(folder)) => folder,
        Ok(Located::Elsewhere(folder, path_type)) => {
            let entry = context.repository.root.index_entry(plan.index);
            let (recorded, shown) = (entry.shard_path_type.name(), context.repository.shown(&folder.path));
            let message = format!(
                "the root says {recorded}{}, the shard folders are {}: the data are there ({shown})",
                if entry.shard_path_type_recorded { "" } else { " (by default: shard_path_type is absent)" },
                path_type.name(),
            );
            let mut finding = Finding::new(FindingKind::ShardPathTypeLost, message)
                .in_index(plan.index)
                .in_snapshots(snapshots())
                .values(path_type.name(), recorded)
                .breaking();
            finding.blob = context.repository.root_path();
            outcome.notes.find(finding);
            folder
        }
        Ok(Located::Nowhere(path)) => {
            let known: Vec<SnapshotIx> = snapshots().filter(|snapshot| context.facts(*snapshot).known).collect();
            if !known.is_empty() {
                let finding = Finding::new(FindingKind::ShardFolderMissing, "does not exist").blob(&path);
                outcome.notes.find(finding.in_shard(plan.index, shard).in_snapshots(known).breaking());
            }
            return outcome;
        }
        Err(error) => {
            outcome.notes.blob(&error, |error| {
                Finding::of_blob(FindingKind::ShardFolderMissing, error)
                    .in_shard(plan.index, shard)
                    .in_snapshots(snapshots())
                    .breaking()
            });
            return outcome;
        }
    };
    let mut check = ShardCheck {
        context,
        index: plan.index,
        shard,
        folder: &folder,
        table: None,
        needs: HashMap::new(),
        live: HashSet::new(),
        complete: plan.complete,
        commits: HashMap::new(),
        outcome,
    };
    check.read_table(&expected);
    for held in &expected {
        check.snapshot(held);
    }
    check.table_leftovers();
    check.files();
    check.sweep(plan);
    check.outcome
}

/// A file that snapshots need.
pub(super) struct Need {
    pub(super) file: FileInfo,
    /// Snapshots, ascending.
    pub(super) users: Vec<SnapshotIx>,
}

pub(super) struct ShardCheck<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) index: IndexIx,
    pub(super) shard: u32,
    pub(super) folder: &'a ShardFolder,
    /// The current table and the name of its blob.
    pub(super) table: Option<(ShardGeneration, String)>,
    pub(super) needs: HashMap<FileName, Need>,
    /// Names of metadata blobs that are in use.
    pub(super) live: HashSet<String>,
    /// Whether everything that tells which blobs are in use could be read.
    pub(super) complete: bool,
    /// Commits that were checked already: snapshots of an unchanged shard share theirs.
    pub(super) commits: HashMap<FileName, (Box<[FileName]>, Option<CommitFacts>)>,
    pub(super) outcome: ShardOutcome,
}

impl ShardCheck<'_> {
    pub(super) fn finding(&self, kind: FindingKind, message: impl Into<String>) -> Finding {
        Finding::new(kind, message).in_shard(self.index, self.shard)
    }

    /// A finding about a blob of this folder.
    pub(super) fn about(&self, kind: FindingKind, blob: &str, message: impl Into<String>) -> Finding {
        let finding = self.finding(kind, message);
        match self.folder.path.join(blob) {
            Ok(path) => finding.blob(&path),
            Err(_) => finding,
        }
    }

    pub(super) fn find(&mut self, finding: Finding) {
        self.outcome.notes.find(finding);
    }

    fn snapshot(&mut self, held: &Held) {
        self.outcome.notes.tally.shard_snapshots += 1;
        let name = self.context.repository.shard_snapshot_name(held.snapshot);
        match shard::read_snapshot(self.context.repository, self.folder, held.snapshot) {
            Ok(ShardContent::Shallow(content)) => {
                let blob = format!("shallow-{name}");
                self.check_name(&content.snapshot, held.snapshot, &blob);
                self.live.insert(blob);
                self.outcome.shallow.push(held.snapshot);
            }
            Ok(ShardContent::Full(content)) => {
                self.check_name(&content.snapshot, held.snapshot, &name);
                self.compare_with_table(held.snapshot, &content, &name);
                // No short cut: every file is noted, also behind one that differs.
                let n_other = content.files.iter().filter(|file| !self.need(file, held.snapshot, &name)).count();
                self.check_commit(held, &content, n_other == 0, &name);
                self.live.insert(name);
            }
            // It may be a shard that failed: the blob that would tell cannot be read, and that is told already.
            Err(BlobError { problem: Problem::Absent(_), .. }) if !self.context.facts(held.snapshot).known => {}
            Err(error) => {
                self.complete = false;
                self.live.insert(name);
                let (index, shard, snapshot) = (self.index, self.shard, held.snapshot);
                self.outcome.notes.blob(&error, |error| {
                    Finding::of_blob(FindingKind::ShardSnapshotUnreadable, error)
                        .in_shard(index, shard)
                        .in_snapshots([snapshot])
                        .breaking()
                });
            }
        }
    }

    fn check_name(&mut self, found: &str, snapshot: SnapshotIx, blob: &str) {
        let expected = &self.context.repository.root.snapshot_entry(snapshot).name;
        if **expected != *found {
            let finding = self.about(FindingKind::ShardSnapshotMismatch, blob, format!("is of snapshot {found}"));
            let finding = finding.values(&**expected, found).in_snapshots([snapshot]).breaking();
            self.find(finding);
        }
    }

    /// `is_known` tells that every file was described so before, or is new.
    fn check_commit(&mut self, held: &Held, content: &ShardSnapshot, is_known: bool, blob: &str) {
        if content.files.is_empty() && held.mounted != Mounted::No {
            return;
        }
        let commit_file = content.files.iter().find(|file| snaprepo_lucene::is_commit_file(&file.physical_name));
        let same_list = |names: &[FileName]| is_known && names.iter().eq(content.files.iter().map(|file| &file.name));
        let known = commit_file.and_then(|file| self.commits.get(&file.name)).filter(|(names, _)| same_list(names));
        let facts = match known {
            // An unchanged shard has the commit of the snapshot before: the same list needs no second look.
            Some((_, facts)) => facts.clone(),
            None => match commit::check(&content.files) {
                Ok(facts) => {
                    let names = content.files.iter().map(|file| file.name).collect();
                    self.commits.extend(commit_file.map(|file| (file.name, (names, facts.clone()))));
                    facts
                }
                Err(fault) => {
                    let finding = self.about(fault.kind, blob, fault.message).of_file(&fault.file);
                    self.find(finding.in_snapshots([held.snapshot]).breaking());
                    return;
                }
            },
        };
        self.compare_state(held.snapshot, facts);
    }

    /// Notes that a snapshot needs a file; returns whether all snapshots so far describe it alike.
    fn need(&mut self, file: &FileInfo, snapshot: SnapshotIx, blob: &str) -> bool {
        match self.needs.entry(file.name) {
            Entry::Vacant(new) => {
                new.insert(Need { file: file.clone(), users: vec![snapshot] });
                true
            }
            Entry::Occupied(mut known) => {
                let same = known.get().file.is_same(file);
                known.get_mut().users.push(snapshot);
                if !same {
                    let message = format!("{} is described otherwise in another snapshot", file.name);
                    let finding = self.about(FindingKind::ConflictingFileEntries, blob, message);
                    self.find(finding.of_file(&file.physical_name).in_snapshots([snapshot]));
                }
                same
            }
        }
    }

    /// What is in the folder and nothing refers to. Only when everything that could refer to it was read.
    fn sweep(&mut self, plan: &IndexPlan) {
        if !self.context.sees_all {
            return;
        }
        // A shard that failed may have left a list behind: it and what it names stay out of the count.
        for held in plan.held.iter().filter(|held| held.n_shards > self.shard) {
            let name = self.context.repository.shard_snapshot_name(held.snapshot);
            if self.live.contains(&name) || !self.folder.has(&name) {
                continue;
            }
            match shard::read_snapshot(self.context.repository, self.folder, held.snapshot) {
                Ok(ShardContent::Full(content)) => {
                    for file in content.files {
                        self.needs.entry(file.name).or_insert_with(|| Need { file, users: Vec::new() });
                    }
                }
                Ok(ShardContent::Shallow(_)) => {}
                Err(BlobError { .. }) => self.complete = false,
            }
            self.live.insert(name);
        }
        if !self.complete {
            return;
        }
        let is_live = |name: DataName| self.needs.contains_key(&FileName::Data(name));
        for blob in self.folder.data.iter().filter(|blob| !is_live(blob.name)) {
            let name = snaprepo_format::names::data_blob_name(blob.name, blob.part);
            self.outcome.unreferenced.shard_blob(&self.folder.path, &name, blob.len_bytes, blob.modified_millis);
        }
        for other in &self.folder.others {
            let is_data_of_need = matches!(ShardBlob::parse(&other.name), ShardBlob::Data(name, _) if is_live(name));
            if !self.live.contains(&*other.name) && !is_data_of_need {
                self.outcome.unreferenced.shard_entry(&self.folder.path, other);
            }
        }
    }
}
