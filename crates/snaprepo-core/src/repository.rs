//! Opens a repository at one generation, and knows where each of its blobs is.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use snaprepo_codec::{BlobPath, Fault, FaultKind, PathFault};
use snaprepo_format::{
    engine::Era,
    global_metadata::GlobalMetadata,
    index_metadata::{IndexFacts, IndexMetadata},
    latest, names,
    root::{IndexIx, Root, SnapshotForm, SnapshotIx},
    shard_paths::ShardPathType,
    snapshot_info::SnapshotInfo,
};
use snaprepo_store::{Pool, ReadStore, StoreError, StoreErrorKind};

mod hashed;

use crate::{
    OpenError,
    blob::{self, BlobError, Problem},
    hands::Hands,
    legacy,
    scan::{RootScan, load_root, scan_by_latest, scan_root, scan_roots},
};

/// Times the root folder is listed again when the newest root vanishes before it can be read.
const OPEN_ATTEMPTS: usize = 3;

/// A repository, open at one generation.
#[derive(Clone)]
pub struct Repository {
    store: Arc<dyn ReadStore>,
    base: BlobPath,
    /// Text that a node put before the hash of shard folders; read once a shard folder is asked for.
    shard_prefix: Arc<OnceLock<String>>,
    /// Whether OpenSearch's folder of shard paths exists; looked for once it matters.
    has_shard_paths: Arc<OnceLock<bool>>,
    /// The root lists snapshots by index; this is the other way round, made once it is asked for.
    indices_of: Arc<OnceLock<Vec<Vec<IndexIx>>>>,
    /// Shard tables that are taken apart at this moment.
    pub(crate) hands: Arc<Hands>,
    /// The generation that is open; `None` before Elasticsearch 5, which has none.
    pub generation: Option<u64>,
    /// Its content.
    pub root: Root,
    /// What lies in the root folder.
    pub scan: RootScan,
    /// Newer roots that cannot be read, newest first; empty for a healthy repository.
    pub unreadable_roots: Vec<(u64, Arc<BlobError>)>,
}

/// What came of one attempt to open.
enum Opened {
    Root(Box<Repository>),
    /// The newest root was there when the folder was listed, and is gone.
    Vanished(BlobError),
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, generation, root, .. } = self;
        let (n_snapshots, n_indices) = (root.snapshots.len(), root.indices.len());
        let mut shown = f.debug_struct("Repository");
        shown.field("base", base).field("generation", generation).field("era", &root.era);
        shown.field("n_snapshots", &n_snapshots).field("n_indices", &n_indices).finish_non_exhaustive()
    }
}

impl Repository {
    /// Opens the newest generation of the repository at `base` of a store. `pool` reads the snapshot blobs of
    /// repositories that have no root (Elasticsearch 1 and 2).
    ///
    /// # Errors
    /// When it is no repository, cannot be read, or is not for this program; or when its root changes faster than it can
    /// be read. A damaged newest root is not an error as long as an older one can be read: see
    /// [`Repository::unreadable_roots`].
    pub fn open(store: &Arc<dyn ReadStore>, base: &BlobPath, pool: &Pool) -> Result<Self, OpenError> {
        let mut attempt = 1;
        loop {
            let vanished = match Self::open_once(Arc::clone(store), base, pool)? {
                Opened::Root(repository) => return Ok(*repository),
                Opened::Vanished(error) => error,
            };
            if attempt == OPEN_ATTEMPTS {
                return Err(OpenError::Blob(vanished));
            }
            attempt += 1;
        }
    }

    fn open_once(store: Arc<dyn ReadStore>, base: &BlobPath, pool: &Pool) -> Result<Opened, OpenError> {
        let mut scan = look_for_roots(&*store, base)?;
        if scan.is_partial() {
            let newest = scan.generations.last().copied();
            if let Some((newest, Ok(root))) = newest.map(|newest| (newest, load_root(&*store, base, newest))) {
                let opened = Self::of_root(store, base, Some(newest), root, scan, Vec::new())?;
                return Ok(Opened::Root(Box::new(opened)));
            }
            // Whatever it is, more of the folder has to be known to say it.
            scan = scan_root(&*store, base)?;
        }
        if scan.is_encrypted {
            return Err(OpenError::Encrypted);
        }
        if scan.generations.is_empty() {
            return Self::open_legacy(store, base, scan, pool).map(|opened| Opened::Root(Box::new(opened)));
        }
        let mut unreadable_roots = Vec::new();
        for generation in scan.generations.iter().rev() {
            match load_root(&*store, base, *generation) {
                Ok(root) => {
                    let generation = Some(*generation);
                    let opened = Self::of_root(store, base, generation, root, scan, unreadable_roots)?;
                    return Ok(Opened::Root(Box::new(opened)));
                }
                Err(error) => match &error.problem {
                    Problem::Unknown(_) => return Err(OpenError::Blob(error)),
                    // A cluster publishes a new root and removes the old one: what was listed is gone.
                    Problem::Absent(StoreError { kind: StoreErrorKind::NotFound, .. }) if !scan.by_latest => {
                        return Ok(Opened::Vanished(error));
                    }
                    Problem::Root(fault) if fault.is_refusal() => return Err(OpenError::Refused(error)),
                    _ => unreadable_roots.push((*generation, Arc::new(error))),
                },
            }
        }
        match unreadable_roots.into_iter().next() {
            Some((_, newest)) => Err(OpenError::NoReadableRoot(newest)),
            None => Err(OpenError::RootMissing { latest: None }),
        }
    }

    /// A repository that would have this root, which is not written yet.
    pub(crate) fn supposed(
        store: Arc<dyn ReadStore>,
        base: &BlobPath,
        generation: u64,
        root: Root,
        scan: RootScan,
    ) -> Result<Self, OpenError> {
        Self::of_root(store, base, Some(generation), root, scan, Vec::new())
    }

    fn of_root(
        store: Arc<dyn ReadStore>,
        base: &BlobPath,
        generation: Option<u64>,
        root: Root,
        scan: RootScan,
        unreadable_roots: Vec<(u64, Arc<BlobError>)>,
    ) -> Result<Self, OpenError> {
        let mut repository = Self {
            store,
            base: base.clone(),
            shard_prefix: Arc::default(),
            has_shard_paths: Arc::default(),
            indices_of: Arc::default(),
            hands: Arc::default(),
            generation,
            root,
            scan,
            unreadable_roots,
        };
        repository.find_hashed_folders()?;
        Ok(repository)
    }

    fn open_legacy(
        store: Arc<dyn ReadStore>,
        base: &BlobPath,
        mut scan: RootScan,
        pool: &Pool,
    ) -> Result<Self, OpenError> {
        if scan.has_latest {
            let latest = store.read(&at(base, names::LATEST)?).map_err(BlobError::from_store);
            let latest = match latest {
                Err(error) if !error.is_finding() => return Err(OpenError::Blob(error)),
                latest => latest.ok().and_then(|bytes| latest::parse(&bytes).ok()),
            };
            let Some(generation) = latest else { return Err(OpenError::RootMissing { latest }) };
            // A listing may be older than what it lists.
            return match load_root(&*store, base, generation) {
                Ok(root) => {
                    scan.generations.push(generation);
                    Self::of_root(store, base, Some(generation), root, scan, Vec::new())
                }
                Err(error) if error.is_finding() => Err(OpenError::RootMissing { latest }),
                Err(error) => Err(OpenError::Blob(error)),
            };
        }
        if scan.n_snapshot_blobs == 0 {
            return Err(match scan.n_blobs + scan.n_folders {
                0 => OpenError::Empty,
                _ => OpenError::NotARepository { n_blobs: scan.n_blobs, n_folders: scan.n_folders },
            });
        }
        let root = legacy::build_root(&*store, base, pool)?;
        Self::of_root(store, base, None, root, scan, Vec::new())
    }

    /// Opens the newest generation again.
    ///
    /// # Errors
    /// As [`Repository::open`].
    pub fn reopen(&self, pool: &Pool) -> Result<Self, OpenError> {
        Self::open(&self.store, &self.base, pool)
    }

    /// The newest generation that is there now.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub fn newest_generation(&self) -> Result<Option<u64>, StoreError> {
        let mut scan = look_for_roots(&*self.store, &self.base)?;
        if scan.generations.is_empty() && scan.has_latest {
            // A listing may be older than what it lists.
            scan = scan_by_latest(&*self.store, &self.base)?;
        }
        Ok(scan.generations.pop())
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &dyn ReadStore {
        &*self.store
    }

    /// The folder of the repository in its store.
    #[must_use]
    pub fn base(&self) -> &BlobPath {
        &self.base
    }

    /// A path as it is shown: from the folder of the repository, or from the root of the store for what lies outside.
    #[must_use]
    pub fn shown(&self, path: &BlobPath) -> BlobPath {
        path.relative_to(&self.base).unwrap_or_else(|| path.clone())
    }

    /// The root blob; `None` before Elasticsearch 5.
    #[must_use]
    pub fn root_path(&self) -> Option<BlobPath> {
        self.blob(&format!("index-{}", self.generation?)).ok()
    }

    /// A blob of the root folder.
    ///
    /// # Errors
    /// When the name is not one.
    pub fn blob(&self, name: &str) -> Result<BlobPath, PathFault> {
        self.base.join(name)
    }

    /// The blob with the facts of a snapshot.
    ///
    /// # Errors
    /// When its uuid cannot be part of a blob name.
    pub fn snapshot_info_path(&self, snapshot: SnapshotIx) -> Result<BlobPath, PathFault> {
        let entry = self.root.snapshot_entry(snapshot);
        self.blob(&match entry.form {
            SnapshotForm::Wrapped => format!("snap-{}.dat", entry.uuid),
            SnapshotForm::Bare => format!("snapshot-{}", entry.uuid),
        })
    }

    /// The blob with the cluster state of a snapshot.
    ///
    /// # Errors
    /// When its uuid cannot be part of a blob name.
    pub fn global_metadata_path(&self, snapshot: SnapshotIx) -> Result<BlobPath, PathFault> {
        let entry = self.root.snapshot_entry(snapshot);
        self.blob(&match entry.form {
            SnapshotForm::Wrapped => format!("meta-{}.dat", entry.uuid),
            SnapshotForm::Bare => format!("metadata-{}", entry.uuid),
        })
    }

    /// The folder of an index.
    ///
    /// # Errors
    /// When its id cannot be a folder name.
    pub fn index_folder(&self, index: IndexIx) -> Result<BlobPath, PathFault> {
        self.base.join(names::INDICES)?.join(&self.root.index_entry(index).id)
    }

    /// The blob with the metadata of an index in a snapshot.
    ///
    /// # Errors
    /// When an id cannot be part of a blob name.
    pub fn index_metadata_path(&self, snapshot: SnapshotIx, index: IndexIx) -> Result<BlobPath, PathFault> {
        let id = self.root.metadata_blob_id(snapshot, index);
        self.index_folder(index)?.join(&match self.root.snapshot_entry(snapshot).form {
            SnapshotForm::Wrapped => format!("meta-{id}.dat"),
            SnapshotForm::Bare => format!("snapshot-{id}"),
        })
    }

    /// The folder of a shard, as the root says.
    ///
    /// # Errors
    /// When the index id cannot be a folder name.
    pub fn shard_folder(&self, index: IndexIx, shard: u32) -> Result<BlobPath, PathFault> {
        self.shard_folder_by(self.root.index_entry(index).shard_path_type, index, shard)
    }

    /// The folder of a shard if its path were of a certain type.
    ///
    /// # Errors
    /// When the index id cannot be a folder name.
    pub fn shard_folder_by(&self, path_type: ShardPathType, index: IndexIx, shard: u32) -> Result<BlobPath, PathFault> {
        path_type.folder(&self.base, &self.root.index_entry(index).id, shard, self.shard_prefix())
    }

    /// The name of a shard's blob for a snapshot.
    #[must_use]
    pub fn shard_snapshot_name(&self, snapshot: SnapshotIx) -> String {
        let entry = self.root.snapshot_entry(snapshot);
        match entry.form {
            SnapshotForm::Wrapped => format!("snap-{}.dat", entry.uuid),
            SnapshotForm::Bare => format!("snapshot-{}", entry.uuid),
        }
    }

    /// Reads and parses a blob, given by its path from the root of the store.
    ///
    /// # Errors
    /// When it is absent, damaged, or cannot be read.
    pub fn load<T>(&self, path: &BlobPath, parse: impl FnOnce(&[u8]) -> Result<T, Fault>) -> Result<T, BlobError> {
        blob::load(self.store(), path, parse)
    }

    /// Reads the facts of a snapshot.
    ///
    /// # Errors
    /// When its blob is absent, damaged, or cannot be read.
    pub fn snapshot_info(&self, snapshot: SnapshotIx) -> Result<SnapshotInfo, BlobError> {
        blob::load(self.store(), &self.named(self.snapshot_info_path(snapshot))?, SnapshotInfo::parse)
    }

    /// Reads what checking needs of the metadata of an index in a snapshot.
    ///
    /// # Errors
    /// When its blob is absent, damaged, or cannot be read.
    pub fn index_facts(&self, snapshot: SnapshotIx, index: IndexIx) -> Result<IndexFacts, BlobError> {
        blob::load(self.store(), &self.named(self.index_metadata_path(snapshot, index))?, IndexFacts::parse)
    }

    /// Reads the metadata of an index in a snapshot.
    ///
    /// # Errors
    /// When its blob is absent, damaged, or cannot be read.
    pub fn index_metadata(&self, snapshot: SnapshotIx, index: IndexIx) -> Result<IndexMetadata, BlobError> {
        blob::load(self.store(), &self.named(self.index_metadata_path(snapshot, index))?, IndexMetadata::parse)
    }

    /// Reads the cluster state of a snapshot.
    ///
    /// # Errors
    /// When its blob is absent, damaged, or cannot be read.
    pub fn global_metadata(&self, snapshot: SnapshotIx) -> Result<GlobalMetadata, BlobError> {
        blob::load(self.store(), &self.named(self.global_metadata_path(snapshot))?, GlobalMetadata::parse)
    }

    /// The position of the index of a name.
    #[must_use]
    pub fn index_named(&self, name: &str) -> Option<IndexIx> {
        (0..).zip(&self.root.indices).find(|(_, entry)| &*entry.name == name).map(|(ix, _)| ix)
    }

    /// The indices that a snapshot holds, as the root says, by name.
    #[must_use]
    pub fn indices_of(&self, snapshot: SnapshotIx) -> &[IndexIx] {
        let of_snapshots = self.indices_of.get_or_init(|| invert(&self.root));
        usize::try_from(snapshot).ok().and_then(|at| of_snapshots.get(at)).map_or(&[], Vec::as_slice)
    }

    /// A path made of names that the root gives: where they make none, the root is damaged.
    pub(crate) fn named(&self, path: Result<BlobPath, PathFault>) -> Result<BlobPath, BlobError> {
        known(path).map_err(|error| BlobError { path: self.root_path().unwrap_or_else(|| self.base.clone()), ..error })
    }

    /// The era, in words of its writers.
    #[must_use]
    pub fn era(&self) -> Era {
        self.root.era
    }
}

/// Looks for roots in a listing, or where `index.latest` leads in a store that lists nothing.
fn look_for_roots(store: &dyn ReadStore, base: &BlobPath) -> Result<RootScan, StoreError> {
    match scan_roots(store, base) {
        Err(StoreError { kind: StoreErrorKind::CannotList, .. }) => scan_by_latest(store, base),
        scan => scan,
    }
}

/// A name from a blob that cannot be part of a path is damage of that blob; it is told where the name is used.
pub(crate) fn known(path: Result<BlobPath, PathFault>) -> Result<BlobPath, BlobError> {
    path.map_err(|fault| BlobError::damaged(&BlobPath::root(), Fault::new(0, FaultKind::Document(fault.to_string()))))
}

fn at(base: &BlobPath, name: &str) -> Result<BlobPath, OpenError> {
    known(base.join(name)).map_err(OpenError::Blob)
}

/// The indices of each snapshot, by name. One pass: asking every index about every snapshot would be quadratic.
fn invert(root: &Root) -> Vec<Vec<IndexIx>> {
    let mut by_name: Vec<IndexIx> = (0..).zip(&root.indices).map(|(ix, _)| ix).collect();
    by_name.sort_by(|a, b| root.index_entry(*a).name.cmp(&root.index_entry(*b).name));
    let mut of_snapshots = vec![Vec::new(); root.snapshots.len()];
    for index in by_name {
        for snapshot in &root.index_entry(index).snapshots {
            if let Some(indices) = usize::try_from(*snapshot).ok().and_then(|at| of_snapshots.get_mut(at)) {
                indices.push(index);
            }
        }
    }
    of_snapshots
}
