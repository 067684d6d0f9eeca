//! Kinds of files, and words in lines.

use super::{has_word, is_crate_source, is_test};

#[test]
fn paths_tell_what_a_file_is() {
    for (path, crate_source, test) in [
        ("crates/snaprepo-core/src/a/b.rs", true, false),
        ("crates/snaprepo-core/src/a/tests.rs", true, true),
        ("crates/snaprepo-core/src/latests.rs", true, false),
        ("crates/snaprepo-core/build.rs", false, false),
        ("crates/snaprepo-testkit/src/lib.rs", true, true),
        ("tests/it/verify.rs", false, true),
        ("fuzz/fuzz_targets/root.rs", false, true),
        ("xtask/src/main.rs", false, true),
    ] {
        assert_eq!((is_crate_source(path), is_test(path)), (crate_source, test), "{path}");
    }
}

#[test]
fn words_are_not_pieces_of_names() {
    for (line, needle, found) in [
        ("stop!(now)", "stop!", true),
        ("std::stop!(now)", "stop!", true),
        ("full_stop!(now)", "stop!", false),
        ("full_stop!(); stop!()", "stop!", true),
        ("// STOP: here", "STOP", true),
        ("// NONSTOPS", "STOP", false),
        ("// STOPS", "STOP", false),
        ("x.stop()", ".stop()", true),
    ] {
        assert_eq!(has_word(line, needle), found, "{line}");
    }
}
