//! Which bytes are for whom: what a repository takes, and what would be free without some of its snapshots.
//!
//! ```text
//! index metadata ─▶ indices, each: its folder ⋈ the file tables of its shards ─▶ sums, per group of snapshots
//!                ─▶ the root folder, and what nothing refers to
//! ```
//! A blob is freed when all snapshots that need it go. So every question is one of groups: each snapshot by itself, those
//! of a policy, those that shall be deleted and those that stay. A file table tells which snapshots of a shard need a
//! file: one read for each shard, however many snapshots there are.

use std::ops::ControlFlow;

use hashbrown::HashMap;
use snaprepo_codec::BlobPath;
use snaprepo_format::{
    names::RootBlob,
    root::{IndexIx, SnapshotIx},
    shard_paths::ShardPathsNote,
};
use snaprepo_store::{BlobStat, Pool, StoreError};

use crate::{
    Event, Observer, Phase, Repository, Unread,
    status::Amount,
    tree::Forest,
    verify::{
        Class, ClassTally, FindingKind,
        indices::{self, IndexPlan},
        unreferenced::{self, Unreferenced},
    },
};

mod group;
mod index;
mod shard;

pub use group::Grouping;
use group::Shares;

/// A number of blobs and their lengths in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Blobs {
    /// Blobs.
    pub n: u64,
    /// Their lengths.
    pub bytes: u64,
}

impl Blobs {
    /// One blob.
    #[must_use]
    pub fn one(bytes: u64) -> Self {
        Self { n: 1, bytes }
    }

    /// The sum of two numbers of blobs.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { n: self.n.saturating_add(other.n), bytes: self.bytes.saturating_add(other.bytes) }
    }

    pub(crate) fn add(&mut self, other: Self) {
        *self = self.plus(other);
    }
}

/// What a repository takes, by what it is for. Only what something refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kinds {
    /// Lucene files.
    pub data: Blobs,
    /// File tables and file lists of shards.
    pub shard_metadata: Blobs,
    /// Metadata of indices.
    pub index_metadata: Blobs,
    /// Facts and cluster states of snapshots.
    pub snapshot_metadata: Blobs,
    /// The root, and what leads to it.
    pub root: Blobs,
}

impl Kinds {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Blobs {
        let Self { data, shard_metadata, index_metadata, snapshot_metadata, root } = *self;
        [shard_metadata, index_metadata, snapshot_metadata, root].into_iter().fold(data, Blobs::plus)
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.data.add(other.data);
        self.shard_metadata.add(other.shard_metadata);
        self.index_metadata.add(other.index_metadata);
        self.snapshot_metadata.add(other.snapshot_metadata);
        self.root.add(other.root);
    }
}

/// What a group of snapshots has, needs, and alone needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Files of its snapshots: one that several snapshots have counts for each of them.
    pub logical: Amount,
    /// Blobs that one of its snapshots needs, each once.
    pub used: Blobs,
    /// Of these, those that no older snapshot of another group needs: what the group added, as far as the older ones are
    /// still there.
    pub added: Blobs,
    /// Of these, those that no other snapshot needs: deleting the whole group frees them.
    pub exclusive: Blobs,
}

impl Share {
    pub(crate) fn add(&mut self, other: &Self) {
        self.logical = self.logical.plus(other.logical);
        self.used.add(other.used);
        self.added.add(other.added);
        self.exclusive.add(other.exclusive);
    }
}

/// What one index takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexUse {
    /// Files in all snapshots that hold it: one that several snapshots have counts for each of them.
    pub logical: Amount,
    /// What it takes; only its data and its own metadata.
    pub kinds: Kinds,
    /// Blobs in its folders that nothing refers to.
    pub unreferenced: Blobs,
    /// Shards.
    pub n_shards: u32,
    /// For each grouping, in its order: groups that hold the index, and what they need of it.
    pub shares: Vec<Vec<(u32, Share)>>,
    /// For each grouping, in its order: groups that hold the index, and file tables that are written anew when such a
    /// group goes and others stay. Shards that the index did not have yet in any snapshot of the group are not touched.
    pub replaced: Vec<Vec<(u32, Blobs)>>,
}

/// One shard, where shards are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardUse {
    /// Its index.
    pub index: IndexIx,
    /// Its number.
    pub shard: u32,
    /// What it takes.
    pub kinds: Kinds,
    /// Files in all snapshots.
    pub logical: Amount,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// How snapshots are put together.
    pub groupings: &'a [Grouping],
    /// Whether single shards are told.
    pub shards: bool,
    /// Whether it is asked by somebody who deletes: then every blob that nothing refers to is named, and what a shard
    /// table lists is needed also under names that the root does not know, because a next snapshot may use it again.
    pub deletes: bool,
    /// Whether names that the root does not know are taken out of shard tables before: then nobody can use it again.
    pub forgets_unknown: bool,
}

/// A shard table with snapshots that the root does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadTable {
    /// Its index.
    pub index: IndexIx,
    /// Number of the shard.
    pub shard: u32,
    /// Folder of the shard.
    pub folder: BlobPath,
    /// The text behind `index-` of the table.
    pub id: String,
    /// Its length in bytes.
    pub len_bytes: u64,
    /// The highest number of a table in the folder, where tables have numbers.
    pub highest: Option<u64>,
    /// Whether it has snapshots that the root knows, too.
    pub is_needed: bool,
}

/// The answer.
#[derive(Debug, Default)]
pub struct Usage {
    /// What the repository takes.
    pub kinds: Kinds,
    /// Files in all snapshots.
    pub logical: Amount,
    /// What nothing refers to, by class.
    pub unreferenced: Vec<ClassTally>,
    /// By index, in the order of the root.
    pub indices: Vec<IndexUse>,
    /// Single shards, in the order of the root, where they were asked for.
    pub shards: Vec<ShardUse>,
    /// For each grouping, each of its groups.
    pub shares: Vec<Vec<Share>>,
    /// The root that is open: every deletion writes another one.
    pub root: Blobs,
    /// Blobs that snapshots need and that are not there: verify says which.
    pub n_missing: u64,
    /// Shards of snapshots whose files lie in a remote store, each once for every snapshot: no number here has them.
    pub n_remote: u64,
    /// Shards that lie elsewhere than the root says.
    pub misplaced: Vec<BlobPath>,
    /// Shard tables with snapshots that the root does not know.
    pub dead_tables: Vec<DeadTable>,
    /// When the open root was written, in milliseconds since 1970.
    pub root_millis: Option<i64>,
    /// What could not be read: the numbers lack it.
    pub unreadable: Vec<Unread>,
    /// Whether somebody asked to stop. What nothing refers to is not told then: what would refer to it may not have been
    /// read.
    pub is_interrupted: bool,
}

/// What was found in one index.
#[derive(Default)]
struct Found {
    of_index: IndexUse,
    shards: Vec<ShardUse>,
    unreferenced: Unreferenced,
    n_missing: u64,
    n_remote: u64,
    misplaced: Vec<BlobPath>,
    dead_tables: Vec<DeadTable>,
    unreadable: Vec<Unread>,
}

/// Measures a repository.
///
/// # Errors
/// When the root folder cannot be listed: without that, nothing is known.
pub fn measure(
    repository: &Repository,
    question: Question<'_>,
    pool: &Pool,
    observer: &dyn Observer,
) -> Result<Usage, StoreError> {
    measure_naming(repository, question, pool, observer, None)
}

/// Who wants to know every blob that nothing refers to.
pub type OnUnreferenced<'f> = &'f mut dyn FnMut(Class, &BlobPath, BlobStat);

/// The same, and hands out every blob that nothing refers to, as they are found.
///
/// # Errors
/// As [`measure`].
pub fn measure_naming(
    repository: &Repository,
    question: Question<'_>,
    pool: &Pool,
    observer: &dyn Observer,
    mut each: Option<OnUnreferenced<'_>>,
) -> Result<Usage, StoreError> {
    let question = Question { deletes: question.deletes || each.is_some(), ..question };
    let mut told = |of: &mut Unreferenced| {
        for (class, path, stat) in of.take_blobs() {
            if let Some(each) = &mut each {
                each(class, &path, stat);
            }
        }
    };
    let mut usage = Usage::default();
    usage.shares.extend(question.groupings.iter().map(|grouping| vec![Share::default(); grouping.n_groups()]));
    // A listing that fails tells nothing here: each index is listed again, and says so.
    let mut forest = Forest::of(repository).unwrap_or_default();
    let plans = plans(repository, pool, observer, &mut usage.unreadable);
    let mut unreferenced = Unreferenced::default();

    observer.event(Event::Begin { phase: Phase::Shards, total: plans.len() as u64 });
    let share = pool.share(plans.len());
    let work = |plan: &IndexPlan| index::measure(repository, plan, &forest, question, &share);
    pool.map(&plans, work, |mut found| {
        observer.event(Event::Advance);
        told(&mut found.unreferenced);
        usage.kinds.add(&found.of_index.kinds);
        usage.logical = usage.logical.plus(found.of_index.logical);
        usage.n_missing += found.n_missing;
        usage.n_remote += found.n_remote;
        for (all, of_index) in usage.shares.iter_mut().zip(&found.of_index.shares) {
            for (group, share) in of_index {
                if let Some(sum) = usize::try_from(*group).ok().and_then(|group| all.get_mut(group)) {
                    sum.add(share);
                }
            }
        }
        usage.indices.push(found.of_index);
        usage.shards.extend(found.shards);
        usage.misplaced.extend(found.misplaced);
        usage.dead_tables.extend(found.dead_tables);
        usage.unreadable.extend(found.unreadable);
        unreferenced.merge(found.unreferenced);
        ControlFlow::Continue(())
    });

    usage.is_interrupted = pool.cancel().is_cancelled();
    if !usage.is_interrupted {
        let mut outside = Unreferenced::new(question.deletes);
        root_folder(repository, &plans, &mut forest, question, &mut usage, &mut outside)?;
        told(&mut outside);
        unreferenced.merge(outside);
        usage.root_millis = unreferenced.root_millis();
        // A newer root that cannot be read may refer to anything.
        if repository.unreadable_roots.is_empty() {
            usage.unreferenced = unreferenced.into_classes();
        }
    }
    Ok(usage)
}

/// How many shards every index has, and which metadata blobs it needs.
fn plans(
    repository: &Repository,
    pool: &Pool,
    observer: &dyn Observer,
    unreadable: &mut Vec<Unread>,
) -> Vec<IndexPlan> {
    let entries = (0_u32..).zip(&repository.root.indices);
    let items: Vec<_> = entries.map(|(index, entry)| (index, &entry.snapshots)).collect();
    observer.event(Event::Begin { phase: Phase::Indices, total: items.len() as u64 });
    let share = pool.share(items.len());
    let mut plans = Vec::with_capacity(items.len());
    let work = |(index, held_by): (IndexIx, &Vec<SnapshotIx>)| indices::check(repository, index, held_by, &share);
    pool.map(items, work, |(plan, notes)| {
        observer.event(Event::Advance);
        // What else is wrong with them is for verify to say.
        let damaged = notes.findings.into_iter().filter(|finding| finding.kind == FindingKind::IndexMetadataUnreadable);
        let damaged = damaged.filter_map(|finding| Some((finding.blob?, finding.message, true)));
        let failed = notes.failures.into_iter().map(|unread| (unread.failure.path, unread.failure.message, false));
        let unread = damaged.chain(failed);
        unreadable.extend(unread.map(|(path, message, is_damage)| Unread { path, message, is_damage }));
        plans.push(plan);
        ControlFlow::Continue(())
    });
    plans
}

/// The root folder, and what lies between the indices.
fn root_folder(
    repository: &Repository,
    plans: &[IndexPlan],
    forest: &mut Forest,
    question: Question<'_>,
    usage: &mut Usage,
    unreferenced: &mut Unreferenced,
) -> Result<(), StoreError> {
    let by_uuid: HashMap<&str, SnapshotIx> =
        (0..).zip(&repository.root.snapshots).map(|(ix, entry)| (&*entry.uuid, ix)).collect();
    let (mut kinds, mut root, shares) = (Kinds::default(), Blobs::default(), &mut usage.shares);
    // Every snapshot has two blobs here: its facts and its cluster state.
    let mut n_missing = 2 * repository.root.snapshots.len() as u64;
    let outside = unreferenced::sweep(repository, plans, forest.top.take(), question.deletes, &mut |name, stat| {
        let blob = Blobs::one(stat.len_bytes);
        let uuid = match RootBlob::parse(name) {
            RootBlob::SnapshotInfo(uuid)
            | RootBlob::GlobalMetadata(uuid)
            | RootBlob::LegacySnapshot(uuid)
            | RootBlob::LegacyMetadata(uuid) => uuid,
            kind => {
                kinds.root.add(blob);
                if matches!(kind, RootBlob::Root(_)) {
                    root.add(blob);
                }
                return;
            }
        };
        kinds.snapshot_metadata.add(blob);
        let Some(snapshot) = by_uuid.get(uuid) else { return };
        n_missing = n_missing.saturating_sub(1);
        for (grouping, shares) in question.groupings.iter().zip(shares.iter_mut()) {
            let group = usize::try_from(grouping.group(*snapshot)).unwrap_or(usize::MAX);
            if let Some(share) = shares.get_mut(group) {
                share.used.add(blob);
                share.added.add(blob);
                share.exclusive.add(blob);
            }
        }
    })?;
    unreferenced.merge(outside);
    shard_paths(repository, question, usage, &mut kinds)?;
    usage.kinds.add(&kinds);
    usage.n_missing += n_missing;
    usage.root = root;
    Ok(())
}

/// Notes about hashed shard folders: they go with their index.
fn shard_paths(
    repository: &Repository,
    question: Question<'_>,
    usage: &mut Usage,
    kinds: &mut Kinds,
) -> Result<(), StoreError> {
    let mut by_id: HashMap<&str, IndexIx> = HashMap::new();
    repository.each_shard_path_note(&mut |name, len_bytes| {
        let blob = Blobs::one(len_bytes);
        kinds.root.add(blob);
        if by_id.is_empty() {
            by_id.extend((0..).zip(&repository.root.indices).map(|(ix, entry)| (&*entry.id, ix)));
        }
        let note = ShardPathsNote::parse_name(name);
        let Some(index) = note.and_then(|note| by_id.get(&*note.index_id).copied()) else { return };
        let held_by = &repository.root.index_entry(index).snapshots;
        for (at, grouping) in question.groupings.iter().enumerate() {
            let mut shares = Shares::new(grouping, held_by);
            shares.blob(held_by.iter().copied(), blob);
            let of_note = shares.finish();
            let of_index = usize::try_from(index).ok().and_then(|index| usage.indices.get_mut(index));
            let of_index = of_index.and_then(|of_index| of_index.shares.get_mut(at));
            for (group, share) in of_index.into_iter().flatten() {
                of_note.iter().filter(|(of, _)| of == group).for_each(|(_, of_note)| share.add(of_note));
            }
            let Some(all) = usage.shares.get_mut(at) else { continue };
            for (group, share) in of_note {
                if let Some(sum) = usize::try_from(group).ok().and_then(|group| all.get_mut(group)) {
                    sum.add(&share);
                }
            }
        }
    })
}
