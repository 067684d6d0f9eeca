//! Every needle is found, where it counts.

use super::{
    super::tests::{file, places},
    PANICKING, UNFINISHED, check,
};

#[test]
fn unfinished_work_is_found_everywhere() {
    for (needle, _) in UNFINISHED {
        let text = format!("//! A file.\n    {needle} and more\n");
        let files = [file("crates/a/src/lib.rs", &text), file("tests/it/a.rs", &text), file("docs/a.md", &text)];
        assert_eq!(places(&check(&files)), ["crates/a/src/lib.rs:2", "tests/it/a.rs:2"], "{needle}");
    }
}

#[test]
fn only_tests_may_panic() {
    for (needle, _) in PANICKING {
        let text = format!("x{}{needle}\n", if needle.starts_with('.') { "" } else { " " });
        let files =
            ["crates/a/src/lib.rs", "crates/a/src/lib/tests.rs", "tests/it/a.rs", "crates/snaprepo-testkit/src/a.rs"]
                .map(|path| file(path, &text));
        assert_eq!(places(&check(&files)), ["crates/a/src/lib.rs:1"], "{needle}");
    }
}
