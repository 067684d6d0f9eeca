//! Checks of one shard folder: listing, table and file lists joined; then forgotten.

use std::ops::ControlFlow;

use hashbrown::{HashMap, HashSet};
use snaprepo_format::{
    DataName, FileInfo, FileName,
    names::ShardBlob,
    root::{IndexIx, SnapshotIx},
    shard_generation::ShardGeneration,
    shard_snapshot::ShardSnapshot,
};
use snaprepo_store::{Pool, StoreError};

use super::{
    collect::Notes,
    commit::{self, CommitFacts},
    file::{FileJob, Place},
    finding::{Finding, FindingKind},
    indices::{Held, IndexPlan, Mounted},
    options::{Depth, Options, Sample},
    order::PartFindings,
    snapshots::SnapshotFacts,
    unreferenced::Unreferenced,
};
use crate::{
    BlobError, Problem, Repository,
    folder::{Detail, ShardFolder},
    shard::{self, Located, ShardContent},
    tree::IndexTree,
};

/// What checking a shard gives.
#[derive(Default)]
pub(super) struct ShardOutcome {
    pub(super) notes: Notes,
    pub(super) parts: PartFindings,
    /// Files whose bytes are to be checked, and where they are.
    pub(super) jobs: Vec<FileJob>,
    pub(super) place: Place,
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
    /// Reads the file lists of one shard.
    pub(super) lists: Pool,
}

impl Context<'_> {
    pub(super) fn facts(&self, snapshot: SnapshotIx) -> &SnapshotFacts {
        &self.facts[usize::try_from(snapshot).unwrap_or(usize::MAX)]
    }

    /// Whoever reads every file learns its length then: that spares a look at each while its folder is listed.
    fn detail(&self) -> Detail {
        let reads_all = self.options.depth == Depth::Content && self.options.sample == Sample::All;
        if reads_all { Detail::Names } else { Detail::Lengths }
    }
}

/// Checks one shard.
pub(super) fn check(context: &Context<'_>, plan: &IndexPlan, tree: Option<&IndexTree>, shard: u32) -> ShardOutcome {
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
    let folder = match shard::locate_in(context.repository, tree, plan.index, shard, context.detail()) {
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
        needs: Needs::default(),
        live: HashSet::new(),
        complete: plan.complete,
        commits: HashMap::new(),
        n_in_vain: 0,
        outcome,
    };
    check.read_table(&expected);
    // An unchanged shard has one list per snapshot: read one after the other, they would be most of the time.
    let read = |held: &Held| (*held, shard::read_snapshot(context.repository, &folder, held.snapshot));
    context.lists.map(expected.iter().copied(), read, |(held, content)| {
        check.snapshot(&held, content);
        ControlFlow::Continue(())
    });
    if context.lists.cancel().is_cancelled() {
        // What was not read must not pass for what is not there.
        return check.outcome;
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

/// The files that are in use, by name.
#[derive(Default)]
pub(super) struct Needs {
    pub(super) all: Vec<Need>,
    /// Positions in `all`. The files themselves are large, and would have to move whenever such a table grows.
    by_name: HashMap<FileName, usize>,
}

impl Needs {
    /// Makes room for so many in all.
    fn expect(&mut self, n_files: usize) {
        let n_more = n_files.saturating_sub(self.all.len());
        self.all.reserve(n_more);
        self.by_name.reserve(n_more);
    }

    fn get_mut(&mut self, name: FileName) -> Option<&mut Need> {
        self.by_name.get(&name).and_then(|at| self.all.get_mut(*at))
    }

    pub(super) fn has(&self, name: FileName) -> bool {
        self.by_name.contains_key(&name)
    }

    /// Adds a file that is not there yet.
    fn add(&mut self, need: Need) {
        self.by_name.insert(need.file.name, self.all.len());
        self.all.push(need);
    }

    /// Notes that a file is in use although no snapshot is known that needs it.
    pub(super) fn keep(&mut self, file: &FileInfo) {
        if !self.has(file.name) {
            self.add(Need { file: file.clone(), users: Vec::new() });
        }
    }
}

pub(super) struct ShardCheck<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) index: IndexIx,
    pub(super) shard: u32,
    pub(super) folder: &'a ShardFolder,
    /// The current table and the name of its blob.
    pub(super) table: Option<(ShardGeneration, String)>,
    pub(super) needs: Needs,
    /// Names of metadata blobs that are in use.
    pub(super) live: HashSet<String>,
    /// Whether everything that tells which blobs are in use could be read.
    pub(super) complete: bool,
    /// Commits that were checked already: snapshots of an unchanged shard share theirs.
    pub(super) commits: HashMap<FileName, (Box<[FileName]>, Option<CommitFacts>)>,
    /// Blobs in a row that were looked for beyond the listing, and not found.
    pub(super) n_in_vain: u32,
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

    fn snapshot(&mut self, held: &Held, content: Result<ShardContent, BlobError>) {
        self.outcome.notes.tally.shard_snapshots += 1;
        let name = self.context.repository.shard_snapshot_name(held.snapshot);
        match content {
            Ok(ShardContent::Shallow(content)) => {
                let blob = format!("shallow-{name}");
                self.check_name(&content.snapshot, held.snapshot, &blob);
                self.live.insert(blob);
                self.outcome.shallow.push(held.snapshot);
            }
            Ok(ShardContent::Full(content)) => {
                self.check_name(&content.snapshot, held.snapshot, &name);
                self.compare_with_table(held.snapshot, &content, &name);
                self.needs.expect(content.files.len());
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
        let Some(known) = self.needs.get_mut(file.name) else {
            self.needs.add(Need { file: file.clone(), users: vec![snapshot] });
            return true;
        };
        let same = known.file.is_same(file);
        known.users.push(snapshot);
        if !same {
            let message = format!("{} is described otherwise in another snapshot", file.name);
            let finding = self.about(FindingKind::ConflictingFileEntries, blob, message);
            self.find(finding.of_file(&file.physical_name).in_snapshots([snapshot]));
        }
        same
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
                    content.files.into_iter().for_each(|file| self.needs.keep(&file));
                }
                Ok(ShardContent::Shallow(_)) => {}
                Err(BlobError { .. }) => self.complete = false,
            }
            self.live.insert(name);
        }
        if !self.complete {
            return;
        }
        if let Err(error) = self.count_unreferenced() {
            let error = BlobError::from_store(error);
            self.outcome.notes.blob(&error, |error| Finding::of_blob(FindingKind::UnreferencedBlobs, error));
        }
    }

    fn count_unreferenced(&mut self) -> Result<(), StoreError> {
        let is_live = |name: DataName| self.needs.has(FileName::Data(name));
        let (store, found) = (self.context.repository.store(), &mut self.outcome.unreferenced);
        for blob in self.folder.data.iter().filter(|blob| !is_live(blob.name)) {
            found.shard_blob(store, self.folder, blob)?;
        }
        for other in &self.folder.others {
            let is_data_of_need = matches!(ShardBlob::parse(&other.name), ShardBlob::Data(name, _) if is_live(name));
            if !self.live.contains(&*other.name) && !is_data_of_need {
                found.shard_entry(store, self.folder, other)?;
            }
        }
        Ok(())
    }
}
