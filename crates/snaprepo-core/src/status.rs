//! How many files and bytes snapshots have: what a cluster's `_status` answers.
//!
//! Totals of *all* snapshots come from the file tables, one read per shard. What a snapshot added when it was taken
//! (its incremental numbers) stands only in its own file lists, one read per shard and snapshot.

use std::{collections::BTreeSet, ops::ControlFlow};

use hashbrown::HashMap;
use snaprepo_codec::BlobPath;
use snaprepo_format::{
    FileInfo, names,
    root::{IndexIx, ShardGen, SnapshotIx},
    shard_generation::ShardGeneration,
    shard_paths::ShardPathType,
    shard_snapshot::{ShallowShardSnapshot, ShardSnapshot},
    snapshot_info::SnapshotInfo,
};
use snaprepo_store::{Entry, Pool};

use crate::{
    BlobError, Problem, Repository, blob,
    folder::{Detail, ShardFolder},
    repository::known,
    shard::{self, Current, ShardContent},
};

/// A number of files and their lengths in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// Files, not parts.
    pub files: u64,
    /// Their full lengths.
    pub bytes: u64,
}

impl Amount {
    /// The sum of two amounts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { files: self.files + other.files, bytes: self.bytes.saturating_add(other.bytes) }
    }

    /// The amount of some files.
    pub fn of<'a>(files: impl IntoIterator<Item = &'a FileInfo>) -> Self {
        files.into_iter().fold(Self::default(), |sum, file| sum.plus(Self { files: 1, bytes: file.len_bytes }))
    }
}

/// A snapshot in numbers.
#[derive(Debug)]
pub struct SnapshotStatus {
    /// The snapshot.
    pub snapshot: SnapshotIx,
    /// Its facts.
    pub info: SnapshotInfo,
    /// Its indices, by name.
    pub indices: Vec<IndexStatus>,
}

/// An index of a snapshot in numbers.
#[derive(Debug)]
pub struct IndexStatus {
    /// The index.
    pub index: IndexIx,
    /// Its shards in order, or why their number is not known.
    pub shards: Result<Vec<ShardStatus>, BlobError>,
}

/// A shard of a snapshot in numbers.
#[derive(Debug)]
pub enum ShardStatus {
    /// The shard is in the snapshot.
    Done(ShardDone),
    /// The shard failed when the snapshot was taken.
    Failed {
        /// Why.
        reason: Option<Box<str>>,
    },
    /// Its file list cannot be had.
    Unreadable(BlobError),
}

/// A shard that is in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShardDone {
    /// What the snapshot added.
    pub incremental: Amount,
    /// What it has.
    pub total: Amount,
    /// Start of the copy, in milliseconds since 1970; for shallow shards the clock of a node.
    pub start_millis: i64,
    /// How long it took, in milliseconds.
    pub time_millis: i64,
    /// Segments.
    pub segments: u64,
    /// Whether the files are in a remote store.
    pub shallow: bool,
}

impl IndexStatus {
    /// Sums over the shards that are there.
    #[must_use]
    pub fn sum(&self) -> ShardDone {
        let done = self.shards.iter().flatten().filter_map(|shard| match shard {
            ShardStatus::Done(done) => Some(done),
            _ => None,
        });
        done.fold(ShardDone::default(), |sum, shard| ShardDone {
            incremental: sum.incremental.plus(shard.incremental),
            total: sum.total.plus(shard.total),
            segments: sum.segments + shard.segments,
            shallow: sum.shallow || shard.shallow,
            ..sum
        })
    }
}

/// Reads one snapshot in numbers; the file lists of its shards are read in parallel.
///
/// # Errors
/// When its own blob cannot be had. What cannot be read below it is told in its place.
pub fn of_snapshot(repository: &Repository, pool: &Pool, snapshot: SnapshotIx) -> Result<SnapshotStatus, BlobError> {
    let info = repository.snapshot_info(snapshot)?;
    let indices = repository.indices_of(snapshot);
    let mut counts = Vec::with_capacity(indices.len());
    let count = |index: IndexIx| (index, repository.index_facts(snapshot, index).map(|facts| facts.n_shards));
    pool.map(indices.iter().copied(), count, |counted| {
        counts.push(counted);
        ControlFlow::Continue(())
    });
    let shards: Vec<(IndexIx, u32)> =
        counts.iter().flat_map(|(index, n)| (0..*n.as_ref().unwrap_or(&0)).map(|shard| (*index, shard))).collect();
    let mut statuses: HashMap<IndexIx, Vec<ShardStatus>> = HashMap::new();
    let read = |(index, shard): (IndexIx, u32)| (index, of_shard(repository, snapshot, &info, index, shard));
    pool.map(shards, read, |(index, status)| {
        statuses.entry(index).or_default().push(status);
        ControlFlow::Continue(())
    });
    let indices = counts
        .into_iter()
        .map(|(index, n)| IndexStatus { index, shards: n.map(|_| statuses.remove(&index).unwrap_or_default()) });
    Ok(SnapshotStatus { snapshot, indices: indices.collect(), info })
}

fn of_shard(
    repository: &Repository,
    snapshot: SnapshotIx,
    info: &SnapshotInfo,
    index: IndexIx,
    shard: u32,
) -> ShardStatus {
    let name = &repository.root.index_entry(index).name;
    let failed = info.failures.iter().find(|f| f.index == *name && f.shard_id == i64::from(shard));
    if let Some(failure) = failed {
        return ShardStatus::Failed { reason: failure.reason.clone() };
    }
    if info.pinned_timestamp.is_some() {
        return ShardStatus::Done(ShardDone { shallow: true, ..ShardDone::default() });
    }
    match shard_files(repository, snapshot, index, shard) {
        Err(error) => ShardStatus::Unreadable(error),
        Ok((_, ShardContent::Full(content))) => ShardStatus::Done(ShardDone {
            incremental: amount(content.number_of_files, content.total_size),
            total: Amount::of(&content.files),
            start_millis: content.start_time,
            time_millis: content.time,
            segments: content.files.iter().filter(|file| file.physical_name.ends_with(".si")).count() as u64,
            shallow: false,
        }),
        Ok((_, ShardContent::Shallow(content))) => ShardStatus::Done(ShardDone {
            incremental: Amount::default(),
            total: amount(content.number_of_files, content.total_size),
            start_millis: content.start_time,
            time_millis: content.time,
            segments: content.file_names.iter().filter(|file| file.ends_with(".si")).count() as u64,
            shallow: true,
        }),
    }
}

fn amount(files: i64, bytes: i64) -> Amount {
    Amount { files: u64::try_from(files).unwrap_or(0), bytes: u64::try_from(bytes).unwrap_or(0) }
}

/// The files of a shard in a snapshot, and the folder of their blobs.
///
/// # Errors
/// When the file list is absent, damaged, or cannot be read.
pub fn files_of_shard(
    repository: &Repository,
    snapshot: SnapshotIx,
    index: IndexIx,
    shard: u32,
) -> Result<(BlobPath, ShardFiles), BlobError> {
    let (folder, content) = shard_files(repository, snapshot, index, shard)?;
    Ok(match content {
        ShardContent::Full(content) => (folder, ShardFiles::Here(content)),
        ShardContent::Shallow(content) => (folder, ShardFiles::RemoteStore(content)),
    })
}

/// Where the files of a shard are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShardFiles {
    /// In this repository.
    Here(ShardSnapshot),
    /// In a remote store.
    RemoteStore(ShallowShardSnapshot),
}

/// One read where the root is right; else the folder is looked for.
fn shard_files(
    repository: &Repository,
    snapshot: SnapshotIx,
    index: IndexIx,
    shard: u32,
) -> Result<(BlobPath, ShardContent), BlobError> {
    let folder = known(repository.shard_folder(index, shard))?;
    let path = known(folder.join(&repository.shard_snapshot_name(snapshot)))?;
    match blob::load(repository.store(), &path, ShardSnapshot::parse) {
        Err(BlobError { problem: Problem::Absent(_), .. }) => {}
        loaded => return loaded.map(|content| (folder, ShardContent::Full(content))),
    }
    let located = shard::locate(repository, index, shard, Detail::Names)?.folder();
    let located = located.unwrap_or(ShardFolder { path: folder, ..ShardFolder::default() });
    shard::read_snapshot(repository, &located, snapshot).map(|content| (located.path, content))
}

/// What every snapshot has, from the file tables alone.
#[derive(Debug, Default)]
pub struct Totals {
    /// By position of the snapshot.
    pub by_snapshot: Vec<Amount>,
    /// Tables and folders that could not be read: the numbers lack them.
    pub unreadable: Vec<BlobError>,
}

/// Sums up every snapshot: one read per shard, in parallel.
#[must_use]
pub fn totals(repository: &Repository, pool: &Pool) -> Totals {
    let mut totals =
        Totals { by_snapshot: vec![Amount::default(); repository.root.snapshots.len()], ..Totals::default() };
    let mut shards: Vec<(IndexIx, u32)> = Vec::new();
    let indices = (0_u32..).zip(&repository.root.indices).map(|(ix, _)| ix);
    pool.map(
        indices,
        |index| (index, shard_numbers(repository, index, None)),
        |(index, numbers)| {
            match numbers {
                Ok(numbers) => shards.extend(numbers.into_iter().map(|shard| (index, shard))),
                Err(error) => totals.unreadable.push(error),
            }
            ControlFlow::Continue(())
        },
    );
    pool.map(
        shards,
        |(index, shard)| amounts_of_shard(repository, index, shard),
        |amounts| {
            match amounts {
                Ok(amounts) => {
                    for (snapshot, amount) in amounts {
                        if let Some(sum) = usize::try_from(snapshot).ok().and_then(|at| totals.by_snapshot.get_mut(at))
                        {
                            *sum = sum.plus(amount);
                        }
                    }
                }
                Err(error) => totals.unreadable.push(error),
            }
            ControlFlow::Continue(())
        },
    );
    totals
}

/// What every snapshot has of one index.
#[derive(Debug, Default)]
pub struct IndexTotals {
    /// By snapshot.
    pub by_snapshot: HashMap<SnapshotIx, Amount>,
    /// Tables and folders that could not be read: the numbers lack them.
    pub unreadable: Vec<BlobError>,
}

/// Sums up one index: one read per shard, in parallel. `n_shards` is the most that its metadata say, for whoever has read
/// all of them; else they are read here where they are needed.
#[must_use]
pub fn of_index(repository: &Repository, pool: &Pool, index: IndexIx, n_shards: Option<u32>) -> IndexTotals {
    let mut totals = IndexTotals::default();
    let shards = match shard_numbers(repository, index, n_shards) {
        Ok(numbers) => numbers,
        Err(error) => {
            totals.unreadable.push(error);
            return totals;
        }
    };
    pool.map(
        shards,
        |shard| amounts_of_shard(repository, index, shard),
        |amounts| {
            match amounts {
                Ok(amounts) => amounts.into_iter().for_each(|(snapshot, amount)| {
                    let sum = totals.by_snapshot.entry(snapshot).or_default();
                    *sum = sum.plus(amount);
                }),
                Err(error) => totals.unreadable.push(error),
            }
            ControlFlow::Continue(())
        },
    );
    totals
}

/// The shards that an index has or had: from its distinct metadata where the root shares them between snapshots, else
/// from its folder.
fn shard_numbers(
    repository: &Repository,
    index: IndexIx,
    of_metadata: Option<u32>,
) -> Result<BTreeSet<u32>, BlobError> {
    let entry = repository.root.index_entry(index);
    let shared = entry.snapshots.iter().any(|snapshot| repository.root.identifier(*snapshot, index).is_some());
    if shared || entry.shard_path_type != ShardPathType::Fixed || repository.scan.by_latest {
        if let Some(n_shards) = of_metadata {
            return Ok((0..n_shards).collect());
        }
        let mut seen = BTreeSet::new();
        let mut n_shards = 0;
        for snapshot in &entry.snapshots {
            if seen.insert(repository.root.metadata_blob_id(*snapshot, index)) {
                n_shards = n_shards.max(repository.index_facts(*snapshot, index)?.n_shards);
            }
        }
        return Ok((0..n_shards).collect());
    }
    let mut numbers = BTreeSet::new();
    let folder = known(repository.index_folder(index))?;
    let listed = repository.store().list(&folder, &mut |entry| {
        if let Entry::Folder { name } = entry {
            numbers.extend(names::shard_folder(name));
        }
    });
    listed.map_err(BlobError::from_store)?;
    Ok(numbers)
}

/// The current table of a shard; `None` when it has none.
fn table(repository: &Repository, index: IndexIx, shard: u32) -> Result<Option<ShardGeneration>, BlobError> {
    let recorded =
        repository.root.index_entry(index).shard_generations.get(usize::try_from(shard).unwrap_or(usize::MAX));
    let folder = known(repository.shard_folder(index, shard))?;
    if let Some(ShardGen::Named(name)) = recorded {
        match shard::read_generation(repository, &folder, &format!("index-{name}")) {
            Err(BlobError { problem: Problem::Absent(_), .. }) => {}
            loaded => return loaded.map(Some),
        }
    }
    let Some(folder) = shard::locate(repository, index, shard, Detail::Names)?.folder() else { return Ok(None) };
    match Current::of(repository, index, shard, &folder).blob_name() {
        Some(name) => shard::read_generation(repository, &folder.path, &name).map(Some),
        None => Ok(None),
    }
}

fn amounts_of_shard(
    repository: &Repository,
    index: IndexIx,
    shard: u32,
) -> Result<Vec<(SnapshotIx, Amount)>, BlobError> {
    let entry = repository.root.index_entry(index);
    if let Some(table) = table(repository, index, shard)? {
        let by_name: HashMap<&str, SnapshotIx> =
            entry.snapshots.iter().map(|ix| (&*repository.root.snapshot_entry(*ix).name, *ix)).collect();
        let amounts = table
            .snapshots
            .iter()
            .filter_map(|known| Some((*by_name.get(&*known.snapshot)?, Amount::of(table.files_of(known)))));
        return Ok(amounts.collect());
    }
    // Without a table (Elasticsearch 1, shallow snapshots) the file lists tell.
    let Some(folder) = shard::locate(repository, index, shard, Detail::Names)?.folder() else { return Ok(Vec::new()) };
    let mut amounts = Vec::new();
    for snapshot in &entry.snapshots {
        let name = repository.shard_snapshot_name(*snapshot);
        if !folder.has(&name) && !folder.has(&format!("shallow-{name}")) {
            continue;
        }
        let amount = match shard::read_snapshot(repository, &folder, *snapshot)? {
            ShardContent::Full(content) => Amount::of(&content.files),
            ShardContent::Shallow(content) => amount(content.number_of_files, content.total_size),
        };
        amounts.push((*snapshot, amount));
    }
    Ok(amounts)
}

/// Bytes of the data blobs of a shard, as far as its metadata can be read: for estimates.
pub(crate) fn live_bytes(repository: &Repository, index: IndexIx, shard: u32) -> u64 {
    if let Ok(Some(table)) = table(repository, index, shard) {
        return table.files.iter().filter(|file| file.parts().is_some()).map(|file| file.len_bytes).sum();
    }
    let Ok(located) = shard::locate(repository, index, shard, Detail::Lengths) else { return 0 };
    let folder = located.folder().unwrap_or_default();
    folder.data.iter().filter_map(|blob| blob.stat).map(|stat| stat.len_bytes).fold(0, u64::saturating_add)
}
