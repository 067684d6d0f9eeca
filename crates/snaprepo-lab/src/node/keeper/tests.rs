//! The keeper, with programs in place of nodes.

use std::{fs, path::PathBuf};

use super::*;
use crate::{Cache, node::memory};

fn start(script: &str) -> (Kept, RunFolder, tempfile::TempDir) {
    let (cache, place) = Cache::for_tests();
    let folder = RunFolder::create(&cache, "some").unwrap();
    let launch = Launch {
        program: PathBuf::from("/bin/sh"),
        arguments: vec!["-c".into(), script.into()],
        environment: vec![("PATH", "/usr/bin:/bin".into())],
        owner: Owner::of_nodes(),
    };
    let kept = Kept::start(&launch, &folder).unwrap();
    (kept, folder, place)
}

#[test]
fn a_node_ends_with_its_handle_and_all_that_it_started() {
    let (kept, folder, _place) = start("sleep 1000 & sleep 1000; true");
    let (group, root) = (kept.group(), folder.root.clone());
    drop(kept);
    assert!(is_empty(group));
    assert!(!root.exists(), "the keeper removes the folder");
}

#[test]
fn a_node_ends_when_only_its_pipe_ends() {
    let (mut kept, folder, _place) = start("sleep 1000; true");
    let (group, root) = (kept.group(), folder.root.clone());
    // What becomes of us when we are killed: nobody waits, the pipe closes.
    drop(kept.keeper.stdin.take());
    drop(kept.server.wait());
    drop(kept.keeper.wait());
    assert!(is_empty(group));
    assert!(!root.exists());
}

#[test]
fn a_node_ends_without_its_keeper() {
    let (mut kept, folder, _place) = start("sleep 1000; true");
    let (group, root) = (kept.group(), folder.root.clone());
    kept.keeper.kill().unwrap();
    kept.end();
    assert!(is_empty(group));
    drop(folder);
    assert!(!root.exists());
}

#[test]
fn the_log_stays_when_it_is_kept() {
    let (mut kept, folder, _place) = start("echo said; exit 3");
    let status = loop {
        if let Some(status) = kept.status() {
            break status;
        }
        thread::sleep(PAUSE);
    };
    assert_eq!(status.code(), Some(3));
    folder.keep().unwrap();
    kept.end();
    assert_eq!(fs::read_to_string(&folder.log).unwrap(), "said\n");
    assert!(!folder.data.exists());
    let error = folder.ended(&"os:2.19.6", "by itself", &status.to_string());
    let expected = format!("os:2.19.6 ended by itself (exit status: 3): said; its log: {}", folder.log.display());
    assert_eq!(error.to_string(), expected);
}

#[test]
fn the_keeper_holds_the_lock_of_the_folder() {
    let (mut kept, folder, _place) = start("sleep 1000; true");
    let lock = folder.root.join("lock");
    assert!(File::open(&lock).unwrap().try_lock().is_err());
    kept.end();
    assert!(!lock.exists());
}

/// Whether no process of the group is left.
fn is_empty(group: u32) -> bool {
    test_kill_process_group(group_id(group).unwrap()).is_err() && memory::peak_rss_bytes(group) == 0
}
