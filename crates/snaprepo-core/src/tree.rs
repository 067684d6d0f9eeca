//! Everything below the folder of one index, from one listing: where listings are requests, one of them instead of one
//! for each shard.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use hashbrown::HashMap;
use snaprepo_codec::BlobPath;
use snaprepo_format::{names, root::IndexIx};
use snaprepo_store::{BlobStat, Entry, OddEntry, ReadStore, StoreError};

use crate::{Repository, folder::ShardFolder};

/// Entries that are held of one index. The shards behind them are listed one by one: their pages are full anyway.
const MAX_TREE_ENTRIES: usize = 8_000;
/// Entries of the first look at all indices of a repository: four pages of most stores. Small repositories need no
/// further listing.
const MAX_FOREST_ENTRIES: usize = 4_000;

/// What is directly in the folder of an index, but for shard folders.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Beside {
    Blob(Box<str>, BlobStat),
    Folder(Box<str>),
    Odd(Box<str>, OddKind),
}

/// [`OddEntry`] with an order.
pub(crate) type OddKind = crate::folder::OddWhat;

/// What a shard folder was found to be.
pub(crate) enum Seen {
    /// There, with this in it.
    Folder(ShardFolder),
    /// Not there.
    Absent,
    /// Nobody knows: the listing was not followed that far, or the folder was handed out before.
    Unknown,
}

/// The folder of an index.
#[derive(Debug)]
pub(crate) struct IndexTree {
    /// Shard folders by number, until they are handed out. The lock protects that each is handed out once.
    shards: Mutex<BTreeMap<u32, Option<ShardFolder>>>,
    /// What lies beside them; known only when everything was seen.
    beside: Vec<Beside>,
    /// Whether the listing was followed to its end.
    is_complete: bool,
}

/// A tree while it is listed.
struct Growing {
    folder: BlobPath,
    shards: BTreeMap<u32, Option<ShardFolder>>,
    beside: Vec<Beside>,
    n_entries: usize,
}

impl Growing {
    fn new(folder: &BlobPath) -> Self {
        Self { folder: folder.clone(), shards: BTreeMap::new(), beside: Vec::new(), n_entries: 0 }
    }

    /// Adds an entry whose path begins below the folder of the index.
    fn add(&mut self, path: &[&str], entry: Entry<'_>) {
        self.n_entries += 1;
        let [first, rest @ ..] = path else { return };
        let shard = names::shard_folder(first).filter(|_| !rest.is_empty());
        let Some(shard) = shard.and_then(|shard| self.shard(shard, first)) else {
            self.add_beside(first, rest.is_empty().then_some(entry));
            return;
        };
        match (rest, entry) {
            // The whole of a key that no path can name comes as its name.
            ([name], Entry::Odd { what, .. }) => shard.add(Entry::Odd { name, what }),
            ([_], entry) => shard.add(entry),
            ([name, ..], _) => shard.add_folder_once(name),
            ([], _) => {}
        }
    }

    fn shard(&mut self, shard: u32, name: &str) -> Option<&mut ShardFolder> {
        let path = self.folder.join(name).ok()?;
        self.shards.entry(shard).or_insert_with(|| Some(ShardFolder { path, ..ShardFolder::default() })).as_mut()
    }

    /// `entry` is none for what lies deeper: its folder counts once.
    fn add_beside(&mut self, name: &str, entry: Option<Entry<'_>>) {
        let beside = match entry {
            Some(Entry::Blob { len_bytes, modified_millis, .. }) => {
                Beside::Blob(name.into(), BlobStat { len_bytes, modified_millis })
            }
            Some(Entry::Odd { what, .. }) => Beside::Odd(name.into(), OddEntry::into(what)),
            Some(Entry::Folder { .. }) | None => Beside::Folder(name.into()),
        };
        if self.beside.last() != Some(&beside) {
            self.beside.push(beside);
        }
    }

    fn finish(mut self, is_complete: bool) -> IndexTree {
        self.shards.values_mut().flatten().for_each(ShardFolder::sort);
        self.beside.sort();
        self.beside.dedup();
        IndexTree { shards: Mutex::new(self.shards), beside: self.beside, is_complete }
    }
}

impl IndexTree {
    /// Lists the folder of an index with everything below, as far as memory allows.
    pub(crate) fn list(store: &dyn ReadStore, folder: &BlobPath) -> Result<Self, StoreError> {
        Self::list_up_to(MAX_TREE_ENTRIES, store, folder)
    }

    fn list_up_to(max: usize, store: &dyn ReadStore, folder: &BlobPath) -> Result<Self, StoreError> {
        let mut growing = Growing::new(folder);
        let mut order = Order::default();
        let mut is_complete = true;
        let listed = store.walk(folder, &mut |path, entry| {
            let path = components(path, &entry);
            order.next(path.first().copied().unwrap_or(""));
            if growing.n_entries == max {
                is_complete = false;
                return false;
            }
            growing.add(&path, entry);
            true
        });
        match listed {
            Err(error) if error.is_absence() => {}
            listed => listed?,
        }
        if !is_complete {
            // The folder that was being listed has more; where the order is nobody's, any of them may.
            growing.shards.retain(|_, folder| folder.as_ref().is_some_and(|folder| order.is_whole(folder.path.name())));
        }
        Ok(growing.finish(is_complete))
    }

    /// Hands out the folder of a shard.
    pub(crate) fn take(&self, shard: u32) -> Seen {
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        match shards.get_mut(&shard) {
            Some(folder) => folder.take().map_or(Seen::Unknown, Seen::Folder),
            None if self.is_complete => Seen::Absent,
            None => Seen::Unknown,
        }
    }

    /// Everything directly in the folder, in order, with shard folders as folders; `None` when not everything was seen.
    pub(crate) fn top(&self) -> Option<impl Iterator<Item = Beside>> {
        let shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        let folders: Vec<Beside> = shards.keys().map(|shard| Beside::Folder(shard.to_string().into())).collect();
        self.is_complete.then(|| self.beside.iter().cloned().chain(folders))
    }
}

/// The first look at the folder of all indices.
#[derive(Debug, Default)]
pub(crate) struct Forest {
    /// Folders of indices that were seen whole, by name, until they are handed out.
    trees: Mutex<HashMap<Box<str>, IndexTree>>,
    /// What is directly in the folder; known only when everything was seen.
    pub(crate) top: Option<Vec<Beside>>,
}

impl Forest {
    /// Lists all indices of a small repository at once, where listings are requests; else knows nothing.
    pub(crate) fn of(repository: &Repository) -> Result<Self, StoreError> {
        let store = repository.store();
        match repository.blob(names::INDICES) {
            Ok(folder) if store.walks_at_once() && repository.root.indices.len() > 1 && !repository.scan.by_latest => {
                Self::list(store, &folder)
            }
            _ => Ok(Self::default()),
        }
    }

    /// Lists the folder of all indices with everything below, as far as that is little.
    pub(crate) fn list(store: &dyn ReadStore, folder: &BlobPath) -> Result<Self, StoreError> {
        Self::list_up_to(MAX_FOREST_ENTRIES, store, folder)
    }

    fn list_up_to(max: usize, store: &dyn ReadStore, folder: &BlobPath) -> Result<Self, StoreError> {
        let mut trees: HashMap<Box<str>, Growing> = HashMap::new();
        let mut beside = Growing::new(folder);
        let (mut order, mut n_entries, mut is_complete) = (Order::default(), 0, true);
        let listed = store.walk(folder, &mut |path, entry| {
            let path = components(path, &entry);
            let Some(first) = path.first().copied() else { return true };
            order.next(first);
            if n_entries == max {
                is_complete = false;
                return false;
            }
            n_entries += 1;
            match (path.get(1..).unwrap_or_default(), folder.join(first)) {
                ([], _) | (_, Err(_)) => beside.add_beside(first, (path.len() == 1).then_some(entry)),
                (rest, Ok(folder)) => {
                    beside.add_beside(first, None);
                    trees.entry(first.into()).or_insert_with(|| Growing::new(&folder)).add(rest, entry);
                }
            }
            true
        });
        match listed {
            Err(error) if error.is_absence() => {}
            listed => listed?,
        }
        if !is_complete {
            trees.retain(|name, _| order.is_whole(name));
        }
        let trees = trees.into_iter().map(|(name, tree)| (name, tree.finish(true))).collect();
        let top = is_complete.then(|| beside.finish(true).beside);
        Ok(Self { trees: Mutex::new(trees), top })
    }

    /// The folder of an index, as it was seen or as it is listed now, where one listing shows all of it. A listing that fails tells nothing here: it is made
    /// again for each shard, by whoever can say what it was needed for.
    pub(crate) fn tree(&self, repository: &Repository, index: IndexIx) -> Option<IndexTree> {
        if !repository.store().walks_at_once() {
            return None;
        }
        let listed = || IndexTree::list(repository.store(), &repository.index_folder(index).ok()?).ok();
        self.take(&repository.root.index_entry(index).id).or_else(listed)
    }

    /// Hands out the folder of an index: seen whole, and perhaps empty. `None` where nobody knows.
    fn take(&self, name: &str) -> Option<IndexTree> {
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        let absent = || self.top.is_some().then(|| Growing::new(&BlobPath::root()).finish(true));
        trees.remove(name).or_else(absent)
    }
}

/// Whether folders follow each other in the order of their names, as the listings of nearly all stores do: then all
/// before the last one are whole.
struct Order {
    last: String,
    is_kept: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self { last: String::new(), is_kept: true }
    }
}

impl Order {
    fn next(&mut self, name: &str) {
        if name != self.last {
            self.is_kept &= self.last.is_empty() || Self::is_before(&self.last, name);
            name.clone_into(&mut self.last);
        }
    }

    /// Whether everything in a folder was seen when the listing stopped.
    fn is_whole(&self, name: &str) -> bool {
        self.is_kept && Self::is_before(name, &self.last)
    }

    /// As parts of keys, names end in a slash.
    fn is_before(a: &str, b: &str) -> bool {
        a.bytes().chain([b'/']).lt(b.bytes().chain([b'/']))
    }
}

/// The parts of a path; of what no path can name, the parts of its name.
fn components<'p>(path: &'p BlobPath, entry: &Entry<'p>) -> Vec<&'p str> {
    match entry {
        Entry::Odd { name, .. } if path.is_root() => name.split('/').collect(),
        _ => path.components().collect(),
    }
}

#[cfg(test)]
mod tests;
