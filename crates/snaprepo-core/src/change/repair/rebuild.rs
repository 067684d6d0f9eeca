//! A root for a repository that has lost its own: made of the snapshots' own blobs, the metadata of indices, and the
//! folders of shards. What only the root knew is said: which metadata a snapshot had is told by the time in their names,
//! and the identity of the repository, where nothing of the old root can be read, is a new one.

use std::{collections::BTreeMap, ops::ControlFlow, sync::Arc};

use hashbrown::{HashMap, HashSet};
use snaprepo_codec::{BlobPath, crc};
use snaprepo_format::{
    Uuid,
    engine::Era,
    index_metadata::IndexFacts,
    latest,
    names::{self, IndexBlob, RootBlob},
    root::{self, IndexIx, NewIndex, NewRoot, NewSnapshot, Root},
    shard_paths::ShardPathType,
    snapshot_info::SnapshotInfo,
    time_of_metadata_blob,
};
use snaprepo_store::{Entry, Pool, ReadStore, StoreError};

use super::{Found, Mended, Part, new_root, references, shard::What, shards};
use crate::{
    BlobError, Event, Observer, Phase, Repository,
    blob::load,
    change::{
        fence::{self, Refusal, Why},
        plan::{Draft, Head, Identity, VERSION},
        publish::{ChangeError, moved, next},
        root_folder::{Aged, younger},
    },
    scan::{RootScan, scan_root},
};

/// How long after its end a snapshot may have written metadata, in milliseconds; but never after the end of the next
/// one. Seen: less than 200.
const FINALIZATION: i64 = 60_000;

/// What is asked for.
pub struct Rebuild<'r> {
    /// The store.
    pub store: &'r Arc<dyn ReadStore>,
    /// The folder of the repository in it.
    pub base: &'r BlobPath,
    /// As for deletions: see [`Fences::window_millis`](crate::change::Fences::window_millis).
    pub window_millis: i64,
    /// Now, in milliseconds since 1970.
    pub now_millis: i64,
    /// Names for new shard tables, and for the repository: each another one.
    pub new_id: &'r mut dyn FnMut() -> Uuid,
}

/// What was recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Snapshots.
    pub n_snapshots: u64,
    /// Indices.
    pub n_indices: u64,
    /// Whether the repository gets a new identity, because nobody knows the old one.
    pub has_new_identity: bool,
}

/// A plan for a new root, or why there is none.
#[derive(Debug)]
pub struct Rebuilt {
    /// The plan.
    pub mended: Mended,
    /// What it brings back.
    pub recovered: Recovered,
}

/// What lies in the root folder.
#[derive(Default)]
struct RootFolder {
    scan: RootScan,
    infos: Vec<String>,
    has_legacy: bool,
    youngest: Option<Aged>,
    /// When the newest blob of a snapshot was written.
    newest_millis: Option<i64>,
}

/// A snapshot whose own blob can be read.
struct Snapshot {
    uuid: String,
    info: SnapshotInfo,
}

/// The folder of an index.
struct Folder {
    id: String,
    /// Metadata blobs that can be read, by the id in their names.
    metadata: Vec<(String, IndexFacts)>,
}

/// Plans a new root.
///
/// # Errors
/// When something cannot be listed or read that says nothing of the repository.
pub fn rebuild(rebuild: Rebuild<'_>, pool: &Pool, observer: &dyn Observer) -> Result<Rebuilt, ChangeError> {
    let Rebuild { store, base, window_millis, now_millis, new_id } = rebuild;
    let folder = look(&**store, base)?;
    let mut found = Found { refusals: fences(&folder), youngest: folder.youngest.clone(), ..Found::default() };
    let mut recovered = Recovered::default();
    let newest = folder.scan.generations.last().copied();
    let old_root = match newest {
        Some(newest) => Some(store.read(&base.join(&format!("index-{newest}")).map_err(std::io::Error::other)?)?),
        None => None,
    };
    let mut snapshots = read_snapshots(&**store, base, &folder.infos, pool, observer, &mut found);
    let folders = read_folders(&**store, base, pool, observer, &mut found)?;
    if snapshots.is_empty() && found.refusals.is_empty() {
        let why = "no blob of a snapshot can be read: there is nothing to make a root of";
        found.refusals.push(Refusal::new(Why::Unreadable, why));
    }
    let Some(era) = root::era_of(snapshots.iter().filter_map(|snapshot| snapshot.info.version)) else {
        return Ok(none(found, recovered));
    };
    if !found.refusals.is_empty() {
        return Ok(none(found, recovered));
    }
    let identity =
        if era == Era::E712 { known_identity(&**store, base, &folder.scan, old_root.as_deref()) } else { None };
    recovered.has_new_identity = era == Era::E712 && identity.is_none();
    let identity = identity.or_else(|| (era == Era::E712).then(|| (new_id().to_string(), new_id().to_string())));
    let generation = newest.max(latest_of(&**store, base, &folder.scan)?);
    let publishes = generation.map_or(Ok(0), next)?;

    // Snapshots of which nothing is left were deleted, or never finished: without them, from the beginning.
    let n_told = found.repairs.len();
    let (text, draft, repository) = loop {
        found.repairs.truncate(n_told);
        let assembled = assemble(store, base, era, identity.clone(), &snapshots, &folders, &mut found);
        let text = root::build(&assembled);
        let root = Root::parse(text.as_bytes()).map_err(|fault| moved(format!("the root that was made: {fault}")))?;
        let repository = Repository::supposed(Arc::clone(store), base, publishes, root, folder.scan.clone())?;
        repository.find_shards()?;
        let mut draft = Draft::new()?;
        (found.named, found.path_types) = (BTreeMap::new(), BTreeMap::new());
        let metadata = references::look(&repository, false, pool, observer, &mut found);
        let n_before = found.repairs.len();
        let (mut seen, mut is_there) = (HashSet::new(), HashSet::new());
        let what = What { parts: &[Part::ShardPaths, Part::ShardTables], checks_lists: false, replaces: false };
        shards(&repository, what, &metadata, new_id, pool, observer, &mut found, &mut draft, &mut |one| {
            seen.extend(one.listed.iter().copied());
            is_there.extend(one.is_there.then_some(one.index));
        })?;
        noted_paths(&repository, &is_there, &mut found)?;
        // That the new root names tables goes without saying.
        let told = found.repairs.split_off(n_before);
        found.repairs.extend(told.into_iter().filter(|repair| repair.left.is_some()));
        let is_left = |ix: u32, snapshot: &Snapshot| {
            let is_elsewhere = snapshot.info.pinned_timestamp.is_some() || snapshot.info.shallow == Some(true);
            seen.contains(&ix) || snapshot.info.successful_shards == 0 || is_elsewhere
        };
        let (left, gone): (Vec<_>, Vec<_>) =
            (0_u32..).zip(snapshots).partition(|(ix, snapshot)| is_left(*ix, snapshot));
        snapshots = left.into_iter().map(|(_, snapshot)| snapshot).collect();
        if gone.is_empty() || pool.cancel().is_cancelled() {
            break (text, draft, repository);
        }
        for (_, Snapshot { uuid, info }) in gone {
            let message = format!("snapshot {} ({uuid})", info.name);
            let why = "none of its shards is left: it was deleted, or never finished";
            found.repairs.insert(
                0,
                super::Repair {
                    part: Part::Root,
                    path: base.join(&format!("snap-{uuid}.dat")).ok(),
                    message,
                    left: Some(why.to_owned()),
                },
            );
        }
    };
    finish(Finishing {
        repository,
        text,
        draft,
        found,
        recovered,
        old_root,
        newest,
        publishes,
        window_millis,
        now_millis,
        newest_millis: folder.newest_millis,
        is_interrupted: pool.cancel().is_cancelled(),
    })
}

/// What the last step needs.
struct Finishing {
    repository: Repository,
    text: String,
    draft: Draft,
    found: Found,
    recovered: Recovered,
    old_root: Option<Vec<u8>>,
    newest: Option<u64>,
    publishes: u64,
    window_millis: i64,
    now_millis: i64,
    newest_millis: Option<i64>,
    is_interrupted: bool,
}

fn finish(of: Finishing) -> Result<Rebuilt, ChangeError> {
    let Finishing { repository, text, draft, mut found, mut recovered, .. } = of;
    recovered.n_snapshots = repository.root.snapshots.len() as u64;
    recovered.n_indices = repository.root.indices.len() as u64;
    found.refusals.extend(fence::young(found.youngest.as_ref(), of.newest_millis, of.window_millis));
    if !found.refusals.is_empty() || of.is_interrupted {
        return Ok(Rebuilt { mended: Mended { is_interrupted: of.is_interrupted, ..mended(found) }, recovered });
    }
    let head = Head {
        plan: VERSION,
        command: "repair".to_owned(),
        repository: Identity {
            uuid: repository.root.uuid.as_deref().map(str::to_owned),
            base: repository.base().as_str().to_owned(),
            generation: of.newest,
            root_crc32: of.old_root.as_deref().map_or(0, crc::crc32),
            root_bytes: of.old_root.as_ref().map_or(0, |root| root.len() as u64),
        },
        made_at_in_millis: of.now_millis,
        removes: Vec::new(),
        publishes: of.publishes,
        // Where nothing was left, it was lost with the root.
        renews_latest: repository.scan.has_latest || of.newest.is_none(),
        tables_first: repository.era() != Era::E5,
        root: Some(new_root(&repository, text.as_bytes(), &found, &draft)?),
    };
    // Nothing is deleted: what is damaged may still tell something to somebody.
    let plan = draft.finish(head)?;
    Ok(Rebuilt { mended: Mended { plan: Some(plan), ..mended(found) }, recovered })
}

fn mended(found: Found) -> Mended {
    Mended { plan: None, refusals: found.refusals, repairs: found.repairs, is_interrupted: false }
}

fn none(found: Found, recovered: Recovered) -> Rebuilt {
    Rebuilt { mended: mended(found), recovered }
}

/// Where shards would lie that no snapshot has: OpenSearch notes it for every index with hashed paths.
fn noted_paths(repository: &Repository, is_there: &HashSet<IndexIx>, found: &mut Found) -> Result<(), ChangeError> {
    let notes = repository.shard_path_notes()?;
    let entries = (0_u32..).zip(&repository.root.indices);
    for (_, entry) in entries.filter(|(index, _)| !is_there.contains(index)) {
        let note = notes.iter().find(|(_, note)| note.index_id == entry.id);
        if let Some((_, note)) = note.filter(|(_, note)| note.path_type != ShardPathType::Fixed) {
            found.path_types.insert(entry.id.clone(), note.path_type);
        }
    }
    Ok(())
}

/// Lists the root folder.
fn look(store: &dyn ReadStore, base: &BlobPath) -> Result<RootFolder, StoreError> {
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

fn fences(folder: &RootFolder) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if folder.has_legacy {
        let message = "has snapshots from before Elasticsearch 5, which only a cluster can go on with";
        refusals.push(Refusal::new(Why::ReadOnlyEra, message));
    }
    refusals
}

/// The generation that `index.latest` names, if it can be read.
fn latest_of(store: &dyn ReadStore, base: &BlobPath, scan: &RootScan) -> Result<Option<u64>, ChangeError> {
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
fn known_identity(
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

fn read_snapshots(
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
fn read_folders(
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

type Metadata = Vec<(String, IndexFacts)>;

fn read_folder(store: &dyn ReadStore, indices: &BlobPath, id: &str) -> Result<(Metadata, Vec<BlobError>), BlobError> {
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

/// Puts together what belongs together.
fn assemble(
    store: &Arc<dyn ReadStore>,
    base: &BlobPath,
    era: Era,
    identity: Option<(String, String)>,
    snapshots: &[Snapshot],
    folders: &[Folder],
    found: &mut Found,
) -> NewRoot {
    let mut by_name: HashMap<&str, Vec<&Folder>> = HashMap::new();
    for folder in folders {
        let mut names: Vec<&str> = folder.metadata.iter().map(|(_, facts)| &*facts.name).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter().for_each(|name| by_name.entry(name).or_default().push(folder));
    }
    let mut ends: Vec<i64> = snapshots.iter().map(|snapshot| snapshot.info.end_millis).collect();
    ends.sort_unstable();
    let mut indices: BTreeMap<&str, NewIndex> = BTreeMap::new();
    let mut identifiers: BTreeMap<String, String> = BTreeMap::new();
    let mut entries = Vec::with_capacity(snapshots.len());
    for Snapshot { uuid, info } in snapshots {
        let mut entry = NewSnapshot {
            name: info.name.to_string(),
            uuid: uuid.clone(),
            state: info.state,
            lookup: Vec::new(),
            version: info.version,
            times: (info.start_millis, info.end_millis),
            policy: info.policy().unwrap_or_default().to_owned(),
        };
        let next_end = ends.iter().copied().find(|end| *end > info.end_millis).unwrap_or(i64::MAX);
        let until = info.end_millis.saturating_add(FINALIZATION).min(next_end.saturating_sub(1));
        let mut names: Vec<&str> = info.indices.iter().map(|name| &**name).collect();
        names.sort_unstable();
        for name in names {
            let candidates = by_name.get(name).map(Vec::as_slice).unwrap_or_default();
            let path = base.join(&format!("snap-{uuid}.dat")).ok();
            let message = || format!("index {name} of snapshot {}", info.name);
            let Some(folder) = folder_of(&**store, base, uuid, candidates) else {
                let why = if candidates.is_empty() {
                    "no folder has its metadata"
                } else {
                    "nobody knows which folder is its"
                };
                found.left(Part::Root, path.as_ref(), message(), why);
                continue;
            };
            match metadata_of(folder, name, uuid, until) {
                Chosen::Own => {}
                Chosen::Shared { blob, identifier, n_others } => {
                    if n_others > 0 {
                        let text = format!(
                            "{}: of {} metadata blobs that it may have had, the newest of its time is taken",
                            message(),
                            n_others + 1
                        );
                        found.repaired(Part::Root, path.as_ref(), text);
                    }
                    identifiers.insert(identifier.clone(), blob);
                    entry.lookup.push((folder.id.clone(), identifier));
                }
                Chosen::None => {
                    found.left(Part::Root, path.as_ref(), message(), "no metadata blob of its time is left");
                    continue;
                }
            }
            let index = indices.entry(&folder.id).or_insert_with(|| NewIndex {
                name: name.to_owned(),
                id: folder.id.clone(),
                snapshots: Vec::new(),
            });
            index.snapshots.push(uuid.clone());
        }
        entries.push(entry);
    }
    NewRoot {
        era,
        identity,
        snapshots: entries,
        indices: indices.into_values().collect(),
        identifiers: identifiers.into_iter().collect(),
    }
}

/// The folder that an index of a snapshot lies in: where several have its name, the one that has something of the
/// snapshot.
fn folder_of<'f>(store: &dyn ReadStore, base: &BlobPath, uuid: &str, candidates: &[&'f Folder]) -> Option<&'f Folder> {
    if let [only] = candidates {
        return Some(only);
    }
    let own = candidates.iter().find(|folder| folder.metadata.iter().any(|(id, _)| id == uuid));
    let has_list = |folder: &&&Folder| {
        let n_shards = folder.metadata.iter().map(|(_, facts)| facts.n_shards).max().unwrap_or(0);
        let kinds = [ShardPathType::Fixed, ShardPathType::HashedPrefix, ShardPathType::HashedInfix];
        let folders = kinds
            .into_iter()
            .flat_map(|kind| (0..n_shards).filter_map(move |shard| kind.folder(base, &folder.id, shard, "").ok()));
        let lists = folders.filter_map(|folder| folder.join(&format!("snap-{uuid}.dat")).ok());
        lists.into_iter().any(|list| store.stat(&list).is_ok())
    };
    own.or_else(|| candidates.iter().find(has_list)).copied()
}

/// The metadata of an index in a snapshot.
enum Chosen {
    /// A blob of its own, named by the snapshot.
    Own,
    /// One that others may share.
    Shared {
        blob: String,
        identifier: String,
        n_others: usize,
    },
    None,
}

fn metadata_of(folder: &Folder, name: &str, uuid: &str, until: i64) -> Chosen {
    if folder.metadata.iter().any(|(id, _)| id == uuid) {
        return Chosen::Own;
    }
    let mut shared: Vec<(i64, &str, &str)> = folder
        .metadata
        .iter()
        .filter(|(_, facts)| &*facts.name == name)
        .filter_map(|(id, facts)| Some((time_of_metadata_blob(id)?, id.as_str(), facts.identifier.as_deref()?)))
        .collect();
    shared.sort_unstable();
    let in_time: Vec<_> = shared.iter().filter(|(time, ..)| *time <= until).collect();
    let Some((_, blob, identifier)) = in_time.last().copied().or(shared.first()) else { return Chosen::None };
    // Older ones may be of other snapshots only, and nobody can tell.
    let n_others = in_time.len().saturating_sub(1);
    Chosen::Shared { blob: (*blob).to_owned(), identifier: (*identifier).to_owned(), n_others }
}
