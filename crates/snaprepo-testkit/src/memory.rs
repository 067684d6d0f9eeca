//! A store in memory: what the contract of stores looks like where nothing can go wrong. Has no folders of its own, as
//! an object store; a folder without blobs is empty.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use snaprepo_codec::BlobPath;
use snaprepo_store::{BlobStat, Entry, ReadStore, StoreError, StoreErrorKind, Streamed, Version, WriteStore};

/// Blobs by path.
#[derive(Debug, Default)]
pub struct MemoryStore {
    /// Protects the whole content: a condition is looked at and acted on as one step.
    blobs: Mutex<BTreeMap<BlobPath, Vec<u8>>>,
    /// When everything was written, in milliseconds since 1970.
    modified_millis: Option<i64>,
}

impl MemoryStore {
    /// A store without blobs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same store, which says of every blob that it was written then.
    #[must_use]
    pub fn written_at(self, modified_millis: i64) -> Self {
        Self { modified_millis: Some(modified_millis), ..self }
    }

    /// Everything that another store has.
    ///
    /// # Errors
    /// When that cannot be listed or read.
    pub fn copy_of(store: &dyn ReadStore) -> Result<Self, StoreError> {
        let (memory, mut copied) = (Self::new(), Ok(()));
        store.walk(&BlobPath::root(), &mut |path, entry| {
            if matches!(entry, Entry::Blob { .. }) {
                copied = store.read(path).and_then(|bytes| memory.create(path, &bytes));
            }
            copied.is_ok()
        })?;
        copied.map(|()| memory)
    }

    fn blobs(&self) -> MutexGuard<'_, BTreeMap<BlobPath, Vec<u8>>> {
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn below(&self, folder: &BlobPath) -> Vec<(BlobPath, u64)> {
        let blobs = self.blobs();
        let relative = blobs.iter().filter_map(|(path, bytes)| Some((path.relative_to(folder)?, bytes.len() as u64)));
        relative.filter(|(path, _)| !path.is_root()).collect()
    }
}

impl ReadStore for MemoryStore {
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        self.blobs().get(path).cloned().ok_or_else(|| StoreError::new(path, StoreErrorKind::NotFound))
    }

    fn read_range(&self, path: &BlobPath, offset: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        let bytes = self.read(path)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let range = bytes.get(start..start.saturating_add(len));
        range.map(<[u8]>::to_vec).ok_or_else(|| StoreError::new(path, StoreErrorKind::ShortRead))
    }

    fn stream(
        &self,
        path: &BlobPath,
        len_bytes: u64,
        _: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        let bytes = self.read(path)?;
        if bytes.len() as u64 != len_bytes {
            return Ok(Streamed::OtherLength(bytes.len() as u64));
        }
        if !bytes.is_empty() {
            sink(&bytes);
        }
        Ok(Streamed::Read)
    }

    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError> {
        let len_bytes = self.read(path)?.len() as u64;
        Ok(BlobStat { len_bytes, modified_millis: self.modified_millis })
    }

    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        let mut last_folder = None;
        for (path, len_bytes) in self.below(folder) {
            match path.as_str().split_once('/') {
                None => visit(Entry::Blob { name: path.as_str(), len_bytes, modified_millis: self.modified_millis }),
                // Blobs of one folder follow each other.
                Some((name, _)) if last_folder.as_deref() != Some(name) => {
                    visit(Entry::Folder { name });
                    last_folder = Some(name.to_owned());
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError> {
        for (path, len_bytes) in self.below(folder) {
            if !visit(&path, Entry::Blob { name: path.name(), len_bytes, modified_millis: self.modified_millis }) {
                break;
            }
        }
        Ok(())
    }

    fn walks_at_once(&self) -> bool {
        true
    }
}

impl WriteStore for MemoryStore {
    fn create(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError> {
        let mut blobs = self.blobs();
        if blobs.contains_key(path) {
            return Err(StoreError::new(path, StoreErrorKind::Exists));
        }
        blobs.insert(path.clone(), bytes.to_vec());
        Ok(())
    }

    fn replace(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError> {
        self.blobs().insert(path.clone(), bytes.to_vec());
        Ok(())
    }

    fn update(&self, path: &BlobPath, bytes: &[u8], from: &Version) -> Result<(), StoreError> {
        let mut blobs = self.blobs();
        let blob = blobs.get_mut(path).ok_or_else(|| StoreError::new(path, StoreErrorKind::NotFound))?;
        if blob != from.as_bytes() {
            return Err(StoreError::new(path, StoreErrorKind::Stale));
        }
        *blob = bytes.to_vec();
        Ok(())
    }

    fn delete(&self, path: &BlobPath) -> Result<(), StoreError> {
        let removed = self.blobs().remove(path);
        removed.map(drop).ok_or_else(|| StoreError::new(path, StoreErrorKind::NotFound))
    }
}
