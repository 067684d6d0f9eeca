//! Packages we may use, and packages we may not.

use super::{super::tests::file, ALLOWED, CRATES_IO, LOCK, check};
use crate::workspace::Package;

fn problem(licence: Option<&str>, source: Option<&str>) -> Option<String> {
    let package = Package {
        name: "b".to_owned(),
        version: "2.0.0".to_owned(),
        licence: licence.map(str::to_owned),
        source: source.map(str::to_owned),
    };
    let lock = "[[package]]\nname = \"b\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"b\"\nversion = \"2.0.0\"\n";
    check(&[package], &[file(LOCK, lock)]).first().map(ToString::to_string)
}

#[test]
fn licences_are_known_and_allowed() {
    assert_eq!(problem(Some("MIT/Apache-2.0"), Some(CRATES_IO)), None);
    assert_eq!(problem(Some("GPL-3.0 OR (MIT AND Unicode-3.0)"), None), None);
    let refused = problem(Some("GPL-3.0"), Some(CRATES_IO)).unwrap();
    assert_eq!(refused, "Cargo.lock:6: b 2.0.0: licence `GPL-3.0` is not allowed");
    assert!(problem(None, None).unwrap().contains("no SPDX licence"));
    assert!(problem(Some("MIT OR"), None).unwrap().contains("expected a licence, found the end"));
}

#[test]
fn packages_come_from_crates_io() {
    let problem = problem(Some("MIT"), Some("git+https://example.org/b")).unwrap();
    assert_eq!(problem, "Cargo.lock:6: b 2.0.0: comes from git+https://example.org/b, not crates.io");
}

#[test]
fn cargo_deny_allows_the_same() {
    let deny = include_str!("../../../../deny.toml");
    let list = deny.split_once("allow = [").unwrap().1.split_once(']').unwrap().0;
    let allowed: Vec<&str> =
        list.split(',').map(|item| item.trim().trim_matches('"')).filter(|id| !id.is_empty()).collect();
    assert_eq!(allowed, ALLOWED);
}
