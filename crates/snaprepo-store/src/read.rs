//! Reading from a store.

use snaprepo_codec::BlobPath;

use crate::StoreError;

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

    /// Reads a blob piece by piece into `sink`, until that returns `false`. The buffer is re-used between calls.
    ///
    /// # Errors
    /// When the blob is absent or cannot be read; pieces may have been handed out before.
    fn stream(
        &self,
        path: &BlobPath,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), StoreError>;

    /// Shows what is directly in a folder, in no certain order. A folder that does not exist is an error on a file
    /// system; an object store has no folders and shows nothing.
    ///
    /// # Errors
    /// When the folder is absent or cannot be listed.
    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError>;

    /// Shows every blob below a folder, as a path relative to it, in a certain order. Links are not followed.
    /// `visit` returns whether to go on.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError>;

    /// The store one level up, and the name that this one has in it. For repositories whose shard folders lie outside
    /// their base path; a bucket has none.
    fn parent(&self) -> Option<(Box<dyn ReadStore>, String)> {
        None
    }
}
