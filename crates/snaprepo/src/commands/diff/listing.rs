//! What lies there, against what the repository says: as the store lists it, or as somebody else did.

use std::{path::Path, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_core::verify::{ClassTally, Depth, Finding, Outcome, Severity};
use snaprepo_format::names::RootBlob;
use snaprepo_inventory::Inventoried;
use snaprepo_store::{Entry, ReadStore};

use crate::{
    args::DiffArgs,
    commands::{Run, du, verify},
    exit::Exit,
    explain::Failure,
    views::diff::{ListingDiffView, ListingView, UnreferencedRow},
};

pub(super) fn run(run: &mut Run<'_>, args: &DiffArgs, file: Option<&Path>) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let mut store = Arc::clone(&session.store);
    let mut listing = ListingView { format: "store", ..ListingView::default() };
    if let Some(file) = file {
        let (format, sorted) = snaprepo_inventory::read(file)?;
        let of_bucket = session.remote.is_some() && format.counts_from_bucket();
        let from = if of_bucket { BlobPath::root() } else { session.base.clone() };
        let n_all = sorted.n_entries();
        let inventoried = Inventoried::new(store, sorted, from);
        let failed = |error: snaprepo_store::StoreError| Failure::Open {
            location: session.shown_location(),
            error: error.into(),
        };
        let (n, bytes) = inventoried.below(&session.base).map_err(failed)?;
        if n == 0 {
            return Err(Failure::Usage {
                message: format!("{} lists nothing below {}", file.display(), session.shown_location()),
                hint: Some("S3 Inventory and `aws s3 ls` count from the top of the bucket, `rclone lsf` from REPO"),
            });
        }
        // Whoever lists another folder lists everything as missing.
        let mut has_root = false;
        let mut look = |entry: Entry<'_>| {
            if let Entry::Blob { name, .. } = entry {
                has_root |= !matches!(RootBlob::parse(name), RootBlob::Foreign);
            }
        };
        inventoried.list(&session.base, &mut look).map_err(failed)?;
        if !has_root {
            return Err(Failure::Usage {
                message: format!("{} lists no root and no snapshot of {}", file.display(), session.shown_location()),
                hint: Some(
                    "it lists another folder, or counts from another: S3 Inventory and `aws s3 ls` count from the top of \
                     the bucket, `rclone lsf` from REPO",
                ),
            });
        }
        listing = ListingView {
            format: format.name(),
            file: Some(file.display().to_string()),
            blobs: Some(n),
            size_in_bytes: Some(bytes),
            elsewhere_blobs: Some(n_all.saturating_sub(n)),
        };
        store = Arc::new(inventoried) as Arc<dyn ReadStore>;
    } else {
        du::need_listings(&session)?;
    }
    let options = verify::everything(&session, Depth::Presence, args.max_findings);
    let progress = run.progress();
    let report = verify::verified(&session, &store, &options, &progress);
    progress.finish();
    let report = report?;
    let unreferenced: Option<Vec<UnreferencedRow>> = report.unreferenced.as_ref().map(|classes| {
        let row = |class: &ClassTally| UnreferencedRow {
            class: class.class.name(),
            blobs: class.n_blobs,
            size_in_bytes: class.bytes,
            newest_in_millis: class.newest_millis,
            examples: class.examples.iter().map(|path| report.repository.shown(path).to_string()).collect(),
        };
        classes.iter().map(row).collect()
    });
    // What lies there and belongs to nothing is told by class; its findings are for information.
    let told = |finding: &&Finding| finding.severity > Severity::Info;
    let findings: Vec<_> = report
        .findings
        .iter()
        .filter(told)
        .map(|finding| verify::finding_view(Some(&report.repository), finding))
        .collect();
    let n_findings = report.count(Severity::Error) + report.count(Severity::Warning);
    let is_clean = unreferenced.as_ref().is_some_and(Vec::is_empty);
    let (exit, result) = match report.outcome {
        _ if session.is_cancelled() => (Exit::Interrupted, "interrupted"),
        Outcome::Fail => (Exit::Bad, "different"),
        _ if unreferenced.as_ref().is_some_and(|classes| !classes.is_empty()) => (Exit::Bad, "different"),
        Outcome::Pass if is_clean => (Exit::Good, "same"),
        Outcome::Pass | Outcome::Inconclusive | Outcome::Interrupted => (Exit::Partly, "unknown"),
    };
    let mut unreadable: Vec<String> =
        report.failures.iter().map(|failure| format!("{}: {}", failure.path, failure.message)).collect();
    if report.repository.generation != report.final_generation {
        unreadable.push("the repository got a new root meanwhile, and the listing is not of it: run again".to_owned());
    }
    let view = ListingDiffView {
        listing,
        needed_blobs: report.tally.blobs,
        needed_size_in_bytes: report.tally.bytes,
        unreferenced,
        findings,
        n_findings,
        unreadable,
        result,
        location: session.location.clone(),
    };
    run.reply("diff", &session, Some(&report.repository), result, view)?;
    Ok(exit)
}
