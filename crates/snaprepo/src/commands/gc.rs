//! `gc`: what nothing refers to, and its collection.

use serde_json::json;
use snaprepo_core::{
    change::{self, Collect, Collected},
    verify::Class,
};

use super::{
    Run,
    change::{self as shared, Carried},
    delete, word,
};
use crate::{
    args::{ApiFormat, GcArgs, GcClass},
    exit::Exit,
    explain::Failure,
    views::gc::{GcClassRow, GcView},
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
        rewrites_tables: if args.rewrite_shard_tables { Some(&mut shared::new_id) } else { None },
    };
    let progress = run.progress();
    let collected = change::gc(&repository, collect, &session.pool, &progress);
    progress.finish();
    let Collected { plan, refusals, classes, is_interrupted } =
        collected.map_err(|error| shared::failed(&session, error))?;
    if is_interrupted {
        return Ok(run.interrupted());
    }
    let uploads = shared::recent_uploads(run, &session, args.window);
    let plan = plan.filter(|_| uploads.is_empty());
    let row = |(class, tally): (Class, change::Tally)| GcClassRow {
        class: class.name(),
        blobs: tally.doomed.n,
        size_in_bytes: tally.doomed.bytes,
        kept_blobs: tally.kept.n,
        kept_size_in_bytes: tally.kept.bytes,
    };
    let mut view = GcView {
        classes: classes.into_iter().map(row).collect(),
        refusals: refusals.iter().map(|refusal| delete::row(refusal, &repository)).chain(uploads).collect(),
        ..GcView::default()
    };
    let mut exit = Exit::NotDone;
    if let Some(plan) = plan {
        exit = Exit::Good;
        (view.blobs, view.size_in_bytes) = (plan.doomed.n, plan.doomed.bytes);
        view.tables = plan.tables.iter().filter(|table| table.to.is_some()).count() as u64;
        if plan.doomed.n > 0 {
            let (ended, deed, carried) =
                shared::conclude(run, &session, &args.change, args.plan_out.as_deref(), &plan)?;
            (exit, view.deed) = (ended, deed);
            if let Some(Carried { blobs, .. }) = carried {
                (view.blobs, view.size_in_bytes) = (blobs.n, blobs.bytes);
            }
        }
    }
    if run.global.format == Some(ApiFormat::Es) {
        // As POST _cleanup answers.
        let (bytes, blobs) = if view.deed.done { (view.size_in_bytes, view.blobs) } else { (0, 0) };
        run.json(&json!({"results": {"deleted_bytes": bytes, "deleted_blobs": blobs}}))?;
    } else {
        run.reply("gc", &session, Some(&repository), word(exit), view)?;
    }
    Ok(exit)
}
