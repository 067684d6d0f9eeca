//! Reading from a store.

use snaprepo_codec::BlobPath;

use crate::{StoreError, StoreErrorKind};

/// Most bytes of one blob that [`ReadStore::read`] holds in memory. Roots of 60 MB are known.
pub const MAX_BLOB_IN_MEMORY: u64 = 1 << 30;
/// Length of the pieces that [`ReadStore::stream`] hands out, in bytes: measured best for local reads.
pub const STREAM_BUFFER_LEN: usize = 256 << 10;

/// One thing in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'a> {
    /// A blob.
    Blob {
        /// Its name.
        name: &'a str,
        /// Its length in bytes.
        len_bytes: u64,
        /// When it was written, in milliseconds since 1970, where the store tells.
        modified_millis: Option<i64>,
    },
    /// A folder.
    Folder {
        /// Its name.
        name: &'a str,
    },
    /// Something that no repository has.
    Odd {
        /// Its name, as far as it can be shown.
        name: &'a str,
        /// What it is.
        what: OddEntry,
    },
}

/// One thing in a folder, of which perhaps only the name was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed<'a> {
    /// Something that is known as well as [`ReadStore::list`] knows it.
    Entry(Entry<'a>),
    /// The name of a blob; its length takes a [`ReadStore::stat`].
    Name(&'a str),
}

/// What is known of a blob without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct BlobStat {
    /// Its length in bytes.
    pub len_bytes: u64,
    /// When it was written, in milliseconds since 1970, where the store tells.
    pub modified_millis: Option<i64>,
}

/// What came of reading a blob whose length was known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streamed {
    /// It has that length, and was read as far as the sink wanted. Fewer bytes mean that it shrank meanwhile.
    Read,
    /// It has another length, in bytes, and was not read.
    OtherLength(u64),
}

/// What no repository has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OddEntry {
    /// A name that is not UTF-8.
    NotUtf8,
    /// A link that leaves the store, or leads nowhere.
    Link,
    /// A socket, a device, a pipe.
    Special,
}

/// A place to read blobs from. Whoever holds only this cannot change anything.
pub trait ReadStore: Send + Sync {
    /// Reads a whole blob.
    ///
    /// # Errors
    /// When it is absent, cannot be read, or is longer than [`MAX_BLOB_IN_MEMORY`].
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError>;

    /// Reads exactly `len` bytes from `offset` on.
    ///
    /// # Errors
    /// When the blob is absent, cannot be read, or ends before the range does.
    fn read_range(&self, path: &BlobPath, offset: u64, len: usize) -> Result<Vec<u8>, StoreError>;

    /// Reads a blob that should have `len_bytes` bytes piece by piece into `sink`, until that returns `false`. The
    /// buffer is re-used between calls.
    ///
    /// # Errors
    /// When the blob is absent or cannot be read; pieces may have been handed out before.
    fn stream(
        &self,
        path: &BlobPath,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError>;

    /// Looks at a blob without reading it.
    ///
    /// # Errors
    /// When it is absent, not a blob, or cannot be looked at.
    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError>;

    /// Shows what is directly in a folder, in no certain order. A folder that does not exist is an error on a file
    /// system; an object store has no folders and shows nothing.
    ///
    /// # Errors
    /// When the folder is absent or cannot be listed.
    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError>;

    /// As [`list`](Self::list), but leaves out what would take a look at each blob: for callers that read the blobs
    /// anyway. Stores whose listings have the lengths show them here, too.
    ///
    /// # Errors
    /// When the folder is absent or cannot be listed.
    fn list_names(&self, folder: &BlobPath, visit: &mut dyn FnMut(Listed<'_>)) -> Result<(), StoreError> {
        self.list(folder, &mut |entry| visit(Listed::Entry(entry)))
    }

    /// As [`list`](Self::list), but shows only what has a name that begins with `prefix`: cheap where
    /// [`walks_at_once`](Self::walks_at_once) says so, else a whole listing.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    fn list_some(&self, folder: &BlobPath, prefix: &str, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.list(folder, &mut |entry| {
            let (Entry::Blob { name, .. } | Entry::Folder { name } | Entry::Odd { name, .. }) = entry;
            if name.starts_with(prefix) {
                visit(entry);
            }
        })
    }

    /// Shows every blob below a folder, as a path relative to it, in a certain order. Links are not followed.
    /// `visit` returns whether to go on.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError>;

    /// Prepares to read blobs of one folder, one after the other. To be dropped after some of them: the reader may hold
    /// on to the folder as it is now.
    fn reader<'s>(&'s self, folder: &BlobPath) -> Box<dyn FolderReader + 's> {
        Box::new(ByPath { store: self, folder: folder.clone() })
    }

    /// How many small blobs one thread should read in a row. More than one only where a request costs about as much as
    /// handing it to another thread; where requests wait for a network, all threads should wait at once.
    fn reads_in_a_row(&self) -> usize {
        1
    }

    /// Whether folders are only parts of names, and every listing is a request: then one [`walk`](Self::walk) of a folder
    /// costs less than a listing of each folder in it, and [`list_some`](Self::list_some) less than a whole one.
    fn walks_at_once(&self) -> bool {
        false
    }

    /// The store one level up, and the name that this one has in it. For repositories whose shard folders lie outside
    /// their base path; a bucket has none.
    fn parent(&self) -> Option<(Box<dyn ReadStore>, String)> {
        None
    }
}

/// Reads blobs of one folder; made by [`ReadStore::reader`].
pub trait FolderReader {
    /// As [`ReadStore::stream`], by the name of the blob in the folder.
    ///
    /// # Errors
    /// As that; also when the name cannot be that of a blob.
    fn stream(
        &mut self,
        name: &str,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError>;
}

/// A reader for stores that gain nothing from knowing the folder.
struct ByPath<'s, S: ?Sized> {
    store: &'s S,
    folder: BlobPath,
}

impl<S: ReadStore + ?Sized> FolderReader for ByPath<'_, S> {
    fn stream(
        &mut self,
        name: &str,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        self.store.stream(&blob_path(&self.folder, name)?, len_bytes, buffer, sink)
    }
}

/// The path of a blob in a folder. There is no blob of a name that is none.
pub(crate) fn blob_path(folder: &BlobPath, name: &str) -> Result<BlobPath, StoreError> {
    folder.join(name).map_err(|_| StoreError::new(folder, StoreErrorKind::NotFound))
}
