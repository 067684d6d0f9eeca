//! `compat`: where can this be restored?

use std::collections::{BTreeMap, HashSet};

use snaprepo_core::{Repository, chronology, compat, compat::Answer, compat::Cause, compat::Restore, select};
use snaprepo_format::{
    engine::{Target, VersionId},
    root::{IndexIx, SnapshotIx},
};

use super::{Run, word};
use crate::{
    exit::Exit,
    explain::Failure,
    session::Session,
    views::compat::{CompatRow, CompatView},
};

/// Index name, creator, answer: rows with the same of these become one.
type Key = (String, Option<String>, Restore, Option<Cause>, Option<String>);

pub(crate) fn run(run: &mut Run<'_>, location: &str, terms: &[String], target: Target) -> Result<Exit, Failure> {
    let session = run.session(location)?;
    let repository = session.open_with_cache()?;
    let chosen = match (terms, &repository.root.snapshots[..]) {
        (_, []) => Vec::new(),
        ([], _) => chronology::by_start(&repository, &session.pool),
        _ => select::snapshots(&repository, &session.pool, terms)?,
    };
    let view = view(&repository, &session, &chosen, target);
    let exit = if view.n_yes == view.n_pairs { Exit::Good } else { Exit::Bad };
    run.reply("compat", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

fn view(repository: &Repository, session: &Session, chosen: &[SnapshotIx], target: Target) -> CompatView {
    let of_repository = compat::repository(&repository.root, target);
    let mut of_snapshots: BTreeMap<SnapshotIx, Answer> = BTreeMap::new();
    chronology::read_infos(repository, &session.pool, chosen, |ix, info| {
        let answer = match info {
            Ok(info) => compat::snapshot(Some(info.state), info.version, target),
            Err(error) => Answer::no(Cause::Unknown, format!("its blob cannot be read: {}", error.problem)),
        };
        of_snapshots.insert(ix, answer);
    });
    let mut rows: BTreeMap<Key, Vec<SnapshotIx>> = BTreeMap::new();
    let (mut n_yes, mut n_pairs) = (0, 0);
    for (index, entry) in (0_u32..).zip(&repository.root.indices) {
        let mut metadata: BTreeMap<&str, (Option<VersionId>, Answer)> = BTreeMap::new();
        let held: HashSet<SnapshotIx> = entry.snapshots.iter().copied().collect();
        for snapshot in chosen.iter().filter(|ix| held.contains(ix)) {
            let (created, of_metadata) = metadata
                .entry(repository.root.metadata_blob_id(*snapshot, index))
                .or_insert_with(|| of_metadata(repository, *snapshot, index, target));
            // In the order in which a node looks: the first reason is the one that it gives.
            let mut answer = of_repository.clone();
            if let Some(of_snapshot) = of_snapshots.get(snapshot) {
                answer = answer.and(of_snapshot.clone());
            }
            answer = answer.and(compat::index(*created, target)).and(of_metadata.clone());
            answer = answer.and(compat::shard_folders(entry.shard_path_type, target));
            n_pairs += 1;
            n_yes += u64::from(answer.restore == Restore::Yes);
            let by = created.map(|version| format!("{} {version}", version.product().name()));
            let key = (entry.name.to_string(), by, answer.restore, answer.cause, answer.reason);
            rows.entry(key).or_default().push(*snapshot);
        }
    }
    let name = |ix: &SnapshotIx| repository.root.snapshot_entry(*ix).name.to_string();
    CompatView {
        target: target.to_string(),
        repository_reason: of_repository.reason,
        n_yes,
        n_pairs,
        indices: rows
            .into_iter()
            .map(|((index, created_by, restore, cause, reason), snapshots)| CompatRow {
                index,
                created_by,
                restore: restore.name(),
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
) -> (Option<VersionId>, Answer) {
    match repository.index_facts(snapshot, index) {
        Ok(facts) => (facts.created, compat::index_metadata(&facts, target)),
        // Without a version the answer is no already.
        Err(_) => (None, Answer::yes()),
    }
}
