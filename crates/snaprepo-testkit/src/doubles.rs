//! A store that stands in for another one: refuses requests, becomes another store in the middle, counts.
//!
//! What it does depends on requests alone, never on time.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use snaprepo_codec::BlobPath;
use snaprepo_store::{BlobStat, Entry, Listed, ReadStore, StoreError, StoreErrorKind, Streamed};

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The credentials may not do this.
    Denied,
    /// The disk or the network failed.
    Io,
    /// The blob has vanished since it was listed.
    Vanished,
    /// The store has no listings.
    CannotList,
}

impl Refusal {
    fn error(self, path: &BlobPath) -> StoreError {
        let kind = match self {
            Self::Denied => StoreErrorKind::Denied,
            Self::Io => StoreErrorKind::Io(std::io::Error::other("the disk failed")),
            Self::Vanished => StoreErrorKind::NotFound,
            Self::CannotList => StoreErrorKind::CannotList,
        };
        StoreError::new(path, kind)
    }
}

/// When the double becomes the next of its stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    Never,
    /// For good, once this many requests were answered.
    After(u64),
    /// With every listing of this folder, round and round.
    WithEachListing,
}

/// Requests that are refused.
struct Rule {
    /// The blob or folder; all folders when there is none.
    path: Option<BlobPath>,
    refusal: Refusal,
    /// Requests for it that are answered before.
    n_answered: u64,
    n_asked: AtomicU64,
}

/// A store that stands in for others.
pub struct Double {
    stores: Vec<Arc<dyn ReadStore>>,
    switch: Switch,
    rules: Vec<Rule>,
    n_requests: AtomicU64,
    n_root_listings: AtomicU64,
}

impl Double {
    /// Answers as `store` does.
    #[must_use]
    pub fn of(store: Arc<dyn ReadStore>) -> Self {
        let (n_requests, n_root_listings) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { stores: vec![store], switch: Switch::Never, rules: Vec::new(), n_requests, n_root_listings }
    }

    /// Refuses requests for a blob or folder after the first `n_answered` ones.
    ///
    /// # Panics
    /// When it is no path.
    #[must_use]
    pub fn refuse(mut self, path: &str, refusal: Refusal, n_answered: u64) -> Self {
        let path = crate::fixtures::must(BlobPath::parse(path), &path);
        self.rules.push(Rule { path: Some(path), refusal, n_answered, n_asked: AtomicU64::new(0) });
        self
    }

    /// Lists nothing, as a web server does.
    #[must_use]
    pub fn without_listing(mut self) -> Self {
        let refusal = Refusal::CannotList;
        self.rules.push(Rule { path: None, refusal, n_answered: 0, n_asked: AtomicU64::new(0) });
        self
    }

    /// Becomes another store once `n_requests` were answered.
    #[must_use]
    pub fn become_after(mut self, n_requests: u64, store: Arc<dyn ReadStore>) -> Self {
        self.stores.push(store);
        self.switch = Switch::After(n_requests);
        self
    }

    /// Becomes the other store, and this one again, with every listing of the root of the store.
    #[must_use]
    pub fn alternate_with(mut self, store: Arc<dyn ReadStore>) -> Self {
        self.stores.push(store);
        self.switch = Switch::WithEachListing;
        self
    }

    /// Requests so far.
    #[must_use]
    pub fn n_requests(&self) -> u64 {
        self.n_requests.load(Ordering::SeqCst)
    }

    /// Counts a request, and tells who answers it.
    fn answering(&self) -> &dyn ReadStore {
        let n = self.n_requests.fetch_add(1, Ordering::SeqCst);
        self.store_at(n)
    }

    /// The store after `n` requests.
    fn store_at(&self, n: u64) -> &dyn ReadStore {
        let at = match self.switch {
            Switch::Never => 0,
            Switch::After(first) => usize::from(n >= first),
            Switch::WithEachListing => {
                let n_listings = self.n_root_listings.load(Ordering::SeqCst);
                usize::try_from(n_listings.saturating_sub(1)).unwrap_or(0) % self.stores.len()
            }
        };
        &*self.stores[at]
    }

    fn ask(&self, path: &BlobPath) -> Result<(), StoreError> {
        for rule in self.rules.iter().filter(|rule| rule.path.as_ref() == Some(path)) {
            if rule.n_asked.fetch_add(1, Ordering::SeqCst) >= rule.n_answered {
                return Err(rule.refusal.error(path));
            }
        }
        Ok(())
    }

    fn ask_folder(&self, folder: &BlobPath) -> Result<(), StoreError> {
        if folder.is_root() {
            self.n_root_listings.fetch_add(1, Ordering::SeqCst);
        }
        match self.rules.iter().find(|rule| rule.path.is_none()) {
            Some(rule) => Err(rule.refusal.error(folder)),
            None => self.ask(folder),
        }
    }
}

impl ReadStore for Double {
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        self.ask(path)?;
        self.answering().read(path)
    }

    fn read_range(&self, path: &BlobPath, offset: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        self.ask(path)?;
        self.answering().read_range(path, offset, len)
    }

    fn stream(
        &self,
        path: &BlobPath,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        self.ask(path)?;
        self.answering().stream(path, len_bytes, buffer, sink)
    }

    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.ask_folder(folder)?;
        self.answering().list(folder, visit)
    }

    fn list_names(&self, folder: &BlobPath, visit: &mut dyn FnMut(Listed<'_>)) -> Result<(), StoreError> {
        self.ask_folder(folder)?;
        self.answering().list_names(folder, visit)
    }

    fn list_some(&self, folder: &BlobPath, prefix: &str, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.ask_folder(folder)?;
        self.answering().list_some(folder, prefix, visit)
    }

    /// Never refused and not counted: most stores tell this with their listings.
    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError> {
        self.store_at(self.n_requests()).stat(path)
    }

    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError> {
        self.ask_folder(folder)?;
        self.answering().walk(folder, visit)
    }

    fn walks_at_once(&self) -> bool {
        self.store_at(self.n_requests()).walks_at_once()
    }
}
