//! A repository and what should be its copy.

use std::ops::ControlFlow;

use hashbrown::HashMap;
use snaprepo_codec::value::Value;
use snaprepo_format::{
    root::{IndexIx, SnapshotIx},
    snapshot_info::SnapshotInfo,
};
use snaprepo_store::Pool;

use super::{
    Moves, changes,
    content::{Contents, Numbered},
    gather, index_document,
};
use crate::{
    BlobError, Event, Observer, Phase, Repository, Unread,
    folder::Detail,
    shard::{self, Current, Files},
    tree::{Forest, IndexTree},
};

/// Differences that are told of each snapshot; all are counted.
const MAX_TOLD: usize = 8;

/// How two repositories differ; the first of each pair is of the first repository.
#[derive(Debug, Default)]
pub struct RepositoryDiff {
    /// Snapshots that only one of them has, in the order of its root.
    pub only: [Vec<SnapshotIx>; 2],
    /// Snapshots that both have.
    pub snapshots: Vec<SnapshotPair>,
    /// What could not be read.
    pub unreadable: [Vec<Unread>; 2],
}

/// A snapshot that both repositories have.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotPair {
    /// Its position in each root.
    pub snapshots: [SnapshotIx; 2],
    /// How it differs; no more than a few.
    pub differences: Vec<Difference>,
    /// All differences.
    pub n_differences: u64,
    /// Whether not everything of it could be compared.
    pub is_unknown: bool,
}

impl SnapshotPair {
    fn add(&mut self, difference: Difference) {
        self.n_differences += 1;
        if self.differences.len() < MAX_TOLD {
            self.differences.push(difference);
        }
    }
}

/// One thing in which a snapshot of two repositories differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// What the engine noted about it: the names of these facts.
    Facts(Vec<&'static str>),
    /// The cluster state, at this many places.
    GlobalMetadata(u64),
    /// An index that only the first repository has in it.
    IndexMissing(Box<str>),
    /// An index that only the second repository has in it.
    IndexAdded(Box<str>),
    /// Settings, mappings, aliases or the rest of an index, at this many places.
    IndexMetadata(Box<str>, u64),
    /// The files of a shard.
    Files {
        /// Its index.
        index: Box<str>,
        /// Its number.
        shard: u32,
        /// From the first repository to the second.
        moves: Moves,
    },
}

/// Compares two repositories: which snapshots both have, and whether these hold the same.
#[must_use]
pub fn repositories(sides: [&Repository; 2], pool: &Pool, observer: &dyn Observer) -> RepositoryDiff {
    let mut diff = RepositoryDiff::default();
    let pairs = Pairs::of(sides, &mut diff);
    observer.event(Event::Begin { phase: Phase::Snapshots, total: diff.snapshots.len() as u64 });
    let snapshots: Vec<[SnapshotIx; 2]> = diff.snapshots.iter().map(|pair| pair.snapshots).collect();
    let mut at = 0;
    pool.map(
        snapshots,
        |pair| facts(sides, pair),
        |noted| {
            observer.event(Event::Advance);
            diff.note(at, noted);
            at += 1;
            ControlFlow::Continue(())
        },
    );

    let indices = indices(sides, &pairs);
    observer.event(Event::Begin { phase: Phase::Shards, total: indices.len() as u64 });
    let share = pool.share(indices.len());
    // A listing that fails tells nothing here: each index is listed again, and says so.
    let forests = sides.map(|repository| Forest::of(repository).unwrap_or_default());
    let work = |index: &SharedIndex| index.compare(sides, &forests, &share);
    pool.map(&indices, work, |noted: Vec<(usize, Noted)>| {
        observer.event(Event::Advance);
        noted.into_iter().for_each(|(at, noted)| diff.note(at, noted));
        ControlFlow::Continue(())
    });
    if pool.cancel().is_cancelled() {
        // What was not reached was not compared.
        diff.snapshots.iter_mut().for_each(|pair| pair.is_unknown = true);
    }
    diff
}

/// What was seen of a snapshot.
#[derive(Default)]
struct Noted {
    differences: Vec<Difference>,
    unreadable: [Vec<Unread>; 2],
    is_unknown: bool,
}

impl Noted {
    fn difference(difference: Difference) -> Self {
        Self { differences: vec![difference], ..Self::default() }
    }
}

impl RepositoryDiff {
    fn note(&mut self, at: usize, noted: Noted) {
        gather(&mut self.unreadable, noted.unreadable);
        if let Some(pair) = self.snapshots.get_mut(at) {
            noted.differences.into_iter().for_each(|difference| pair.add(difference));
            pair.is_unknown |= noted.is_unknown;
        }
    }
}

/// Positions of pairs by the positions of their snapshots.
struct Pairs([HashMap<SnapshotIx, usize>; 2]);

impl Pairs {
    /// Snapshots of two roots by uuid; before Elasticsearch 5 that is the name.
    fn of(sides: [&Repository; 2], diff: &mut RepositoryDiff) -> Self {
        let mut pairs = Self([HashMap::new(), HashMap::new()]);
        let theirs = (0..).zip(&sides[1].root.snapshots);
        let mut theirs: HashMap<&str, SnapshotIx> = theirs.map(|(ix, entry)| (&*entry.uuid, ix)).collect();
        for (ix, entry) in (0..).zip(&sides[0].root.snapshots) {
            let Some(their) = theirs.remove(&*entry.uuid) else {
                diff.only[0].push(ix);
                continue;
            };
            let at = diff.snapshots.len();
            pairs.0[0].insert(ix, at);
            pairs.0[1].insert(their, at);
            let (differences, n_differences, is_unknown) = (Vec::new(), 0, false);
            diff.snapshots.push(SnapshotPair { snapshots: [ix, their], differences, n_differences, is_unknown });
        }
        diff.only[1] = theirs.into_values().collect();
        diff.only[1].sort_unstable();
        pairs
    }

    fn at(&self, side: usize, snapshot: SnapshotIx) -> Option<usize> {
        self.0[side].get(&snapshot).copied()
    }
}

/// What the engine noted about a snapshot, and its cluster state.
fn facts(sides: [&Repository; 2], pair: [SnapshotIx; 2]) -> Noted {
    let mut noted = Noted::default();
    let infos = both(&mut noted, |side| sides[side].snapshot_info(pair[side]));
    if let Some([ours, theirs]) = infos {
        let facts = unlike(&ours, &theirs);
        noted.differences.extend((!facts.is_empty()).then_some(Difference::Facts(facts)));
    }
    let documents = both(&mut noted, |side| sides[side].global_metadata(pair[side]));
    if let Some([ours, theirs]) = documents {
        let n = changes(&ours.document, &theirs.document).len() as u64;
        noted.differences.extend((n > 0).then_some(Difference::GlobalMetadata(n)));
    }
    noted
}

/// Something of both sides, or a note about what could not be read.
fn both<T>(noted: &mut Noted, read: impl Fn(usize) -> Result<T, BlobError>) -> Option<[T; 2]> {
    match [read(0), read(1)] {
        [Ok(ours), Ok(theirs)] => Some([ours, theirs]),
        results => {
            noted.is_unknown = true;
            gather(&mut noted.unreadable, results.map(|result| result.err().map(Unread::from)));
            None
        }
    }
}

/// The names of facts that differ. Lists of names have no order.
fn unlike(ours: &SnapshotInfo, theirs: &SnapshotInfo) -> Vec<&'static str> {
    fn sorted(names: &[Box<str>]) -> Vec<&str> {
        let mut names: Vec<&str> = names.iter().map(|name| &**name).collect();
        names.sort_unstable();
        names
    }
    let streams = |info: &SnapshotInfo| info.data_streams.clone().unwrap_or_default();
    let metadata = |info: &SnapshotInfo| info.metadata.clone().unwrap_or(Value::Null);
    let facts = [
        ("name", ours.name == theirs.name),
        ("version", ours.version == theirs.version),
        ("state", ours.state == theirs.state),
        ("reason", ours.reason == theirs.reason),
        ("start_time", ours.start_millis == theirs.start_millis),
        ("end_time", ours.end_millis == theirs.end_millis),
        ("shards", (ours.total_shards, ours.successful_shards) == (theirs.total_shards, theirs.successful_shards)),
        ("failures", ours.failures == theirs.failures),
        ("indices", sorted(&ours.indices) == sorted(&theirs.indices)),
        ("data_streams", sorted(&streams(ours)) == sorted(&streams(theirs))),
        ("include_global_state", ours.include_global_state == theirs.include_global_state),
        ("metadata", changes(&metadata(ours), &metadata(theirs)).is_empty()),
        ("feature_states", ours.feature_states == theirs.feature_states),
        ("pinned_timestamp", ours.pinned_timestamp == theirs.pinned_timestamp),
    ];
    facts.into_iter().filter(|(_, is_same)| !is_same).map(|(name, _)| name).collect()
}

/// An index by its name, with what snapshots that both repositories have hold of it.
struct SharedIndex {
    name: Box<str>,
    indices: [Option<IndexIx>; 2],
    /// Pairs of snapshots, and which sides hold the index there.
    held: Vec<(usize, [Option<SnapshotIx>; 2])>,
}

/// The indices of all pairs, by name.
fn indices(sides: [&Repository; 2], pairs: &Pairs) -> Vec<SharedIndex> {
    let mut names: HashMap<&str, [Option<IndexIx>; 2]> = HashMap::new();
    for (side, repository) in sides.into_iter().enumerate() {
        for (ix, entry) in (0..).zip(&repository.root.indices) {
            names.entry(&entry.name).or_default()[side] = Some(ix);
        }
    }
    let mut indices: Vec<SharedIndex> = names
        .into_iter()
        .map(|(name, indices)| {
            let mut held: HashMap<usize, [Option<SnapshotIx>; 2]> = HashMap::new();
            for side in 0..2 {
                let snapshots = indices[side].map(|index| sides[side].root.index_entry(index).snapshots.as_slice());
                for snapshot in snapshots.unwrap_or_default() {
                    if let Some(at) = pairs.at(side, *snapshot) {
                        held.entry(at).or_default()[side] = Some(*snapshot);
                    }
                }
            }
            let mut held: Vec<_> = held.into_iter().collect();
            held.sort_unstable();
            SharedIndex { name: name.into(), indices, held }
        })
        .filter(|index| !index.held.is_empty())
        .collect();
    indices.sort_by(|a, b| a.name.cmp(&b.name));
    indices
}

impl SharedIndex {
    /// What differs, by position of the pair. `pool` is for its shards.
    fn compare(&self, sides: [&Repository; 2], forests: &[Forest; 2], pool: &Pool) -> Vec<(usize, Noted)> {
        let mut noted = Vec::new();
        let mut shared = Vec::new();
        for (at, held) in &self.held {
            match held {
                [Some(ours), Some(theirs)] => shared.push((*at, [*ours, *theirs])),
                [_, None] => noted.push((*at, Noted::difference(Difference::IndexMissing(self.name.clone())))),
                [None, _] => noted.push((*at, Noted::difference(Difference::IndexAdded(self.name.clone())))),
            }
        }
        let (true, [Some(ours), Some(theirs)]) = (!shared.is_empty(), self.indices) else { return noted };
        let indices = [ours, theirs];
        let n_shards = self.metadata(sides, indices, &shared, &mut noted);
        let trees = [0, 1].map(|side: usize| forests[side].tree(sides[side], indices[side]));
        let work = |shard: u32| self.shard(sides, indices, &trees, shard, &shared);
        pool.map(0..n_shards, work, |of_shard| {
            noted.extend(of_shard);
            ControlFlow::Continue(())
        });
        noted
    }

    /// Compares each pair of metadata blobs once; the number of shards that either side has.
    fn metadata(
        &self,
        sides: [&Repository; 2],
        indices: [IndexIx; 2],
        shared: &[(usize, [SnapshotIx; 2])],
        noted: &mut Vec<(usize, Noted)>,
    ) -> u32 {
        let mut n_shards = 0;
        let mut by_blobs: HashMap<[&str; 2], Vec<usize>> = HashMap::new();
        let mut first: Vec<([&str; 2], [SnapshotIx; 2])> = Vec::new();
        for (at, pair) in shared {
            let blobs = [0, 1].map(|side: usize| sides[side].root.metadata_blob_id(pair[side], indices[side]));
            let users = by_blobs.entry(blobs).or_default();
            if users.is_empty() {
                first.push((blobs, *pair));
            }
            users.push(*at);
        }
        for (blobs, pair) in first {
            let mut one = Noted::default();
            let read = both(&mut one, |side| index_document(sides[side], pair[side], indices[side]));
            let mut n_changes = 0;
            if let Some([(ours, before), (theirs, after)]) = read {
                n_shards = n_shards.max(ours.n_shards).max(theirs.n_shards);
                n_changes = changes(&before, &after).len() as u64;
            }
            for at in by_blobs.remove(&blobs).unwrap_or_default() {
                let mut of_pair = Noted { is_unknown: one.is_unknown, ..Noted::default() };
                let difference = || Difference::IndexMetadata(self.name.clone(), n_changes);
                of_pair.differences.extend((n_changes > 0).then(difference));
                of_pair.unreadable = std::mem::take(&mut one.unreadable);
                noted.push((at, of_pair));
            }
        }
        n_shards
    }

    /// Compares one shard in all its snapshots at once.
    fn shard(
        &self,
        sides: [&Repository; 2],
        indices: [IndexIx; 2],
        trees: &[Option<IndexTree>; 2],
        shard: u32,
        shared: &[(usize, [SnapshotIx; 2])],
    ) -> Vec<(usize, Noted)> {
        let mut unreadable = [Vec::new(), Vec::new()];
        let files = [0, 1]
            .map(|side: usize| files(sides[side], trees[side].as_ref(), indices[side], shard, &mut unreadable[side]));
        // Told once. A table that cannot be read makes nothing unknown where the lists tell the same.
        let first = shared.first().map_or(0, |(at, _)| *at);
        let mut noted = vec![(first, Noted { unreadable, ..Noted::default() })];
        let mut contents = Contents::default();
        let ids = [contents.ids(&files[0].all), contents.ids(&files[1].all)];
        let holders = [0, 1].map(|side: usize| -> HashMap<SnapshotIx, &Vec<u32>> {
            files[side].holders.iter().map(|(snapshot, refs)| (*snapshot, refs)).collect()
        });
        for (at, pair) in shared {
            let lists = [0, 1].map(|side: usize| holders[side].get(&pair[side]));
            if (0..2).any(|side: usize| lists[side].is_none() && files[side].has_gaps) {
                noted.push((*at, Noted { is_unknown: true, ..Noted::default() }));
                continue;
            }
            let numbered = [0, 1].map(|side: usize| -> Vec<Numbered<'_>> {
                let positions = lists[side].into_iter().flat_map(|refs| refs.iter());
                let positions = positions.filter_map(|position| usize::try_from(*position).ok());
                positions.filter_map(|at| Some((*ids[side].get(at)?, files[side].all.get(at)?))).collect()
            });
            let moves = Moves::of(&numbered[0], &numbered[1]);
            if !moves.is_none() {
                let difference = Difference::Files { index: self.name.clone(), shard, moves };
                noted.push((*at, Noted::difference(difference)));
            }
        }
        noted
    }
}

fn files(
    repository: &Repository,
    tree: Option<&IndexTree>,
    index: IndexIx,
    shard: u32,
    unreadable: &mut Vec<Unread>,
) -> Files {
    match shard::locate_in(repository, tree, index, shard, Detail::Names) {
        Ok(located) => located.folder().map_or_else(Files::default, |folder| {
            let current = Current::of(repository, index, shard, &folder).blob_name();
            Files::read(repository, index, &folder, current.as_deref(), unreadable)
        }),
        Err(error) => {
            unreadable.push(error.into());
            Files { has_gaps: true, ..Files::default() }
        }
    }
}
