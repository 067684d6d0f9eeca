//! `repair`: what can be put right from the repository itself.

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    OpenError, Repository,
    change::{self, Mend, Mended, Part, Rebuild, Rebuilt, Recovered, Refusal, Repair},
};

use super::{
    Run,
    change::{self as shared, Carried},
    delete, word,
};
use crate::{
    args::{RepairArgs, RepairPart},
    exit::Exit,
    explain::Failure,
    session::Session,
    views::repair::{RecoveredRow, RepairRow, RepairView},
};

impl From<RepairPart> for Part {
    fn from(part: RepairPart) -> Self {
        match part {
            RepairPart::Root => Self::Root,
            RepairPart::References => Self::References,
            RepairPart::ShardPaths => Self::ShardPaths,
            RepairPart::ShardTables => Self::ShardTables,
            RepairPart::DeadNames => Self::DeadNames,
            RepairPart::Latest => Self::Latest,
        }
    }
}

pub(crate) fn run(run: &mut Run<'_>, args: &RepairArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    super::du::need_listings(&session)?;
    if args.change.yes {
        shared::may_begin(run, &session, &args.change)?;
    }
    let parts: Vec<Part> = match &args.only[..] {
        [] => Part::ALL.to_vec(),
        only => only.iter().copied().map(Part::from).collect(),
    };
    let opened = match session.open() {
        Ok(repository) if repository.unreadable_roots.is_empty() || !parts.contains(&Part::Root) => Some(repository),
        // Older than what is lost: it would bring back what was deleted since.
        Ok(_) => None,
        Err(Failure::Open { error: OpenError::RootMissing { .. } | OpenError::NoReadableRoot(_), .. })
            if parts.contains(&Part::Root) =>
        {
            None
        }
        // A repository of which only blobs of snapshots are left looks like one of Elasticsearch 2.
        Err(failure) => return Err(failure),
    };
    match opened {
        Some(repository) if has_lost_its_root(&repository) && parts.contains(&Part::Root) => {
            of_nothing(run, &session, args)
        }
        Some(repository) => of_root(run, &session, &repository, args, &parts),
        None => of_nothing(run, &session, args),
    }
}

/// Without any root a repository looks like one from before there were roots: but those name snapshots, and not uuids.
fn has_lost_its_root(repository: &Repository) -> bool {
    let is_uuid = |uuid: &str| snaprepo_format::Uuid::parse(uuid).is_some();
    repository.generation.is_none()
        && !repository.root.snapshots.is_empty()
        && repository.root.snapshots.iter().all(|entry| is_uuid(&entry.uuid))
}

fn of_root(
    run: &mut Run<'_>,
    session: &Session,
    repository: &Repository,
    args: &RepairArgs,
    parts: &[Part],
) -> Result<Exit, Failure> {
    repository.find_shards().map_err(|error| Failure::Open { location: session.shown_location(), error })?;
    let mend = Mend {
        parts,
        makes_latest: args.only.contains(&RepairPart::Latest),
        checks_lists: !args.trust_tables,
        window_millis: args.window,
        now_millis: run.io.now_millis,
        new_id: &mut shared::new_id,
    };
    let progress = run.progress();
    let mended = change::repair(repository, mend, &session.pool, &progress);
    progress.finish();
    let mended = mended.map_err(|error| shared::failed(session, error))?;
    answer(run, session, Some(repository), args, mended, None)
}

fn of_nothing(run: &mut Run<'_>, session: &Session, args: &RepairArgs) -> Result<Exit, Failure> {
    let rebuild = Rebuild {
        store: &session.store,
        base: &session.base,
        window_millis: args.window,
        now_millis: run.io.now_millis,
        new_id: &mut shared::new_id,
    };
    let progress = run.progress();
    let rebuilt = change::rebuild(rebuild, &session.pool, &progress);
    progress.finish();
    let Rebuilt { mended, recovered } = rebuilt.map_err(|error| shared::failed(session, error))?;
    let recovered = mended.plan.is_some().then_some(recovered);
    answer(run, session, None, args, mended, recovered)
}

fn answer(
    run: &mut Run<'_>,
    session: &Session,
    repository: Option<&Repository>,
    args: &RepairArgs,
    mended: Mended,
    recovered: Option<Recovered>,
) -> Result<Exit, Failure> {
    let Mended { plan, refusals, repairs, is_interrupted } = mended;
    if is_interrupted {
        return Ok(run.interrupted());
    }
    let uploads = shared::recent_uploads(run, session, args.window);
    let plan = plan.filter(|_| uploads.is_empty());
    let shown = |path: &BlobPath| path.relative_to(&session.base).unwrap_or_else(|| path.clone()).to_string();
    let n_left = repairs.iter().filter(|repair| repair.left.is_some()).count() as u64;
    let row = |repair: &Repair| RepairRow {
        part: repair.part.name(),
        path: repair.path.as_ref().map(shown),
        message: repair.message.clone(),
        left_because: repair.left.clone(),
    };
    let refusal = |refusal: &Refusal| delete::refusal_row(refusal, shown);
    let mut view = RepairView {
        repairs: repairs.iter().map(row).collect(),
        n_repaired: repairs.len() as u64 - n_left,
        n_left,
        refusals: refusals.iter().map(refusal).chain(uploads).collect(),
        recovered: recovered.map(|recovered| RecoveredRow {
            snapshots: recovered.n_snapshots,
            indices: recovered.n_indices,
            has_new_uuid: recovered.has_new_identity,
        }),
        ..RepairView::default()
    };
    let mut exit = if !view.refusals.is_empty() { Exit::NotDone } else { Exit::Good };
    if let Some(plan) = plan {
        view.tables = plan.tables.iter().filter(|table| table.to.is_some()).count() as u64;
        (view.generation, view.next_generation) = (plan.head.repository.generation, plan.head.publishes);
        let (ended, deed, carried) = shared::conclude(run, session, &args.change, args.plan_out.as_deref(), &plan)?;
        (exit, view.deed) = (ended, deed);
        if let Some(Carried { tables, .. }) = carried {
            view.tables = view.tables.max(tables);
        }
    }
    // What nobody can put right from here is still wrong.
    if exit == Exit::Good && n_left > 0 {
        exit = Exit::Bad;
    }
    run.reply("repair", session, repository, word(exit), view)?;
    Ok(exit)
}
