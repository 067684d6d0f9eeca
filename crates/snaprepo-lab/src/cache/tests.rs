//! Which folders are chosen, and that a lock is one.

use std::{ffi::OsString, path::Path, thread, time::Duration};

use super::*;

fn choose(variables: &[(&str, &str)], is_root: bool) -> Result<Places> {
    let find = |name: &str| variables.iter().find(|(given, _)| *given == name).map(|(_, value)| OsString::from(value));
    Places::choose(find, is_root)
}

fn check(variables: &[(&str, &str)], is_root: bool, downloads: &str, engines: &str) {
    let places = choose(variables, is_root).unwrap();
    assert_eq!(places.downloads, Path::new(downloads), "{variables:?}");
    assert_eq!(places.engines, Path::new(engines), "{variables:?}");
}

#[test]
fn folders_are_where_the_environment_says() {
    let at_home = if cfg!(target_os = "macos") { "/h/Library/Caches/snaprepo" } else { "/h/.cache/snaprepo" };
    check(&[("HOME", "/h")], false, at_home, at_home);
    check(&[("HOME", "/h")], true, at_home, "/var/cache/snaprepo");
    check(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")], false, "/x/snaprepo", "/x/snaprepo");
    check(&[("HOME", "/h"), ("XDG_CACHE_HOME", "x")], false, at_home, at_home);
    check(&[("HOME", "/h"), ("XDG_CACHE_HOME", "")], false, at_home, at_home);
    check(&[("HOME", "/h"), ("SNAPREPO_CACHE", "/one")], true, "/one", "/one");
    check(&[("SNAPREPO_CACHE", "/one")], false, "/one", "/one");
    assert!(choose(&[("SNAPREPO_CACHE", "one")], false).unwrap().engines.is_absolute());
}

#[test]
fn without_any_folder_there_is_no_place() {
    let error = choose(&[("HOME", "")], true).unwrap_err();
    assert_eq!(error.to_string(), "no folder to keep engines in: set SNAPREPO_CACHE to one, or HOME");
}

#[test]
fn a_lock_is_held_by_one() {
    let (cache, _folder) = Cache::for_tests();
    let lock = cache.lock("thing").unwrap();
    let _other = cache.lock("other thing").unwrap();
    let waiting = thread::spawn({
        let cache = cache.clone();
        move || cache.lock("thing").is_ok()
    });
    // Cannot fail by chance: a thread that is late has not finished either.
    thread::sleep(Duration::from_millis(20));
    assert!(!waiting.is_finished());
    drop(lock);
    assert!(waiting.join().unwrap());
}
