//! `delete`: snapshots that go, what that frees, and whether it is safe.

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    Repository,
    change::{self, Damaged, Fate, Fences, Override, Planned, Refusal, Request},
    usage::Blobs,
};
use snaprepo_format::root::SnapshotIx;

use super::{Run, change as shared, word};
use crate::{
    args::{DeleteArgs, DeletionArgs},
    exit::Exit,
    explain::Failure,
    session::Session,
    views::change::{ChangeView, ChangedIndex, LeftRow, RefusalRow},
};

pub(crate) fn run(run: &mut Run<'_>, args: &DeleteArgs) -> Result<Exit, Failure> {
    let (session, repository) = open(run, &args.repo.repo)?;
    let chosen = session.select(&repository, &args.snapshot)?;
    let Some((exit, view)) = propose(run, &session, &repository, &chosen, Damaged::Refuses, &args.deletion)? else {
        return Ok(run.interrupted());
    };
    run.reply("delete", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

/// Opens a repository that will be changed. What is deleted is decided by what is there now, and never by what was kept
/// from earlier runs.
pub(super) fn open(run: &mut Run<'_>, location: &str) -> Result<(Session, Repository), Failure> {
    let session = run.session(location)?;
    let repository = session.open()?;
    let failed = |error| Failure::Open { location: session.shown_location(), error };
    repository.find_shards().map_err(failed)?;
    Ok((session, repository))
}

/// Plans the deletion of snapshots, and does it or writes it down where that was asked for. `None` when interrupted.
pub(super) fn propose(
    run: &mut Run<'_>,
    session: &Session,
    repository: &Repository,
    chosen: &[SnapshotIx],
    damaged: Damaged,
    args: &DeletionArgs,
) -> Result<Option<(Exit, ChangeView)>, Failure> {
    let n_snapshots = repository.root.snapshots.len();
    let name = run.name(session);
    if chosen.len() == n_snapshots && args.change.yes && args.everything_of.as_deref() != Some(&*name) {
        return Err(Failure::Usage {
            message: format!("no snapshot would be left: to delete all {n_snapshots}, add --everything-of {name}"),
            hint: None,
        });
    }
    if args.change.yes {
        shared::may_begin(run, session, &args.change)?;
    }
    let progress = run.progress();
    let fences = Fences { window_millis: args.window, checks_lists: !args.trust_tables, damaged };
    let request = Request { snapshots: chosen, fences, now_millis: run.io.now_millis, new_id: &mut shared::new_id };
    let planned = change::delete(repository, request, &session.pool, &progress);
    progress.finish();
    let Planned { plan, refusals, indices, n_foreign, left, is_interrupted } =
        planned.map_err(|error| shared::failed(session, error))?;
    if is_interrupted {
        return Ok(None);
    }
    let name_of = |ix| repository.root.snapshot_entry(ix).name.to_string();
    let uploads = shared::recent_uploads(run, session, args.window);
    let plan = plan.filter(|_| uploads.is_empty());
    let refused = ChangeView {
        snapshots: chosen.iter().map(|ix| name_of(*ix)).collect(),
        n_kept: n_snapshots.saturating_sub(chosen.len()) as u64,
        refusals: refusals.iter().map(|refusal| row(refusal, repository)).chain(uploads).collect(),
        ..ChangeView::default()
    };
    let Some(plan) = plan else { return Ok(Some((Exit::NotDone, refused))) };
    let mut view = shared::view_of(&plan, n_snapshots);
    view.foreign_blobs = n_foreign;
    view.left_alone = left
        .into_iter()
        .map(|(path, message)| LeftRow { path: repository.shown(&path).to_string(), message })
        .collect();
    let changed = |(index, (blobs, fate)): (_, (Blobs, Fate))| ChangedIndex {
        index: repository.root.index_entry(index).name.to_string(),
        blobs: blobs.n,
        size_in_bytes: blobs.bytes,
        goes: fate == Fate::Goes,
    };
    view.indices = indices.into_iter().map(changed).collect();
    view.indices.sort_by(|a, b| (b.size_in_bytes, &a.index).cmp(&(a.size_in_bytes, &b.index)));
    let (exit, deed, carried) = shared::conclude(run, session, &args.change, args.plan_out.as_deref(), &plan)?;
    Ok(Some((exit, view.with(deed, carried.as_ref()))))
}

pub(super) fn row(refusal: &Refusal, repository: &Repository) -> RefusalRow {
    refusal_row(refusal, |path| repository.shown(path).to_string())
}

pub(super) fn refusal_row(refusal: &Refusal, shown: impl Fn(&BlobPath) -> String) -> RefusalRow {
    RefusalRow {
        why: refusal.why.name(),
        path: refusal.path.as_ref().map(shown),
        message: refusal.message.clone(),
        unless: match refusal.why.overridden_by() {
            Override::Window => Some("--window 0"),
            Override::None => None,
        },
    }
}
