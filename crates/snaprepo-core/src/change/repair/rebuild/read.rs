//! What is left of a repository without a root: snapshots, folders of indices, and what tells who it is.

use std::ops::ControlFlow;

use snaprepo_codec::BlobPath;
use snaprepo_format::{
    Uuid,
    index_metadata::IndexFacts,
    latest,
    names::{self, IndexBlob, RootBlob},
    snapshot_info::SnapshotInfo,
};
use snaprepo_store::{Entry, Pool, ReadStore, StoreError};

use crate::{
    BlobError, Event, Observer, Phase,
    blob::load,
    change::{
        fence::Refusal,
        publish::ChangeError,
        repair::{Found, Part},
        root_folder::{Aged, younger},
    },
    scan::{RootScan, scan_root},
};

/// What lies in the root folder.
#[derive(Default)]
pub(super) struct RootFolder {
    pub(super) scan: RootScan,
    pub(super) infos: Vec<String>,
    pub(super) has_legacy: bool,
    pub(super) youngest: Option<Aged>,
    /// When the newest blob of a snapshot was written.
    pub(super) newest_millis: Option<i64>,
}

/// A snapshot whose own blob can be read.
pub(super) struct Snapshot {
    pub(super) uuid: String,
    pub(super) info: SnapshotInfo,
}

/// The folder of an index.
pub(super) struct Folder {
    pub(super) id: String,
    /// Metadata blobs that can be read, by the id in their names.
    pub(super) metadata: Vec<(String, IndexFacts)>,
}

/// Lists the root folder.
pub(super) fn look(store: &dyn ReadStore, base: &BlobPath) -> Result<RootFolder, StoreError> {
    let mut folder = RootFolder { scan: scan_root(store, base)?, ..RootFolder::default() };
    store.list(base, &mut |entry| {
        let Entry::Blob { name, modified_millis, .. } = entry else { return };
        match RootBlob::parse(name) {
            RootBlob::SnapshotInfo(uuid) => {
                folder.newest_millis = folder.newest_millis.max(modified_millis);
                folder.has_legacy |= Uuid::parse(uuid).is_none();
                folder.infos.push(uuid.to_owned());
            }
            RootBlob::LegacySnapshot(_) | RootBlob::LegacyMetadata(_) => folder.has_legacy = true,
            RootBlob::Transient => {
                if let Ok(path) = base.join(name) {
                    younger(&mut folder.youngest, modified_millis, path);
                }
            }
            _ => {}
        }
    })?;
    folder.infos.sort();
    Ok(folder)
}

/// The generation that `index.latest` names, if it can be read.
pub(super) fn latest_of(store: &dyn ReadStore, base: &BlobPath, scan: &RootScan) -> Result<Option<u64>, ChangeError> {
    if !scan.has_latest {
        return Ok(None);
    }
    let path = base.join(names::LATEST).map_err(std::io::Error::other)?;
    match load(store, &path, latest::parse) {
        Ok(generation) => Ok(Some(generation)),
        Err(error) if error.is_finding() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Who the repository is and who wrote it: from an older root, or from the beginning of the damaged one.
pub(super) fn known_identity(
    store: &dyn ReadStore,
    base: &BlobPath,
    scan: &RootScan,
    damaged: Option<&[u8]>,
) -> Option<(String, String)> {
    for generation in scan.generations.iter().rev() {
        let Ok(root) = crate::scan::load_root(store, base, *generation) else { continue };
        if let (Some(uuid), Some(cluster_id)) = (root.uuid, root.cluster_id) {
            return Some((uuid.into(), cluster_id.into()));
        }
    }
    let text = String::from_utf8_lossy(damaged?.get(..256.min(damaged?.len()))?);
    let value = |key: &str| {
        let (_, rest) = text.split_once(&format!("\"{key}\":\""))?;
        let (value, _) = rest.split_once('"')?;
        Uuid::parse(value).map(|_| value.to_owned())
    };
    Some((value("uuid")?, value("cluster_id")?))
}

pub(super) fn read_snapshots(
    store: &dyn ReadStore,
    base: &BlobPath,
    uuids: &[String],
    pool: &Pool,
    observer: &dyn Observer,
    found: &mut Found,
) -> Vec<Snapshot> {
    observer.event(Event::Begin { phase: Phase::Snapshots, total: uuids.len() as u64 });
    let read = |uuid: String| {
        let path = base.join(&format!("snap-{uuid}.dat")).unwrap_or_default();
        (uuid, load(store, &path, SnapshotInfo::parse), path)
    };
    let mut snapshots = Vec::with_capacity(uuids.len());
    pool.map(uuids.iter().cloned(), read, |(uuid, info, path)| {
        observer.event(Event::Advance);
        match info {
            Ok(info) if info.uuid.as_deref() == Some(&*uuid) => snapshots.push(Snapshot { uuid, info }),
            Ok(info) => {
                let message = format!("the blob of snapshot {uuid}");
                found.left(Part::Root, Some(&path), message, format!("it is that of {}", info.name));
            }
            Err(error) if error.is_finding() => {
                let message = format!("the blob of snapshot {uuid} {}", error.problem);
                found.left(Part::Root, Some(&path), message, "its name and its indices are not known");
            }
            Err(error) => found.refusals.push(Refusal::unreadable(error)),
        }
        ControlFlow::Continue(())
    });
    // Two of one name: the later one is the one that there is.
    snapshots.sort_by(|a, b| (a.info.start_millis, &a.uuid).cmp(&(b.info.start_millis, &b.uuid)));
    snapshots
}

/// The folders of all indices, with their metadata.
pub(super) fn read_folders(
    store: &dyn ReadStore,
    base: &BlobPath,
    pool: &Pool,
    observer: &dyn Observer,
    found: &mut Found,
) -> Result<Vec<Folder>, ChangeError> {
    let indices = base.join(names::INDICES).map_err(std::io::Error::other)?;
    let mut ids = Vec::new();
    let listed = store.list(&indices, &mut |entry| {
        if let Entry::Folder { name } = entry {
            ids.push(name.to_owned());
        }
    });
    match listed {
        Err(error) if error.is_absence() => {}
        listed => listed?,
    }
    ids.sort();
    observer.event(Event::Begin { phase: Phase::Indices, total: ids.len() as u64 });
    let mut folders = Vec::with_capacity(ids.len());
    let work = |id: String| (read_folder(store, &indices, &id), id);
    pool.map(ids, work, |(read, id)| {
        observer.event(Event::Advance);
        match read {
            Ok((metadata, damaged)) => {
                for error in damaged {
                    let message = format!("metadata of index {id} {}", error.problem);
                    found.left(Part::Root, Some(&error.path), message, "whichever snapshots had it cannot use it");
                }
                folders.push(Folder { id, metadata });
            }
            Err(error) => found.refusals.push(Refusal::unreadable(error)),
        }
        ControlFlow::Continue(())
    });
    Ok(folders)
}

pub(super) type Metadata = Vec<(String, IndexFacts)>;

pub(super) fn read_folder(
    store: &dyn ReadStore,
    indices: &BlobPath,
    id: &str,
) -> Result<(Metadata, Vec<BlobError>), BlobError> {
    let Ok(folder) = indices.join(id) else { return Ok(Default::default()) };
    let mut blobs = Vec::new();
    let listed = store.list(&folder, &mut |entry| {
        if let Entry::Blob { name, .. } = entry
            && let IndexBlob::Metadata(id) = IndexBlob::parse(name)
        {
            blobs.push((id.to_owned(), name.to_owned()));
        }
    });
    match listed {
        Err(error) if error.is_absence() => {}
        listed => listed.map_err(BlobError::from_store)?,
    }
    blobs.sort();
    let (mut metadata, mut damaged) = (Vec::new(), Vec::new());
    for (id, name) in blobs {
        let Ok(path) = folder.join(&name) else { continue };
        match load(store, &path, IndexFacts::parse) {
            Ok(facts) => metadata.push((id, facts)),
            Err(error) if error.is_finding() => damaged.push(error),
            Err(error) => return Err(error),
        }
    }
    Ok((metadata, damaged))
}
