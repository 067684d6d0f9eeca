//! `find`: which snapshots hold an index?

use std::collections::BTreeMap;

use snaprepo_core::{BlobError, Repository, select, status};
use snaprepo_format::{index_metadata::IndexFacts, root::IndexIx, snapshot_info::SnapshotState};

use super::{Problems, Run, list::shown, word};
use crate::{
    exit::Exit,
    explain::Failure,
    session::Session,
    views::find::{FindRow, FindView},
};

pub(crate) fn run(run: &mut Run<'_>, location: &str, patterns: &[String]) -> Result<Exit, Failure> {
    let session = run.session(location)?;
    let repository = session.open_for_shards()?;
    let entries = (0_u32..).zip(&repository.root.indices);
    let mut indices: Vec<IndexIx> = entries
        .filter(|(_, entry)| patterns.iter().any(|pattern| select::glob(pattern, &entry.name)))
        .map(|(ix, _)| ix)
        .collect();
    indices.sort_by(|a, b| repository.root.index_entry(*a).name.cmp(&repository.root.index_entry(*b).name));
    let mut view = FindView { matches: Vec::new() };
    let mut problems = Problems::default();
    for index in indices {
        if session.is_cancelled() {
            break;
        }
        view.matches.extend(rows(&repository, &session, index, &mut problems));
    }
    let exit = if view.matches.is_empty() && !session.is_cancelled() {
        Exit::Bad
    } else {
        problems.exit(run, &session, &repository)?
    };
    run.reply("find", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

fn rows(repository: &Repository, session: &Session, index: IndexIx, problems: &mut Problems) -> Vec<FindRow> {
    let entry = repository.root.index_entry(index);
    // Newer eras share one metadata blob between many snapshots.
    let mut facts: BTreeMap<&str, Result<IndexFacts, BlobError>> = BTreeMap::new();
    for snapshot in &entry.snapshots {
        let id = repository.root.metadata_blob_id(*snapshot, index);
        facts.entry(id).or_insert_with(|| repository.index_facts(*snapshot, index));
    }
    // Only all of the metadata say how many shards the index ever had.
    let n_shards: Result<Vec<u32>, _> =
        facts.values().map(|facts| facts.as_ref().map(|facts| facts.n_shards)).collect();
    let n_shards = n_shards.ok().and_then(|all| all.into_iter().max());
    let amounts = status::of_index(repository, &session.pool, index, n_shards);
    let errors = facts.values().filter_map(|facts| facts.as_ref().err());
    errors.chain(&amounts.unreadable).for_each(|error| problems.note(error));
    let table_error = amounts.unreadable.first().map(|error| shown(repository, error));
    let mut rows: Vec<FindRow> = entry
        .snapshots
        .iter()
        .map(|snapshot| {
            let of = repository.root.snapshot_entry(*snapshot);
            let known = facts.get(repository.root.metadata_blob_id(*snapshot, index));
            let known_facts = known.and_then(|facts| facts.as_ref().ok());
            FindRow {
                index: entry.name.to_string(),
                snapshot: of.name.to_string(),
                snapshot_uuid: of.uuid.to_string(),
                state: of.state.map(SnapshotState::name),
                start_time_in_millis: of.start_millis,
                index_id: entry.id.to_string(),
                index_uuid: known_facts.and_then(|facts| facts.uuid.as_deref().map(str::to_owned)),
                created_by: known_facts
                    .and_then(|facts| facts.created)
                    .map(|created| format!("{} {created}", created.product().name())),
                n_shards: known_facts.map(|facts| facts.n_shards),
                size_in_bytes: amounts.by_snapshot.get(snapshot).map(|amount| amount.bytes),
                error: known
                    .and_then(|facts| facts.as_ref().err())
                    .map(|error| shown(repository, error))
                    .or_else(|| table_error.clone()),
            }
        })
        .collect();
    rows.sort_by(|a, b| (a.start_time_in_millis, &a.snapshot).cmp(&(b.start_time_in_millis, &b.snapshot)));
    rows
}
