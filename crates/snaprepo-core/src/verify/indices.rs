//! Checks of index metadata; the result says which shards each snapshot must have.

use std::ops::ControlFlow;

use hashbrown::HashMap;
use snaprepo_codec::BlobPath;
use snaprepo_format::{
    index_metadata::{Elsewhere, IndexFacts},
    root::{IndexIx, SnapshotIx},
};
use snaprepo_store::Pool;

use super::{
    collect::Notes,
    finding::{Finding, FindingKind},
};
use crate::Repository;

/// An index, with what each snapshot in scope holds of it.
#[derive(Debug, Clone)]
pub(crate) struct IndexPlan {
    pub(crate) index: IndexIx,
    pub(crate) held: Vec<Held>,
    /// Whether the metadata of every snapshot could be read: else nothing in its folders may be called unreferenced.
    pub(crate) complete: bool,
    /// Metadata blobs that are in use, sorted.
    pub(crate) metadata_blobs: Vec<BlobPath>,
}

/// An index in one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) snapshot: SnapshotIx,
    pub(crate) n_shards: u32,
    /// A mounted searchable snapshot: its shards have no files.
    pub(crate) mounted: Mounted,
}

/// Where a mounted searchable snapshot has its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mounted {
    /// Not mounted: the data are in this snapshot.
    No,
    /// In another snapshot of this repository.
    Here,
    /// In another repository, or lost.
    Elsewhere,
}

impl IndexPlan {
    /// Shards that some snapshot has.
    pub(crate) fn n_shards(&self) -> u32 {
        self.held.iter().map(|held| held.n_shards).max().unwrap_or(0)
    }
}

/// Checks the metadata of one index in the given snapshots.
pub(crate) fn check(
    repository: &Repository,
    index: IndexIx,
    snapshots: &[SnapshotIx],
    pool: &Pool,
) -> (IndexPlan, Notes) {
    let mut notes = Notes::default();
    notes.tally.indices = 1;
    notes.tally.index_snapshots = snapshots.len() as u64;
    let mut plan =
        IndexPlan { index, held: Vec::with_capacity(snapshots.len()), complete: true, metadata_blobs: Vec::new() };

    // Newer eras share one blob between many snapshots; older ones have one for each, and waiting is most of the time.
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut by_blob: Vec<Vec<SnapshotIx>> = Vec::new();
    for snapshot in snapshots {
        let at = *numbers.entry(repository.root.metadata_blob_id(*snapshot, index)).or_insert(by_blob.len());
        match by_blob.get_mut(at) {
            Some(users) => users.push(*snapshot),
            None => by_blob.push(vec![*snapshot]),
        }
    }
    let read = |users: Vec<SnapshotIx>| {
        let first = users.first().copied();
        first.map(|first| (repository.index_facts(first, index), repository.index_metadata_path(first, index), users))
    };
    pool.map(by_blob, read, |read| {
        let Some((facts, path, users)) = read else { return ControlFlow::Continue(()) };
        match facts {
            Ok(facts) => {
                check_facts(repository, index, &users, &facts, &mut notes);
                let mounted = mounted(repository, index, &users, &facts, &mut notes);
                let held = users.iter().map(|snapshot| Held { snapshot: *snapshot, n_shards: facts.n_shards, mounted });
                plan.held.extend(held);
            }
            Err(error) => {
                plan.complete = false;
                notes.blob(&error, |error| {
                    Finding::of_blob(FindingKind::IndexMetadataUnreadable, error)
                        .in_snapshots(users.iter().copied())
                        .in_index(index)
                        .breaking()
                });
            }
        }
        plan.metadata_blobs.extend(path.ok());
        ControlFlow::Continue(())
    });
    plan.complete &= !pool.cancel().is_cancelled();
    plan.held.sort_by_key(|held| held.snapshot);
    plan.metadata_blobs.sort();
    (plan, notes)
}

fn check_facts(repository: &Repository, index: IndexIx, users: &[SnapshotIx], facts: &IndexFacts, notes: &mut Notes) {
    let entry = repository.root.index_entry(index);
    let Some(first) = users.first() else { return };
    let Ok(path) = repository.index_metadata_path(*first, index) else { return };
    let finding =
        |kind, message| Finding::new(kind, message).blob(&path).in_snapshots(users.iter().copied()).in_index(index);
    if facts.name != entry.name {
        notes.find(
            finding(FindingKind::IndexMetadataMismatch, format!("holds index {}", facts.name))
                .values(&*entry.name, &*facts.name)
                .breaking(),
        );
    }
    // CrateDB has identifiers of its own making.
    if repository.era() == snaprepo_format::engine::Era::Crate {
        return;
    }
    for snapshot in users {
        let Some((recorded, _)) = repository.root.identifier(*snapshot, index) else { continue };
        if let Some(content) = facts.identifier.as_deref().filter(|content| *content != recorded) {
            let message = format!("content gives identifier {content}, the root says {recorded}");
            notes.find(
                finding(FindingKind::IdentifierMismatch, message).values(recorded, content).in_snapshots([*snapshot]),
            );
        }
    }
}

fn mounted(
    repository: &Repository,
    index: IndexIx,
    users: &[SnapshotIx],
    facts: &IndexFacts,
    notes: &mut Notes,
) -> Mounted {
    let Some(Elsewhere::Mounted { repository_uuid, snapshot_uuid }) = &facts.elsewhere else { return Mounted::No };
    if repository.root.snapshot_by_uuid(snapshot_uuid).is_some() {
        return Mounted::Here;
    }
    let ours = repository_uuid.is_none() || *repository_uuid == repository.root.uuid;
    if ours {
        let message = format!("needs the data of snapshot {snapshot_uuid}, which this repository does not have");
        let finding = Finding::new(FindingKind::MountedSnapshotMissing, message);
        notes.find(finding.in_snapshots(users.iter().copied()).in_index(index));
    }
    Mounted::Elsewhere
}
