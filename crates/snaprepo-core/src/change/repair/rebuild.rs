//! A root for a repository that has lost its own: made of the snapshots' own blobs, the metadata of indices, and the
//! folders of shards. What only the root knew is said: which metadata a snapshot had is told by the time in their names,
//! and the identity of the repository, where nothing of the old root can be read, is a new one.

use std::{collections::BTreeMap, sync::Arc};

use hashbrown::HashSet;
use snaprepo_codec::{BlobPath, crc};
use snaprepo_format::{
    Uuid,
    engine::Era,
    root::{self, IndexIx, Root},
    shard_paths::ShardPathType,
};
use snaprepo_store::{Pool, ReadStore};

mod assemble;
mod read;

use assemble::assemble;
use read::{RootFolder, Snapshot, known_identity, latest_of, look, read_folders, read_snapshots};

use super::{Found, Mended, Part, new_root, references, shard::What, shards};
use crate::{
    Observer, Repository,
    change::{
        fence::{self, Refusal, Why},
        plan::{Draft, Head, Identity, VERSION},
        publish::{ChangeError, moved, next},
    },
};

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

fn fences(folder: &RootFolder) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if folder.has_legacy {
        let message = "has snapshots from before Elasticsearch 5, which only a cluster can go on with";
        refusals.push(Refusal::new(Why::ReadOnlyEra, message));
    }
    refusals
}
