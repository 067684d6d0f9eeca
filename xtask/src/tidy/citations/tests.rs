//! Citations of known and unknown sections.

use super::{
    super::tests::{file, places},
    CITED, DOCUMENT, check, names,
};

fn problems_of(code: &str) -> Vec<String> {
    let document = file(DOCUMENT, "# Format\n## Root\n## Shard generation\n## The `index-N` blob\n");
    let problems = check(&[document, file("a.rs", &code.replace('@', CITED))]);
    assert!(places(&problems).iter().all(|place| place.starts_with("a.rs:")));
    problems.iter().map(|problem| problem.to_string().replace("docs/format.md has no section ", "")).collect()
}

#[test]
fn cited_sections_exist() {
    for (code, expected) in [
        ("//! The root (@ *Root*).", vec![]),
        ("//! Both (@ *Root*, *Shard generation*).", vec![]),
        ("//! By (@\n//! *Root*).", vec![]),
        ("/// By @ *Shard\n/// generation*: and more", vec![]),
        ("    // By @ *The `index-N` blob*.", vec![]),
        ("let x = 1; // @ *Stem*", vec!["a.rs:1: *Stem*"]),
        ("\n//! Both (@ *Root*, *Stem*, *Leaf*).", vec!["a.rs:2: *Stem*", "a.rs:2: *Leaf*"]),
        ("//! In @ as everybody knows, *Stem* is a word.", vec![]),
        ("//! In @\n//! * a list", vec![]),
        ("//! In @\nlet x = *Stem*2;", vec![]),
        ("let x = \"@ *Stem*\";", vec![]),
    ] {
        assert_eq!(problems_of(code), expected, "{code}");
    }
}

#[test]
fn a_missing_document_is_reported_elsewhere() {
    assert!(check(&[file("a.rs", &format!("//! {CITED} *Root*"))]).is_empty());
}

#[test]
fn names_end_with_the_list() {
    assert_eq!(names(" *One*, *Two*: then *three*"), ["One", "Two"]);
    assert_eq!(names(" *One*, and *two*"), ["One"]);
    assert_eq!(names(" *open"), [""; 0]);
}
