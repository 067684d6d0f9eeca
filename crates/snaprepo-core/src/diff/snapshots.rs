//! Two snapshots, of one repository or of two.

use std::{cmp::Ordering, ops::ControlFlow};

use hashbrown::HashSet;
use snaprepo_codec::value::Value;
use snaprepo_format::{
    FileInfo,
    root::{IndexIx, SnapshotIx},
    snapshot_info::SnapshotInfo,
};
use snaprepo_store::Pool;

use super::{Change, Moves, changes, gather, index_document};
use crate::{
    Event, Observer, Phase, Repository, Unread,
    documents::Documents,
    status::{self, ShardFiles},
};

/// Parts of index metadata in which a cluster counts, or keeps what belongs to its nodes: they change by themselves.
const COUNTED: [&str; 11] = [
    "version",
    "mapping_version",
    "settings_version",
    "aliases_version",
    "mappings_updated_version",
    "primary_terms",
    "in_sync_allocations",
    "event_ingested_range",
    "timestamp_range",
    "stats",
    "write_load_forecast",
];
/// The same of the cluster state.
const COUNTED_GLOBALLY: [&str; 4] =
    ["version", "cluster_coordination", "cluster_uuid_committed", "registered_snapshots"];

/// A snapshot to compare.
#[derive(Debug, Clone, Copy)]
pub struct Side<'r> {
    /// Its repository.
    pub repository: &'r Repository,
    /// The snapshot.
    pub snapshot: SnapshotIx,
    /// Its facts.
    pub info: &'r SnapshotInfo,
}

/// How two snapshots differ; the first of each pair is of the first snapshot.
#[derive(Debug, Default)]
pub struct SnapshotDiff {
    /// Data streams that only one of them has.
    pub data_streams: [Vec<Box<str>>; 2],
    /// Every index of either, by name.
    pub indices: Vec<IndexDiff>,
    /// The cluster state, where it was asked for.
    pub global: Vec<Change>,
    /// What could not be read.
    pub unreadable: [Vec<Unread>; 2],
}

/// What became of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexChange {
    /// Only the first snapshot has it.
    Removed,
    /// Only the second snapshot has it.
    Added,
    /// Another index of the same name.
    Recreated,
    /// Its files or its metadata differ.
    Changed,
    /// Nothing differs in what could be compared, but not everything could.
    Unknown,
    /// Nothing differs.
    Same,
}

impl IndexChange {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Recreated => "recreated",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
            Self::Same => "same",
        }
    }
}

/// An index in two snapshots.
#[derive(Debug)]
pub struct IndexDiff {
    /// Its name.
    pub name: Box<str>,
    /// What became of it.
    pub change: IndexChange,
    /// Where settings, mappings, aliases and the rest differ; not what a cluster only counts.
    pub metadata: Vec<Change>,
    /// Its shards in order.
    pub shards: Vec<ShardDiff>,
}

impl IndexDiff {
    /// Files of all shards.
    #[must_use]
    pub fn moves(&self) -> Moves {
        self.shards.iter().fold(Moves::default(), |sum, shard| sum.plus(shard.moves))
    }

    /// Documents of all shards; `None` where those of one are not known.
    #[must_use]
    pub fn documents(&self, side: usize) -> Option<Documents> {
        let of_shards = self.shards.iter().filter_map(|shard| shard.sides.get(side));
        let mut known = of_shards.filter(|shard| **shard != ShardSide::Absent).peekable();
        known.peek()?;
        known.try_fold(Documents::default(), |sum, shard| match shard {
            ShardSide::Files { documents, .. } => Some(sum.plus((*documents)?)),
            _ => None,
        })
    }
}

/// A shard in two snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardDiff {
    /// Its number.
    pub shard: u32,
    /// Its files.
    pub moves: Moves,
    /// What each snapshot has of it.
    pub sides: [ShardSide; 2],
}

/// What a snapshot has of a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardSide {
    /// The index is not in this snapshot, or has fewer shards there.
    Absent,
    /// It failed when the snapshot was taken.
    Failed,
    /// Its files.
    Files {
        /// Documents in them, where the metadata tell.
        documents: Option<Documents>,
    },
    /// Its files are in a remote store, and not recorded here.
    RemoteStore,
    /// Its file list cannot be had.
    Unknown,
}

/// Compares two snapshots. `global` asks for the cluster state, too.
#[must_use]
pub fn snapshots(sides: [Side<'_>; 2], global: bool, pool: &Pool, observer: &dyn Observer) -> SnapshotDiff {
    let mut diff = SnapshotDiff::default();
    let [before, after] = sides.map(|side| side.info.data_streams.as_deref().unwrap_or_default());
    diff.data_streams = [only_in(before, after), only_in(after, before)];
    if global {
        match sides.map(|side| side.repository.global_metadata(side.snapshot)) {
            [Ok(before), Ok(after)] => diff.global = told(&before.document, &after.document, &COUNTED_GLOBALLY),
            read => gather(&mut diff.unreadable, read.map(|side| side.err().map(Unread::from))),
        }
    }

    let pairs = pairs(sides);
    observer.event(Event::Begin { phase: Phase::Indices, total: pairs.len() as u64 });
    let mut n_shards = Vec::with_capacity(pairs.len());
    pool.map(
        &pairs,
        |pair| metadata(sides, pair),
        |one: Metadata| {
            observer.event(Event::Advance);
            n_shards.push(one.n_shards);
            gather(&mut diff.unreadable, one.unreadable);
            diff.indices.push(one.diff);
            ControlFlow::Continue(())
        },
    );

    let counted = pairs.iter().zip(n_shards).enumerate();
    let shards: Vec<(usize, u32, [Option<IndexIx>; 2])> = counted
        .flat_map(|(at, (pair, n_shards))| {
            let of_side = move |side: usize, shard| pair[side].filter(|_| shard < n_shards[side]);
            (0..n_shards[0].max(n_shards[1])).map(move |shard| (at, shard, [of_side(0, shard), of_side(1, shard)]))
        })
        .collect();
    observer.event(Event::Begin { phase: Phase::Shards, total: shards.len() as u64 });
    let work = |(at, shard, indices)| (at, self::shard(sides, indices, shard));
    pool.map(shards, work, |(at, (shard, is_other, unreadable))| {
        observer.event(Event::Advance);
        gather(&mut diff.unreadable, unreadable);
        if let Some(index) = diff.indices.get_mut(at) {
            let found = match shard.sides {
                [ShardSide::Unknown, _] | [_, ShardSide::Unknown] => IndexChange::Unknown,
                _ if is_other || !shard.moves.is_none() => IndexChange::Changed,
                [ShardSide::RemoteStore, ShardSide::RemoteStore] => IndexChange::Unknown,
                _ => IndexChange::Same,
            };
            index.change = index.change.min(found);
            index.shards.push(shard);
        }
        ControlFlow::Continue(())
    });
    if pool.cancel().is_cancelled() {
        // What was not reached was not compared.
        diff.indices.iter_mut().for_each(|index| index.change = index.change.min(IndexChange::Unknown));
    }
    diff
}

fn only_in(ours: &[Box<str>], theirs: &[Box<str>]) -> Vec<Box<str>> {
    let theirs: HashSet<&str> = theirs.iter().map(|name| &**name).collect();
    let mut only: Vec<Box<str>> = ours.iter().filter(|name| !theirs.contains(&***name)).cloned().collect();
    only.sort();
    only
}

/// The indices of both snapshots, by name. Both lists are in that order.
fn pairs(sides: [Side<'_>; 2]) -> Vec<[Option<IndexIx>; 2]> {
    let [mut ours, mut theirs] = sides.map(|side| side.repository.indices_of(side.snapshot).iter().copied().peekable());
    let name = |side: usize, index: IndexIx| &sides[side].repository.root.index_entry(index).name;
    let mut pairs = Vec::new();
    loop {
        let order = match (ours.peek(), theirs.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(ours), Some(theirs)) => name(0, *ours).cmp(name(1, *theirs)),
        };
        let before = if order.is_le() { ours.next() } else { None };
        let after = if order.is_ge() { theirs.next() } else { None };
        pairs.push([before, after]);
    }
}

/// The differences of two documents without those of some keys at the top.
fn told(before: &Value, after: &Value, without: &[&str]) -> Vec<Change> {
    let mut changes = changes(before, after);
    changes.retain(|change| change.path.first().is_none_or(|key| !without.contains(&&**key)));
    changes
}

/// What the metadata of an index in two snapshots say.
struct Metadata {
    diff: IndexDiff,
    n_shards: [u32; 2],
    unreadable: [Option<Unread>; 2],
}

fn metadata(sides: [Side<'_>; 2], pair: &[Option<IndexIx>; 2]) -> Metadata {
    let name = (0..2).find_map(|side| Some(sides[side].repository.root.index_entry(pair[side]?).name.clone()));
    let read = |side: usize| {
        let Side { repository, snapshot, .. } = sides[side];
        pair[side].map(|index| index_document(repository, snapshot, index))
    };
    let found = [read(0), read(1)];
    let n_shards = [0, 1].map(|side: usize| match &found[side] {
        Some(Ok((facts, _))) => facts.n_shards,
        _ => 0,
    });
    let (change, metadata) = match &found {
        [Some(Ok((ours, before))), Some(Ok((theirs, after)))] => {
            let metadata = told(before, after, &COUNTED);
            let is_other = ours.uuid.is_some() && theirs.uuid.is_some() && ours.uuid != theirs.uuid;
            let change = match (is_other, metadata.is_empty()) {
                (true, _) => IndexChange::Recreated,
                (false, false) => IndexChange::Changed,
                (false, true) => IndexChange::Same,
            };
            (change, metadata)
        }
        [Some(_), None] => (IndexChange::Removed, Vec::new()),
        [None, Some(_)] => (IndexChange::Added, Vec::new()),
        _ => (IndexChange::Unknown, Vec::new()),
    };
    let diff = IndexDiff { name: name.unwrap_or_default(), change, metadata, shards: Vec::new() };
    Metadata { diff, n_shards, unreadable: found.map(|side| side?.err().map(Unread::from)) }
}

/// One shard, whether its sides are of different kinds, and what could not be read of it.
fn shard(sides: [Side<'_>; 2], indices: [Option<IndexIx>; 2], shard: u32) -> (ShardDiff, bool, [Option<Unread>; 2]) {
    let mut unreadable = [None, None];
    let found = [0, 1].map(|at: usize| {
        let Some(index) = indices[at] else { return Found::Told(ShardSide::Absent) };
        found(sides[at], index, shard).unwrap_or_else(|unread| {
            unreadable[at] = Some(unread);
            Found::Told(ShardSide::Unknown)
        })
    });
    let told = [found[0].told(), found[1].told()];
    let moves = match &found {
        [Found::Here(before), Found::Here(after)] => Moves::between(before, after),
        [Found::Here(before), Found::Told(ShardSide::Absent)] => Moves::between(before, &[]),
        [Found::Told(ShardSide::Absent), Found::Here(after)] => Moves::between(&[], after),
        _ => Moves::default(),
    };
    let is_other = match &found {
        [Found::There(ours), Found::There(theirs)] => ours != theirs,
        _ => std::mem::discriminant(&told[0]) != std::mem::discriminant(&told[1]),
    };
    (ShardDiff { shard, moves, sides: told }, is_other, unreadable)
}

/// What was found of a shard in one snapshot.
enum Found {
    Here(Vec<FileInfo>),
    /// Lucene's names of files in a remote store.
    There(HashSet<Box<str>>),
    Told(ShardSide),
}

impl Found {
    fn told(&self) -> ShardSide {
        match self {
            Self::Here(files) => ShardSide::Files { documents: Documents::of(files) },
            Self::There(_) => ShardSide::RemoteStore,
            Self::Told(side) => *side,
        }
    }
}

fn found(side: Side<'_>, index: IndexIx, shard: u32) -> Result<Found, Unread> {
    if side.info.has_failed(&side.repository.root.index_entry(index).name, shard) {
        return Ok(Found::Told(ShardSide::Failed));
    }
    if side.info.pinned_timestamp.is_some() {
        return Ok(Found::Told(ShardSide::RemoteStore));
    }
    Ok(match status::files_of_shard(side.repository, side.snapshot, index, shard)?.1 {
        ShardFiles::Here(list) => Found::Here(list.files),
        ShardFiles::RemoteStore(list) => Found::There(list.file_names.into_iter().collect()),
    })
}
