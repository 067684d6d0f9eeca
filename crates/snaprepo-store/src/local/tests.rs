//! Links, absence, odd names, and writes that never half-happen.

use std::os::unix::{ffi::OsStrExt as _, fs::symlink};

use super::{stream::PAGE_LEN, *};
use crate::STREAM_BUFFER_LEN;

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
        assert!(store.checked(&path(leak)).is_err(), "{leak}");
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

/// What reading a whole blob by its path makes of it, and the bytes that it hands out. Reading by its name in its folder
/// must make the same of it.
fn streamed(store: &LocalStore, name: &str, len_bytes: u64) -> (Result<Streamed, StoreErrorKind>, Vec<u8>) {
    let (mut buffer, mut bytes, mut by_name) = (Vec::new(), Vec::new(), Vec::new());
    let path = path(name);
    let streamed = store.stream(&path, len_bytes, &mut buffer, &mut |piece| {
        bytes.extend_from_slice(piece);
        true
    });
    let mut reader = store.reader(&path.parent().unwrap());
    let again = reader.stream(path.name(), len_bytes, &mut buffer, &mut |piece| {
        by_name.extend_from_slice(piece);
        true
    });
    assert_eq!((format!("{again:?}"), by_name), (format!("{streamed:?}"), bytes.clone()), "{name}");
    (streamed.map_err(|error| error.kind), bytes)
}

#[test]
fn only_a_blob_of_the_right_length_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path());
    fs::create_dir(directory.path().join("f")).unwrap();
    let lens = [0, 1, 15, PAGE_LEN - 1, PAGE_LEN, PAGE_LEN + 1, 3 * PAGE_LEN, STREAM_BUFFER_LEN - 1];
    for len in lens.into_iter().chain([STREAM_BUFFER_LEN, STREAM_BUFFER_LEN + 1, 3 * STREAM_BUFFER_LEN + 7]) {
        let content: Vec<u8> = (0_u8..251).cycle().take(len).collect();
        fs::write(directory.path().join("f/blob"), &content).unwrap();
        let len = len as u64;
        let (whole, bytes) = streamed(&store, "f/blob", len);
        assert!(matches!(whole, Ok(Streamed::Read)) && bytes == content, "{len}");
        for other in [len.checked_sub(1), Some(len + 1), len.checked_sub(4096), Some(len + 4096), Some(0)] {
            let Some(other) = other.filter(|other| *other != len) else { continue };
            let (other_length, bytes) = streamed(&store, "f/blob", other);
            assert!(matches!(other_length, Ok(Streamed::OtherLength(found)) if found == len), "{other} for {len}");
            assert_eq!(bytes, b"", "{other} for {len}");
        }
    }
}

#[test]
fn what_is_no_blob_is_neither_read_nor_waited_for() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "12345").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("f");
    fs::create_dir_all(folder.join("folder")).unwrap();
    fs::write(folder.join("blob"), "12345").unwrap();
    symlink("blob", folder.join("alias")).unwrap();
    symlink(outside.path().join("secret"), folder.join("leak")).unwrap();
    symlink(outside.path(), directory.path().join("out")).unwrap();
    symlink("f", directory.path().join("in")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.join("pipe"), rustix::fs::Mode::RUSR).unwrap();
    let store = store(directory.path());
    for len in [0, 5] {
        for (name, expected) in [
            ("f/nothing", StoreErrorKind::NotFound),
            ("nowhere/blob", StoreErrorKind::NotFound),
            ("f/blob/blob", StoreErrorKind::NotFound),
            ("f/folder", StoreErrorKind::IsFolder),
            ("f/pipe", StoreErrorKind::NotABlob),
            ("f/leak", StoreErrorKind::LeavesStore),
            ("out/secret", StoreErrorKind::LeavesStore),
        ] {
            let (streamed, bytes) = streamed(&store, name, len);
            assert_eq!(format!("{:?}", streamed.unwrap_err()), format!("{expected:?}"), "{name}");
            assert_eq!(bytes, b"", "{name}");
            assert_eq!(format!("{:?}", store.stat(&path(name)).unwrap_err().kind), format!("{expected:?}"), "{name}");
        }
    }
    for name in ["f/blob", "f/alias", "in/blob", "in/alias"] {
        assert!(matches!(streamed(&store, name, 5), (Ok(Streamed::Read), bytes) if bytes == b"12345"), "{name}");
    }
    for name in ["../f/blob", "..", ".", "", "folder/../blob"] {
        let read = store.reader(&path("f")).stream(name, 5, &mut Vec::new(), &mut |_| true);
        assert!(matches!(read.unwrap_err().kind, StoreErrorKind::NotFound), "{name}");
    }
}

#[test]
fn a_listing_of_names_shows_what_a_full_one_shows() {
    let outside = tempfile::tempdir().unwrap();
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("blob"), "12345").unwrap();
    fs::write(directory.path().join(std::ffi::OsStr::from_bytes(b"bad\xff")), "").unwrap();
    fs::create_dir(directory.path().join("folder")).unwrap();
    symlink("blob", directory.path().join("alias")).unwrap();
    symlink(outside.path(), directory.path().join("leak")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, directory.path().join("pipe"), rustix::fs::Mode::RUSR).unwrap();
    let store = store(directory.path());
    let (mut full, mut named, mut n_names) = (Vec::new(), Vec::new(), 0);
    store.list(&BlobPath::root(), &mut |entry| full.push(format!("{entry:?}"))).unwrap();
    let mut shown = |listed: Listed<'_>| match listed {
        Listed::Entry(entry) => format!("{entry:?}"),
        Listed::Name(name) => {
            n_names += 1;
            let BlobStat { len_bytes, modified_millis } = store.stat(&path(name)).unwrap();
            format!("{:?}", Entry::Blob { name, len_bytes, modified_millis })
        }
    };
    store.list_names(&BlobPath::root(), &mut |listed| named.push(shown(listed))).unwrap();
    full.sort();
    named.sort();
    assert_eq!((full.len(), n_names), (6, 1));
    assert_eq!(named, full);
    assert!(matches!(store.list_names(&path("nothing"), &mut |_| ()).unwrap_err().kind, StoreErrorKind::NotFound));
    assert!(matches!(store.list_names(&path("leak"), &mut |_| ()).unwrap_err().kind, StoreErrorKind::LeavesStore));
    assert!(matches!(store.stat(&path("leak")).unwrap_err().kind, StoreErrorKind::LeavesStore));
}
