//! What lies in a repository and nothing refers to (`docs/format.md`, *Liveness*).

use std::collections::BTreeMap;

use hashbrown::HashSet;
use snaprepo_codec::BlobPath;
use snaprepo_format::{
    names::{self, IndexBlob, RootBlob, RootFolder, ShardBlob},
    shard_paths::{self, ShardPathType},
};
use snaprepo_store::{BlobStat, Entry, ReadStore, StoreError};

use super::{indices::IndexPlan, report::ClassTally};
use crate::{
    Repository,
    folder::{DataBlob, Detail, Other, OtherEntry, ShardFolder},
    tree::{Beside, IndexTree, Seen},
    usage::Blobs,
};

/// Examples kept of each class.
const MAX_EXAMPLES: usize = 5;

/// Why nothing refers to a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A root of an older generation.
    OldRoot,
    /// A snapshot or cluster-state blob of a snapshot that the root does not have.
    StaleSnapshot,
    /// In the folder of an index that the root does not have.
    StaleIndex,
    /// Index metadata that no snapshot uses.
    StaleIndexMetadata,
    /// In a shard folder: old tables, file lists of unknown snapshots, data that no file needs.
    StaleShardBlob,
    /// Left behind by an unfinished write, a registration or an analysis.
    Transient,
    /// Of no name that a repository gives: never to be removed.
    Foreign,
}

impl Class {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OldRoot => "old-root",
            Self::StaleSnapshot => "stale-snapshot",
            Self::StaleIndex => "stale-index",
            Self::StaleIndexMetadata => "stale-index-metadata",
            Self::StaleShardBlob => "stale-shard-blob",
            Self::Transient => "transient",
            Self::Foreign => "foreign",
        }
    }
}

/// Counts per class.
#[derive(Debug, Default)]
pub(crate) struct Unreferenced {
    classes: BTreeMap<Class, ClassTally>,
    /// When the open root was written, in milliseconds since 1970.
    root_millis: Option<i64>,
    /// Every one of them, where they are asked for.
    blobs: Option<Vec<Found>>,
}

/// A blob that nothing refers to.
pub(crate) type Found = (Class, BlobPath, BlobStat);

impl Unreferenced {
    /// Counts; and keeps every blob, where that is asked for.
    pub(crate) fn new(names_blobs: bool) -> Self {
        Self { blobs: names_blobs.then(Vec::new), ..Self::default() }
    }

    /// When the open root was written.
    pub(crate) fn root_millis(&self) -> Option<i64> {
        self.root_millis
    }

    /// Hands out the blobs that were found since the last time.
    pub(crate) fn take_blobs(&mut self) -> Vec<Found> {
        self.blobs.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn add(&mut self, class: Class, path: BlobPath, stat: BlobStat) {
        if let Some(blobs) = &mut self.blobs {
            blobs.push((class, path.clone(), stat));
        }
        let BlobStat { len_bytes, modified_millis } = stat;
        let one = ClassTally {
            class,
            n_blobs: 1,
            bytes: len_bytes,
            oldest_millis: modified_millis,
            newest_millis: modified_millis,
            examples: vec![path],
        };
        self.merge_class(one);
    }

    fn merge_class(&mut self, other: ClassTally) {
        let Some(known) = self.classes.get_mut(&other.class) else {
            self.classes.insert(other.class, other);
            return;
        };
        known.n_blobs += other.n_blobs;
        known.bytes = known.bytes.saturating_add(other.bytes);
        known.oldest_millis = [known.oldest_millis, other.oldest_millis].into_iter().flatten().min();
        known.newest_millis = known.newest_millis.max(other.newest_millis);
        let room = MAX_EXAMPLES.saturating_sub(known.examples.len());
        known.examples.extend(other.examples.into_iter().take(room));
    }

    pub(crate) fn merge(&mut self, other: Self) {
        other.classes.into_values().for_each(|class| self.merge_class(class));
        if let (Some(blobs), Some(others)) = (&mut self.blobs, other.blobs) {
            blobs.extend(others);
        }
        self.root_millis = self.root_millis.max(other.root_millis);
    }

    /// Blobs of all classes.
    pub(crate) fn total(&self) -> Blobs {
        let of_class = |class: &ClassTally| Blobs { n: class.n_blobs, bytes: class.bytes };
        self.classes.values().map(of_class).fold(Blobs::default(), Blobs::plus)
    }

    /// Whether something was written after the open root: a snapshot that is being taken looks like that.
    pub(crate) fn is_younger_than_root(&self) -> bool {
        let mut ours = self.classes.values().filter(|class| class.class != Class::Foreign);
        self.root_millis.is_some_and(|root| ours.any(|class| class.newest_millis > Some(root)))
    }

    pub(crate) fn into_classes(self) -> Vec<ClassTally> {
        self.classes.into_values().collect()
    }

    /// Counts a data blob of a shard folder, if it is still there.
    pub(crate) fn shard_blob(
        &mut self,
        store: &dyn ReadStore,
        folder: &ShardFolder,
        blob: &DataBlob,
    ) -> Result<(), StoreError> {
        let name = names::data_blob_name(blob.name, blob.part);
        if let Some(stat) = folder.stat(store, &name, blob.stat)?
            && let Ok(path) = folder.path.join(&name)
        {
            self.add(Class::StaleShardBlob, path, stat);
        }
        Ok(())
    }

    /// Counts anything else in a shard folder, if it is still there.
    pub(crate) fn shard_entry(
        &mut self,
        store: &dyn ReadStore,
        folder: &ShardFolder,
        entry: &OtherEntry,
    ) -> Result<(), StoreError> {
        let class = match entry.what {
            Other::Metadata => Class::StaleShardBlob,
            Other::Transient => Class::Transient,
            Other::Foreign | Other::Odd(_) => Class::Foreign,
        };
        if let Some(stat) = folder.stat(store, &entry.name, entry.stat)? {
            let path = folder.path.join(&entry.name).unwrap_or_else(|_| folder.path.clone());
            self.add(class, path, stat);
        }
        Ok(())
    }

    /// Everything below a folder counts as one class, but for names that no repository gives.
    fn tree(&mut self, repository: &Repository, folder: &BlobPath, class: Class) -> Result<(), StoreError> {
        repository.store().walk(folder, &mut |path, entry| {
            let path = folder.append(path);
            match entry {
                Entry::Blob { name, len_bytes, modified_millis } => {
                    let known = class == Class::Transient
                        || !matches!(ShardBlob::parse(name), ShardBlob::Foreign)
                        || !matches!(IndexBlob::parse(name), IndexBlob::Foreign);
                    self.add(if known { class } else { Class::Foreign }, path, BlobStat { len_bytes, modified_millis });
                }
                Entry::Folder { .. } | Entry::Odd { .. } => self.add(Class::Foreign, path, BlobStat::default()),
            }
            true
        })
    }
}

/// A blob that something refers to, by its name in its folder.
pub(crate) type OnLive<'f> = &'f mut dyn FnMut(&str, BlobStat);

/// Looks through everything outside the folders of the indices that were verified. `top` is what lies directly in the
/// folder of all indices, where that is known; `on_live` is told what is left in the root folder. `names_blobs` keeps
/// every blob that is found.
pub(crate) fn sweep(
    repository: &Repository,
    plans: &[IndexPlan],
    top: Option<Vec<Beside>>,
    names_blobs: bool,
    on_live: OnLive<'_>,
) -> Result<Unreferenced, StoreError> {
    let mut found = Unreferenced::new(names_blobs);
    sweep_root(repository, plans, &mut found, on_live)?;
    sweep_index_folders(repository, plans, top, &mut found)?;
    Ok(found)
}

/// Everything directly in a folder, in order; nothing in one that is not there.
fn list(repository: &Repository, folder: &BlobPath) -> Result<Vec<Beside>, StoreError> {
    let mut all = Vec::new();
    let listed = repository.store().list(folder, &mut |entry| {
        all.push(match entry {
            Entry::Blob { name, len_bytes, modified_millis } => {
                Beside::Blob(name.into(), BlobStat { len_bytes, modified_millis })
            }
            Entry::Folder { name } => Beside::Folder(name.into()),
            Entry::Odd { name, what } => Beside::Odd(name.into(), what.into()),
        });
    });
    match listed {
        Err(error) if !error.is_absence() => return Err(error),
        _ => {}
    }
    all.sort();
    Ok(all)
}

/// The hash components of shard folders that are expected.
fn expected_hashes(repository: &Repository, plans: &[IndexPlan]) -> HashSet<Box<str>> {
    let of_plan = |plan: &IndexPlan| {
        let id = &repository.root.index_entry(plan.index).id;
        (0..plan.n_shards().max(1)).map(move |shard| shard_paths::hash(id, shard).into())
    };
    plans.iter().flat_map(of_plan).collect()
}

fn sweep_root(
    repository: &Repository,
    plans: &[IndexPlan],
    found: &mut Unreferenced,
    on_live: OnLive<'_>,
) -> Result<(), StoreError> {
    let base = repository.base();
    let uuids: HashSet<&str> = repository.root.snapshots.iter().map(|entry| &*entry.uuid).collect();
    let is_stale_snapshot = |uuid: &str| !uuids.contains(uuid);
    let (mut trees, mut hashed, mut has_notes) = (Vec::new(), Vec::new(), false);
    repository.store().list(base, &mut |entry| match entry {
        Entry::Blob { name, len_bytes, modified_millis } => {
            let class = match RootBlob::parse(name) {
                RootBlob::Root(generation) if Some(generation) == repository.generation => {
                    found.root_millis = modified_millis;
                    on_live(name, BlobStat { len_bytes, modified_millis });
                    return;
                }
                // A root that cannot be read and is newer than the open one is a finding, not garbage.
                RootBlob::Root(generation) if Some(generation) < repository.generation => Class::OldRoot,
                RootBlob::SnapshotInfo(uuid)
                | RootBlob::GlobalMetadata(uuid)
                | RootBlob::LegacySnapshot(uuid)
                | RootBlob::LegacyMetadata(uuid)
                    if is_stale_snapshot(uuid) =>
                {
                    Class::StaleSnapshot
                }
                RootBlob::Transient | RootBlob::Scratch => Class::Transient,
                RootBlob::Foreign => Class::Foreign,
                _ => {
                    on_live(name, BlobStat { len_bytes, modified_millis });
                    return;
                }
            };
            if let Ok(path) = base.join(name) {
                found.add(class, path, BlobStat { len_bytes, modified_millis });
            }
        }
        Entry::Folder { name } => match RootFolder::parse(name) {
            RootFolder::Transient => trees.push((name.to_owned(), Class::Transient)),
            RootFolder::Hashed => hashed.push(name.to_owned()),
            RootFolder::Foreign => trees.push((name.to_owned(), Class::Foreign)),
            RootFolder::ShardPaths => has_notes = true,
            RootFolder::Indices | RootFolder::Encryption => {}
        },
        Entry::Odd { name, .. } => {
            found.add(Class::Foreign, base.join(name).unwrap_or_else(|_| base.clone()), BlobStat::default());
        }
    })?;
    let hashes = if has_notes { expected_hashes(repository, plans) } else { HashSet::new() };
    hashed
        .retain(|name| !hashes.contains(name.get(name.len().saturating_sub(shard_paths::HASH_LEN)..).unwrap_or(name)));
    trees.extend(hashed.into_iter().map(|name| (name, Class::StaleIndex)));
    trees.sort();
    for (name, class) in trees {
        if let Ok(folder) = base.join(&name) {
            found.tree(repository, &folder, class)?;
        }
    }
    Ok(())
}

/// What lies between the folders of the indices.
fn sweep_index_folders(
    repository: &Repository,
    plans: &[IndexPlan],
    top: Option<Vec<Beside>>,
    found: &mut Unreferenced,
) -> Result<(), StoreError> {
    let Ok(folder) = repository.blob(names::INDICES) else { return Ok(()) };
    let ids: HashSet<&str> = plans.iter().map(|plan| &*repository.root.index_entry(plan.index).id).collect();
    let all = match top {
        Some(all) => all,
        None => list(repository, &folder)?,
    };
    let path = |name: &str| folder.join(name).unwrap_or_else(|_| folder.clone());
    for entry in all {
        match entry {
            Beside::Blob(name, stat) => found.add(Class::Foreign, path(&name), stat),
            Beside::Odd(name, _) => found.add(Class::Foreign, path(&name), BlobStat::default()),
            Beside::Folder(name) if ids.contains(&*name) => {}
            Beside::Folder(name) => {
                // Ids of modern eras are uuids; a folder of another name is somebody else's.
                let is_id = repository.era() <= snaprepo_format::engine::Era::E5
                    || snaprepo_format::Uuid::parse(&name).is_some();
                found.tree(repository, &path(&name), if is_id { Class::StaleIndex } else { Class::Foreign })?;
            }
        }
    }
    Ok(())
}

/// Metadata blobs of one index that no snapshot uses, and shard folders beyond its shards; `on_live` is told the
/// others.
pub(crate) fn sweep_index(
    repository: &Repository,
    plan: &IndexPlan,
    tree: Option<&IndexTree>,
    names_blobs: bool,
    on_live: OnLive<'_>,
) -> Result<Unreferenced, StoreError> {
    let mut found = Unreferenced::new(names_blobs);
    let Ok(folder) = repository.index_folder(plan.index) else { return Ok(found) };
    let fixed = repository.root.index_entry(plan.index).shard_path_type == ShardPathType::Fixed;
    let all = match tree.and_then(IndexTree::top) {
        Some(all) => all.collect(),
        None => list(repository, &folder)?,
    };
    let path = |name: &str| folder.join(name).unwrap_or_else(|_| folder.clone());
    for entry in all {
        match entry {
            Beside::Blob(name, stat) => {
                let path = path(&name);
                let class = match IndexBlob::parse(&name) {
                    IndexBlob::Metadata(_) | IndexBlob::LegacySnapshot(_) => {
                        if !plan.complete || plan.metadata_blobs.binary_search(&path).is_ok() {
                            on_live(&name, stat);
                            continue;
                        }
                        Class::StaleIndexMetadata
                    }
                    IndexBlob::Transient => Class::Transient,
                    IndexBlob::Foreign => Class::Foreign,
                };
                found.add(class, path, stat);
            }
            Beside::Odd(name, _) => found.add(Class::Foreign, path(&name), BlobStat::default()),
            Beside::Folder(name) => match names::shard_folder(&name) {
                // With hashed paths there are no shard folders here, but for empty ones that some releases leave.
                Some(shard) if (shard >= plan.n_shards() || !fixed) && plan.complete => {
                    let seen = tree.map_or(Seen::Unknown, |tree| tree.take(shard));
                    sweep_shard(repository, &path(&name), seen, &mut found)?;
                }
                Some(_) => {}
                None => found.add(Class::Foreign, path(&name), BlobStat::default()),
            },
        }
    }
    Ok(found)
}

/// Everything in the folder of a shard that the index does not have.
fn sweep_shard(
    repository: &Repository,
    path: &BlobPath,
    seen: Seen,
    found: &mut Unreferenced,
) -> Result<(), StoreError> {
    let store = repository.store();
    let folder = match seen {
        Seen::Folder(folder) => Some(folder),
        Seen::Absent => None,
        Seen::Unknown => ShardFolder::list(store, path, Detail::Lengths)?,
    };
    let Some(folder) = folder else { return Ok(()) };
    for blob in &folder.data {
        found.shard_blob(store, &folder, blob)?;
    }
    for other in &folder.others {
        found.shard_entry(store, &folder, other)?;
    }
    Ok(())
}
