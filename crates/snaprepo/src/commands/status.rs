//! `status`: files and bytes of snapshots.

use snaprepo_core::{BlobError, Repository, status};
use snaprepo_format::{root::SnapshotIx, snapshot_info::SnapshotState};

use super::{Problems, Run, list::shown, word};
use crate::{
    args::{ApiFormat, StatusArgs},
    engine_api,
    exit::Exit,
    explain::Failure,
    session::Session,
    views::status::{IndexStatusView, ShardStatusView, SnapshotStatusView, StatusView},
};

pub(crate) fn run(run: &mut Run<'_>, args: &StatusArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let repository = session.open_for_shards()?;
    let terms = if args.snapshot.is_empty() { vec!["all".to_owned()] } else { args.snapshot.clone() };
    let no_snapshots = repository.root.snapshots.is_empty();
    let chosen = if no_snapshots { Vec::new() } else { session.select(&repository, &terms)? };
    if run.global.format == Some(ApiFormat::Es) {
        return as_cluster(run, &session, &repository, &chosen);
    }
    let mut problems = Problems::default();
    let view = if args.snapshot.is_empty() && !args.incremental {
        totals(&repository, &session, &mut problems)
    } else {
        full(&repository, &session, &chosen, !args.snapshot.is_empty(), &mut problems)
    };
    let exit = problems.exit(run, &session, &repository)?;
    run.reply("status", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

fn totals(repository: &Repository, session: &Session, problems: &mut Problems) -> StatusView {
    let totals = status::totals(repository, &session.pool);
    totals.unreadable.iter().for_each(|error| problems.note(error));
    let snapshots = repository.root.snapshots.iter().zip(&totals.by_snapshot);
    let mut rows: Vec<(Option<i64>, SnapshotStatusView)> = snapshots
        .map(|(entry, amount)| {
            let row = SnapshotStatusView {
                snapshot: entry.name.to_string(),
                uuid: entry.uuid.to_string(),
                state: entry.state.map(SnapshotState::name),
                incremental: None,
                total: (*amount).into(),
                indices: Vec::new(),
            };
            (entry.start_millis, row)
        })
        .collect();
    rows.sort_by(|a, b| (a.0, &a.1.snapshot).cmp(&(b.0, &b.1.snapshot)));
    StatusView {
        snapshots: rows.into_iter().map(|(_, row)| row).collect(),
        unreadable: totals.unreadable.iter().map(|error| shown(repository, error)).collect(),
    }
}

/// `indices` tells whether the parts of each snapshot are shown, or only its sums.
fn full(
    repository: &Repository,
    session: &Session,
    chosen: &[SnapshotIx],
    indices: bool,
    problems: &mut Problems,
) -> StatusView {
    let mut view = StatusView { snapshots: Vec::new(), unreadable: Vec::new() };
    let mut starts = Vec::with_capacity(chosen.len());
    for snapshot in chosen {
        if session.is_cancelled() {
            break;
        }
        match status::of_snapshot(repository, &session.pool, *snapshot) {
            Ok(status) => {
                status.indices.iter().for_each(|index| note(index, problems));
                let mut row = snapshot_view(repository, &status);
                if !indices {
                    let problems = row.indices.iter().flat_map(|index| {
                        let of_shards = index.shards.iter().filter(|shard| shard.stage == "unreadable");
                        index.error.clone().into_iter().chain(of_shards.filter_map(|shard| shard.reason.clone()))
                    });
                    view.unreadable.extend(problems);
                    row.indices.clear();
                }
                starts.push((status.info.start_millis, row));
            }
            Err(error) => {
                problems.note(&error);
                view.unreadable.push(shown(repository, &error));
            }
        }
    }
    starts.sort_by(|a, b| (a.0, &a.1.snapshot).cmp(&(b.0, &b.1.snapshot)));
    view.snapshots = starts.into_iter().map(|(_, row)| row).collect();
    view
}

/// Notes what cannot be read of an index.
pub(crate) fn note(index: &status::IndexStatus, problems: &mut Problems) {
    engine_api::status::problems(index).into_iter().for_each(|error| problems.note(error));
}

fn snapshot_view(repository: &Repository, status: &status::SnapshotStatus) -> SnapshotStatusView {
    let sums: Vec<status::ShardDone> = status.indices.iter().map(status::IndexStatus::sum).collect();
    let fold = |amount: fn(&status::ShardDone) -> status::Amount| {
        sums.iter().map(amount).fold(status::Amount::default(), status::Amount::plus)
    };
    SnapshotStatusView {
        snapshot: status.info.name.to_string(),
        uuid: repository.root.snapshot_entry(status.snapshot).uuid.to_string(),
        state: Some(status.info.state.name()),
        incremental: Some(fold(|sum| sum.incremental).into()),
        total: fold(|sum| sum.total).into(),
        indices: status.indices.iter().map(|index| index_view(repository, index)).collect(),
    }
}

/// An index in numbers.
pub(crate) fn index_view(repository: &Repository, index: &status::IndexStatus) -> IndexStatusView {
    let sum = index.sum();
    let shards = index.shards.iter().flatten();
    IndexStatusView {
        index: repository.root.index_entry(index.index).name.to_string(),
        incremental: sum.incremental.into(),
        total: sum.total.into(),
        shards: (0..).zip(shards).map(|(shard, status)| shard_view(repository, shard, status)).collect(),
        share: None,
        error: index.shards.as_ref().err().map(|error| shown(repository, error)),
    }
}

fn shard_view(repository: &Repository, shard: u32, status: &status::ShardStatus) -> ShardStatusView {
    let done = match status {
        status::ShardStatus::Done(done) => *done,
        _ => status::ShardDone::default(),
    };
    let (stage, reason) = match status {
        status::ShardStatus::Done(done) if done.shallow => ("remote", None),
        status::ShardStatus::Done(_) => ("done", None),
        status::ShardStatus::Failed { reason } => ("failed", reason.as_deref().map(str::to_owned)),
        status::ShardStatus::Unreadable(error) => ("unreadable", Some(shown(repository, error))),
    };
    ShardStatusView {
        shard,
        stage,
        incremental: done.incremental.into(),
        total: done.total.into(),
        segments: done.segments,
        reason,
    }
}

fn as_cluster(
    run: &mut Run<'_>,
    session: &Session,
    repository: &Repository,
    chosen: &[SnapshotIx],
) -> Result<Exit, Failure> {
    let node = run.node(repository, session);
    let mut statuses = Vec::with_capacity(chosen.len());
    let mut problems = Problems::default();
    let mut unreadable = String::new();
    let mut complain = |error: &BlobError| {
        problems.note(error);
        unreadable.push_str(&format!("unreadable: {}\n", shown(repository, error)));
    };
    for snapshot in chosen {
        match status::of_snapshot(repository, &session.pool, *snapshot) {
            Ok(status) => {
                status.indices.iter().flat_map(engine_api::status::problems).for_each(&mut complain);
                statuses.push(status);
            }
            Err(error) => complain(&error),
        }
    }
    let exit = problems.exit(run, session, repository)?;
    run.io.error_text(&unreadable);
    run.json(&engine_api::status::answer(&node, repository, &statuses))?;
    Ok(exit)
}
