//! A remote store as a [`ReadStore`] and [`WriteStore`].
//!
//! ```text
//! list, walk   pages     one listing, page by page, the next one on its way
//!              flat      a long one by ranges of keys at once
//! read, stream reader    one object, gone on with from the byte reached when its answer breaks off
//!              ranges    a large one by several requests at once, where there is room
//! create …     write     put-if-absent, put, delete; many deletes at once
//! upload       upload    a blob piece by piece; large ones in parts
//! ```

use std::{fmt, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_store::{BlobStat, Entry, ReadStore, StoreError, StoreErrorKind, Streamed, Upload, Version, WriteStore};

use crate::{
    credentials::CredentialReport,
    engine::Engine,
    location::Provider,
    open::Keys,
    waiting::Traffic,
    wire::{Client, Connector, Refusal},
};

mod bulk;
mod flat;
mod list;
pub(crate) mod pages;
mod ranges;
mod read;
pub(crate) mod reader;
mod upload;
mod write;
pub(crate) mod xml;

pub(crate) use list::{Listing, below, each, path as path_below, prefix};
pub(crate) use ranges::Ranges;
pub(crate) use write::is_unsupported;

/// A bucket, a container or a web server. Cheap to clone; every clone shares one runtime, its connections and counts.
///
/// Calls block. They must not be made from a thread of an async runtime.
#[derive(Clone)]
pub struct CloudStore(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) client: Client,
    pub(crate) keys: Keys,
    pub(crate) ranges: Ranges,
    /// For what object_store does for us: deleting many at once.
    pub(crate) connector: Connector,
    pub(crate) description: String,
}

impl CloudStore {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Whose protocol this store speaks.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.client().service().provider
    }

    /// The bucket or container; for a web server its scheme and authority.
    #[must_use]
    pub fn container(&self) -> &str {
        &self.client().service().container
    }

    /// Where requests go: the URL of the bucket.
    #[must_use]
    pub fn url(&self) -> String {
        self.client().service().container_url()
    }

    /// One line for people: which service, where.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.0.description
    }

    /// The counts of requests, shared with all clones.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.client().waiting().traffic.clone()
    }

    /// Which credentials are in use. Fetches them when that has not happened yet.
    ///
    /// # Errors
    /// When none can be had.
    pub fn credentials(&self) -> Result<CredentialReport, StoreError> {
        self.block(self.0.keys.report()).map_err(|refusal| at(&BlobPath::root(), refusal))
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }

    /// Waits for work on the runtime of this store.
    pub(crate) fn block<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.engine.wait(work)
    }

    /// Waits for work that is about a path.
    pub(crate) fn wait<T>(
        &self,
        path: &BlobPath,
        work: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, StoreError> {
        self.block(work).map_err(|refusal| at(path, refusal))
    }

    /// The key of a blob. The root has none: to ask for it would be to ask the bucket.
    fn key(path: &BlobPath) -> Result<&str, StoreError> {
        if path.is_root() { Err(StoreError::new(path, StoreErrorKind::IsFolder)) } else { Ok(path.as_str()) }
    }

    /// Web servers have neither listings nor writes.
    pub(crate) fn not_the_web(&self, path: &BlobPath, kind: StoreErrorKind) -> Result<(), StoreError> {
        if self.provider() == Provider::Web { Err(StoreError::new(path, kind)) } else { Ok(()) }
    }
}

/// The error of a refusal, at the path it was about.
pub(crate) fn at(path: &BlobPath, refusal: Refusal) -> StoreError {
    StoreError::new(path, refusal.kind)
}

impl ReadStore for CloudStore {
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        self.wait(path, read::read(self.client(), Self::key(path)?))
    }

    fn read_range(&self, path: &BlobPath, offset: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        self.wait(path, read::read_range(self.client(), Self::key(path)?, offset, len))
    }

    /// The buffer is not used: the pieces of the network are handed on as they come. A sink that asks this store again
    /// needs a place of its own among the requests under way: with as many streams as the `width` allows, such sinks
    /// would wait for each other.
    fn stream(
        &self,
        path: &BlobPath,
        len_bytes: u64,
        _: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        read::stream(self, Self::key(path)?, len_bytes, sink).map_err(|refusal| at(path, refusal))
    }

    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError> {
        self.wait(path, read::stat(self.client(), Self::key(path)?))
    }

    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.not_the_web(folder, StoreErrorKind::CannotList)?;
        list::list(self, folder, "", visit).map_err(|refusal| at(folder, refusal))
    }

    fn list_some(&self, folder: &BlobPath, prefix: &str, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.not_the_web(folder, StoreErrorKind::CannotList)?;
        list::list(self, folder, prefix, visit).map_err(|refusal| at(folder, refusal))
    }

    /// In the order of the keys as bytes, as all services promise but those of S3 directory buckets.
    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError> {
        self.not_the_web(folder, StoreErrorKind::CannotList)?;
        list::walk(self, folder, visit).map_err(|refusal| at(folder, refusal))
    }

    fn walks_at_once(&self) -> bool {
        self.provider() != Provider::Web
    }
}

impl WriteStore for CloudStore {
    /// As good as the service's put-if-absent: ask it with [`probe`](Self::probe) first. When an answer was lost and
    /// the blob is there at the next try with the very same bytes, it is taken for ours; a lock needs bytes that
    /// nobody else writes.
    fn create(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError> {
        self.not_the_web(path, StoreErrorKind::Denied)?;
        self.wait(path, write::create(self.client(), Self::key(path)?, bytes))
    }

    /// Blobs of more than 8 MiB go in parts, and then whether there is one of the name is asked before.
    fn upload<'s>(&'s self, path: &BlobPath, len_bytes: u64) -> Result<Box<dyn Upload + 's>, StoreError> {
        self.not_the_web(path, StoreErrorKind::Denied)?;
        Self::key(path)?;
        Ok(Box::new(upload::CloudUpload::new(self, path, len_bytes)))
    }

    fn replace(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError> {
        self.not_the_web(path, StoreErrorKind::Denied)?;
        self.wait(path, write::replace(self.client(), Self::key(path)?, bytes))
    }

    fn read_version(&self, path: &BlobPath) -> Result<(Vec<u8>, Version), StoreError> {
        self.wait(path, write::read_version(self.client(), Self::key(path)?))
    }

    /// In one step, where the service knows the condition; one that does not know it refuses with
    /// [`NotOffered`](snaprepo_store::RemoteErrorKind::NotOffered), or ignores it.
    fn update(&self, path: &BlobPath, bytes: &[u8], from: &Version) -> Result<(), StoreError> {
        self.not_the_web(path, StoreErrorKind::Denied)?;
        self.wait(path, write::update(self.client(), Self::key(path)?, bytes, from))
    }

    /// S3 does not tell whether there was anything to delete: there, an absent blob is no error.
    fn delete(&self, path: &BlobPath) -> Result<(), StoreError> {
        self.not_the_web(path, StoreErrorKind::Denied)?;
        self.wait(path, write::delete(self.client(), Self::key(path)?))
    }

    fn delete_many(&self, paths: &[BlobPath]) -> Vec<StoreError> {
        self.delete_in_bulks(paths)
    }
}

impl fmt::Debug for CloudStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudStore").field("url", &self.url()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
