//! `delete`: snapshots that go, what that frees, and whether it is safe.

use snaprepo_core::change::{self, Fate, Fences, Override, Planned, Refusal, Request};

use super::{Run, change as shared, word};
use crate::{
    args::DeleteArgs,
    exit::Exit,
    explain::Failure,
    views::change::{ChangeView, ChangedIndex, RefusalRow},
};

pub(crate) fn run(run: &mut Run<'_>, args: &DeleteArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    // What will be deleted is decided by what is there now, and never by what was kept.
    let repository = session.open()?;
    repository.find_shards().map_err(|error| Failure::Open { location: session.shown_location(), error })?;
    let chosen = session.select(&repository, &args.snapshot)?;
    let n_snapshots = repository.root.snapshots.len();
    let name = run.name(&session);
    if chosen.len() == n_snapshots && args.change.yes && args.everything_of.as_deref() != Some(&*name) {
        return Err(Failure::Usage {
            message: format!("no snapshot would be left: to delete all {n_snapshots}, add --everything-of {name}"),
            hint: None,
        });
    }
    if args.change.yes {
        shared::may_begin(run, &session, &args.change)?;
    }
    let progress = run.progress();
    let fences = Fences { window_millis: args.window, checks_lists: !args.trust_tables };
    let request = Request { snapshots: &chosen, fences, now_millis: run.io.now_millis, new_id: &mut shared::new_id };
    let planned = change::delete(&repository, request, &session.pool, &progress);
    progress.finish();
    let Planned { plan, refusals, indices, n_foreign, is_interrupted } =
        planned.map_err(|error| shared::failed(&session, error))?;
    if is_interrupted {
        return Ok(run.interrupted());
    }
    let name_of = |ix| repository.root.snapshot_entry(ix).name.to_string();
    let refused = ChangeView {
        snapshots: chosen.iter().map(|ix| name_of(*ix)).collect(),
        n_kept: n_snapshots.saturating_sub(chosen.len()) as u64,
        refusals: refusals.iter().map(|refusal| row(refusal, &repository)).collect(),
        ..ChangeView::default()
    };
    let Some(plan) = plan else {
        run.reply("delete", &session, Some(&repository), word(Exit::NotDone), refused)?;
        return Ok(Exit::NotDone);
    };
    let mut view = shared::view_of(&plan, n_snapshots);
    view.foreign_blobs = n_foreign;
    view.indices = indices
        .into_iter()
        .map(|(index, (blobs, fate))| ChangedIndex {
            index: repository.root.index_entry(index).name.to_string(),
            blobs: blobs.n,
            size_in_bytes: blobs.bytes,
            goes: fate == Fate::Goes,
        })
        .collect();
    view.indices.sort_by(|a, b| (b.size_in_bytes, &a.index).cmp(&(a.size_in_bytes, &b.index)));
    let (exit, view) = if args.change.yes {
        shared::carry_out(run, &session, &args.change, &plan, view)?
    } else {
        view.next = Some(match &args.plan_out {
            Some(path) => {
                shared::write_plan(&plan, path)?;
                view.plan = Some(path.display().to_string());
                let location = session.shown_location();
                format!("do it: snaprepo apply {location} {} --yes --no-cluster-writes", path.display())
            }
            None => {
                "run again with --yes --no-cluster-writes to do it, or with --plan-out FILE to look at it".to_owned()
            }
        });
        (Exit::Good, view)
    };
    run.reply("delete", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

fn row(refusal: &Refusal, repository: &snaprepo_core::Repository) -> RefusalRow {
    RefusalRow {
        why: refusal.why.name(),
        path: refusal.path.as_ref().map(|path| repository.shown(path).to_string()),
        message: refusal.message.clone(),
        unless: match refusal.why.overridden_by() {
            Override::Window => Some("--window 0"),
            Override::None => None,
        },
    }
}
