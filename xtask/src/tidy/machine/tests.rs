//! Absolute and relative paths.

use super::{
    super::tests::{file, places},
    FOLDERS, check,
};

#[test]
fn absolute_paths_are_found_in_any_text() {
    for folder in FOLDERS {
        for before in ["", "see ", "`", "\"", "file://", "="] {
            let line = format!("first\n{before}{folder}x\n");
            assert_eq!(places(&check(&[file("docs/a.md", &line)])), ["docs/a.md:2"], "{line}");
        }
    }
}

#[test]
fn folders_of_the_same_name_inside_are_fine() {
    for folder in FOLDERS {
        for before in ["src", "..", "<base>", "{base}", "**", "my-"] {
            let line = format!("{before}{folder}x\n");
            assert!(check(&[file("docs/a.md", &line)]).is_empty(), "{line}");
        }
    }
}
