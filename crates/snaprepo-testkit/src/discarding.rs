//! A store that takes every write and delete, and does nothing but count them: for plans that are too long to be
//! carried out for good.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use snaprepo_codec::BlobPath;
use snaprepo_store::{BlobStat, Entry, ReadStore, StoreError, Streamed, WriteStore};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Discarded {
    /// Blobs read.
    pub reads: u64,
    /// Folders listed.
    pub lists: u64,
    /// Blobs written.
    pub writes: u64,
    /// Requests to delete, of up to a thousand blobs.
    pub deletes: u64,
    /// Blobs that they were for.
    pub deleted: u64,
}

/// Reads from another store.
pub struct Discarding {
    store: Arc<dyn ReadStore>,
    counts: [AtomicU64; 5],
}

impl Discarding {
    /// A store over another one.
    #[must_use]
    pub fn new(store: Arc<dyn ReadStore>) -> Self {
        Self { store, counts: Default::default() }
    }

    /// The counts so far.
    #[must_use]
    pub fn discarded(&self) -> Discarded {
        let [reads, lists, writes, deletes, deleted] =
            std::array::from_fn(|at| self.counts[at].load(Ordering::Relaxed));
        Discarded { reads, lists, writes, deletes, deleted }
    }

    fn count(&self, what: usize, n: u64) {
        self.counts[what].fetch_add(n, Ordering::Relaxed);
    }
}

impl ReadStore for Discarding {
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        self.count(0, 1);
        self.store.read(path)
    }

    fn read_range(&self, path: &BlobPath, offset: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        self.count(0, 1);
        self.store.read_range(path, offset, len)
    }

    fn stream(
        &self,
        path: &BlobPath,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        self.count(0, 1);
        self.store.stream(path, len_bytes, buffer, sink)
    }

    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError> {
        self.store.stat(path)
    }

    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.count(1, 1);
        self.store.list(folder, visit)
    }

    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError> {
        self.count(1, 1);
        self.store.walk(folder, visit)
    }
}

impl WriteStore for Discarding {
    fn create(&self, _: &BlobPath, _: &[u8]) -> Result<(), StoreError> {
        self.count(2, 1);
        Ok(())
    }

    fn replace(&self, _: &BlobPath, _: &[u8]) -> Result<(), StoreError> {
        self.count(2, 1);
        Ok(())
    }

    fn delete(&self, _: &BlobPath) -> Result<(), StoreError> {
        self.count(3, 1);
        self.count(4, 1);
        Ok(())
    }

    fn delete_many(&self, paths: &[BlobPath]) -> Vec<StoreError> {
        self.count(3, 1);
        self.count(4, paths.len() as u64);
        Vec::new()
    }
}
