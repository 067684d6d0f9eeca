//! What stays keeps its bytes.

use super::{Edit, edited};

fn edit<'a>(uuids: &[&'a str]) -> Edit<'a> {
    Edit { snapshots: uuids.iter().copied().collect(), ..Edit::default() }
}

fn written(root: &str, edit: &Edit<'_>) -> String {
    String::from_utf8(edited(root.as_bytes(), edit).unwrap()).unwrap()
}

const ROOT: &str = r#"{"min_version":"7.12.0","uuid":"u","x":{"b":1,"a":1.50},"snapshots":[{"name":"a","uuid":"A","index_metadata_lookup":{"i1":"x-1"},"new":0.10},{"name":"b","uuid":"B","index_metadata_lookup":{"i1":"x-2","i2":"y-1"}}],"indices":{"zebra":{"id":"i1","snapshots":["A","B"],"shard_generations":["g0",null,"g2"],"other":true},"ape":{"id":"i2","snapshots":["B"],"shard_generations":["h"]}},"index_metadata_identifiers":{"x-2":"m2","x-1":"m1","y-1":"m3"}}"#;

#[test]
fn nothing_removed_is_the_same_root() {
    assert_eq!(written(ROOT, &edit(&[])), ROOT);
}

#[test]
fn a_snapshot_goes_with_what_is_only_its_own() {
    let mut edit = edit(&["B"]);
    edit.tables.insert("i1", vec![(0, Some("new".into())), (2, None), (3, Some("not named before".into()))]);
    assert_eq!(
        written(ROOT, &edit),
        r#"{"min_version":"7.12.0","uuid":"u","x":{"b":1,"a":1.50},"snapshots":[{"name":"a","uuid":"A","index_metadata_lookup":{"i1":"x-1"},"new":0.10}],"indices":{"zebra":{"id":"i1","snapshots":["A"],"shard_generations":["new",null,null,"not named before"],"other":true}},"index_metadata_identifiers":{"x-1":"m1"}}"#
    );
}

#[test]
fn the_last_snapshot_leaves_an_empty_root() {
    let left = written(ROOT, &edit(&["A", "B"]));
    assert_eq!(
        left,
        r#"{"min_version":"7.12.0","uuid":"u","x":{"b":1,"a":1.50},"snapshots":[],"indices":{},"index_metadata_identifiers":{}}"#
    );
}

#[test]
fn older_forms_are_understood() {
    let root = r#"{"snapshots":["old",{"name":"new","uuid":"N"}],"indices":{"i":{"id":"i","snapshots":[{"name":"old","uuid":"old"},"N"]}}}"#;
    assert_eq!(
        written(root, &edit(&["old"])),
        r#"{"snapshots":[{"name":"new","uuid":"N"}],"indices":{"i":{"id":"i","snapshots":["N"]}}}"#
    );
}

#[test]
fn tables_that_the_root_did_not_name_are_named() {
    let root = r#"{"snapshots":[{"name":"a","uuid":"A"}],"indices":{"i":{"id":"x","snapshots":["A"]}}}"#;
    let mut edit = edit(&[]);
    edit.tables.insert("x", vec![(1, Some("t".into()))]);
    let named = r#"{"snapshots":[{"name":"a","uuid":"A"}],"indices":{"i":{"id":"x","snapshots":["A"],"shard_generations":[null,"t"]}}}"#;
    assert_eq!(written(root, &edit), named);
}
