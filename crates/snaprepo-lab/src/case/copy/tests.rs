//! Copies of trees.

use super::*;

#[test]
fn a_copy_has_the_files_and_their_times() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir_all(from.path().join("a/b")).unwrap();
    fs::write(from.path().join("a/b/c"), "text").unwrap();
    let file = fs::File::options().write(true).open(from.path().join("a/b/c")).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let target = to.path().join("new");
    copy(from.path(), &target).unwrap();
    copy_at_rest(from.path(), &target).unwrap();
    assert_eq!(tree(from.path()).unwrap(), tree(&target).unwrap());
    assert_eq!(fs::read_to_string(target.join("a/b/c")).unwrap(), "text");
    assert!(copy(&from.path().join("absent"), &target).is_err());
}
