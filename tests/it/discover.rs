//! Looking for repositories, and at stores as they are.

use snaprepo::Exit;
use snaprepo_testkit::fixtures;
use snaprepo_tests::run;

/// A store with two repositories side by side, a damaged one, and something else.
fn store() -> tempfile::TempDir {
    let store = tempfile::tempdir().unwrap();
    for (name, folder) in [("elasticsearch-9.5.3-plain", "team/prod"), ("elasticsearch-1.7.6-plain", "old")] {
        let fixture = fixtures::named(name);
        let copy = fixture.copy();
        let to = store.path().join(folder);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::rename(fixture.copied_repository(&copy), to).unwrap();
    }
    std::fs::create_dir_all(store.path().join("broken")).unwrap();
    std::fs::write(store.path().join("broken/index-3"), "{").unwrap();
    std::fs::create_dir_all(store.path().join("photos/2026")).unwrap();
    std::fs::write(store.path().join("photos/2026/cat.jpg"), "meow").unwrap();
    store
}

#[test]
fn repositories_are_found_and_broken_ones_are_named() {
    let store = store();
    let path = store.path().to_str().unwrap();
    let output = run(&["discover", path]);
    assert_eq!((output.exit, output.stderr.as_str()), (Exit::Bad, ""));
    insta::assert_snapshot!("discover", output.stdout.replace(path, "PATH"));
    // The folder itself is level 0.
    let shallow = run(&["discover", path, "--depth", "1", "--ndjson"]);
    assert!(!shallow.stdout.contains("team/prod"), "{}", shallow.stdout);
    assert_eq!(shallow.stdout.lines().count(), 2);
    let photos = run(&["discover", &format!("{path}/photos")]);
    assert_eq!((photos.exit, photos.stdout.as_str()), (Exit::Bad, "no repository found\n"));
    let nothing = run(&["discover", &format!("{path}/nothing")]);
    assert_eq!((nothing.exit, nothing.stdout.as_str()), (Exit::NotDone, ""));
}

#[test]
fn a_store_as_it_is() {
    let store = store();
    let path = store.path().to_str().unwrap();
    let photo = run(&["store", "get", path, "photos/2026/cat.jpg"]);
    assert_eq!((photo.exit, photo.stdout.as_str()), (Exit::Good, "meow"));
    let listed = run(&["store", "ls", path, "photos", "--recursive", "--ndjson"]);
    assert!(listed.stdout.contains(r#"{"name":"2026/cat.jpg","kind":"blob","size_in_bytes":4,"#), "{}", listed.stdout);
    let sums = run(&["store", "du", path]);
    assert!(sums.stdout.contains("4 B      1  photos\n"), "{}", sums.stdout);
    let absent = run(&["store", "stat", path, "photos/2026/dog.jpg"]);
    assert_eq!(absent.exit, Exit::NotDone);
    assert!(absent.stderr.contains("photos/2026/dog.jpg does not exist"), "{}", absent.stderr);
    let refused = run(&["store", "ls", path, "--json"]);
    assert_eq!(refused.exit, Exit::NotDone);
    assert!(refused.stderr.contains("use --ndjson"), "{}", refused.stderr);
}

#[test]
fn the_doctor_writes_only_when_asked() {
    let store = store();
    let path = store.path().to_str().unwrap();
    let looked = run(&["doctor", path]);
    assert!(looked.stdout.starts_with("good: 1 check passed"), "{}", looked.stdout);
    let written = run(&["doctor", &format!("{path}/old"), "--write-test"]);
    assert!(written.stdout.contains("written, not written a second time, and deleted again"), "{}", written.stdout);
    assert!(!store.path().join("old/snaprepo-doctor-scratch").exists());
    let policy = run(&["doctor", "s3://backups/prod", "--policy", "verify"]);
    assert!(policy.stdout.contains(r#""Resource": "arn:aws:s3:::backups/prod/*""#), "{}", policy.stdout);
}
