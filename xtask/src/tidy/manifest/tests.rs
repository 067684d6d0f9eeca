//! Manifests as texts.

use super::{
    super::tests::{file, member, places},
    check, line_of,
};

const ROOT: &str = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n";

#[test]
fn every_member_takes_the_lints() {
    let members = [member("a", &[]), member("b", &[]), member("c", &[])];
    let files = [
        file("Cargo.toml", ROOT),
        file("crates/a/Cargo.toml", "[lints]\nworkspace = true\n"),
        file("crates/b/Cargo.toml", "[lints]\n[package]\nworkspace = true\n"),
    ];
    assert_eq!(places(&check(&members, &files)), ["crates/b/Cargo.toml:1", "crates/c/Cargo.toml:1"]);
}

#[test]
fn the_workspace_forbids_unsafe_code() {
    assert!(check(&[], &[file("Cargo.toml", ROOT)]).is_empty());
    let weaker = ROOT.replace("forbid", "deny");
    assert_eq!(places(&check(&[], &[file("Cargo.toml", &weaker)])), ["Cargo.toml:1"]);
}

#[test]
fn a_dependency_is_found_however_it_is_written() {
    let manifest =
        file("a/Cargo.toml", "[dependencies]\nserde_json = \"1\"\nserde.workspace = true\n[dependencies.tar]\n");
    let files = [manifest];
    for (name, line) in [("serde", 3), ("serde_json", 2), ("tar", 4), ("absent", 1)] {
        assert_eq!(line_of(&files, "a/Cargo.toml", name), line, "{name}");
    }
}
