//! What a verdict about a damaged repository objects to.

use serde_json::json;

use super::*;

fn finding(kind: &str, severity: &str, index: &str) -> Value {
    json!({ "kind": kind, "severity": severity, "blob": "b", "indices": [index] })
}

#[test]
fn the_damage_is_named_and_nothing_else_is_claimed() {
    let lost = BTreeSet::from(["orders".to_owned()]);
    let check = |findings: &[Value], code, expected: &[&str]| {
        let verdict = judged(&lost, &json!({ "findings": findings }), Some(code));
        assert_eq!(verdict.objections, expected);
    };
    let named = finding(LOST, "error", "orders");
    check(&[named.clone(), finding(COMPANIONS[0], "warning", "orders"), finding("foreign-blobs", "info", "")], 1, &[]);
    check(&[], 0, &["verify ended with Some(0), not with 1", "verify does not name the damage to orders"]);
    check(&[named.clone(), finding("missing-blob", "error", "orders")], 1, &["verify claims missing-blob of \"b\""]);
    let elsewhere = finding(COMPANIONS[1], "warning", "late");
    check(&[named.clone(), elsewhere], 1, &["verify claims shard-generation-undefined of \"b\""]);
    check(&[named, finding(LOST, "error", "late")], 1, &["verify names late, which lost nothing"]);
}

#[test]
fn without_damage_there_is_nothing_to_prove() {
    let verdict = judged(&BTreeSet::new(), &json!({ "findings": [] }), Some(1));
    assert_eq!(verdict.objections, ["the node did no damage"]);
}

#[test]
fn a_root_tells_which_folders_are_hashed() {
    let root = Root::of(&json!({ "indices": {
        "fixed": { "id": "a", "shard_path_type": 0 },
        "prefix": { "id": "b", "shard_path_type": 1 },
        "old": { "id": "c" }
    }}));
    assert_eq!(root.hashed(), BTreeSet::from(["b".to_owned()]));
    assert_eq!(root.indices.len(), 3);
}

#[test]
fn data_below_a_hash_are_found_with_and_without_a_base_path() {
    let store = tempfile::tempdir().unwrap();
    for path in ["team/S001/indices/infix/0/index-x", "P001/team/indices/prefix/0/__a", "team/indices/fixed/0/__b"] {
        let path = store.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    fs::create_dir_all(store.path().join("team/S002/indices/empty/0")).unwrap();
    let ids = below_a_hash(store.path(), "team").unwrap();
    assert_eq!(ids, BTreeSet::from(["infix".to_owned(), "prefix".to_owned()]));
}
