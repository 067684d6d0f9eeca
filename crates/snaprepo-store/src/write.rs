//! Writing to a store. Everything is complete or absent at any moment.

use snaprepo_codec::BlobPath;

use crate::{MAX_BLOB_IN_MEMORY, ReadStore, StoreError, StoreErrorKind};

/// A blob that is written piece by piece. One that is dropped before it is finished leaves nothing of its name.
pub trait Upload {
    /// Adds bytes.
    ///
    /// # Errors
    /// When they could not be written; then the upload is over.
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError>;

    /// Gives the blob its name, completely and durably.
    ///
    /// # Errors
    /// With [`Exists`](StoreErrorKind::Exists) when there is one of that name; with other kinds when nothing was
    /// written.
    fn finish(self: Box<Self>) -> Result<(), StoreError>;
}

/// Which state of a blob was read. What it means only the store knows that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(Vec<u8>);

impl Version {
    /// For stores: whatever they know a state again by.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// For stores: what they made it of.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A place to write blobs to.
pub trait WriteStore: ReadStore {
    /// Writes a new blob, completely and durably, if there is none of its name.
    ///
    /// # Errors
    /// With [`Exists`](crate::StoreErrorKind::Exists) when there is one; with other kinds when nothing was written.
    fn create(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError>;

    /// Begins a new blob of about `len_bytes` bytes, of a name that is given once. It is there as a whole or not at all.
    /// Stores that take large blobs in parts only may overwrite one of the same name; whoever cannot have that asks
    /// before.
    ///
    /// # Errors
    /// When nothing can be written there.
    fn upload<'s>(&'s self, path: &BlobPath, len_bytes: u64) -> Result<Box<dyn Upload + 's>, StoreError> {
        let _ = len_bytes;
        Ok(Box::new(AtOnce { store: self, path: path.clone(), bytes: Vec::new() }))
    }

    /// Writes a blob, completely and durably, in place of one that may exist.
    ///
    /// # Errors
    /// When the old content, if any, is still in place.
    fn replace(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError>;

    /// Reads a whole blob, and which state of it that is, for [`update`](Self::update).
    ///
    /// # Errors
    /// As [`ReadStore::read`].
    fn read_version(&self, path: &BlobPath) -> Result<(Vec<u8>, Version), StoreError> {
        let bytes = self.read(path)?;
        Ok((bytes.clone(), Version::new(bytes)))
    }

    /// Writes a blob in place of the state of it that was read. Stores that cannot do that in one step look once more
    /// before they write.
    ///
    /// # Errors
    /// With [`Stale`](StoreErrorKind::Stale) when the blob is in another state; when it is absent; when the old content is
    /// still in place for another reason.
    fn update(&self, path: &BlobPath, bytes: &[u8], from: &Version) -> Result<(), StoreError> {
        if self.read(path)? != from.0 {
            return Err(StoreError::new(path, StoreErrorKind::Stale));
        }
        self.replace(path, bytes)
    }

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

/// An upload to a store that only writes whole blobs.
struct AtOnce<'s, S: ?Sized> {
    store: &'s S,
    path: BlobPath,
    bytes: Vec<u8>,
}

impl<S: WriteStore + ?Sized> Upload for AtOnce<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let len = (self.bytes.len() as u64).saturating_add(bytes.len() as u64);
        if len > MAX_BLOB_IN_MEMORY {
            return Err(StoreError::new(&self.path, StoreErrorKind::TooLarge { len, limit: MAX_BLOB_IN_MEMORY }));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        self.store.create(&self.path, &self.bytes)
    }
}
