//! Writing to a store. Everything is complete or absent at any moment.

use snaprepo_codec::BlobPath;

use crate::{ReadStore, StoreError, StoreErrorKind};

/// A place to write blobs to.
pub trait WriteStore: ReadStore {
    /// Writes a new blob, completely and durably, if there is none of its name.
    ///
    /// # Errors
    /// With [`Exists`](crate::StoreErrorKind::Exists) when there is one; with other kinds when nothing was written.
    fn create(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError>;

    /// Writes a blob, completely and durably, in place of one that may exist.
    ///
    /// # Errors
    /// When the old content, if any, is still in place.
    fn replace(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError>;

    /// Removes a blob.
    ///
    /// # Errors
    /// When it is absent or cannot be removed.
    fn delete(&self, path: &BlobPath) -> Result<(), StoreError>;

    /// Removes many blobs, in as few requests as the store allows. Returns what could not be removed; blobs that are
    /// not there any more are removed as wished.
    fn delete_many(&self, paths: &[BlobPath]) -> Vec<StoreError> {
        let failures = paths.iter().filter_map(|path| self.delete(path).err());
        failures.filter(|error| !matches!(error.kind, StoreErrorKind::NotFound)).collect()
    }
}
