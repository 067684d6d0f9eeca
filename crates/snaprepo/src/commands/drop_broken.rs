//! `drop-broken`: snapshots that cannot be read or restored are taken out of the root, so that the rest lives again.

use std::collections::HashSet;

use snaprepo_core::{
    change::Damaged,
    verify::{Cause, Depth, SnapshotVerdict, Verdict},
};
use snaprepo_format::root::SnapshotIx;

use super::{Run, change as shared, delete, verify, word};
use crate::{args::DropBrokenArgs, exit::Exit, explain::Failure, views::change::ChangeView};

pub(crate) fn run(run: &mut Run<'_>, args: &DropBrokenArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    super::du::need_listings(&session)?;
    if args.deletion.change.yes {
        shared::may_begin(run, &session, &args.deletion.change)?;
    }
    let options = verify::everything(&session, Depth::from(args.depth), 0);
    let progress = run.progress();
    let report = verify::verified(&session, &session.store, &options, &progress)?;
    progress.finish();
    if session.is_cancelled() {
        return Ok(run.interrupted());
    }
    let repository = &report.repository;
    repository.find_shards().map_err(|error| Failure::Open { location: session.shown_location(), error })?;
    let all = vec!["all".to_owned()];
    let terms = if args.snapshot.is_empty() { &all } else { &args.snapshot };
    let chosen: HashSet<SnapshotIx> = session.select(repository, terms)?.into_iter().collect();
    // Shards that failed when a snapshot was taken are no damage.
    let is_damaged = |of: &SnapshotVerdict| matches!(of.cause, Some(Cause::Finding { .. }));
    let is_broken = |of: &SnapshotVerdict| match of.verdict {
        Verdict::Not => is_damaged(of),
        Verdict::Partly => args.partly && is_damaged(of),
        // What could not be looked at may be whole.
        Verdict::Restorable | Verdict::Unknown => false,
    };
    let broken: Vec<SnapshotIx> = report
        .snapshots
        .iter()
        .filter(|of| is_broken(of) && chosen.contains(&of.snapshot))
        .map(|of| of.snapshot)
        .collect();
    let (exit, view) = if broken.is_empty() {
        let n_kept = repository.root.snapshots.len() as u64;
        (Exit::Good, ChangeView { n_kept, ..ChangeView::default() })
    } else {
        match delete::propose(run, &session, repository, &broken, Damaged::Stays, &args.deletion)? {
            Some(proposed) => proposed,
            None => return Ok(run.interrupted()),
        }
    };
    run.reply("drop-broken", &session, Some(repository), word(exit), view)?;
    Ok(exit)
}
