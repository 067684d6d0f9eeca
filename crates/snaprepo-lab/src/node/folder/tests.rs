//! What stays and what goes.

use super::*;
use crate::Cache;

const NAME: &str = "opensearch-2.19.6";

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_folder_goes_with_its_value() {
    let (cache, _place) = Cache::for_tests();
    let folder = RunFolder::create(&cache, NAME).unwrap();
    let root = folder.root.clone();
    assert!(root.join("repositories").is_dir());
    assert!(root.file_name().unwrap().to_string_lossy().starts_with("opensearch-2.19.6-"));
    drop(folder);
    assert!(!root.exists());
}

#[test]
fn what_is_kept_is_small() {
    let (cache, _place) = Cache::for_tests();
    let folder = RunFolder::create(&cache, NAME).unwrap();
    let root = folder.root.clone();
    fs::write(folder.data.join("large"), "x").unwrap();
    fs::write(&folder.log, "one\ntwo").unwrap();
    folder.keep().unwrap();
    drop(folder);
    assert_eq!(names(&root), ["config", "keep", "lock", "node.log"]);
}

#[test]
fn what_killed_runs_left_goes_and_what_lives_stays() {
    let (cache, _place) = Cache::for_tests();
    let run = cache.folder("run").unwrap();
    let alive = RunFolder::create(&cache, NAME).unwrap();
    fs::create_dir_all(run.join("no-lock/data")).unwrap();
    fs::create_dir_all(run.join("left/data")).unwrap();
    fs::write(run.join("left/lock"), "").unwrap();
    // Numbers of groups that are not the node's, or no numbers.
    fs::write(run.join("left/group"), "1").unwrap();
    fs::write(run.join("no-lock/group"), "x").unwrap();
    fs::create_dir_all(run.join("kept/data")).unwrap();
    fs::write(run.join("kept/keep"), "").unwrap();
    sweep(&run, SystemTime::now());
    let alive_name = alive.root.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(names(&run), ["kept", &alive_name]);
    assert_eq!(names(&run.join("kept")), ["keep"]);
    sweep(&run, SystemTime::now() + KEPT_FOR + Duration::from_secs(60));
    assert_eq!(names(&run), [alive_name]);
}
