//! What the metadata of all indices say: how many shards each snapshot has, and who needs the data of whom.

use std::ops::ControlFlow;

use hashbrown::{HashMap, HashSet};
use snaprepo_format::{
    index_metadata::Elsewhere,
    root::{IndexIx, SnapshotIx},
};
use snaprepo_store::Pool;

use super::fence::{Refusal, Why};
use crate::{Event, Observer, Phase, Repository};

/// One index.
pub(super) struct Surveyed {
    pub(super) index: IndexIx,
    /// The most shards that it has in any snapshot.
    pub(super) n_shards: u32,
    /// Whether some of its snapshots go, and whether some stay.
    pub(super) goes: bool,
    pub(super) stays: bool,
    /// Names of metadata blobs that only snapshots that go use.
    pub(super) doomed_metadata: Vec<String>,
}

/// Reads the metadata of every index. Those of indices that lose no snapshot count too: they may be mounted from one
/// that goes.
pub(super) fn survey(
    repository: &Repository,
    removed: &HashSet<SnapshotIx>,
    pool: &Pool,
    observer: &dyn Observer,
    refusals: &mut Vec<Refusal>,
) -> Vec<Surveyed> {
    let n_indices = u32::try_from(repository.root.indices.len()).unwrap_or(u32::MAX);
    observer.event(Event::Begin { phase: Phase::Indices, total: n_indices.into() });
    let mut all = Vec::new();
    pool.map(
        0..n_indices,
        |index| one(repository, removed, index),
        |(surveyed, refused)| {
            observer.event(Event::Advance);
            all.push(surveyed);
            refusals.extend(refused);
            ControlFlow::Continue(())
        },
    );
    all
}

fn one(repository: &Repository, removed: &HashSet<SnapshotIx>, index: IndexIx) -> (Surveyed, Vec<Refusal>) {
    let entry = repository.root.index_entry(index);
    let goes = entry.snapshots.iter().any(|snapshot| removed.contains(snapshot));
    let stays = entry.snapshots.iter().any(|snapshot| !removed.contains(snapshot));
    let mut surveyed = Surveyed { index, n_shards: 0, goes, stays, doomed_metadata: Vec::new() };
    let mut refusals = Vec::new();
    // One blob may be of many snapshots.
    let mut by_blob: HashMap<&str, Vec<SnapshotIx>> = HashMap::new();
    for snapshot in &entry.snapshots {
        by_blob.entry(repository.root.metadata_blob_id(*snapshot, index)).or_default().push(*snapshot);
    }
    let mut by_blob: Vec<_> = by_blob.into_iter().collect();
    by_blob.sort_unstable();
    for (_, users) in by_blob {
        let Some(first) = users.first() else { continue };
        let is_needed = users.iter().any(|snapshot| !removed.contains(snapshot));
        if let (false, Ok(path)) = (is_needed, repository.index_metadata_path(*first, index)) {
            surveyed.doomed_metadata.push(path.name().to_owned());
        }
        match repository.index_facts(*first, index) {
            Ok(facts) => {
                surveyed.n_shards = surveyed.n_shards.max(facts.n_shards);
                refusals.extend(mounted(repository, removed, &users, index, facts.elsewhere.as_ref()));
            }
            // Where nothing goes, it only matters whether a snapshot is mounted, and nobody knows.
            Err(error) => refusals.push(Refusal::unreadable(error)),
        }
    }
    (surveyed, refusals)
}

/// A snapshot that stays needs the data of one that goes.
fn mounted(
    repository: &Repository,
    removed: &HashSet<SnapshotIx>,
    users: &[SnapshotIx],
    index: IndexIx,
    elsewhere: Option<&Elsewhere>,
) -> Option<Refusal> {
    let Some(Elsewhere::Mounted { snapshot_uuid, .. }) = elsewhere else { return None };
    let needed = repository.root.snapshot_by_uuid(snapshot_uuid).filter(|snapshot| removed.contains(snapshot))?;
    let user = users.iter().find(|snapshot| !removed.contains(*snapshot))?;
    let (user, needed) = (repository.root.snapshot_entry(*user), repository.root.snapshot_entry(needed));
    let index = &repository.root.index_entry(index).name;
    let message = format!(
        "index {index} in snapshot {} is mounted from snapshot {}: without it, its data are lost",
        user.name, needed.name
    );
    Some(Refusal::new(Why::Mounted, message))
}
