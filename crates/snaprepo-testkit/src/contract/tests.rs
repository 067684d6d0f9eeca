//! The contract on the stores of this machine, and on one that breaks it.

use snaprepo_store::{BlobStat, LocalStore, Streamed};

use super::*;
use crate::memory::MemoryStore;

fn folder() -> BlobPath {
    BlobPath::parse("a folder/of ours").unwrap()
}

#[test]
fn memory_keeps_it() {
    assert_eq!(check(&MemoryStore::new(), &folder(), &Promises::object_store()), []);
}

#[test]
fn a_directory_keeps_it() {
    let place = tempfile::tempdir().unwrap();
    let store = LocalStore::open(place.path()).unwrap();
    assert_eq!(check(&store, &folder(), &Promises::directory()), []);
}

/// Overwrites, calls what it cannot read absent, and forgets the last of many.
struct Careless(MemoryStore);

impl ReadStore for Careless {
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        self.0.read(path)
    }

    fn read_range(&self, path: &BlobPath, offset: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        self.0.read_range(path, offset, len).map_err(|_| StoreError::new(path, StoreErrorKind::NotFound))
    }

    fn stream(
        &self,
        path: &BlobPath,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        self.0.stream(path, len_bytes, buffer, sink)
    }

    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError> {
        self.0.stat(path)
    }

    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(snaprepo_store::Entry<'_>)) -> Result<(), StoreError> {
        let mut n = 0;
        self.0.list(folder, &mut |entry| {
            n += 1;
            if n <= 1_000 {
                visit(entry);
            }
        })
    }

    fn walk(
        &self,
        folder: &BlobPath,
        visit: &mut dyn FnMut(&BlobPath, snaprepo_store::Entry<'_>) -> bool,
    ) -> Result<(), StoreError> {
        self.0.walk(folder, visit)
    }
}

impl WriteStore for Careless {
    fn create(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError> {
        self.0.replace(path, bytes)
    }

    fn replace(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError> {
        self.0.replace(path, bytes)
    }

    fn delete(&self, path: &BlobPath) -> Result<(), StoreError> {
        self.0.delete(path)
    }
}

#[test]
fn who_breaks_it_is_found_out() {
    let promises = Promises { n_many: 1_100, update: Update::IsLookedAt, ..Promises::object_store() };
    let breaches = check(&Careless(MemoryStore::new()), &folder(), &promises);
    let mut found: Vec<&str> = breaches.iter().map(|breach| breach.check).collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(
        found,
        [
            "a listing of many blobs is complete",
            "a listing of many blobs shows nothing else",
            "a range that ends behind the blob is refused",
            "a second writer is refused",
            "an upload onto a blob is refused",
            "one of 32 writers wins",
            "the first writer's bytes stay",
        ]
    );
    let ignoring = Promises { create: Create::IsIgnored, ..promises };
    let breaches = check(&Careless(MemoryStore::new()), &folder(), &ignoring);
    assert!(!breaches.iter().any(|breach| breach.check.contains("writer")), "{breaches:#?}");
}
