//! Puts snapshots, indices and their metadata together as a root would.

use std::{collections::BTreeMap, sync::Arc};

use hashbrown::HashMap;
use snaprepo_codec::BlobPath;
use snaprepo_format::{
    engine::Era,
    root::{NewIndex, NewRoot, NewSnapshot},
    shard_paths::ShardPathType,
    time_of_metadata_blob,
};
use snaprepo_store::ReadStore;

use super::read::{Folder, Snapshot};
use crate::change::repair::{Found, Part};

/// How long after its end a snapshot may have written metadata, in milliseconds; but never after the end of the next
/// one. Seen: less than two seconds (`docs/format.md`, *Names*).
const FINALIZATION: i64 = 60_000;

/// Puts together what belongs together.
pub(super) fn assemble(
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
