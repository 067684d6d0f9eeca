//! Web servers list nothing: the same verdicts come from asking by name.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver,
    verify::{self, Depth, FindingKind, Report, Severity},
};
use snaprepo_store::{LocalStore, ReadStore};
use snaprepo_testkit::{
    doubles::Double,
    fixtures::{self, Fixture},
};
use snaprepo_tests::{first_blob, options, pool};

fn report(folder: &Path, base: &str, depth: Depth, lists: bool) -> Report {
    let local: Arc<dyn ReadStore> = Arc::new(LocalStore::open(folder).unwrap());
    let store: Arc<dyn ReadStore> = if lists { local } else { Arc::new(Double::of(local).without_listing()) };
    let base = BlobPath::parse(base).unwrap();
    verify::verify(&store, &base, &options(depth), &pool(), &NoObserver).unwrap().unwrap()
}

/// What is wrong, and what can be restored.
fn told(report: &Report) -> (BTreeSet<String>, Vec<String>, String) {
    let findings = report.findings.iter().filter(|finding| finding.kind.severity() > Severity::Info);
    let told = findings.map(|finding| format!("{} {:?}", finding.kind.name(), finding.blob)).collect();
    let verdicts = report.snapshots.iter().map(|snapshot| format!("{:?}", snapshot.verdict)).collect();
    (told, verdicts, report.outcome.name().to_owned())
}

/// Repositories that a cluster could serve as a `url` repository: with a root, and no folders that are hashed.
fn served() -> impl Iterator<Item = &'static Fixture> {
    fixtures::all().iter().filter(|fixture| {
        let root = fixture.repository();
        root.join("index.latest").exists() && !root.join("snapshot_shard_paths").exists()
    })
}

#[test]
fn healthy_repositories_are_healthy_without_a_listing() {
    let mut n_compared = 0;
    for fixture in served() {
        for depth in [Depth::Metadata, Depth::Presence, Depth::Content] {
            let listed = report(&fixture.root(), fixture.base(), depth, true);
            let unlisted = report(&fixture.root(), fixture.base(), depth, false);
            assert_eq!(told(&unlisted), told(&listed), "{} at {depth:?}", fixture.name);
            assert_eq!(unlisted.tally.files, listed.tally.files, "{} at {depth:?}", fixture.name);
            n_compared += 1;
        }
    }
    assert!(n_compared > 60, "{n_compared}");
}

#[test]
fn what_is_gone_is_missed_without_a_listing() {
    for name in ["elasticsearch-6.8.23-plain", "elasticsearch-7.10.2-plain", "elasticsearch-9.5.3-plain"] {
        let fixture = fixtures::named(name);
        let copy = fixture.copy();
        let repository = fixture.copied_repository(&copy);
        let gone = first_blob(&repository.join("indices"), "__").unwrap();
        fs::remove_file(&gone).unwrap();
        for depth in [Depth::Presence, Depth::Footers, Depth::Content] {
            let report = report(copy.path(), fixture.base(), depth, false);
            let missing = report.findings.iter().find(|finding| finding.kind == FindingKind::MissingBlob).unwrap();
            let blob = missing.blob.as_ref().unwrap().to_string();
            assert!(gone.ends_with(&blob), "{name} at {depth:?}: {blob}");
        }
    }
}
