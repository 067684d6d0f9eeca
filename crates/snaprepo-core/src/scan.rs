//! Looking at a root folder before anything is read: which roots there are, and what else tells what this is.

use snaprepo_codec::BlobPath;
use snaprepo_format::{
    latest,
    names::{self, RootBlob, RootFolder},
    root::{Root, RootFault},
};
use snaprepo_store::{Entry, ReadStore, StoreError, StoreErrorKind};

use crate::{
    blob::{BlobError, Problem},
    repository::known,
};

/// What lies in the root folder, as far as opening needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RootScan {
    /// Root generations, ascending.
    pub generations: Vec<u64>,
    /// Whether the folder could not be listed, and `index.latest` names the one generation that is known.
    pub by_latest: bool,
    /// Whether `index.latest` exists.
    pub has_latest: bool,
    /// Whether `incompatible-snapshots` exists.
    pub has_incompatible: bool,
    /// Whether the advisory `index` of Elasticsearch 1 and 2 exists.
    pub has_legacy_index: bool,
    /// Whether OpenSearch's folder of shard paths exists; `None` when only roots were looked for.
    pub has_shard_paths: Option<bool>,
    /// Whether the key folder of encrypted repositories was seen.
    pub is_encrypted: bool,
    /// Snapshot blobs that were seen (`snap-*.dat`, `snapshot-*`).
    pub n_snapshot_blobs: u64,
    /// Blobs that were seen.
    pub n_blobs: u64,
    /// Folders that were seen.
    pub n_folders: u64,
}

pub(crate) fn load_root(store: &dyn ReadStore, base: &BlobPath, generation: u64) -> Result<Root, BlobError> {
    let path = known(base.join(&format!("index-{generation}")))?;
    let bytes = store.read(&path).map_err(BlobError::from_store)?;
    Root::parse(&bytes).map_err(|fault: RootFault| BlobError { path, problem: Problem::Root(fault) })
}

/// Looks for roots, where that takes less than to look at the whole root folder: that can be thousands of snapshots long.
pub(crate) fn scan_roots(store: &dyn ReadStore, base: &BlobPath) -> Result<RootScan, StoreError> {
    /// How the names of roots begin, and of everything else that has to do with them.
    const START: &str = "in";
    if !store.walks_at_once() {
        return scan_root(store, base);
    }
    let mut scan = RootScan::default();
    store.list_some(base, START, &mut |entry| scan.add(entry))?;
    scan.generations.sort_unstable();
    Ok(scan)
}

/// Looks at the root folder.
pub(crate) fn scan_root(store: &dyn ReadStore, base: &BlobPath) -> Result<RootScan, StoreError> {
    let mut scan = RootScan { has_shard_paths: Some(false), ..RootScan::default() };
    store.list(base, &mut |entry| scan.add(entry))?;
    scan.generations.sort_unstable();
    Ok(scan)
}

/// Looks for OpenSearch's folder of shard paths.
pub(crate) fn has_shard_paths(store: &dyn ReadStore, base: &BlobPath) -> Result<bool, StoreError> {
    let mut found = false;
    store.list_some(base, names::SHARD_PATHS, &mut |entry| {
        found |= matches!(entry, Entry::Folder { name } if RootFolder::parse(name) == RootFolder::ShardPaths);
    })?;
    Ok(found)
}

impl RootScan {
    /// Whether only roots, and what has to do with them, were looked for.
    pub(crate) fn is_partial(&self) -> bool {
        self.has_shard_paths.is_none()
    }

    fn add(&mut self, entry: Entry<'_>) {
        let scan = self;
        match entry {
            Entry::Blob { name, .. } => {
                scan.n_blobs += 1;
                match RootBlob::parse(name) {
                    RootBlob::Root(generation) => scan.generations.push(generation),
                    RootBlob::Latest => scan.has_latest = true,
                    RootBlob::Incompatible => scan.has_incompatible = true,
                    RootBlob::LegacyIndex => scan.has_legacy_index = true,
                    RootBlob::SnapshotInfo(_) | RootBlob::LegacySnapshot(_) => scan.n_snapshot_blobs += 1,
                    _ => {}
                }
            }
            Entry::Folder { name } => {
                scan.n_folders += 1;
                match RootFolder::parse(name) {
                    RootFolder::ShardPaths => scan.has_shard_paths = Some(true),
                    RootFolder::Encryption => scan.is_encrypted = true,
                    _ => {}
                }
                // A folder with the name of a root blob is damage that must not pass for "no such generation".
                if let RootBlob::Root(generation) = RootBlob::parse(name) {
                    scan.generations.push(generation);
                }
            }
            Entry::Odd { name, .. } => {
                scan.n_blobs += 1;
                // A link out of the store is no proof of absence: reading it will tell.
                match RootBlob::parse(name) {
                    RootBlob::Root(generation) => scan.generations.push(generation),
                    RootBlob::Latest => scan.has_latest = true,
                    _ => {}
                }
            }
        }
    }
}

/// What can be known without a listing: the generation that `index.latest` names.
pub(crate) fn scan_by_latest(store: &dyn ReadStore, base: &BlobPath) -> Result<RootScan, StoreError> {
    let cannot = || StoreError::new(base, StoreErrorKind::CannotList);
    let path = base.join(names::LATEST).map_err(|_| cannot())?;
    let generation = latest::parse(&store.read(&path)?).map_err(|_| cannot())?;
    Ok(RootScan {
        generations: vec![generation],
        by_latest: true,
        has_latest: true,
        has_shard_paths: Some(false),
        ..RootScan::default()
    })
}
