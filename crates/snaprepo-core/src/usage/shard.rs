//! One shard: its folder joined with its table.

use hashbrown::{HashMap, HashSet};
use snaprepo_codec::BlobPath;
use snaprepo_format::{DataName, FileInfo, FileName, root::SnapshotIx};
use snaprepo_store::StoreError;

use super::{
    Blobs, DeadTable, Kinds, Question, Share,
    group::{Holders, Shares},
};
use crate::{
    BlobError, Repository, Unread,
    folder::{Detail, ShardFolder},
    shard::{self, Current, Files, Located},
    status::Amount,
    tree::IndexTree,
    verify::{
        indices::{IndexPlan, Mounted},
        unreferenced::Unreferenced,
    },
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
    /// Snapshots whose files of it lie in a remote store.
    pub(super) n_remote: u64,
    /// Its folder, where that lies elsewhere than the root says.
    pub(super) misplaced: Option<BlobPath>,
    /// Its table, where that has snapshots that the root does not know.
    pub(super) dead_table: Option<DeadTable>,
    pub(super) unreadable: Vec<Unread>,
}

/// The file table of a shard.
#[derive(Default)]
pub(super) struct Table {
    pub(super) blobs: Blobs,
    /// For each grouping, the group that alone has the shard.
    pub(super) owners: Vec<Option<u32>>,
}

/// Measures one shard.
pub(super) fn measure(
    repository: &Repository,
    plan: &IndexPlan,
    tree: Option<&IndexTree>,
    shard: u32,
    question: Question<'_>,
) -> OneShard {
    let mut one = OneShard { unreferenced: Unreferenced::new(question.deletes), ..OneShard::default() };
    let folder = match shard::locate_in(repository, tree, plan.index, shard, Detail::Lengths) {
        Ok(located) => {
            if let Located::Elsewhere(folder, _) = &located {
                one.misplaced = Some(folder.path.clone());
            }
            located.folder()
        }
        Err(error) => {
            one.unreadable.push(error.into());
            return one;
        }
    };
    let Some(folder) = folder else {
        one.unreadable.extend(lost_folder(repository, plan, shard, &mut one.n_remote));
        return one;
    };
    let current = Current::of(repository, plan.index, shard, &folder).blob_name();
    let _in_hand = repository.hands.take(current.as_ref().map_or(0, |name| folder.len_of(name)));
    let mut files = Files::read(repository, plan.index, &folder, current.as_deref(), &mut one.unreadable);
    files.keeps_listed = question.deletes && !question.forgets_unknown;
    one.dead_table = dead_table(plan, shard, &folder, current.as_deref(), &files);
    let held_by = &repository.root.index_entry(plan.index).snapshots;
    let mut shares: Vec<Shares<'_>> =
        question.groupings.iter().map(|grouping| Shares::new(grouping, held_by)).collect();
    one.logical = files.holders.iter().map(|(_, refs)| Amount::of(files.of(refs))).fold(one.logical, Amount::plus);

    let present = present(&folder);
    let weights: Vec<(Blobs, u64)> = files.all.iter().map(|file| (blobs_of(file, &present), file.len_bytes)).collect();
    let refs: Vec<&[u32]> = files.holders.iter().map(|(_, refs)| refs.as_slice()).collect();
    for shares in &mut shares {
        let holders = Holders::new(shares.grouping(), files.holders.iter().map(|(snapshot, _)| *snapshot));
        shares.files(&holders, &refs, &weights);
    }
    one.n_missing = n_missing(&files, &present);
    if let Err(error) = join(repository, plan, &folder, current.as_deref(), &files, &mut shares, &mut one) {
        one.unreadable.push(BlobError::from_store(error).into());
    }
    if !files.has_gaps {
        one.shares = shares.into_iter().map(Shares::finish).collect();
    }
    one
}

/// The table, where it has snapshots that the root does not know.
fn dead_table(
    plan: &IndexPlan,
    shard: u32,
    folder: &ShardFolder,
    current: Option<&str>,
    files: &Files,
) -> Option<DeadTable> {
    let (n_known, n_unknown) = files.n_in_table;
    let name = current.filter(|_| n_unknown > 0)?;
    let entry = folder.others.iter().find(|other| *other.name == *name)?;
    Some(DeadTable {
        index: plan.index,
        shard,
        folder: folder.path.clone(),
        id: name.strip_prefix("index-")?.to_owned(),
        len_bytes: entry.stat.map_or(0, |stat| stat.len_bytes),
        highest: folder.highest_numbered_generation(),
        is_needed: n_known > 0,
    })
}

/// A shard that failed in all its snapshots has no folder; any other has.
fn lost_folder(repository: &Repository, plan: &IndexPlan, shard: u32, n_remote: &mut u64) -> Option<Unread> {
    let name = &repository.root.index_entry(plan.index).name;
    let held = plan.held.iter().filter(|held| held.n_shards > shard && held.mounted == Mounted::No);
    let mut unread = None;
    let is_expected = held.into_iter().any(|held| match repository.snapshot_info(held.snapshot) {
        Ok(info) if info.pinned_timestamp.is_some() => {
            *n_remote += 1;
            false
        }
        Ok(info) => !info.has_failed(name, shard),
        Err(error) => {
            unread = Some(Unread::from(error));
            false
        }
    });
    if !is_expected {
        return unread;
    }
    let path = repository.shard_folder(plan.index, shard).unwrap_or_default();
    Some(Unread { path, message: "the folder of the shard does not exist".to_owned(), is_damage: true })
}

/// What lies in the folder of each data file, all parts together.
fn present(folder: &ShardFolder) -> HashMap<DataName, Blobs> {
    let mut present: HashMap<DataName, Blobs> = HashMap::with_capacity(folder.data.len());
    for blob in &folder.data {
        present.entry(blob.name).or_default().add(Blobs::one(blob.stat.map_or(0, |stat| stat.len_bytes)));
    }
    present
}

/// What a file takes: what is missing takes nothing.
fn blobs_of(file: &FileInfo, present: &HashMap<DataName, Blobs>) -> Blobs {
    match file.name {
        FileName::Data(name) => present.get(&name).copied().unwrap_or_default(),
        FileName::Virtual(_) => Blobs::default(),
    }
}

/// Blobs that some snapshot needs and that are not there.
fn n_missing(files: &Files, present: &HashMap<DataName, Blobs>) -> u64 {
    let mut seen = HashSet::new();
    let used = files.holders.iter().flat_map(|(_, refs)| files.of(refs)).filter(|file| seen.insert(file.name));
    let of_file = |file: &FileInfo| {
        let expected = file.parts().map_or(0, |parts| parts.n_parts);
        expected.saturating_sub(blobs_of(file, present).n)
    };
    used.map(of_file).fold(0, u64::saturating_add)
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
    let held_by = &repository.root.index_entry(plan.index).snapshots;
    let lists: HashMap<String, SnapshotIx> =
        held_by.iter().map(|snapshot| (repository.shard_snapshot_name(*snapshot), *snapshot)).collect();
    // Who is in the table has a list of its own beside it.
    let mut without_list: HashSet<SnapshotIx> = files.holders.iter().map(|(snapshot, _)| *snapshot).collect();
    for other in &folder.others {
        let blob = Blobs::one(other.stat.map_or(0, |stat| stat.len_bytes));
        let list = lists.get(other.name.strip_prefix("shallow-").unwrap_or(&other.name));
        if let Some(snapshot) = list {
            without_list.remove(snapshot);
            one.n_remote += u64::from(other.name.starts_with("shallow-"));
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
    one.n_missing = one.n_missing.saturating_add(without_list.len() as u64);
    Ok(())
}
