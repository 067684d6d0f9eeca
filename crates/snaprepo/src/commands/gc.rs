//! `gc`: what nothing refers to, and its collection.

use serde_json::json;
use snaprepo_core::{
    change::{self, Collect, Collected},
    verify::Class,
};

use super::{Run, change as shared, delete, word};
use crate::{
    args::{ApiFormat, GcArgs, GcClass},
    exit::Exit,
    explain::Failure,
    views::change::{ChangeView, GcClassRow, GcView},
};

/// All that is ever collected.
const CLASSES: [GcClass; 6] = [
    GcClass::OldRoot,
    GcClass::StaleSnapshot,
    GcClass::StaleIndex,
    GcClass::StaleIndexMetadata,
    GcClass::StaleShardBlob,
    GcClass::Transient,
];

impl From<GcClass> for Class {
    fn from(class: GcClass) -> Self {
        match class {
            GcClass::OldRoot => Self::OldRoot,
            GcClass::StaleSnapshot => Self::StaleSnapshot,
            GcClass::StaleIndex => Self::StaleIndex,
            GcClass::StaleIndexMetadata => Self::StaleIndexMetadata,
            GcClass::StaleShardBlob => Self::StaleShardBlob,
            GcClass::Transient => Self::Transient,
        }
    }
}

pub(crate) fn run(run: &mut Run<'_>, args: &GcArgs) -> Result<Exit, Failure> {
    let (session, repository) = delete::open(run, &args.repo.repo)?;
    super::du::need_listings(&session)?;
    if args.change.yes {
        shared::may_begin(run, &session, &args.change)?;
    }
    let asked = if args.classes.is_empty() { &CLASSES[..] } else { &args.classes };
    let classes: Vec<Class> = asked.iter().copied().map(Class::from).collect();
    let collect = Collect {
        classes: &classes,
        grace_millis: args.grace,
        window_millis: args.window,
        now_millis: run.io.now_millis,
    };
    let progress = run.progress();
    let collected = change::gc(&repository, collect, &session.pool, &progress);
    progress.finish();
    let Collected { plan, refusals, classes, is_interrupted } =
        collected.map_err(|error| shared::failed(&session, error))?;
    if is_interrupted {
        return Ok(run.interrupted());
    }
    let row = |(class, tally): (Class, change::Tally)| GcClassRow {
        class: class.name(),
        blobs: tally.doomed.n,
        size_in_bytes: tally.doomed.bytes,
        kept_blobs: tally.kept.n,
        kept_size_in_bytes: tally.kept.bytes,
    };
    let mut view = GcView {
        classes: classes.into_iter().map(row).collect(),
        refusals: refusals.iter().map(|refusal| delete::row(refusal, &repository)).collect(),
        ..GcView::default()
    };
    let mut exit = Exit::NotDone;
    if let Some(plan) = plan {
        exit = Exit::Good;
        (view.blobs, view.size_in_bytes) = (plan.doomed.n, plan.doomed.bytes);
        if args.change.yes && plan.doomed.n > 0 {
            let (ended, done) = shared::carry_out(run, &session, &args.change, &plan, ChangeView::default())?;
            exit = ended;
            view.done = done.done;
            (view.blobs, view.size_in_bytes) = (done.blobs, done.size_in_bytes);
            (view.blobs_left, view.left, view.blobs_retained) = (done.blobs_left, done.left, done.blobs_retained);
            (view.journal, view.quarantine, view.next) = (done.journal, done.quarantine, done.next);
        } else if let Some(path) = &args.plan_out {
            shared::write_plan(&plan, path)?;
            view.plan = Some(path.display().to_string());
            let location = session.shown_location();
            view.next = Some(format!("do it: snaprepo apply {location} {} --yes --no-cluster-writes", path.display()));
        } else if plan.doomed.n > 0 {
            let next = "run again with --yes --no-cluster-writes to do it, or with --plan-out FILE to look at it";
            view.next = Some(next.to_owned());
        }
    }
    if run.global.format == Some(ApiFormat::Es) {
        // As POST _cleanup answers.
        let (bytes, blobs) = if view.done { (view.size_in_bytes, view.blobs) } else { (0, 0) };
        run.json(&json!({"results": {"deleted_bytes": bytes, "deleted_blobs": blobs}}))?;
    } else {
        run.reply("gc", &session, Some(&repository), word(exit), view)?;
    }
    Ok(exit)
}
