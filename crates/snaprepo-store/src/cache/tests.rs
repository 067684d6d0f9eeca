//! What is kept, what is not, and that nothing kept is believed that should not be.

use snaprepo_codec::BlobPath;

use super::*;
use crate::{LocalStore, Meter, Metered};

fn files(folder: &Path) -> Vec<PathBuf> {
    on_disk(folder).unwrap().into_iter().map(|(_, _, path)| path).collect()
}

#[test]
fn what_was_kept_comes_back_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    assert_eq!(cache.get("a"), None);
    cache.put("a", b"blob");
    cache.put("empty", b"");
    assert_eq!((cache.get("a"), cache.get("empty"), cache.get("b")), (Some(b"blob".to_vec()), Some(Vec::new()), None));
    assert_eq!((cache.n_hits(), cache.trouble()), (2, None));
    // Another process sees it, too.
    assert_eq!(Cache::open(folder.path()).unwrap().get("a"), Some(b"blob".to_vec()));
}

#[test]
fn any_change_of_a_file_makes_it_worthless() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    cache.put("key", b"blob");
    let file = files(folder.path()).remove(0);
    let whole = fs::read(&file).unwrap();
    for at in 0..whole.len() {
        let mut harmed = whole.clone();
        harmed[at] ^= 1;
        fs::write(&file, harmed).unwrap();
        assert_eq!(cache.get("key"), None, "byte {at}");
        fs::write(&file, &whole[..at]).unwrap();
        assert_eq!(cache.get("key"), None, "{at} bytes");
    }
    fs::write(&file, [&whole[..], b"more"].concat()).unwrap();
    assert_eq!(cache.get("key"), None);
    cache.put("key", b"blob");
    assert_eq!(cache.get("key"), Some(b"blob".to_vec()), "it is written again");
}

#[test]
fn what_was_not_used_for_longest_goes_first() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache { max_len: 8 * BLOCK_LEN, ..Cache::open(folder.path()).unwrap() };
    for n in 0..8_u64 {
        cache.put(&format!("key-{n}"), b"blob");
        let file = fs::File::open(cache.path(&format!("key-{n}"))).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(n)).unwrap();
    }
    // A use counts.
    assert!(cache.get("key-0").is_some());
    cache.put("key-8", b"blob");
    let left: Vec<u64> = (0..9).filter(|n| cache.get(&format!("key-{n}")).is_some()).collect();
    assert_eq!(left, [0, 4, 5, 6, 7, 8]);
    assert_eq!(cache.trouble(), None);
}

#[test]
fn what_cannot_be_kept_is_no_error_of_the_reader() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(folder.path()).unwrap();
    fs::remove_dir(folder.path()).unwrap();
    fs::write(folder.path(), "no folder any more").unwrap();
    cache.put("key", b"blob");
    assert_eq!(cache.get("key"), None);
    assert!(cache.trouble().is_some());
    fs::remove_file(folder.path()).unwrap();
    fs::create_dir(folder.path()).unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "").unwrap();
    assert!(Cache::open(&path).is_err());
}

#[test]
fn only_whole_blobs_of_a_known_repository_are_kept() {
    let (blobs, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in ["fixed", "broken-fixed", "moving"] {
        fs::write(blobs.path().join(name), name).unwrap();
    }
    let meter = Meter::default();
    let local = LocalStore::open(blobs.path()).unwrap();
    let metered: Arc<dyn ReadStore> = Arc::new(Metered::new(Box::new(local), meter.clone()));
    let cache = Arc::new(Cache::open(folder.path()).unwrap());
    let keeps = Keeps { by_name: |name| name.ends_with("fixed"), by_bytes: |bytes| !bytes.starts_with(b"broken") };
    let open = || Cached::new(Arc::clone(&metered), Arc::clone(&cache), keeps);
    let read = |store: &Cached, name: &str| {
        let before = meter.requests().reads;
        assert_eq!(store.read(&BlobPath::parse(name).unwrap()).unwrap(), name.as_bytes());
        meter.requests().reads - before
    };
    let store = open();
    assert_eq!((read(&store, "fixed"), read(&store, "fixed")), (1, 1), "nobody has said which repository this is");
    store.identify("one".to_owned());
    store.identify("two".to_owned());
    assert_eq!((read(&store, "fixed"), read(&store, "fixed")), (1, 0));
    assert_eq!((read(&store, "moving"), read(&store, "moving")), (1, 1));
    assert_eq!((read(&store, "broken-fixed"), read(&store, "broken-fixed")), (1, 1));
    let other = open();
    other.identify("two".to_owned());
    assert_eq!((read(&other, "fixed"), read(&other, "fixed")), (1, 0), "another repository has its own");
    let again = open();
    again.identify("one".to_owned());
    assert_eq!(read(&again, "fixed"), 0);
}
