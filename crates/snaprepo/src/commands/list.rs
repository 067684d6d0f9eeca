//! `list`: snapshots from the root, or from their blobs.

use snaprepo_core::{BlobError, Repository, chronology, chronology::InfoResult};
use snaprepo_format::{
    engine::VersionId,
    incompatible, names,
    root::{SnapshotEntry, SnapshotIx},
    snapshot_info::{SnapshotInfo, SnapshotState},
};

use super::{Problems, Run, word};
use crate::{
    args::{ApiFormat, ListArgs},
    engine_api,
    exit::Exit,
    explain::Failure,
    output::units::rfc_3339,
    session::Session,
    views::list::{ListView, SnapshotRow},
};

pub(crate) fn run(run: &mut Run<'_>, args: &ListArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let repository = session.open_with_cache()?;
    let chosen = if args.snapshot.is_empty() {
        (0..).zip(&repository.root.snapshots).map(|(ix, _)| ix).collect()
    } else {
        session.select(&repository, &args.snapshot)?
    };
    if let Some(format) = run.global.format {
        return as_cluster(run, args, format, &session, &repository, &chosen);
    }
    // Without a root the snapshot blobs have been read to open the repository; nothing is saved by not showing them.
    let details = args.details || !repository.era().has_root();
    let mut problems = Problems::default();
    repository.unreadable_roots.iter().for_each(|(_, error)| problems.note(error));
    let rows = if details {
        detailed_rows(&repository, &session, &chosen, &mut problems)
    } else {
        let n_indices = |ix: SnapshotIx| repository.indices_of(ix).len() as u64;
        chosen.iter().map(|ix| root_row(repository.root.snapshot_entry(*ix), n_indices(*ix))).collect()
    };
    let mut view = ListView {
        snapshots: rows,
        unreadable_roots: repository.unreadable_roots.iter().map(|(_, error)| shown(&repository, error)).collect(),
        details,
    };
    view.snapshots.sort_by(|a, b| {
        let start = |row: &SnapshotRow| (row.start_time_in_millis.is_none(), row.start_time_in_millis);
        start(a).cmp(&start(b)).then_with(|| a.snapshot.cmp(&b.snapshot))
    });
    if args.snapshot.is_empty() {
        view.snapshots.extend(incompatible_rows(&repository));
    }
    let exit = problems.exit(run, &session, &repository)?;
    run.reply("list", &session, Some(&repository), word(exit), view)?;
    if exit == Exit::Interrupted {
        run.note_interrupted();
    }
    Ok(exit)
}

/// A blob error with its path from the folder of the repository.
pub(crate) fn shown(repository: &Repository, error: &BlobError) -> String {
    format!("{}: {}", repository.shown(&error.path), error.problem)
}

fn root_row(entry: &SnapshotEntry, n_indices: u64) -> SnapshotRow {
    SnapshotRow {
        snapshot: entry.name.to_string(),
        uuid: entry.uuid.to_string(),
        state: entry.state.map(SnapshotState::name),
        start_time: entry.start_millis.map(rfc_3339),
        start_time_in_millis: entry.start_millis,
        end_time: entry.end_millis.map(rfc_3339),
        end_time_in_millis: entry.end_millis,
        n_indices,
        total_shards: None,
        successful_shards: None,
        version: entry.version.as_ref().map(ToString::to_string),
        policy: entry.slm_policy.as_deref().filter(|policy| !policy.is_empty()).map(str::to_owned),
        error: None,
    }
}

fn detailed_rows(
    repository: &Repository,
    session: &Session,
    chosen: &[SnapshotIx],
    problems: &mut Problems,
) -> Vec<SnapshotRow> {
    let mut rows = Vec::with_capacity(chosen.len());
    chronology::read_infos(repository, &session.pool, chosen, |ix, info| {
        let entry = repository.root.snapshot_entry(ix);
        rows.push(match info {
            Ok(info) => info_row(entry, &info),
            Err(error) => {
                problems.note(&error);
                SnapshotRow { error: Some(shown(repository, &error)), ..root_row(entry, 0) }
            }
        });
    });
    rows
}

fn info_row(entry: &SnapshotEntry, info: &SnapshotInfo) -> SnapshotRow {
    SnapshotRow {
        state: Some(info.state.name()),
        start_time: Some(rfc_3339(info.start_millis)),
        start_time_in_millis: Some(info.start_millis),
        end_time: Some(rfc_3339(info.end_millis)),
        end_time_in_millis: Some(info.end_millis),
        n_indices: info.indices.len() as u64,
        total_shards: Some(info.total_shards),
        successful_shards: Some(info.successful_shards),
        version: info.version.map(VersionId::text),
        policy: info.policy().map(str::to_owned),
        ..root_row(entry, 0)
    }
}

/// Snapshots that the repository lists as too old for its writer.
fn incompatible_rows(repository: &Repository) -> Vec<SnapshotRow> {
    if !repository.scan.has_incompatible {
        return Vec::new();
    }
    let read = repository.blob(names::INCOMPATIBLE).ok().and_then(|path| repository.store().read(&path).ok());
    let listed = read.and_then(|bytes| incompatible::parse(&bytes).ok()).unwrap_or_default();
    let row = |name: Box<str>| SnapshotRow {
        snapshot: name.to_string(),
        uuid: name.to_string(),
        state: Some(SnapshotState::Incompatible.name()),
        start_time: None,
        start_time_in_millis: None,
        end_time: None,
        end_time_in_millis: None,
        n_indices: 0,
        total_shards: None,
        successful_shards: None,
        version: None,
        policy: None,
        error: None,
    };
    listed.into_iter().map(row).collect()
}

fn as_cluster(
    run: &mut Run<'_>,
    args: &ListArgs,
    format: ApiFormat,
    session: &Session,
    repository: &Repository,
    chosen: &[SnapshotIx],
) -> Result<Exit, Failure> {
    let node = run.node(repository, session);
    if args.no_details && format == ApiFormat::Es {
        let answer = engine_api::list::not_verbose(&node, repository, chosen);
        run.json(&answer)?;
        return Ok(Exit::Good);
    }
    let mut infos: Vec<(SnapshotIx, InfoResult)> = Vec::with_capacity(chosen.len());
    chronology::read_infos(repository, &session.pool, chosen, |ix, info| infos.push((ix, info)));
    let mut readable = Vec::with_capacity(infos.len());
    let mut problems = Problems::default();
    let mut unreadable = String::new();
    for (ix, info) in infos {
        match info {
            Ok(info) => readable.push((ix, info)),
            Err(error) => {
                // A cluster would refuse the whole list; ours has what can be read, and says what is missing.
                problems.note(&error);
                let name = &repository.root.snapshot_entry(ix).name;
                unreadable.push_str(&format!("unreadable: {name}: {}\n", shown(repository, &error)));
            }
        }
    }
    let exit = problems.exit(run, session, repository)?;
    run.io.error_text(&unreadable);
    readable.sort_by(|(_, a), (_, b)| (a.start_millis, &a.name).cmp(&(b.start_millis, &b.name)));
    match format {
        ApiFormat::Es => run.json(&engine_api::list::verbose(&node, repository, &readable, args.index_details))?,
        ApiFormat::Cat if run.global.json => run.json(&engine_api::cat::rows(&node, &readable))?,
        ApiFormat::Cat => {
            let text = engine_api::cat::text(&node, &readable);
            run.io.answer(text.as_bytes())?;
        }
    }
    Ok(exit)
}
