//! Elasticsearch 1 and 2 have no root: what it would say is put together from the snapshot blobs.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use snaprepo_codec::{BlobPath, value::Value};
use snaprepo_format::{
    engine::Era,
    names::{self, RootBlob},
    root::{IndexEntry, Oddity, Root, SnapshotEntry, SnapshotForm, SnapshotIx, VersionText},
    shard_paths::ShardPathType,
    snapshot_info::SnapshotInfo,
};
use snaprepo_store::{Entry, Pool, ReadStore};

use crate::{
    OpenError,
    blob::{self, BlobError, Problem},
    repository::known,
};

/// Builds the root: names stand for uuids and ids, and the snapshots come in the order of their start.
pub(crate) fn build_root(store: &dyn ReadStore, base: &BlobPath, pool: &Pool) -> Result<Root, OpenError> {
    let mut found: Vec<(String, SnapshotForm)> = Vec::new();
    store.list(base, &mut |entry| {
        // A folder with the name of a snapshot blob is damage that must not pass for "no such snapshot".
        if let Entry::Blob { name, .. } | Entry::Folder { name } = entry {
            match RootBlob::parse(name) {
                RootBlob::SnapshotInfo(snapshot) => found.push((snapshot.to_owned(), SnapshotForm::Wrapped)),
                RootBlob::LegacySnapshot(snapshot) => found.push((snapshot.to_owned(), SnapshotForm::Bare)),
                _ => {}
            }
        }
    })?;
    let era = if found.iter().any(|(_, form)| *form == SnapshotForm::Wrapped) { Era::E2 } else { Era::E1 };
    let oddities = compare_with_list(store, base, era, &mut found)?;
    found.sort_by(|a, b| a.0.cmp(&b.0));

    let read = |(name, form): (String, SnapshotForm)| {
        let blob_name = match form {
            SnapshotForm::Wrapped => format!("snap-{name}.dat"),
            SnapshotForm::Bare => format!("snapshot-{name}"),
        };
        let info = known(base.join(&blob_name)).and_then(|path| blob::load(store, &path, SnapshotInfo::parse));
        (name, form, info)
    };
    let mut snapshots = Vec::with_capacity(found.len());
    let mut failed: Option<BlobError> = None;
    pool.map(found, read, |(name, form, info)| match info {
        Err(error) if !error.is_finding() => {
            failed = Some(error);
            ControlFlow::Break(())
        }
        info => {
            snapshots.push((name, form, info.ok()));
            ControlFlow::Continue(())
        }
    });
    if let Some(error) = failed {
        return Err(OpenError::Blob(error));
    }
    // A snapshot with a uuid was taken by Elasticsearch 5 or later, which always writes a root.
    if snapshots.iter().any(|(_, _, info)| info.as_ref().is_some_and(|info| info.uuid.is_some())) {
        return Err(OpenError::RootMissing { latest: None });
    }
    snapshots.sort_by_key(|(_, _, info)| info.as_ref().map_or(i64::MAX, |info| info.start_millis));
    Ok(Root { oddities, ..assemble(era, snapshots) })
}

/// The advisory list `index` knows names whose blobs may be lost: they are added, so that they are missed.
fn compare_with_list(
    store: &dyn ReadStore,
    base: &BlobPath,
    era: Era,
    found: &mut Vec<(String, SnapshotForm)>,
) -> Result<Vec<Oddity>, OpenError> {
    let path = known(base.join(names::LEGACY_INDEX)).map_err(OpenError::Blob)?;
    let document = match blob::load(store, &path, snaprepo_format::json_document) {
        Ok((document, _)) => document,
        Err(BlobError { problem: Problem::Absent(_), .. }) => return Ok(vec![Oddity::NoSnapshotList]),
        Err(error) if error.is_finding() => {
            return Ok(vec![Oddity::UnreadableSnapshotList { problem: error.problem.to_string() }]);
        }
        Err(error) => return Err(OpenError::Blob(error)),
    };
    let listed = document.get("snapshots").map(Value::elements).unwrap_or_default();
    let listed: BTreeSet<&str> = listed.iter().filter_map(Value::as_str).collect();
    let unlisted = found.iter().filter(|(name, _)| !listed.contains(name.as_str()));
    let oddities = unlisted.map(|(name, _)| Oddity::NotInSnapshotList { snapshot: name.as_str().into() }).collect();
    let form = if era == Era::E2 { SnapshotForm::Wrapped } else { SnapshotForm::Bare };
    for name in listed {
        if !found.iter().any(|(known, _)| known == name) {
            found.push((name.to_owned(), form));
        }
    }
    Ok(oddities)
}

fn assemble(era: Era, snapshots: Vec<(String, SnapshotForm, Option<SnapshotInfo>)>) -> Root {
    let mut indices: BTreeMap<Box<str>, Vec<SnapshotIx>> = BTreeMap::new();
    let mut entries = Vec::with_capacity(snapshots.len());
    for (ix, (name, form, info)) in (0..).zip(snapshots) {
        for index in info.iter().flat_map(|info| &info.indices) {
            let held_by = indices.entry(index.clone()).or_default();
            if held_by.last() != Some(&ix) {
                held_by.push(ix);
            }
        }
        entries.push(SnapshotEntry {
            uuid: name.clone().into(),
            name: name.into(),
            state: info.as_ref().map(|info| info.state),
            version: info.as_ref().and_then(|info| info.version).map(VersionText::Id),
            start_millis: info.as_ref().map(|info| info.start_millis),
            end_millis: info.as_ref().map(|info| info.end_millis),
            slm_policy: None,
            lookup: Box::default(),
            form,
        });
    }
    let indices = indices.into_iter().map(|(name, snapshots)| IndexEntry {
        id: name.clone(),
        name,
        shard_path_type: ShardPathType::Fixed,
        shard_path_type_recorded: false,
        snapshots,
        shard_generations: Vec::new(),
    });
    Root {
        era,
        uuid: None,
        cluster_id: None,
        snapshots: entries,
        indices: indices.collect(),
        identifiers: Vec::new(),
        oddities: Vec::new(),
    }
}
