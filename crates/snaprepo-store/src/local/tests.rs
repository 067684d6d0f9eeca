//! Links, absence, odd names, and writes that never half-happen.

use std::os::unix::{ffi::OsStrExt as _, fs::symlink};

use super::*;

fn path(text: &str) -> BlobPath {
    BlobPath::parse(text).unwrap()
}

fn store(directory: &Path) -> LocalStore {
    LocalStore::open(directory).unwrap()
}

#[test]
fn absent_folder_and_unreadable_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("folder")).unwrap();
    let store = store(directory.path());
    assert!(matches!(store.read(&path("nothing")).unwrap_err().kind, StoreErrorKind::NotFound));
    assert!(matches!(store.read(&path("folder")).unwrap_err().kind, StoreErrorKind::IsFolder));
    assert!(matches!(store.list(&path("nothing"), &mut |_| ()).unwrap_err().kind, StoreErrorKind::NotFound));
    assert!(!StoreError::new(&path("x"), StoreErrorKind::Denied).is_absence());
}

#[test]
fn links_do_not_lead_out_of_the_root() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("inside"), "inside").unwrap();
    symlink(outside.path().join("secret"), directory.path().join("leak")).unwrap();
    symlink(outside.path(), directory.path().join("folder")).unwrap();
    symlink("inside", directory.path().join("alias")).unwrap();
    let store = store(directory.path());
    for leak in ["leak", "folder/secret"] {
        assert!(matches!(store.read(&path(leak)).unwrap_err().kind, StoreErrorKind::LeavesStore), "{leak}");
        assert!(store.open_checked(&path(leak)).is_err(), "{leak}");
    }
    assert!(matches!(store.list(&path("folder"), &mut |_| ()).unwrap_err().kind, StoreErrorKind::LeavesStore));
    assert_eq!(store.read(&path("alias")).unwrap(), b"inside");
    let mut odd = Vec::new();
    store
        .list(&BlobPath::root(), &mut |entry| {
            if let Entry::Odd { name, what } = entry {
                odd.push((name.to_owned(), what));
            }
        })
        .unwrap();
    odd.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(odd, [("folder".to_owned(), OddEntry::Link), ("leak".to_owned(), OddEntry::Link)]);
}

#[test]
fn everything_is_listed_also_what_cannot_be_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(std::ffi::OsStr::from_bytes(b"bad\xff")), "").unwrap();
    fs::create_dir_all(directory.path().join("a/b")).unwrap();
    fs::write(directory.path().join("a/b/c"), "12345").unwrap();
    let store = store(directory.path());
    let mut seen = Vec::new();
    store
        .walk(&BlobPath::root(), &mut |path, entry| {
            seen.push((path.to_string(), matches!(entry, Entry::Blob { len_bytes: 5, .. })));
            true
        })
        .unwrap();
    assert_eq!(seen[0], ("a/b/c".to_owned(), true));
    assert_eq!(seen.len(), 2);
}

#[test]
fn create_never_overwrites_and_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path());
    store.create(&path("indices/x/index-1"), b"one").unwrap();
    let error = store.create(&path("indices/x/index-1"), b"two").unwrap_err();
    assert!(matches!(error.kind, StoreErrorKind::Exists));
    assert_eq!(store.read(&path("indices/x/index-1")).unwrap(), b"one");
    store.replace(&path("indices/x/index-1"), b"three").unwrap();
    assert_eq!(store.read(&path("indices/x/index-1")).unwrap(), b"three");
    let mut n = 0;
    store.list(&path("indices/x"), &mut |_| n += 1).unwrap();
    assert_eq!(n, 1);
    store.delete(&path("indices/x/index-1")).unwrap();
    assert!(matches!(store.delete(&path("indices/x/index-1")).unwrap_err().kind, StoreErrorKind::NotFound));
}

#[test]
fn ranges_are_exact_or_an_error() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("blob"), "0123456789").unwrap();
    let store = store(directory.path());
    assert_eq!(store.read_range(&path("blob"), 4, 6).unwrap(), b"456789");
    assert!(matches!(store.read_range(&path("blob"), 5, 6).unwrap_err().kind, StoreErrorKind::ShortRead));
}
