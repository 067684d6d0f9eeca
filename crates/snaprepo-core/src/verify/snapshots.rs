//! Checks of the snapshot blobs: each against the root, and the cluster state beside it.

use std::collections::BTreeSet;

use snaprepo_format::{
    global_metadata,
    root::{IndexIx, SnapshotIx, VersionText},
    snapshot_info::{SnapshotInfo, SnapshotState},
};

use super::{
    collect::Notes,
    finding::{Finding, FindingKind, Severity},
};
use crate::{Repository, blob};

/// What the rest of the verification needs to know of a snapshot.
#[derive(Debug, Clone, Default)]
pub(super) struct SnapshotFacts {
    pub(super) state: Option<SnapshotState>,
    pub(super) start_millis: Option<i64>,
    /// Whether its blob could be read. Else nobody knows its failed shards, and an absent shard is no finding.
    pub(super) known: bool,
    /// Shards that the snapshot lacks, sorted.
    pub(super) failed: Box<[(IndexIx, u32)]>,
    /// Shallow snapshot of version 2: no shard blobs at all.
    pub(super) pinned: bool,
}

impl SnapshotFacts {
    pub(super) fn has_failed(&self, index: IndexIx, shard: u32) -> bool {
        self.failed.binary_search(&(index, shard)).is_ok()
    }
}

/// Checks one snapshot.
pub(super) fn check(repository: &Repository, snapshot: SnapshotIx) -> (SnapshotFacts, Notes) {
    let mut notes = Notes { tally: super::Tally { snapshots: 1, ..super::Tally::default() }, ..Notes::default() };
    let entry = repository.root.snapshot_entry(snapshot);
    let facts = match repository.snapshot_info(snapshot) {
        Ok(info) => {
            check_info(repository, snapshot, &info, &mut notes);
            check_global_metadata(repository, snapshot, Some(&info), &mut notes);
            let index = |name: &str| repository.index_named(name);
            let mut failed: Vec<(IndexIx, u32)> = info
                .failures
                .iter()
                .filter_map(|failure| Some((index(&failure.index)?, u32::try_from(failure.shard_id).ok()?)))
                .collect();
            failed.sort_unstable();
            SnapshotFacts {
                known: true,
                state: Some(info.state),
                start_millis: Some(info.start_millis),
                failed: failed.into(),
                pinned: info.pinned_timestamp.is_some(),
            }
        }
        Err(error) => {
            notes.blob(&error, |error| {
                Finding::of_blob(FindingKind::SnapshotInfoUnreadable, error).in_snapshots([snapshot]).breaking()
            });
            check_global_metadata(repository, snapshot, None, &mut notes);
            SnapshotFacts { state: entry.state, start_millis: entry.start_millis, ..SnapshotFacts::default() }
        }
    };
    (facts, notes)
}

fn check_info(repository: &Repository, snapshot: SnapshotIx, info: &SnapshotInfo, notes: &mut Notes) {
    let Ok(path) = repository.snapshot_info_path(snapshot) else { return };
    let entry = repository.root.snapshot_entry(snapshot);
    let mut mismatch = |what: &str, root: String, blob: String| {
        notes.find(
            Finding::new(FindingKind::SnapshotRootMismatch, format!("{what} {blob}, the root says {root}"))
                .blob(&path)
                .values(root, blob)
                .in_snapshots([snapshot]),
        );
    };
    if info.name != entry.name {
        mismatch("name", entry.name.to_string(), info.name.to_string());
    }
    if let Some(uuid) = info.uuid.as_ref().filter(|uuid| **uuid != entry.uuid) {
        mismatch("uuid", entry.uuid.to_string(), uuid.to_string());
    }
    if let Some(state) = entry.state.filter(|state| *state != info.state) {
        mismatch("state", state.name().to_owned(), info.state.name().to_owned());
    }
    if let (Some(root), Some(blob)) = (&entry.version, info.version)
        && !same_version(root, blob)
    {
        mismatch("version", root.to_string(), blob.to_string());
    }
    for (what, root, blob) in
        [("start", entry.start_millis, info.start_millis), ("end", entry.end_millis, info.end_millis)]
    {
        if let Some(root) = root.filter(|root| *root != blob) {
            mismatch(what, root.to_string(), blob.to_string());
        }
    }
    check_contents(repository, snapshot, info, notes);
    check_state(&path, snapshot, info, notes);
}

fn same_version(root: &VersionText, blob: snaprepo_format::engine::VersionId) -> bool {
    match root {
        VersionText::Id(id) => *id == blob,
        // CrateDB's ids count differently; its releases have at least major 5 and carry no OpenSearch bit.
        VersionText::Release(release) => {
            *release == blob.release()
                || blob.0 / 100
                    == i64::from(release.major) * 10_000 + i64::from(release.minor) * 100 + i64::from(release.patch)
        }
        VersionText::Other(_) => true,
    }
}

fn check_contents(repository: &Repository, snapshot: SnapshotIx, info: &SnapshotInfo, notes: &mut Notes) {
    let Ok(path) = repository.snapshot_info_path(snapshot) else { return };
    let in_root: BTreeSet<&str> =
        repository.indices_of(snapshot).iter().map(|ix| &*repository.root.index_entry(*ix).name).collect();
    let in_info: BTreeSet<&str> = info.indices.iter().map(|name| &**name).collect();
    if in_root == in_info {
        return;
    }
    let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
    let finding = |message: String| {
        Finding::new(FindingKind::SnapshotContentsMismatch, message)
            .blob(&path)
            .values(list(&in_root), list(&in_info))
            .in_snapshots([snapshot])
    };
    let only_info: BTreeSet<&str> = in_info.difference(&in_root).copied().collect();
    if !only_info.is_empty() {
        notes.find(finding(format!("has {}, which the root does not give it", list(&only_info))));
    }
    // The engines restore what this blob lists: an index that it lacks cannot be asked for.
    for name in in_root.difference(&in_info) {
        let finding = finding(format!("lacks {name}, which the root gives it")).breaking();
        notes.find(match repository.index_named(name) {
            Some(index) => finding.in_index(index),
            None => finding,
        });
    }
}

fn check_state(path: &snaprepo_codec::BlobPath, snapshot: SnapshotIx, info: &SnapshotInfo, notes: &mut Notes) {
    let expected = match (&info.reason, info.failures.is_empty()) {
        (Some(_), _) => SnapshotState::Failed,
        (None, true) => SnapshotState::Success,
        (None, false) => SnapshotState::Partial,
    };
    let mut inconsistent = |message: String| {
        let finding = Finding::new(FindingKind::SnapshotStateInconsistent, message);
        notes.find(finding.blob(path).in_snapshots([snapshot]));
    };
    if info.state != expected {
        let n = info.failures.len();
        inconsistent(format!("state {} with {n} failed shards, expected {}", info.state.name(), expected.name()));
    }
    let failed = i64::try_from(info.failures.len()).unwrap_or(i64::MAX);
    if info.total_shards.checked_sub(info.successful_shards) != Some(failed) {
        let (total, successful) = (info.total_shards, info.successful_shards);
        inconsistent(format!("{successful} of {total} shards successful, but {failed} failures"));
    }
}

/// The cluster state must read. Without it the indices can still be restored.
fn check_global_metadata(
    repository: &Repository,
    snapshot: SnapshotIx,
    info: Option<&SnapshotInfo>,
    notes: &mut Notes,
) {
    let checked = repository
        .named(repository.global_metadata_path(snapshot))
        .and_then(|path| blob::load(repository.store(), &path, global_metadata::check));
    let needed = info.is_none_or(|info| {
        info.include_global_state.unwrap_or(true) || info.data_streams.as_ref().is_some_and(|list| !list.is_empty())
    });
    let severity = if needed { Severity::Error } else { Severity::Warning };
    if let Err(error) = checked {
        notes.blob(&error, |error| {
            Finding::of_blob(FindingKind::GlobalMetadataUnreadable, error).severity(severity).in_snapshots([snapshot])
        });
    }
}
