//! `list`: snapshots from the root, or from their blobs.

use std::{cmp::Reverse, collections::BTreeSet};

use snaprepo_core::{BlobError, Repository, chronology, chronology::InfoResult, select::Filter, usage::Usage};
use snaprepo_format::{
    engine::VersionId,
    incompatible, names,
    root::{SnapshotEntry, SnapshotIx},
    snapshot_info::{SnapshotInfo, SnapshotState},
};

use super::{Problems, Run, du, word};
use crate::{
    args::{ApiFormat, Column, ListArgs, ListSort},
    engine_api,
    exit::Exit,
    explain::Failure,
    output::units::rfc_3339,
    session::Session,
    views::list::{ListView, SnapshotRow},
};

pub(crate) fn run(run: &mut Run<'_>, args: &ListArgs) -> Result<Exit, Failure> {
    let wants_sizes =
        args.size || args.sort.is_some_and(ListSort::is_size) || args.columns.iter().any(|column| column.is_size());
    let filter = filter(args, run.io.now_millis);
    let session = run.session(&args.repo.repo)?;
    let repository = if wants_sizes { session.open_for_shards()? } else { session.open_with_cache()? };
    let mut chosen: Vec<SnapshotIx> = if args.snapshot.is_empty() {
        (0..).zip(&repository.root.snapshots).map(|(ix, _)| ix).collect()
    } else {
        session.select(&repository, &args.snapshot)?
    };
    if let Some(format) = run.global.format {
        let chosen = filter.apply(&repository, &session.pool, &chosen)?;
        if wants_sizes || args.sort.is_some() || args.reverse || !args.columns.is_empty() {
            return Err(Failure::Usage {
                message: "--format answers as a cluster does: without --size, --sort, --reverse and --columns"
                    .to_owned(),
                hint: Some("snaprepo list --json has sizes"),
            });
        }
        return as_cluster(run, args, format, &session, &repository, &chosen);
    }
    // Without a root the snapshot blobs have been read to open the repository; nothing is saved by not showing them.
    let lacks = |what: fn(&SnapshotEntry) -> bool| repository.root.snapshots.iter().any(what);
    let details = args.details
        || !repository.era().has_root()
        || filter.needs_blobs(&repository)
        || matches!(args.sort, Some(ListSort::Took | ListSort::Time)) && lacks(|entry| entry.end_millis.is_none())
        || args.columns.contains(&Column::Policy) && lacks(|entry| entry.slm_policy.is_none())
        || args.columns.iter().any(|column| column.is_detail());
    let mut problems = Problems::default();
    let n_chosen = chosen.len();
    // What the root rules out need not be read.
    chosen.retain(|ix| filter.keeps(repository.root.snapshot_entry(*ix), None));
    let mut rows = if details {
        detailed_rows(&repository, &session, &filter, &mut chosen, &mut problems)?
    } else {
        let n_indices = |ix: SnapshotIx| repository.indices_of(ix).len() as u64;
        chosen.iter().map(|ix| root_row(repository.root.snapshot_entry(*ix), n_indices(*ix))).collect()
    };
    let mut unreadable = Vec::new();
    if wants_sizes {
        let usage = du::of_snapshots(run, &session, &repository)?;
        problems.add(du::problems(&usage));
        unreadable.extend(du::lacking(&repository, &usage));
        add_sizes(&mut rows, &chosen, &usage);
    }
    sort(&mut rows, args);
    let are_incompatible_asked_for = filter.states.is_empty() || filter.states.contains(&SnapshotState::Incompatible);
    let is_by_state_alone = Filter { states: Vec::new(), ..filter }.is_empty();
    if args.snapshot.is_empty() && are_incompatible_asked_for && is_by_state_alone {
        match incompatible_rows(&repository) {
            Ok(incompatible) => rows.extend(incompatible),
            Err(error) => {
                problems.note(&error);
                unreadable.push(shown(&repository, &error));
            }
        }
    }
    let view = ListView {
        snapshots: rows,
        unreadable_roots: repository.unreadable_roots.iter().map(|(_, error)| shown(&repository, error)).collect(),
        details,
        unreadable,
        columns: columns(args, details, wants_sizes),
        n_left_out: (n_chosen - chosen.len()) as u64,
    };
    let exit = problems.exit(run, &session, &repository)?;
    run.reply("list", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

fn filter(args: &ListArgs, now_millis: i64) -> Filter {
    Filter {
        states: args.state.clone(),
        before_millis: args.older_than.map(|when| when.millis(now_millis)),
        since_millis: args.newer_than.map(|when| when.millis(now_millis)),
        policy: args.policy.clone(),
        metadata: args.metadata.clone(),
    }
}

/// The columns of the table, unless somebody chose others.
fn columns(args: &ListArgs, details: bool, wants_sizes: bool) -> Vec<Column> {
    if !args.columns.is_empty() {
        return args.columns.clone();
    }
    let mut columns = vec![Column::Snapshot, Column::State, Column::Taken, Column::Took, Column::Indices];
    columns.extend(details.then_some(Column::Shards));
    columns.extend(wants_sizes.then_some([Column::Size, Column::Added, Column::Exclusive]).into_iter().flatten());
    columns.extend([Column::Version, Column::Policy]);
    columns
}

/// `rows` are those of `snapshots`, in their order.
fn add_sizes(rows: &mut [SnapshotRow], snapshots: &[SnapshotIx], usage: &Usage) {
    let shares = usage.shares.first().map_or(&[][..], Vec::as_slice);
    for (row, snapshot) in rows.iter_mut().zip(snapshots) {
        if let Some(share) = usize::try_from(*snapshot).ok().and_then(|at| shares.get(at)) {
            row.size_in_bytes = Some(share.logical.bytes);
            row.added_size_in_bytes = Some(share.added.bytes);
            row.exclusive_size_in_bytes = Some(share.exclusive.bytes);
        }
    }
}

/// Numbers from the largest, times from the oldest, names from a; what is not known comes last. Equals stay in the order
/// of their start.
fn sort(rows: &mut [SnapshotRow], args: &ListArgs) {
    let by_start = |a: &SnapshotRow, b: &SnapshotRow| {
        let start = |row: &SnapshotRow| (row.start_time_in_millis.is_none(), row.start_time_in_millis);
        start(a).cmp(&start(b)).then_with(|| a.snapshot.cmp(&b.snapshot))
    };
    rows.sort_by(by_start);
    let took = |row: &SnapshotRow| Some(row.end_time_in_millis?.saturating_sub(row.start_time_in_millis?));
    match args.sort.unwrap_or(ListSort::Time) {
        ListSort::Time => {}
        ListSort::Name => rows.sort_by(|a, b| a.snapshot.cmp(&b.snapshot)),
        ListSort::State => rows.sort_by_key(|row| row.state),
        ListSort::Took => rows.sort_by_key(|row| Reverse(took(row))),
        ListSort::Indices => rows.sort_by_key(|row| Reverse(row.n_indices)),
        ListSort::Size => rows.sort_by_key(|row| Reverse(row.size_in_bytes)),
        ListSort::Added => rows.sort_by_key(|row| Reverse(row.added_size_in_bytes)),
        ListSort::Exclusive => rows.sort_by_key(|row| Reverse(row.exclusive_size_in_bytes)),
    }
    if args.reverse {
        rows.reverse();
    }
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
        version: entry.version.as_ref().map(ToString::to_string),
        policy: entry.slm_policy.as_deref().filter(|policy| !policy.is_empty()).map(str::to_owned),
        ..SnapshotRow::default()
    }
}

/// Rows of those of the chosen snapshots that the filter keeps; the others are taken out of `chosen`.
///
/// # Errors
/// When a blob that the filter needs cannot be read.
fn detailed_rows(
    repository: &Repository,
    session: &Session,
    filter: &Filter,
    chosen: &mut Vec<SnapshotIx>,
    problems: &mut Problems,
) -> Result<Vec<SnapshotRow>, BlobError> {
    let mut rows = Vec::with_capacity(chosen.len());
    let mut ruled_out = BTreeSet::new();
    let mut unread = None;
    chronology::read_infos(repository, &session.pool, chosen, |ix, info| {
        let entry = repository.root.snapshot_entry(ix);
        let info = match info {
            Err(error) if filter.needs_blob(entry) && !error.is_finding() => {
                unread = Some(error);
                return;
            }
            info if !filter.keeps(entry, Some(&info)) => {
                ruled_out.insert(ix);
                return;
            }
            info => info,
        };
        rows.push(match info {
            Ok(info) => match stranger(entry, &info) {
                Some(error) => {
                    problems.damage = true;
                    SnapshotRow { error: Some(error), ..root_row(entry, 0) }
                }
                None => info_row(entry, &info),
            },
            Err(error) => {
                problems.note(&error);
                SnapshotRow { error: Some(shown(repository, &error)), ..root_row(entry, 0) }
            }
        });
    });
    chosen.retain(|ix| !ruled_out.contains(ix));
    unread.map_or(Ok(rows), Err)
}

/// What is wrong with a snapshot blob that holds another snapshot than the root says.
pub(super) fn stranger(entry: &SnapshotEntry, info: &SnapshotInfo) -> Option<String> {
    let is_other = info.name != entry.name || info.uuid.as_ref().is_some_and(|uuid| *uuid != entry.uuid);
    is_other.then(|| format!("its blob holds the snapshot {} (snaprepo verify)", info.name))
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
        metadata: info.metadata.as_ref().and_then(|metadata| serde_json::to_value(metadata).ok()),
        ..root_row(entry, 0)
    }
}

/// Snapshots that the repository lists as too old for its writer.
fn incompatible_rows(repository: &Repository) -> Result<Vec<SnapshotRow>, BlobError> {
    if !repository.scan.has_incompatible {
        return Ok(Vec::new());
    }
    let path = repository.blob(names::INCOMPATIBLE).unwrap_or_default();
    let row = |name: Box<str>| SnapshotRow {
        snapshot: name.to_string(),
        uuid: name.to_string(),
        state: Some(SnapshotState::Incompatible.name()),
        ..SnapshotRow::default()
    };
    Ok(repository.load(&path, incompatible::parse)?.into_iter().map(row).collect())
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
