//! Allowed and forbidden arrows.

use super::{super::tests, check};
use crate::workspace::{DependencyKind, DependencyOrigin};

fn is_allowed(from: &str, to: &str, kind: DependencyKind) -> bool {
    let dependency = tests::dependency(to, kind, DependencyOrigin::Workspace);
    check(&[tests::member(from, &[dependency])], &[]).is_empty()
}

#[test]
fn arrows_point_one_way() {
    for (from, to, allowed) in [
        ("snaprepo", "snaprepo-core", true),
        ("snaprepo", "snaprepo-lucene", false),
        ("snaprepo-core", "snaprepo-lucene", true),
        ("snaprepo-core", "snaprepo", false),
        ("snaprepo-format", "snaprepo-codec", true),
        ("snaprepo-format", "snaprepo-store", false),
        ("snaprepo-codec", "snaprepo-format", false),
        ("snaprepo-testkit", "snaprepo", true),
        ("xtask", "snaprepo-testkit", true),
        ("snaprepo-tests", "snaprepo-testkit", true),
        ("snaprepo-core", "snaprepo-testkit", false),
    ] {
        assert_eq!(is_allowed(from, to, DependencyKind::Normal), allowed, "{from} → {to}");
    }
}

#[test]
fn tests_may_use_the_testkit_and_no_other_arrow() {
    assert!(is_allowed("snaprepo-codec", "snaprepo-testkit", DependencyKind::Dev));
    assert!(!is_allowed("snaprepo-codec", "snaprepo-format", DependencyKind::Dev));
}

#[test]
fn problems_name_the_line_and_the_rule() {
    let dependency = tests::dependency("snaprepo-store", DependencyKind::Normal, DependencyOrigin::Workspace);
    let manifest =
        tests::file("crates/snaprepo-format/Cargo.toml", "[dependencies]\nsnaprepo-store.workspace = true\n");
    let problems = check(&[tests::member("snaprepo-format", &[dependency])], &[manifest]);
    assert_eq!(
        problems[0].to_string(),
        "crates/snaprepo-format/Cargo.toml:2: the arrow snaprepo-format → snaprepo-store is not in \
         docs/architecture.md: snaprepo-format may depend on snaprepo-codec"
    );
}

#[test]
fn a_new_crate_needs_a_place_in_the_picture() {
    assert_eq!(tests::places(&check(&[tests::member("snaprepo-new", &[])], &[])), ["crates/snaprepo-new/Cargo.toml:1"]);
}
