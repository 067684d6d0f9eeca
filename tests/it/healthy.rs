//! Every repository that a real engine wrote is intact, and the numbers of the test vectors come out of it.

use snaprepo_core::verify::{Depth, Outcome, Severity, Verdict};
use snaprepo_testkit::fixtures;
use snaprepo_tests::{options, pool, verify};

/// The one fixture that an older node damaged.
pub(crate) const DAMAGED: &str = "opensearch-3.6.0-damaged-by-2.11.1";

#[test]
fn no_story_has_a_finding_above_info() {
    for story in fixtures::stories() {
        let report = verify(&story.root().join(story.base()), &options(Depth::Content)).unwrap().unwrap();
        let bad: Vec<_> = report.findings.iter().filter(|finding| finding.severity > Severity::Info).collect();
        assert!(bad.is_empty(), "{}: {bad:#?}", story.name);
        assert_eq!((report.outcome, report.n_failures), (Outcome::Pass, 0), "{}", story.name);
        assert!(report.tally.files > 0 || story.name.contains("shallow"), "{}", story.name);
    }
    assert!(fixtures::stories().len() >= 12);
}

#[test]
fn no_healthy_repository_has_a_finding_above_info() {
    for fixture in fixtures::all().iter().filter(|fixture| fixture.name != DAMAGED) {
        let report = verify(&fixture.repository(), &options(Depth::Content)).unwrap().unwrap();
        let bad: Vec<_> = report.findings.iter().filter(|finding| finding.severity > Severity::Info).collect();
        assert!(bad.is_empty(), "{}: {bad:#?}", fixture.name);
        assert_eq!((report.outcome, report.n_failures), (Outcome::Pass, 0), "{}", fixture.name);
        let vector = fixture.vector();
        let tally = &report.tally;
        assert_eq!(
            (tally.files, tally.blobs, tally.bytes, tally.content_bytes),
            (vector.data_files, vector.data_blobs, vector.data_len, vector.data_len),
            "{}",
            fixture.name
        );
        for verdict in &report.snapshots {
            let name = &report.repository.root.snapshot_entry(verdict.snapshot).name;
            let state = &vector.snapshot(name).unwrap().state;
            let expected = match (state.as_str(), fixture.name.contains("shallow")) {
                (_, true) => [Verdict::Unknown, Verdict::Partly],
                ("SUCCESS", false) => [Verdict::Restorable; 2],
                _ => [Verdict::Partly; 2],
            };
            assert!(expected.contains(&verdict.verdict), "{} {name}: {verdict:?}", fixture.name);
        }
        let classes = report.unreferenced.as_ref().unwrap();
        let (n, bytes) = classes.iter().fold((0, 0), |(n, bytes), class| (n + class.n_blobs, bytes + class.bytes));
        assert_eq!((n, bytes), (vector.unref_blobs, vector.unref_bytes), "{}: {classes:#?}", fixture.name);
    }
}

#[test]
fn totals_from_the_tables_equal_the_engines_own() {
    for fixture in fixtures::all().iter().filter(|fixture| fixture.name != DAMAGED) {
        let repository = snaprepo_tests::open(&fixture.repository()).unwrap();
        let totals = snaprepo_core::status::totals(&repository, &pool());
        assert!(totals.unreadable.is_empty(), "{}: {:?}", fixture.name, totals.unreadable);
        for (entry, amount) in repository.root.snapshots.iter().zip(&totals.by_snapshot) {
            let expected = fixture.vector().snapshot(&entry.name).unwrap();
            let found = (amount.files, amount.bytes);
            assert_eq!(found, (expected.files, expected.logical), "{} {}", fixture.name, entry.name);
        }
    }
}
