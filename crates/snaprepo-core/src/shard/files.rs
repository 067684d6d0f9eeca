//! The files of one shard, and which snapshots hold them.

use hashbrown::{HashMap, HashSet};
use snaprepo_format::{
    DataName, FileInfo, FileName,
    root::{IndexIx, SnapshotIx},
};

use super::{ShardContent, read_generation, read_snapshot};
use crate::{BlobError, Problem, Repository, Unread, folder::ShardFolder};

/// The files of a shard and who holds them.
#[derive(Default)]
pub(crate) struct Files {
    /// Every file of every snapshot below, once.
    pub(crate) all: Vec<FileInfo>,
    /// Snapshots, with positions of their files.
    pub(crate) holders: Vec<(SnapshotIx, Vec<u32>)>,
    /// Whether the files of some snapshot are not known: then nobody knows who alone needs what.
    pub(crate) has_gaps: bool,
    /// Snapshots in the table that the root knows, and others.
    pub(crate) n_in_table: (usize, usize),
    /// Whether what the table lists under names that the root does not know is live, too.
    pub(crate) keeps_listed: bool,
}

impl Files {
    /// Files at these positions.
    pub(crate) fn of<'f>(&'f self, refs: &'f [u32]) -> impl Iterator<Item = &'f FileInfo> {
        refs.iter().filter_map(|position| self.all.get(usize::try_from(*position).ok()?))
    }

    /// Data blobs that somebody holds; or that the table lists at all.
    pub(crate) fn live(&self) -> HashSet<DataName> {
        let data = |name| if let FileName::Data(name) = name { Some(name) } else { None };
        if self.keeps_listed {
            return self.all.iter().filter_map(|file| data(file.name)).collect();
        }
        let names = self.holders.iter().flat_map(|(_, refs)| self.of(refs)).map(|file| file.name);
        names.filter_map(data).collect()
    }

    /// From the table, `current`; and from the lists of snapshots that it lacks. Shallow snapshots have no files here.
    pub(crate) fn read(
        repository: &Repository,
        index: IndexIx,
        folder: &ShardFolder,
        current: Option<&str>,
        unreadable: &mut Vec<Unread>,
    ) -> Self {
        let entry = repository.root.index_entry(index);
        let mut files = Self::default();
        if let Some(name) = current {
            match read_generation(repository, &folder.path, name) {
                Ok(table) => {
                    let by_name: HashMap<&str, SnapshotIx> =
                        entry.snapshots.iter().map(|ix| (&*repository.root.snapshot_entry(*ix).name, *ix)).collect();
                    files.all = table.files;
                    let n_entries = table.snapshots.len();
                    let known = table.snapshots.into_iter();
                    files.holders =
                        known.filter_map(|entry| Some((*by_name.get(&*entry.snapshot)?, entry.files))).collect();
                    files.n_in_table = (files.holders.len(), n_entries - files.holders.len());
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
            let list = match read_snapshot(repository, folder, *snapshot) {
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
}
