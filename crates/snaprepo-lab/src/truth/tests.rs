//! Files of truth.

use std::{fs, path::Path};

use super::{Blobs, Recorder, documents, file_name};
use crate::{documents::Documents, http::Answer};

#[test]
fn names_become_file_names() {
    let check = |name: &str, expected: &str| assert_eq!(file_name(name), expected);
    check("orders", "orders");
    check(".ds-app-000001", ".ds-app-000001");
    check("späte+1/x", "sp%C3%A4te%2B1%2Fx");
    check("..", "%2E%2E");
    let (long, other) = ("x".repeat(255), format!("{}y", "x".repeat(254)));
    assert_eq!(file_name(&long).len(), 217);
    assert_ne!(file_name(&long), file_name(&other));
}

#[test]
fn paths_of_the_machine_are_replaced_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [(Path::new("/a/run"), "/lab"), (Path::new("/a/run/repos"), "/lab/repositories")];
    let recorder = Recorder::new(folder.path(), &paths);
    let answer = Answer { request: "GET".into(), status: 200, text: r#"{"a":"/a/run/repos/r","b":"/a/run/x"}"#.into() };
    assert!(recorder.answer("answers/all", &answer).unwrap());
    let text = fs::read_to_string(folder.path().join("answers/all.json")).unwrap();
    assert_eq!(text, r#"{"a":"/lab/repositories/r","b":"/lab/x"}"#);
    assert!(!recorder.answer("answers/cat", &Answer { status: 503, ..answer }).unwrap());
    assert!(folder.path().join("answers/cat.refused.json").is_file());
}

#[test]
fn documents_are_found_under_escaped_and_plain_names() {
    let folder = tempfile::tempdir().unwrap();
    let some = Documents::parse(r#"{"id":"a","source":{}}"#).unwrap();
    Recorder::new(folder.path(), &[]).documents("s+1", "a/b", &some).unwrap();
    assert_eq!(documents(folder.path(), "s+1", "a/b").unwrap().unwrap().len(), 1);
    assert!(documents(folder.path(), "s+1", "c").unwrap().is_none());
    assert!(documents(folder.path(), "..", "c").unwrap().is_none());
    fs::create_dir_all(folder.path().join("docs/old+1")).unwrap();
    fs::write(folder.path().join("docs/old+1/i.ndjson"), "").unwrap();
    assert!(documents(folder.path(), "old+1", "i").unwrap().unwrap().is_empty());
}

#[test]
fn changes_of_files_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    assert!(Blobs::of(&folder.path().join("absent")).unwrap().is_empty());
    write("a", "1");
    write("b", "1");
    write("c", "1");
    let before = Blobs::of(folder.path()).unwrap();
    write("b", "2");
    fs::remove_file(folder.path().join("c")).unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    write("d/e", "");
    let change = Blobs::of(folder.path()).unwrap().since(&before);
    assert_eq!(change.added.keys().collect::<Vec<_>>(), ["d/e"]);
    assert_eq!(change.added["d/e"].sha256, "e3b0c44298fc1c14");
    assert_eq!((change.removed, change.changed.len()), (vec!["c".to_owned()], 1));
    assert_eq!(change.changed["b"][1].len_bytes, 1);
}
