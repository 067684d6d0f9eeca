//! Checks of one shard folder: listing, table and file lists joined; then forgotten.

use std::{collections::BTreeSet, sync::Arc};

use hashbrown::{HashMap, HashSet, hash_map::Entry};
use snaprepo_codec::{base36, envelope::StreamCheck};
use snaprepo_format::{
    DataName, FileInfo, FileName,
    engine::Era,
    names::ShardBlob,
    root::{IndexIx, ShardGen, SnapshotIx},
    shard_generation::ShardGeneration,
    shard_snapshot::ShardSnapshot,
};

use super::{
    collect::Notes,
    commit::{self, CommitFacts},
    file::FileJob,
    finding::{Finding, FindingKind},
    indices::{Held, IndexPlan, Mounted},
    options::{Depth, Options},
    report::Tally,
    snapshots::SnapshotFacts,
    unreferenced::Unreferenced,
};
use crate::{
    BlobError, Repository,
    folder::ShardFolder,
    shard::{self, Current, Located, ShardContent},
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
            if !expected.is_empty() {
                let finding = Finding::new(FindingKind::ShardFolderMissing, "does not exist").blob(&path);
                outcome.notes.find(finding.in_shard(plan.index, shard).in_snapshots(snapshots()).breaking());
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
struct Need {
    file: FileInfo,
    /// Snapshots, ascending.
    users: Vec<SnapshotIx>,
}

struct ShardCheck<'a> {
    context: &'a Context<'a>,
    index: IndexIx,
    shard: u32,
    folder: &'a ShardFolder,
    /// The current table and the name of its blob.
    table: Option<(ShardGeneration, String)>,
    needs: HashMap<FileName, Need>,
    /// Names of metadata blobs that are in use.
    live: HashSet<String>,
    /// Whether everything that tells which blobs are in use could be read.
    complete: bool,
    /// Commits that were checked already: snapshots of an unchanged shard share theirs.
    commits: HashMap<(FileName, usize), Option<CommitFacts>>,
    outcome: ShardOutcome,
}

impl ShardCheck<'_> {
    fn finding(&self, kind: FindingKind, message: impl Into<String>) -> Finding {
        Finding::new(kind, message).in_shard(self.index, self.shard)
    }

    /// A finding about a blob of this folder.
    fn about(&self, kind: FindingKind, blob: &str, message: impl Into<String>) -> Finding {
        let finding = self.finding(kind, message);
        match self.folder.path.join(blob) {
            Ok(path) => finding.blob(&path),
            Err(_) => finding,
        }
    }

    fn find(&mut self, finding: Finding) {
        self.outcome.notes.find(finding);
    }

    fn recorded_generation(&self) -> Option<&ShardGen> {
        let entry = self.context.repository.root.index_entry(self.index);
        entry.shard_generations.get(usize::try_from(self.shard).unwrap_or(usize::MAX))
    }

    fn read_table(&mut self, expected: &[&Held]) {
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
            // Shallow snapshots come without a table.
            let full = |held: &&&Held| self.folder.has(&self.context.repository.shard_snapshot_name(held.snapshot));
            if matches!(current, Current::New | Current::Undefined) && expected.iter().any(|held| full(&held)) {
                let message = "nobody names the file table, and the folder has none with a number";
                let finding = at_root(self.finding(FindingKind::ShardGenerationUndefined, message));
                self.find(finding);
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
        for (file, _) in table.files.iter().zip(&used).filter(|(_, used)| !**used) {
            let message = format!("no snapshot uses {} ({})", file.name, file.physical_name);
            findings.push(self.about(FindingKind::UnusedFileEntry, name, message).of_file(&file.physical_name));
        }
        let root = &self.context.repository.root;
        let known: BTreeSet<&str> = root
            .index_entry(self.index)
            .snapshots
            .iter()
            .map(|snapshot| &*root.snapshot_entry(*snapshot).name)
            .collect();
        for entry in table.snapshots.iter().filter(|entry| !known.contains(&*entry.snapshot)) {
            let message = format!("has snapshot {}, which the root does not have for this index", entry.snapshot);
            findings.push(self.about(FindingKind::UnknownSnapshotInShardGeneration, name, message));
        }
        self.outcome.notes.findings.extend(findings);
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
                self.check_commit(held, &content, &name);
                content.files.into_iter().for_each(|file| self.need(file, held.snapshot, &name));
                self.live.insert(name);
            }
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

    /// The file list of a snapshot against its entry in the table.
    fn compare_with_table(&mut self, snapshot: SnapshotIx, content: &ShardSnapshot, blob: &str) {
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
        let in_table: HashMap<FileName, &FileInfo> = table.files_of(entry).map(|file| (file.name, file)).collect();
        for file in &content.files {
            let (kind, message) = match in_table.get(&file.name) {
                Some(known) if known.is_same(file) => continue,
                Some(_) => {
                    (FindingKind::FileEntryMismatch, format!("{} is described otherwise in {table_blob}", file.name))
                }
                None => (FindingKind::FileNotInShardGeneration, format!("{table_blob} does not give it {}", file.name)),
            };
            findings.push(self.about(kind, blob, message).of_file(&file.physical_name).in_snapshots([snapshot]));
        }
        let in_list: HashSet<FileName> = content.files.iter().map(|file| file.name).collect();
        for file in in_table.values().filter(|file| !in_list.contains(&file.name)) {
            let message = format!("gives snapshot {name} {}, which {blob} does not list", file.name);
            let finding = self.about(FindingKind::FileNotInShardSnapshot, table_blob, message);
            findings.push(finding.of_file(&file.physical_name).in_snapshots([snapshot]));
        }
        findings.sort_by(|a, b| (a.kind, &a.message).cmp(&(b.kind, &b.message)));
        self.outcome.notes.findings.extend(findings);
    }

    fn check_commit(&mut self, held: &Held, content: &ShardSnapshot, blob: &str) {
        if content.files.is_empty() && held.mounted != Mounted::No {
            return;
        }
        let commit_file = content.files.iter().find(|file| snaprepo_lucene::is_commit_file(&file.physical_name));
        let key = commit_file.map(|file| (file.name, content.files.len()));
        let facts = match key.and_then(|key| self.commits.get(&key)) {
            // An unchanged shard has the commit of the snapshot before: the same list needs no second look.
            Some(facts) => facts.clone(),
            None => match commit::check(&content.files) {
                Ok(facts) => {
                    self.commits.extend(key.map(|key| (key, facts.clone())));
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

    /// The state recorded in the table against that of the commit.
    fn compare_state(&mut self, snapshot: SnapshotIx, facts: Option<CommitFacts>) {
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

    fn need(&mut self, file: FileInfo, snapshot: SnapshotIx, blob: &str) {
        match self.needs.entry(file.name) {
            Entry::Vacant(new) => {
                new.insert(Need { file, users: vec![snapshot] });
            }
            Entry::Occupied(mut known) => {
                let same = known.get().file.is_same(&file);
                known.get_mut().users.push(snapshot);
                if !same {
                    let message = format!("{} is described otherwise in another snapshot", file.name);
                    let finding = self.about(FindingKind::ConflictingFileEntries, blob, message);
                    self.find(finding.of_file(&file.physical_name).in_snapshots([snapshot]));
                }
            }
        }
    }

    /// Files that only the table knows: the next snapshot may re-use them, so they are in use, but no restore needs them.
    fn table_leftovers(&mut self) {
        let Some((table, _)) = &self.table else { return };
        for file in &table.files {
            self.needs.entry(file.name).or_insert_with(|| Need { file: file.clone(), users: Vec::new() });
        }
    }

    /// Presence of every needed part, and jobs for what is deeper.
    fn files(&mut self) {
        let mut needs: Vec<Need> = std::mem::take(&mut self.needs).into_values().collect();
        needs.sort_by_key(|need| need.file.name);
        let depth = self.context.options.depth;
        let folder = Arc::new(self.folder.path.clone());
        for need in &mut needs {
            let Some(parts) = need.file.parts() else {
                if !need.users.is_empty() {
                    self.inlined(need);
                }
                continue;
            };
            if need.users.is_empty() {
                continue;
            }
            let tally = Tally { files: 1, blobs: parts.n_parts, bytes: parts.len_bytes, ..Tally::default() };
            self.outcome.notes.tally.add(&tally);
            if depth < Depth::Presence || !self.is_present(need) || depth < Depth::Footers {
                continue;
            }
            self.outcome.jobs.push(FileJob {
                index: self.index,
                shard: self.shard,
                folder: Arc::clone(&folder),
                physical_name: need.file.physical_name.clone(),
                parts,
                checksum: need.file.checksum,
                meta_hash: need.file.meta_hash.take(),
                maybe_footless: self.context.repository.era() == Era::E1,
                snapshots: std::mem::take(&mut need.users),
            });
        }
        self.extra_parts(&needs);
        self.needs = needs.into_iter().map(|need| (need.file.name, need)).collect();
    }

    /// A file whose bytes are all in the metadata: its length, footer and checksum.
    fn inlined(&mut self, need: &Need) {
        self.outcome.notes.tally.inlined_files += 1;
        if self.context.options.depth < Depth::Footers {
            return;
        }
        let file = &need.file;
        let problem = match file.inlined() {
            None => {
                let len = file.meta_hash.as_ref().map_or(0, |bytes| bytes.len());
                Some(format!("{len} bytes in the metadata, {} recorded", file.len_bytes))
            }
            Some(bytes) => {
                let summary = StreamCheck::of(bytes);
                match summary.footer {
                    Err(fault) => Some(fault.to_string()),
                    Ok(footer) if footer.crc != summary.computed => Some(format!(
                        "the bytes have checksum {:08x}, the footer says {:08x}",
                        summary.computed, footer.crc
                    )),
                    Ok(footer) => file.checksum.filter(|recorded| *recorded != footer.crc).map(|recorded| {
                        let (recorded, stored) = (base36::encode(recorded.into()), base36::encode(footer.crc.into()));
                        format!("footer says {stored}, {recorded} is recorded")
                    }),
                }
            }
        };
        let (Some(problem), Some(first)) = (problem, need.users.first()) else { return };
        let blob = self.context.repository.shard_snapshot_name(*first);
        let finding = self.about(FindingKind::InlinedFileCorrupt, &blob, problem).of_file(&file.physical_name);
        self.find(finding.in_snapshots(need.users.iter().copied()).breaking());
    }

    fn is_present(&mut self, need: &Need) -> bool {
        let Some(parts) = need.file.parts() else { return true };
        let mut intact = true;
        let listed = self.folder.parts(parts.name).len() as u64;
        for i in 0..parts.n_parts {
            let finding = match self.folder.data(parts.name, parts.part_number(i)) {
                Some(blob) if blob.len_bytes == parts.part_len(i) => continue,
                Some(blob) => {
                    let (expected, found) = (parts.part_len(i), blob.len_bytes);
                    let message = format!("is {found} bytes long instead of {expected}");
                    self.about(FindingKind::BlobLengthMismatch, &parts.blob_name(i), message).values(expected, found)
                }
                None => {
                    let name = parts.blob_name(i);
                    let message = if self.folder.has(&name) { "is no blob" } else { "does not exist" };
                    let len = parts.part_len(i);
                    self.about(
                        FindingKind::MissingBlob,
                        &name,
                        format!("{message} ({len} bytes of {})", parts.len_bytes),
                    )
                }
            };
            let finding = finding.of_file(&need.file.physical_name).in_snapshots(need.users.iter().copied());
            self.find(finding.breaking());
            intact = false;
            // A hostile length can name more parts than there are atoms: nothing is there behind the listed ones.
            if i > listed {
                break;
            }
        }
        intact
    }

    /// Parts beyond the count, or a whole blob beside parts.
    fn extra_parts(&mut self, needs: &[Need]) {
        if self.context.options.depth < Depth::Presence {
            return;
        }
        let mut findings = Vec::new();
        for need in needs {
            let Some(parts) = need.file.parts() else { continue };
            for blob in self.folder.parts(parts.name) {
                let belongs = match blob.part {
                    None => parts.n_parts == 1,
                    Some(part) => parts.n_parts > 1 && part < parts.n_parts,
                };
                if !belongs {
                    let name = snaprepo_format::names::data_blob_name(blob.name, blob.part);
                    let message = format!("the file has {} part(s)", parts.n_parts);
                    let finding = self.about(FindingKind::ExtraPart, &name, message);
                    findings.push(finding.of_file(&need.file.physical_name).in_snapshots(need.users.iter().copied()));
                }
            }
        }
        self.outcome.notes.findings.extend(findings);
    }

    /// What is in the folder and nothing refers to. Only when everything that could refer to it was read.
    fn sweep(&mut self, plan: &IndexPlan) {
        if !self.context.options.scope.is_all() {
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
