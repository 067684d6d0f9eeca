//! One shard: its folder joined with its table.

use hashbrown::{HashMap, HashSet};
use snaprepo_format::{DataName, FileInfo, FileName, root::SnapshotIx};
use snaprepo_store::StoreError;

use super::{
    Blobs, Kinds, Question, Share, Unread,
    group::{Holders, Shares},
};
use crate::{
    BlobError, Problem, Repository,
    folder::{Detail, ShardFolder},
    shard::{self, Current, ShardContent},
    status::Amount,
    tree::IndexTree,
    verify::{indices::IndexPlan, unreferenced::Unreferenced},
};

/// What one shard takes.
#[derive(Default)]
pub(super) struct OneShard {
    pub(super) kinds: Kinds,
    pub(super) logical: Amount,
    /// Its file table.
    pub(super) table: Table,
    /// For each grouping, in its order.
    pub(super) shares: Vec<Vec<(u32, Share)>>,
    pub(super) unreferenced: Unreferenced,
    pub(super) n_missing: u64,
    pub(super) unreadable: Vec<Unread>,
}

/// The file table of a shard.
#[derive(Default)]
pub(super) struct Table {
    pub(super) blobs: Blobs,
    /// For each grouping, the group that alone has the shard.
    pub(super) owners: Vec<Option<u32>>,
}

/// The files of a shard and who holds them.
#[derive(Default)]
struct Files {
    all: Vec<FileInfo>,
    /// Snapshots, with positions of their files.
    holders: Vec<(SnapshotIx, Vec<u32>)>,
    /// Whether the files of some snapshot are not known: then nobody knows who alone needs what.
    has_gaps: bool,
}

/// Measures one shard.
pub(super) fn measure(
    repository: &Repository,
    plan: &IndexPlan,
    tree: Option<&IndexTree>,
    shard: u32,
    question: Question<'_>,
) -> OneShard {
    let mut one = OneShard::default();
    let folder = match shard::locate_in(repository, tree, plan.index, shard, Detail::Lengths) {
        Ok(located) => located.folder(),
        Err(error) => {
            one.unreadable.push(error.into());
            return one;
        }
    };
    // A shard that failed in all its snapshots has none.
    let Some(folder) = folder else { return one };
    let current = Current::of(repository, plan.index, shard, &folder).blob_name();
    let files = files(repository, plan, &folder, current.as_deref(), &mut one.unreadable);
    let held_by = &repository.root.index_entry(plan.index).snapshots;
    let mut shares: Vec<Shares<'_>> =
        question.groupings.iter().map(|grouping| Shares::new(grouping, held_by)).collect();
    one.logical = files.holders.iter().map(|(_, refs)| Amount::of(files.of(refs))).fold(one.logical, Amount::plus);

    let weights: Vec<(Blobs, u64)> = files.all.iter().map(weight).collect();
    let refs: Vec<&[u32]> = files.holders.iter().map(|(_, refs)| refs.as_slice()).collect();
    for shares in &mut shares {
        let holders = Holders::new(shares.grouping(), files.holders.iter().map(|(snapshot, _)| *snapshot));
        shares.files(&holders, &refs, &weights);
    }
    if let Err(error) = join(repository, plan, &folder, current.as_deref(), &files, &mut shares, &mut one) {
        one.unreadable.push(BlobError::from_store(error).into());
    }
    if !files.has_gaps {
        one.shares = shares.into_iter().map(Shares::finish).collect();
    }
    one
}

/// What a file takes in the store, and how long it is.
fn weight(file: &FileInfo) -> (Blobs, u64) {
    let blobs = file.parts().map_or(Blobs::default(), |parts| Blobs { n: parts.n_parts, bytes: parts.len_bytes });
    (blobs, file.len_bytes)
}

impl Files {
    fn of<'f>(&'f self, refs: &'f [u32]) -> impl Iterator<Item = &'f FileInfo> {
        refs.iter().filter_map(|position| self.all.get(usize::try_from(*position).ok()?))
    }

    /// Data blobs that somebody holds.
    fn live(&self) -> HashSet<DataName> {
        let names = self.holders.iter().flat_map(|(_, refs)| self.of(refs)).map(|file| file.name);
        names.filter_map(|name| if let FileName::Data(name) = name { Some(name) } else { None }).collect()
    }
}

/// From the table; and from the lists of snapshots that it lacks.
fn files(
    repository: &Repository,
    plan: &IndexPlan,
    folder: &ShardFolder,
    current: Option<&str>,
    unreadable: &mut Vec<Unread>,
) -> Files {
    let entry = repository.root.index_entry(plan.index);
    let mut files = Files::default();
    if let Some(name) = current {
        match shard::read_generation(repository, &folder.path, name) {
            Ok(table) => {
                let by_name: HashMap<&str, SnapshotIx> =
                    entry.snapshots.iter().map(|ix| (&*repository.root.snapshot_entry(*ix).name, *ix)).collect();
                files.all = table.files;
                let known = table.snapshots.into_iter();
                files.holders =
                    known.filter_map(|entry| Some((*by_name.get(&*entry.snapshot)?, entry.files))).collect();
            }
            // Lists tell the same, one by one.
            Err(error) => unreadable.push(error.into()),
        }
    }
    let in_table: HashSet<SnapshotIx> = files.holders.iter().map(|(snapshot, _)| *snapshot).collect();
    let mut positions: Option<HashMap<FileName, u32>> = None;
    for snapshot in entry.snapshots.iter().filter(|snapshot| !in_table.contains(*snapshot)) {
        let name = repository.shard_snapshot_name(*snapshot);
        if !folder.has(&name) {
            continue;
        }
        let list = match shard::read_snapshot(repository, folder, *snapshot) {
            Ok(ShardContent::Full(list)) => list.files,
            Ok(ShardContent::Shallow(_)) => continue,
            Err(BlobError { problem: Problem::Absent(_), .. }) => continue,
            Err(error) => {
                unreadable.push(error.into());
                files.has_gaps = true;
                continue;
            }
        };
        let positions =
            positions.get_or_insert_with(|| (0..).zip(&files.all).map(|(at, file)| (file.name, at)).collect());
        let mut refs = Vec::with_capacity(list.len());
        for file in list {
            refs.push(*positions.entry(file.name).or_insert_with(|| {
                files.all.push(file);
                u32::try_from(files.all.len() - 1).unwrap_or(u32::MAX)
            }));
        }
        files.holders.push((*snapshot, refs));
    }
    files
}

/// Everything that lies in the folder, by what it is for.
fn join(
    repository: &Repository,
    plan: &IndexPlan,
    folder: &ShardFolder,
    current: Option<&str>,
    files: &Files,
    shares: &mut [Shares<'_>],
    one: &mut OneShard,
) -> Result<(), StoreError> {
    let store = repository.store();
    let live = files.live();
    for blob in &folder.data {
        // What cannot be told apart counts as needed.
        if live.contains(&blob.name) || files.has_gaps {
            one.kinds.data.add(Blobs::one(blob.stat.map_or(0, |stat| stat.len_bytes)));
        } else {
            one.unreferenced.shard_blob(store, folder, blob)?;
        }
    }
    let mut seen = HashSet::new();
    let used = files.holders.iter().flat_map(|(_, refs)| files.of(refs)).filter(|file| seen.insert(file.name));
    let expected: u64 = used.map(|file| weight(file).0.n).fold(0, u64::saturating_add);
    one.n_missing = expected.saturating_sub(one.kinds.data.n);

    let held_by = &repository.root.index_entry(plan.index).snapshots;
    let lists: HashMap<String, SnapshotIx> =
        held_by.iter().map(|snapshot| (repository.shard_snapshot_name(*snapshot), *snapshot)).collect();
    for other in &folder.others {
        let blob = Blobs::one(other.stat.map_or(0, |stat| stat.len_bytes));
        let list = lists.get(other.name.strip_prefix("shallow-").unwrap_or(&other.name));
        if let Some(snapshot) = list {
            one.kinds.shard_metadata.add(blob);
            shares.iter_mut().for_each(|shares| shares.blob(std::iter::once(*snapshot), blob));
        } else if current == Some(&*other.name) {
            one.kinds.shard_metadata.add(blob);
            let holders = files.holders.iter().map(|(snapshot, _)| *snapshot);
            one.table = Table { blobs: blob, owners: shares.iter().map(|of| of.owner(holders.clone())).collect() };
            shares.iter_mut().for_each(|shares| shares.blob(holders.clone(), blob));
        } else {
            one.unreferenced.shard_entry(store, folder, other)?;
        }
    }
    Ok(())
}
