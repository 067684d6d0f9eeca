//! One shard folder without some of its snapshots: what goes, and what is not certain.

use hashbrown::{HashMap, HashSet};
use snaprepo_codec::BlobPath;
use snaprepo_format::{
    DataName, FileName,
    names::{self, ShardBlob},
    root::{IndexIx, SnapshotIx},
    shard_generation::ShardGeneration,
};

use super::fence::{Fences, Refusal, Why};
use crate::{
    BlobError, Repository,
    folder::{Detail, Other, ShardFolder},
    shard::{self, Current, Located, ShardContent},
};

/// What happens in a shard folder.
#[derive(Default)]
pub(super) struct OneShard {
    pub(super) folder: BlobPath,
    /// The text behind `index-` of the table that is written anew.
    pub(super) table: Option<OldTable>,
    /// Names and lengths of blobs that go.
    pub(super) doomed: Vec<(String, u64)>,
    /// Blobs of names that no repository gives, which stay.
    pub(super) n_foreign: u64,
    /// The youngest blob that nothing refers to: its age and name.
    pub(super) youngest: Option<(i64, String)>,
    pub(super) refusals: Vec<Refusal>,
}

/// A table that others take the place of.
pub(super) struct OldTable {
    pub(super) id: String,
    /// The highest number of a table in the folder, where tables have numbers.
    pub(super) highest: Option<u64>,
    /// Whether some snapshot is left in it.
    pub(super) is_needed: bool,
}

/// The folder of a shard, or why it cannot be changed; `None` where there is none.
fn folder(repository: &Repository, index: IndexIx, shard: u32) -> Result<Option<ShardFolder>, Refusal> {
    match shard::locate(repository, index, shard, Detail::Lengths) {
        Ok(Located::AsRecorded(folder)) => Ok(Some(folder)),
        // A shard that failed in all its snapshots has none.
        Ok(Located::Nowhere(_)) => Ok(None),
        Ok(Located::Elsewhere(folder, _)) => {
            let message = "lies elsewhere than the root says: snaprepo verify tells more";
            Err(Refusal::new(Why::Misplaced, message).at(&folder.path))
        }
        Err(error) => Err(Refusal::unreadable(error)),
    }
}

/// A shard of an index that goes as a whole: everything of a known name goes.
pub(super) fn whole(repository: &Repository, index: IndexIx, shard: u32) -> OneShard {
    let mut one = OneShard::default();
    let folder = match folder(repository, index, shard) {
        Ok(Some(folder)) => folder,
        Ok(None) => return one,
        Err(refusal) => {
            one.refusals.push(refusal);
            return one;
        }
    };
    one.folder = folder.path.clone();
    for blob in &folder.data {
        one.doom(names::data_blob_name(blob.name, blob.part), blob.stat.map_or(0, |stat| stat.len_bytes));
    }
    for other in &folder.others {
        if is_shallow(&other.name) {
            one.refusals.push(shallow(&folder.path, &other.name));
        }
        match other.what {
            Other::Metadata => one.doom(other.name.to_string(), other.stat.map_or(0, |stat| stat.len_bytes)),
            // Left behind by a write: what it belongs to is gone, and a garbage collection takes it.
            Other::Transient => {}
            Other::Foreign | Other::Odd(_) => one.n_foreign += 1,
        }
    }
    one
}

fn is_shallow(name: &str) -> bool {
    name.starts_with("shallow-")
}

fn shallow(folder: &BlobPath, name: &str) -> Refusal {
    let message = "is a shallow snapshot: its data and its lock are in a remote store, which only a cluster releases";
    let path = folder.join(name).unwrap_or_else(|_| folder.clone());
    Refusal::new(Why::Shallow, message).at(&path)
}

/// A shard that some snapshots lose and others keep.
pub(super) fn part(
    repository: &Repository,
    removed: &HashSet<SnapshotIx>,
    index: IndexIx,
    shard: u32,
    fences: Fences,
) -> OneShard {
    let mut one = OneShard::default();
    match folder(repository, index, shard) {
        Ok(None) => {}
        Ok(Some(folder)) => {
            one.folder = folder.path.clone();
            if let Err(error) = reduce(repository, removed, index, shard, &folder, fences, &mut one) {
                // It stays as it is, or nothing is done at all.
                (one.table, one.doomed) = (None, Vec::new());
                one.refusals.push(Refusal::unreadable(error));
            }
        }
        Err(refusal) => one.refusals.push(refusal),
    }
    one
}

/// Files of the snapshots that go, and of those that stay.
#[derive(Default)]
struct Needs {
    going: HashSet<DataName>,
    staying: HashSet<DataName>,
}

impl Needs {
    fn of(&mut self, goes: bool) -> &mut HashSet<DataName> {
        if goes { &mut self.going } else { &mut self.staying }
    }
}

fn reduce(
    repository: &Repository,
    removed: &HashSet<SnapshotIx>,
    index: IndexIx,
    shard: u32,
    folder: &ShardFolder,
    fences: Fences,
    one: &mut OneShard,
) -> Result<(), BlobError> {
    let entry = repository.root.index_entry(index);
    let by_name: HashMap<&str, SnapshotIx> =
        entry.snapshots.iter().map(|snapshot| (&*repository.root.snapshot_entry(*snapshot).name, *snapshot)).collect();
    let current = Current::of(repository, index, shard, folder);
    let current_name = current.blob_name();
    let _in_hand = repository.hands.take(current_name.as_ref().map_or(0, |name| folder.len_of(name)));
    let table = match current_name {
        Some(name) => shard::read_generation(repository, &folder.path, &name)?,
        None => ShardGeneration::default(),
    };
    let mut needs = Needs::default();
    let (mut n_going, mut n_staying) = (0, 0);
    let mut in_table = HashSet::new();
    for of_table in &table.snapshots {
        // A name that the root does not know stays: a next snapshot may use its files again.
        let snapshot = by_name.get(&*of_table.snapshot).copied();
        let goes = snapshot.is_some_and(|snapshot| removed.contains(&snapshot));
        if goes {
            n_going += 1;
        } else {
            n_staying += 1;
        }
        in_table.extend(snapshot);
        needs.of(goes).extend(table.files_of(of_table).filter_map(|file| data(file.name)));
    }
    for snapshot in &entry.snapshots {
        let goes = removed.contains(snapshot);
        let is_known = in_table.contains(snapshot);
        let name = repository.shard_snapshot_name(*snapshot);
        if goes && folder.has(&format!("shallow-{name}")) {
            one.refusals.push(shallow(&folder.path, &format!("shallow-{name}")));
        }
        // The table tells the same; what goes needs no second opinion, for it can only free less.
        if !folder.has(&name) || (is_known && (goes || !fences.checks_lists)) {
            continue;
        }
        match shard::read_snapshot(repository, folder, *snapshot)? {
            ShardContent::Full(list) => {
                needs.of(goes).extend(list.files.iter().filter_map(|file| data(file.name)));
            }
            ShardContent::Shallow(_) => {}
        }
    }
    let lists: HashMap<String, SnapshotIx> =
        entry.snapshots.iter().map(|snapshot| (repository.shard_snapshot_name(*snapshot), *snapshot)).collect();
    for blob in &folder.data {
        let (name, stat) = (names::data_blob_name(blob.name, blob.part), blob.stat.unwrap_or_default());
        if needs.staying.contains(&blob.name) {
            continue;
        }
        if needs.going.contains(&blob.name) {
            one.doom(name, stat.len_bytes);
        } else {
            one.stale(stat.modified_millis, name);
        }
    }
    let current_name = current.blob_name();
    for other in &folder.others {
        let (len_bytes, modified) = other.stat.map_or((0, None), |stat| (stat.len_bytes, stat.modified_millis));
        match (other.what, lists.get(&*other.name)) {
            (Other::Foreign | Other::Odd(_), _) => one.n_foreign += 1,
            (_, Some(snapshot)) => {
                if removed.contains(snapshot) {
                    one.doom(other.name.to_string(), len_bytes);
                }
            }
            _ if current_name.as_deref() == Some(&*other.name) => {
                if n_going > 0 {
                    one.doom(other.name.to_string(), len_bytes);
                }
            }
            _ if is_shallow(&other.name) => {}
            _ => one.stale(modified, other.name.to_string()),
        }
    }
    if let (Current::Named(id) | Current::Highest(id), true) = (current, n_going > 0) {
        let highest = folder.highest_numbered_generation();
        one.table = Some(OldTable { id, highest, is_needed: n_staying > 0 });
    }
    Ok(())
}

fn data(name: FileName) -> Option<DataName> {
    if let FileName::Data(name) = name { Some(name) } else { None }
}

impl OneShard {
    fn doom(&mut self, name: String, len_bytes: u64) {
        self.doomed.push((name, len_bytes));
    }

    /// Something that nothing refers to, and that stays.
    fn stale(&mut self, modified_millis: Option<i64>, name: String) {
        let Some(modified) = modified_millis else { return };
        // Tables of other numbers are left behind by every upgrade.
        let is_younger = self.youngest.as_ref().is_none_or(|(youngest, _)| modified > *youngest);
        if is_younger && !matches!(ShardBlob::parse(&name), ShardBlob::Foreign) {
            self.youngest = Some((modified, name));
        }
    }
}
