//! What lies in the root folder, as far as a change has to do with it.

use hashbrown::HashSet;
use snaprepo_codec::BlobPath;
use snaprepo_format::{engine::Era, names::RootBlob};
use snaprepo_store::{Entry, StoreError};

use crate::Repository;

/// A blob that nothing refers to, behind its age.
pub(super) type Aged = (i64, BlobPath);

/// What was found.
#[derive(Default)]
pub(super) struct RootFolder {
    /// Roots up to the open one, oldest first: generation, path, length.
    roots: Vec<(u64, BlobPath, u64)>,
    /// Blobs of the snapshots that go, sorted.
    pub(super) of_snapshots: Vec<(BlobPath, u64)>,
    /// The youngest blob that nothing refers to.
    pub(super) youngest: Option<Aged>,
    /// When the open root was written.
    pub(super) root_millis: Option<i64>,
}

impl RootFolder {
    /// Lists it. `removed` has the uuids of the snapshots that go.
    pub(super) fn look(repository: &Repository, removed: &HashSet<&str>) -> Result<Self, StoreError> {
        let (base, generation) = (repository.base(), repository.generation);
        let known: HashSet<&str> = repository.root.snapshots.iter().map(|entry| &*entry.uuid).collect();
        let mut found = Self::default();
        repository.store().list(base, &mut |entry| {
            let Entry::Blob { name, len_bytes, modified_millis } = entry else { return };
            let Ok(path) = base.join(name) else { return };
            match RootBlob::parse(name) {
                RootBlob::Root(number) if Some(number) <= generation => {
                    if Some(number) == generation {
                        found.root_millis = modified_millis;
                    }
                    found.roots.push((number, path, len_bytes));
                }
                RootBlob::SnapshotInfo(uuid) | RootBlob::GlobalMetadata(uuid) => {
                    if removed.contains(uuid) {
                        found.of_snapshots.push((path, len_bytes));
                    } else if !known.contains(uuid) {
                        younger(&mut found.youngest, modified_millis, path);
                    }
                }
                RootBlob::Transient => younger(&mut found.youngest, modified_millis, path),
                _ => {}
            }
        })?;
        found.of_snapshots.sort();
        found.roots.sort();
        Ok(found)
    }

    /// Roots that nobody needs once a newer one is written, the open one last. Elasticsearch before 7.6 keeps the root
    /// before the newest one.
    pub(super) fn doomed_roots(&self, repository: &Repository) -> impl Iterator<Item = (&BlobPath, u64)> {
        let kept = repository.generation.filter(|_| repository.era() == Era::E5);
        let roots = self.roots.iter().filter(move |(number, ..)| Some(*number) != kept);
        roots.map(|(_, path, len_bytes)| (path, *len_bytes))
    }
}

/// Keeps the younger of two blobs.
pub(super) fn younger(youngest: &mut Option<Aged>, modified_millis: Option<i64>, path: BlobPath) {
    if let Some(age) = modified_millis.filter(|age| youngest.as_ref().is_none_or(|(youngest, _)| age > youngest)) {
        *youngest = Some((age, path));
    }
}
