//! Length, first line, names.

use super::{
    super::tests::{file, places},
    MAX_LINES, check, declared_module,
};

#[test]
fn a_page_is_short_and_says_what_it_is() {
    let long = format!("//! Long.\n{}", "\n".repeat(MAX_LINES));
    let files = [
        file("crates/a/src/good.rs", "//! Good.\n"),
        file("crates/a/src/long.rs", &long),
        file("crates/a/src/long/tests.rs", &long),
        file("crates/a/src/mute.rs", "use std;\n"),
        file("crates/a/src/hollow.rs", "//!\n//! Later.\n"),
        file("crates/a/src/empty.rs", ""),
        file("tests/it/long.rs", &long),
    ];
    let expected =
        ["crates/a/src/long.rs:501", "crates/a/src/mute.rs:1", "crates/a/src/hollow.rs:1", "crates/a/src/empty.rs:1"];
    assert_eq!(places(&check(&files)), expected);
}

#[test]
fn exactly_the_bound_is_fine() {
    let text = format!("//! Full.\n{}", "\n".repeat(MAX_LINES - 1));
    assert!(check(&[file("crates/a/src/full.rs", &text)]).is_empty());
}

#[test]
fn module_names_say_something() {
    let files = [file("tests/it/main.rs", "mod verify;\nmod common;\n"), file("tests/it/verify/mod.rs", "")];
    assert_eq!(places(&check(&files)), ["tests/it/main.rs:2", "tests/it/verify/mod.rs:1"]);
}

#[test]
fn modules_are_found_as_they_are_declared() {
    for (line, name) in [
        ("mod util;", Some("util")),
        ("    pub mod imp {", Some("imp")),
        ("pub(crate) mod misc;", Some("misc")),
        ("pub(in crate::a) mod b;", Some("b")),
        ("// mod util", None),
        ("publish(model)", None),
        ("let modulus = 1;", None),
    ] {
        assert_eq!(declared_module(line), name, "{line}");
    }
}
