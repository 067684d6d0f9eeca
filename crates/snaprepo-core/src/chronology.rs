//! Snapshots in the order in which they were taken, and their facts read in parallel.

use std::ops::ControlFlow;

use snaprepo_format::{root::SnapshotIx, snapshot_info::SnapshotInfo};
use snaprepo_store::Pool;

use crate::{BlobError, Repository};

/// The facts of one snapshot, or why they cannot be had.
pub type InfoResult = Result<SnapshotInfo, BlobError>;

/// Reads the facts of snapshots in parallel, and hands them on in the order given.
pub fn read_infos(
    repository: &Repository,
    pool: &Pool,
    snapshots: &[SnapshotIx],
    mut each: impl FnMut(SnapshotIx, InfoResult),
) {
    let read = |ix: SnapshotIx| (ix, repository.snapshot_info(ix));
    pool.map(snapshots.iter().copied(), read, |(ix, info)| {
        each(ix, info);
        ControlFlow::Continue(())
    });
}

/// All snapshots by start time, oldest first; those of equal or unknown start by name. The root tells the times since
/// Elasticsearch 7.14; without them every snapshot blob is read. A snapshot whose blob is damaged or gone comes first.
///
/// # Errors
/// When a snapshot blob that is needed cannot be read: nobody knows where in the order it belongs.
pub fn by_start(repository: &Repository, pool: &Pool) -> Result<Vec<SnapshotIx>, BlobError> {
    let snapshots = &repository.root.snapshots;
    let all: Vec<SnapshotIx> = (0..).zip(snapshots).map(|(ix, _)| ix).collect();
    let mut starts: Vec<Option<i64>> = snapshots.iter().map(|entry| entry.start_millis).collect();
    if starts.iter().any(Option::is_none) {
        let unknown: Vec<SnapshotIx> = (0..).zip(&starts).filter(|(_, at)| at.is_none()).map(|(ix, _)| ix).collect();
        let mut unread = None;
        read_infos(repository, pool, &unknown, |ix, info| {
            let info = info.map_err(|error| {
                if !error.is_finding() {
                    unread = Some(error);
                }
            });
            if let Some(start) = usize::try_from(ix).ok().and_then(|at| starts.get_mut(at)) {
                *start = info.ok().map(|info| info.start_millis);
            }
        });
        if let Some(error) = unread {
            return Err(error);
        }
    }
    Ok(sorted(repository, all, |ix| usize::try_from(ix).ok().and_then(|at| starts.get(at).copied().flatten())))
}

/// Sorts snapshots by a time, then by name.
pub(crate) fn sorted(
    repository: &Repository,
    mut snapshots: Vec<SnapshotIx>,
    start: impl Fn(SnapshotIx) -> Option<i64>,
) -> Vec<SnapshotIx> {
    let name = |ix: SnapshotIx| &*repository.root.snapshot_entry(ix).name;
    snapshots.sort_by(|a, b| (start(*a), name(*a)).cmp(&(start(*b), name(*b))));
    snapshots
}
