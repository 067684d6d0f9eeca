//! Counts what is asked of a store.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use snaprepo_codec::BlobPath;

use crate::{BlobStat, Entry, FolderReader, Listed, ReadStore, StoreError, Streamed};

/// Requests and bytes so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requests {
    /// Folders listed.
    pub lists: u64,
    /// Blobs, or ranges of blobs, read.
    pub reads: u64,
    /// Bytes read.
    pub bytes: u64,
}

/// The running counts; shared between a store and whoever reports them.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    lists: AtomicU64,
    reads: AtomicU64,
    bytes: AtomicU64,
}

impl Meter {
    /// The counts so far.
    #[must_use]
    pub fn requests(&self) -> Requests {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Requests { lists: load(&self.0.lists), reads: load(&self.0.reads), bytes: load(&self.0.bytes) }
    }

    fn read(&self, len: usize) {
        self.0.reads.fetch_add(1, Ordering::Relaxed);
        self.0.bytes.fetch_add(len as u64, Ordering::Relaxed);
    }

    fn list(&self) {
        self.0.lists.fetch_add(1, Ordering::Relaxed);
    }
}

/// A store whose requests are counted.
pub struct Metered {
    store: Box<dyn ReadStore>,
    meter: Meter,
}

impl Metered {
    /// Counts the requests to a store.
    #[must_use]
    pub fn new(store: Box<dyn ReadStore>, meter: Meter) -> Self {
        Self { store, meter }
    }
}

impl ReadStore for Metered {
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        let read = self.store.read(path);
        self.meter.read(read.as_ref().map_or(0, Vec::len));
        read
    }

    fn read_range(&self, path: &BlobPath, offset: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        let read = self.store.read_range(path, offset, len);
        self.meter.read(read.as_ref().map_or(0, Vec::len));
        read
    }

    fn stream(
        &self,
        path: &BlobPath,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        let mut len = 0;
        let streamed = self.store.stream(path, len_bytes, buffer, &mut |piece| {
            len += piece.len();
            sink(piece)
        });
        self.meter.read(len);
        streamed
    }

    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.meter.list();
        self.store.list(folder, visit)
    }

    /// Counts as a listing: what this leaves out is no request of its own in a store that charges for requests.
    fn list_names(&self, folder: &BlobPath, visit: &mut dyn FnMut(Listed<'_>)) -> Result<(), StoreError> {
        self.meter.list();
        self.store.list_names(folder, visit)
    }

    /// Counts as nothing: lengths come with listings, but for stores that find them cheaper one by one.
    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError> {
        self.store.stat(path)
    }

    fn list_some(&self, folder: &BlobPath, prefix: &str, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.meter.list();
        self.store.list_some(folder, prefix, visit)
    }

    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError> {
        self.meter.list();
        self.store.walk(folder, visit)
    }

    fn reader<'s>(&'s self, folder: &BlobPath) -> Box<dyn FolderReader + 's> {
        Box::new(MeteredReader { reader: self.store.reader(folder), meter: &self.meter })
    }

    fn reads_in_a_row(&self) -> usize {
        self.store.reads_in_a_row()
    }

    fn walks_at_once(&self) -> bool {
        self.store.walks_at_once()
    }

    fn parent(&self) -> Option<(Box<dyn ReadStore>, String)> {
        let (store, name) = self.store.parent()?;
        Some((Box::new(Self::new(store, self.meter.clone())), name))
    }
}

struct MeteredReader<'s> {
    reader: Box<dyn FolderReader + 's>,
    meter: &'s Meter,
}

impl FolderReader for MeteredReader<'_> {
    fn stream(
        &mut self,
        name: &str,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        let mut len = 0;
        let streamed = self.reader.stream(name, len_bytes, buffer, &mut |piece| {
            len += piece.len();
            sink(piece)
        });
        self.meter.read(len);
        streamed
    }
}
