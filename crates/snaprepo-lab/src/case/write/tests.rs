//! Where a written folder appears.

use super::*;

/// What `engine write` leaves, as far as a trap looks at it.
fn left_behind(root: &serde_json::Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let case = serde_json::json!({
        "provenance": "", "release": "os:2.19.6", "releases": ["os:2.19.6"], "product": "opensearch",
        "version": "2.19.6", "node": {}, "case": "default", "seed": 1,
        "repository": { "name": "lab", "type": "fs", "settings": {}, "base_path": "team/backups" },
        "node_settings": {}, "remote_store": false, "snapshots": [], "deleted": [], "startup_seconds": 0.0,
        "peak_rss_bytes": 0, "notes": []
    });
    let top = folder.path().join("repo/team/backups");
    fs::create_dir_all(&top).unwrap();
    fs::create_dir(folder.path().join("truth")).unwrap();
    fs::write(folder.path().join("truth/case.json"), case.to_string()).unwrap();
    fs::write(top.join("index-9"), "{}").unwrap();
    fs::write(top.join("index-10"), root.to_string()).unwrap();
    folder
}

#[test]
fn a_trap_needs_hashed_folders() {
    let (release, case) = (Release::find("os:2.11.1").unwrap(), Case::find("trap").unwrap());
    let check = |index: serde_json::Value, expected: &str| {
        let from = left_behind(&serde_json::json!({ "indices": { "orders": index } }));
        let order = Order { release, case, seed: 1, from: Some(from.path()), out: Path::new("out") };
        let said = check_order_of_releases(&order, from.path(), &Written::read(from.path()).unwrap());
        assert_eq!(said.err().map(|error| error.to_string()).unwrap_or_default(), expected);
    };
    let refusal = "os:2.11.1 cannot write case trap: the root in --from, which os:2.19.6 wrote, has no shard_path_type: \
                   take a hashed case, or OpenSearch 3.1";
    check(serde_json::json!({ "id": "a", "shard_path_type": 2 }), "");
    check(serde_json::json!({ "id": "a", "shard_path_type": 0 }), refusal);
    check(serde_json::json!({ "id": "a" }), refusal);
}

#[test]
fn a_folder_appears_as_a_whole_or_not_at_all() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("out");
    let names = || fs::read_dir(parent.path()).unwrap().count();

    let place = Place::new(&out).unwrap();
    assert!(Place::new(&out).is_err_and(|error| error.to_string().starts_with("cannot lock ")));
    drop(place);
    assert_eq!(names(), 0);

    fs::create_dir_all(parent.path().join(".out.partial/written/truth")).unwrap();
    fs::create_dir(&out).unwrap();
    let place = Place::new(&out).unwrap();
    assert!(!place.truth().exists());
    fs::create_dir(place.truth()).unwrap();
    place.finish().unwrap();
    assert_eq!(names(), 1);
    assert!(out.join("truth").is_dir());
    assert!(matches!(Place::new(&out), Err(Error::Exists { .. })));
}
