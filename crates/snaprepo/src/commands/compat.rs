//! `compat`: where can this be restored?

use std::collections::{BTreeMap, HashSet};

use snaprepo_core::{BlobError, Repository, chronology, compat, compat::Answer, compat::Cause, compat::Restore};
use snaprepo_format::{
    engine::{Target, VersionId},
    root::{IndexIx, SnapshotIx},
};

use super::{Run, list::shown, word};
use crate::{
    exit::Exit,
    explain::Failure,
    session::Session,
    views::compat::{CompatRow, CompatView},
};

/// Index name, creator, answer: rows with the same of these become one. The answer is not known without a [`Restore`].
type Key = (String, Option<String>, Option<Restore>, Option<Cause>, Option<String>);

/// An answer, or why there is none: what it depends on could not be read.
type Known = Result<Answer, String>;

pub(crate) fn run(run: &mut Run<'_>, location: &str, terms: &[String], target: Target) -> Result<Exit, Failure> {
    let session = run.session(location)?;
    let repository = session.open_with_cache()?;
    let chosen = match (terms, &repository.root.snapshots[..]) {
        (_, []) => Vec::new(),
        // Their order is only for the eye.
        ([], all) => chronology::by_start(&repository, &session.pool)
            .unwrap_or_else(|_| (0..).zip(all).map(|(ix, _)| ix).collect()),
        _ => session.select(&repository, terms)?,
    };
    let view = view(&repository, &session, &chosen, target);
    let exit = match view.n_pairs - view.n_yes {
        0 => Exit::Good,
        n if n == view.n_unknown => Exit::Partly,
        _ => Exit::Bad,
    };
    run.reply("compat", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

fn view(repository: &Repository, session: &Session, chosen: &[SnapshotIx], target: Target) -> CompatView {
    let of_repository = compat::repository(&repository.root, target);
    let mut of_snapshots: BTreeMap<SnapshotIx, Known> = BTreeMap::new();
    chronology::read_infos(repository, &session.pool, chosen, |ix, info| {
        let answer = match info {
            Ok(info) => Ok(compat::snapshot(Some(info.state), info.version, target)),
            Err(error) => unreadable(repository, &error),
        };
        of_snapshots.insert(ix, answer);
    });
    let mut rows: BTreeMap<Key, Vec<SnapshotIx>> = BTreeMap::new();
    let (mut n_yes, mut n_unknown, mut n_pairs) = (0, 0, 0);
    for (index, entry) in (0_u32..).zip(&repository.root.indices) {
        let mut metadata: BTreeMap<&str, (Option<VersionId>, Known)> = BTreeMap::new();
        let held: HashSet<SnapshotIx> = entry.snapshots.iter().copied().collect();
        for snapshot in chosen.iter().filter(|ix| held.contains(ix)) {
            let (created, of_metadata) = metadata
                .entry(repository.root.metadata_blob_id(*snapshot, index))
                .or_insert_with(|| of_metadata(repository, *snapshot, index, target));
            // In the order in which a node looks: the first reason is the one that it gives.
            let mut answer = of_repository.clone();
            let mut unread = None;
            for known in of_snapshots.get(snapshot).into_iter().chain([&*of_metadata]) {
                match known {
                    Ok(known) => answer = answer.and(known.clone()),
                    Err(reason) => drop(unread.get_or_insert_with(|| reason.clone())),
                }
            }
            answer = answer.and(compat::shard_folders(entry.shard_path_type, target));
            n_pairs += 1;
            // A no stays a no, whatever else could be read.
            let restore = Some(answer.restore).filter(|restore| unread.is_none() || *restore == Restore::No);
            n_yes += u64::from(restore == Some(Restore::Yes));
            n_unknown += u64::from(restore.is_none());
            let (cause, reason) = match restore {
                Some(_) => (answer.cause, answer.reason),
                None => (Some(Cause::Unknown), unread),
            };
            let by = created.map(|version| format!("{} {version}", version.product().name()));
            let key = (entry.name.to_string(), by, restore, cause, reason);
            rows.entry(key).or_default().push(*snapshot);
        }
    }
    let name = |ix: &SnapshotIx| repository.root.snapshot_entry(*ix).name.to_string();
    CompatView {
        target: target.to_string(),
        repository_reason: of_repository.reason,
        n_yes,
        n_unknown,
        n_pairs,
        indices: rows
            .into_iter()
            .map(|((index, created_by, restore, cause, reason), snapshots)| CompatRow {
                index,
                created_by,
                restore: restore.map_or("unknown", Restore::name),
                cause: cause.map(Cause::name),
                reason,
                snapshots: snapshots.iter().map(name).collect(),
            })
            .collect(),
    }
}

/// The version that created an index, and whether its metadata can be read by the target.
fn of_metadata(
    repository: &Repository,
    snapshot: SnapshotIx,
    index: IndexIx,
    target: Target,
) -> (Option<VersionId>, Known) {
    match repository.index_facts(snapshot, index) {
        Ok(facts) => {
            let of_version = compat::index(facts.created, target);
            (facts.created, Ok(of_version.and(compat::index_metadata(&facts, target))))
        }
        Err(error) if error.is_finding() => (None, Ok(compat::index(None, target))),
        Err(error) => (None, unreadable(repository, &error)),
    }
}

/// A blob that is damaged or gone decides; of one that could not be read nobody knows what it says.
fn unreadable(repository: &Repository, error: &BlobError) -> Known {
    if error.is_finding() {
        return Ok(Answer::no(Cause::Unknown, format!("its blob cannot be read: {}", error.problem)));
    }
    Err(format!("cannot be read: {}", shown(repository, error)))
}
