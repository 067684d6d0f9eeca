//! A store in memory that stops, or fails, at a chosen effect: what is left must be whole.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use snaprepo_codec::BlobPath;
use snaprepo_store::{BlobStat, Entry, ReadStore, StoreError, StoreErrorKind, Streamed, Version, WriteStore};

use crate::memory::MemoryStore;

/// What happens at the chosen effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// It is not done, and nothing is from then on: the program was killed.
    Killed,
    /// It is not done; everything else is.
    Refused,
    /// It is done, and its answer is lost; everything else is well.
    AnswerLost,
}

/// Counts effects, and lets one of them fail.
pub struct Dying {
    store: Arc<MemoryStore>,
    death: Death,
    /// Which effect, from 0.
    at: u64,
    n_effects: AtomicU64,
}

impl Dying {
    /// A store over another one.
    #[must_use]
    pub fn new(store: Arc<MemoryStore>, death: Death, at: u64) -> Self {
        Self { store, death, at, n_effects: AtomicU64::new(0) }
    }

    /// Effects so far, with the one that failed.
    #[must_use]
    pub fn n_effects(&self) -> u64 {
        self.n_effects.load(Ordering::SeqCst)
    }

    fn alive(&self, path: &BlobPath) -> Result<(), StoreError> {
        if self.death == Death::Killed && self.n_effects() > self.at { Err(lost(path)) } else { Ok(()) }
    }

    fn effect(&self, path: &BlobPath, effect: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
        let number = self.n_effects.fetch_add(1, Ordering::SeqCst);
        match self.death {
            Death::Killed if number >= self.at => Err(lost(path)),
            Death::Refused if number == self.at => Err(StoreError::new(path, StoreErrorKind::Denied)),
            Death::AnswerLost if number == self.at => effect().and_then(|()| Err(lost(path))),
            _ => effect(),
        }
    }
}

fn lost(path: &BlobPath) -> StoreError {
    StoreError::new(path, StoreErrorKind::Io(std::io::ErrorKind::ConnectionReset.into()))
}

impl ReadStore for Dying {
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        self.alive(path)?;
        self.store.read(path)
    }

    fn read_range(&self, path: &BlobPath, offset: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        self.alive(path)?;
        self.store.read_range(path, offset, len)
    }

    fn stream(
        &self,
        path: &BlobPath,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        self.alive(path)?;
        self.store.stream(path, len_bytes, buffer, sink)
    }

    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError> {
        self.alive(path)?;
        self.store.stat(path)
    }

    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.alive(folder)?;
        self.store.list(folder, visit)
    }

    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError> {
        self.alive(folder)?;
        self.store.walk(folder, visit)
    }

    fn walks_at_once(&self) -> bool {
        self.store.walks_at_once()
    }
}

impl WriteStore for Dying {
    fn create(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError> {
        self.effect(path, || self.store.create(path, bytes))
    }

    fn replace(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError> {
        self.effect(path, || self.store.replace(path, bytes))
    }

    fn update(&self, path: &BlobPath, bytes: &[u8], from: &Version) -> Result<(), StoreError> {
        self.effect(path, || self.store.update(path, bytes, from))
    }

    fn delete(&self, path: &BlobPath) -> Result<(), StoreError> {
        self.effect(path, || self.store.delete(path))
    }
}
