//! What is said about a program that failed.

use super::*;

#[test]
fn the_reason_is_the_first_error() {
    let check = |words: &str, expected: Option<&str>| assert_eq!(reason(words).as_deref(), expected);
    check("[INFO] x\n[ERROR] no such file\n[ERROR] more", Some("no such file"));
    check("ERROR: no matching distribution\n", Some("no matching distribution"));
    check("one\n two \n\n", Some("two"));
    check("[ERROR] Failed: full -> [Help 1]", Some("Failed: full"));
    check("\u{1b}[0m[\u{1b}[1;31mERROR\u{1b}[m] Failed: x", Some("Failed: x"));
    check("\n", None);
    let long = reason(&format!("begin{}end", "x".repeat(1000))).unwrap();
    assert_eq!(long.chars().count(), 403);
    assert!(long.starts_with("begin") && long.ends_with("end"), "{long}");
}
