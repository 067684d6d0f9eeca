//! The trap of the mixed fleet: OpenSearch 2.11.1 took a snapshot into a repository of 3.6.0 and dropped the types of
//! the shard paths from the root. Everything seems lost, and nothing is.

use std::collections::BTreeSet;

use snaprepo_core::verify::{Class, Depth, FindingKind, Outcome, Report, Severity, Verdict};
use snaprepo_format::shard_paths::ShardPathType;
use snaprepo_testkit::fixtures;
use snaprepo_tests::{options, verify};

use crate::healthy::DAMAGED;

fn report(depth: Depth) -> Report {
    verify(&fixtures::named(DAMAGED).repository(), &options(depth)).unwrap().unwrap()
}

#[test]
fn the_lost_path_types_are_the_only_errors_and_told_once_per_index() {
    for depth in [Depth::Metadata, Depth::Presence, Depth::Footers, Depth::Content] {
        let report = report(depth);
        let root = &report.repository.root;
        let of = |severity| report.findings.iter().filter(move |finding| finding.severity == severity);
        let above: Vec<_> = of(Severity::Error).collect();
        // The older node could not find the tables either, when it deleted snap-2: that is still in them.
        for warning in of(Severity::Warning) {
            assert_eq!(warning.kind, FindingKind::UnknownSnapshotInShardGeneration, "{warning:#?}");
            assert!(warning.message.contains("snap-2"), "{}", warning.message);
        }
        let mut affected = BTreeSet::new();
        for finding in &above {
            assert_eq!(finding.kind, FindingKind::ShardPathTypeLost, "{finding:#?}");
            assert!(finding.message.contains("the data are there"), "{}", finding.message);
            assert_eq!(finding.found.as_deref(), Some(ShardPathType::Fixed.name()));
            assert_eq!(finding.expected.as_deref(), Some(ShardPathType::HashedPrefix.name()));
            assert_eq!(finding.blob, report.repository.root_path());
            let entry = root.index_entry(finding.index.unwrap());
            assert!(!entry.shard_path_type_recorded);
            assert!(affected.insert(&*entry.name), "{} is told twice", entry.name);
        }
        // The older node's own index is where the root says; the other has no shard that was ever taken.
        let unaffected: Vec<_> =
            root.indices.iter().map(|entry| &*entry.name).filter(|name| !affected.contains(name)).collect();
        println!("affected {affected:?}, not affected {unaffected:?}");
        assert!(unaffected.contains(&"fresh-ix"));
        assert_eq!(report.outcome, Outcome::Fail);
        assert_eq!(report.n_failures, 0);
        for pair in &report.pairs {
            let name = &*root.index_entry(pair.index).name;
            assert!(pair.verdict > Verdict::Unknown && (affected.contains(name) || unaffected.contains(&name)));
        }
        let restorable =
            |name: &str| report.indices.iter().any(|(ix, n, ok)| &*root.index_entry(*ix).name == name && n == ok);
        assert!(restorable("fresh-ix"));
    }
}

#[test]
fn what_nothing_refers_to_is_what_the_repaired_root_does_not_reach() {
    let report = report(Depth::Presence);
    let vector = fixtures::repaired_vector();
    let classes = report.unreferenced.as_ref().unwrap();
    println!("{classes:#?}");
    let shard_blobs = classes.iter().find(|class| class.class == Class::StaleShardBlob).unwrap();
    assert_eq!((shard_blobs.n_blobs, shard_blobs.bytes), (25, 88_303));
    let (n, bytes) = classes.iter().fold((0, 0), |(n, bytes), class| (n + class.n_blobs, bytes + class.bytes));
    assert_eq!((n, bytes), (vector.unref_blobs, vector.unref_bytes), "{classes:#?}");
    assert_eq!((report.tally.files, report.tally.blobs), (vector.data_files, vector.data_blobs));
}
