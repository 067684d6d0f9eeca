//! Snapshots in the order in which they were taken, and their facts read in parallel.

use std::ops::ControlFlow;

use snaprepo_format::{
    root::{SnapshotEntry, SnapshotIx},
    snapshot_info::SnapshotInfo,
};
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

/// When a snapshot was begun, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Start, in milliseconds since 1970; `None` when its blob is damaged.
    pub start_millis: Option<i64>,
    /// The policy that made it, if any.
    pub policy: Option<Box<str>>,
}

/// What is to be known of the origin of snapshots. Roots tell times since Elasticsearch 7.14 and policies since 7.16;
/// for others the snapshot blobs are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Times alone.
    Times,
    /// Times and policies.
    Policies,
}

/// When each snapshot was begun, and by which policy, by position in the root.
///
/// # Errors
/// When a snapshot blob that is needed cannot be read. A damaged one is told as nothing known.
pub fn origins(repository: &Repository, pool: &Pool, wanted: Wanted) -> Result<Vec<Origin>, BlobError> {
    let snapshots = &repository.root.snapshots;
    let recorded = |entry: &SnapshotEntry| Origin {
        start_millis: entry.start_millis,
        policy: entry.slm_policy.clone().filter(|policy| !policy.is_empty()),
    };
    let mut origins: Vec<Origin> = snapshots.iter().map(recorded).collect();
    let is_unknown = |entry: &SnapshotEntry| {
        entry.start_millis.is_none() || wanted == Wanted::Policies && entry.slm_policy.is_none()
    };
    let unknown = (0..).zip(snapshots).filter(|(_, entry)| is_unknown(entry)).map(|(ix, _)| ix);
    let unknown: Vec<SnapshotIx> = unknown.collect();
    let mut unread = None;
    read_infos(repository, pool, &unknown, |ix, info| match info {
        Ok(info) => {
            if let Some(origin) = usize::try_from(ix).ok().and_then(|at| origins.get_mut(at)) {
                origin.start_millis = Some(info.start_millis);
                origin.policy = origin.policy.take().or_else(|| info.policy().map(Into::into));
            }
        }
        Err(error) if !error.is_finding() => unread = Some(error),
        Err(_) => {}
    });
    unread.map_or(Ok(origins), Err)
}

/// All snapshots by start time, oldest first; those of equal or unknown start by name. A snapshot whose blob is damaged
/// and whose start the root does not tell comes first.
///
/// # Errors
/// When a snapshot blob that is needed cannot be read: nobody knows where in the order it belongs.
pub fn by_start(repository: &Repository, pool: &Pool) -> Result<Vec<SnapshotIx>, BlobError> {
    let origins = origins(repository, pool, Wanted::Times)?;
    Ok(sorted_by(repository, &origins))
}

/// The same, where the origins are known.
#[must_use]
pub fn sorted_by(repository: &Repository, origins: &[Origin]) -> Vec<SnapshotIx> {
    let all = (0..).zip(&repository.root.snapshots).map(|(ix, _)| ix).collect();
    sorted(repository, all, |ix| usize::try_from(ix).ok().and_then(|at| origins.get(at)?.start_millis))
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
