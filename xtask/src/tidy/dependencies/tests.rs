//! Who may name what.

use super::{super::tests, TABLE, check};
use crate::workspace::{
    DependencyKind::{self, Dev, Normal},
    DependencyOrigin,
};

fn problem(from: &str, name: &str, kind: DependencyKind) -> Option<String> {
    let dependency = tests::dependency(name, kind, DependencyOrigin::External);
    check(&[tests::member(from, &[dependency])], &[]).first().map(ToString::to_string)
}

#[test]
fn each_dependency_stays_in_its_crates() {
    for (from, name, kind, allowed) in [
        ("snaprepo", "clap", Normal, true),
        ("xtask", "clap", Normal, true),
        ("snaprepo-core", "clap", Normal, false),
        ("snaprepo-cloud", "object_store", Normal, true),
        ("snaprepo-store", "object_store", Normal, false),
        ("snaprepo-core", "tokio", Dev, false),
        ("snaprepo-lucene", "thiserror", Normal, true),
        ("snaprepo-codec", "proptest", Dev, true),
        ("snaprepo-codec", "proptest", Normal, false),
        ("snaprepo-testkit", "proptest", Normal, true),
    ] {
        assert_eq!(problem(from, name, kind).is_none(), allowed, "{from} → {name}");
    }
}

#[test]
fn a_new_dependency_is_a_decision() {
    let problem = problem("snaprepo", "left-pad", Normal).unwrap();
    assert!(problem.contains("add it to the table") && problem.contains("with a reason"), "{problem}");
}

#[test]
fn the_table_is_sorted_and_gives_reasons() {
    assert!(TABLE.is_sorted_by(|(one, ..), (next, ..)| one < next));
    assert!(TABLE.iter().all(|(.., reason)| !reason.is_empty()));
}
