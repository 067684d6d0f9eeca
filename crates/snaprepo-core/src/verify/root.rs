//! Checks of the root folder: the root itself, `index.latest`, `incompatible-snapshots`.

use snaprepo_codec::BlobPath;
use snaprepo_format::{
    incompatible, latest, names,
    root::{Oddity, Root, SnapshotIx},
};
use snaprepo_store::{Entry, StoreError, StoreErrorKind};

use super::{
    collect::Notes,
    finding::{Finding, FindingKind, Severity},
    report::Unopened,
};
use crate::{
    OpenError, Repository,
    blob::{self, BlobError, Problem},
    repository::known,
};

/// How often `index.latest` is read before a listing that has it counts for more than that it cannot be found.
const LATEST_ATTEMPTS: u32 = 3;

/// Turns a failure to open into a finding, where it says something about the repository.
pub(super) fn unopened(error: OpenError) -> Result<Unopened, OpenError> {
    let finding = match &error {
        OpenError::NoReadableRoot(error) => Finding::of_blob(FindingKind::RootUnreadable, error),
        OpenError::RootMissing { latest } => {
            let finding = Finding::new(FindingKind::RootMissing, error.to_string());
            match latest.and_then(|generation| BlobPath::parse(&format!("index-{generation}")).ok()) {
                Some(path) => finding.blob(&path),
                None => finding,
            }
        }
        _ => return Err(error),
    };
    Ok(Unopened { finding: finding.breaking(), error })
}

/// What the root folder tells besides findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    /// The open root lists every snapshot.
    None,
    /// There may be snapshots that it does not list: in a newer root that cannot be read, or among the incompatible.
    Perhaps,
}

/// Checks what can be checked without reading below the root folder.
pub(super) fn check(repository: &Repository) -> (Hidden, Notes) {
    let mut notes = Notes::default();
    for (_, error) in &repository.unreadable_roots {
        notes.find(Finding::of_blob(FindingKind::RootUnreadable, error));
    }
    if repository.generation.is_some() {
        check_latest(repository, &mut notes);
    }
    let mut hidden = if repository.unreadable_roots.is_empty() { Hidden::None } else { Hidden::Perhaps };
    if repository.scan.has_incompatible && check_incompatible(repository, &mut notes) == Hidden::Perhaps {
        hidden = Hidden::Perhaps;
    }
    for oddity in &repository.root.oddities {
        notes.find(oddity_finding(repository, oddity));
    }
    (hidden, notes)
}

fn check_latest(repository: &Repository, notes: &mut Notes) {
    let Ok(path) = repository.blob(names::LATEST) else { return };
    // A newer root that cannot be read is what index.latest may rightly name.
    let newest = repository.scan.generations.last().copied().or(repository.generation);
    let expected = newest.map_or(String::new(), |generation| generation.to_string());
    let (read, is_listed) = read_latest(repository, &path);
    match read {
        Ok(generation) if Some(generation) == newest || Some(generation) == repository.generation => {}
        Ok(generation) => {
            let message = format!("names generation {generation}, the newest is {expected}");
            let finding = Finding::new(FindingKind::LatestMismatch, message).blob(&path).values(expected, generation);
            // A writer publishes its root, then index.latest, then removes the root before: between these steps, or if it
            // stopped there, both roots exist and index.latest names the older.
            let both_exist = generation.checked_add(1) == newest && repository.scan.generations.contains(&generation);
            notes.find(if both_exist { finding.severity(Severity::Info) } else { finding });
        }
        Err(error) if is_not_found(&error) && !is_listed => {
            notes.find(Finding::new(FindingKind::LatestMissing, "does not exist").blob(&path));
        }
        Err(error) => notes.blob(&error, |error| Finding::of_blob(FindingKind::LatestMismatch, error)),
    }
}

/// Reads `index.latest`. The engines remove it for a moment when they write it anew to a folder: one that was listed
/// before, and then cannot be found, is looked for again. Returns whether it is listed all the same, too.
fn read_latest(repository: &Repository, path: &BlobPath) -> (Result<u64, BlobError>, bool) {
    for _ in 1..LATEST_ATTEMPTS {
        match blob::load(repository.store(), path, latest::parse) {
            Err(error) if is_not_found(&error) && repository.scan.has_latest && !repository.scan.by_latest => {}
            read => return (read, repository.scan.has_latest),
        }
        let mut is_listed = false;
        let listed = repository.store().list_some(repository.base(), names::LATEST, &mut |entry| {
            let (Entry::Blob { name, .. } | Entry::Folder { name } | Entry::Odd { name, .. }) = entry;
            is_listed |= name == names::LATEST;
        });
        if listed.is_ok() && !is_listed {
            return (blob::load(repository.store(), path, latest::parse), false);
        }
    }
    (blob::load(repository.store(), path, latest::parse), true)
}

fn is_not_found(error: &BlobError) -> bool {
    matches!(error.problem, Problem::Absent(StoreError { kind: StoreErrorKind::NotFound, .. }))
}

fn check_incompatible(repository: &Repository, notes: &mut Notes) -> Hidden {
    let Ok(path) = repository.blob(names::INCOMPATIBLE) else { return Hidden::None };
    match blob::load(repository.store(), &path, incompatible::parse) {
        Ok(listed) if listed.is_empty() => return Hidden::None,
        Ok(listed) => notes
            .find(Finding::new(FindingKind::IncompatibleSnapshots, format!("lists {}", listed.join(", "))).blob(&path)),
        Err(error) => notes.blob(&error, |error| {
            Finding::of_blob(FindingKind::IncompatibleSnapshots, error).severity(Severity::Warning)
        }),
    }
    Hidden::Perhaps
}

fn oddity_finding(repository: &Repository, oddity: &Oddity) -> Finding {
    let index = |name: &str| repository.index_named(name);
    let all = |root: &Root| -> Vec<SnapshotIx> { (0..).zip(&root.snapshots).map(|(ix, _)| ix).collect() };
    let finding = match oddity {
        Oddity::UnknownSnapshot { index: name, uuid } => {
            let message = format!("index {name} lists snapshot {uuid}, which the root does not have");
            // Both products refuse to load such a root: nothing can be restored through it.
            Finding::new(FindingKind::RootUnknownSnapshot, message).in_snapshots(all(&repository.root)).breaking()
        }
        Oddity::Duplicate { what, text } => {
            Finding::new(FindingKind::RootDuplicate, format!("{what} {text} occurs twice"))
        }
        Oddity::EmptyIndex { index } => {
            Finding::new(FindingKind::RootEmptyIndex, format!("no snapshot holds index {index}"))
        }
        Oddity::LookupUnknownIndex { snapshot, id } => {
            let message = format!("the metadata lookup of snapshot {snapshot} names index id {id}");
            Finding::new(FindingKind::RootLookupUnknownIndex, message)
        }
        Oddity::LookupUnknownIdentifier { snapshot, index, identifier } => {
            let message = format!("the metadata lookup names identifier {identifier}");
            Finding::new(FindingKind::RootLookupUnknownIdentifier, message)
                .in_snapshots([*snapshot])
                .in_index(*index)
                .breaking()
        }
        Oddity::UnusedIdentifier { identifier } => {
            Finding::new(FindingKind::RootUnusedIdentifier, format!("no snapshot uses identifier {identifier}"))
        }
        Oddity::UnknownShardPathType { index: name, code } => {
            let message = format!("shard_path_type {code} of index {name}");
            let finding = Finding::new(FindingKind::RootUnknownCode, message);
            index(name).map_or(finding.clone(), |index| finding.in_index(index))
        }
        Oddity::NoSnapshotList => {
            Finding::new(FindingKind::SnapshotListMismatch, "does not exist").severity(Severity::Info)
        }
        Oddity::UnreadableSnapshotList { problem } => Finding::new(FindingKind::SnapshotListMismatch, problem.as_str()),
        Oddity::NotInSnapshotList { snapshot } => {
            Finding::new(FindingKind::SnapshotListMismatch, format!("lacks snapshot {snapshot}"))
        }
        Oddity::UnknownState { snapshot, code } => {
            Finding::new(FindingKind::RootUnknownCode, format!("state {code} of snapshot {snapshot}"))
        }
    };
    match known(repository.root_path().map_or_else(|| repository.blob(names::LEGACY_INDEX), Ok)) {
        Ok(path) => finding.blob(&path),
        Err(_) => finding,
    }
}
