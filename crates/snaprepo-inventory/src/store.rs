//! A store that lists from a listing, and reads from where the blobs are.

use std::{io, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_store::{BlobStat, Entry, FolderReader, OddEntry, ReadStore, StoreError, StoreErrorKind, Streamed};

use super::sorted::{Next, Sorted};

/// A store whose listings were made by somebody else. What they lack is still read by name.
pub struct Inventoried {
    store: Arc<dyn ReadStore>,
    sorted: Sorted,
    /// The folder of the store that the names of the listing count from.
    base: BlobPath,
}

impl Inventoried {
    /// `base` is the folder that the names of the listing count from.
    #[must_use]
    pub fn new(store: Arc<dyn ReadStore>, sorted: Sorted, base: BlobPath) -> Self {
        Self { store, sorted, base }
    }

    /// Blobs of the listing that lie below a folder, and their bytes.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn below(&self, folder: &BlobPath) -> Result<(u64, u64), StoreError> {
        // All of it was counted when it was sorted.
        if *folder == self.base {
            return Ok((self.sorted.n_entries(), self.sorted.bytes()));
        }
        let (mut n, mut bytes) = (0, 0_u64);
        self.each(folder, &mut |_, len_bytes| {
            n += 1;
            bytes = bytes.saturating_add(len_bytes);
            Next::Follows
        })?;
        Ok((n, bytes))
    }

    /// Every name below a folder, from that folder on.
    fn each(&self, folder: &BlobPath, visit: &mut dyn FnMut(&str, u64) -> Next) -> Result<(), StoreError> {
        let Some(prefix) = prefix(folder, &self.base) else { return Ok(()) };
        let failed = |error: io::Error| StoreError::new(folder, StoreErrorKind::Io(error));
        self.sorted
            .from(&prefix, &mut |key, len_bytes| match visit(&key[prefix.len()..], len_bytes) {
                Next::From(rest) => Next::From(format!("{prefix}{rest}").into()),
                next => next,
            })
            .map_err(failed)
    }
}

/// What the names below a folder begin with; `None` for a folder that the listing is not about.
fn prefix(folder: &BlobPath, base: &BlobPath) -> Option<String> {
    let rest = folder.relative_to(base)?;
    Some(if rest.is_root() { String::new() } else { format!("{rest}/") })
}

impl ReadStore for Inventoried {
    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.each(folder, &mut |rest, len_bytes| match rest.split_once('/') {
            None => {
                visit(Entry::Blob { name: rest, len_bytes, modified_millis: None });
                Next::Follows
            }
            Some((name, _)) => {
                let is_name = BlobPath::parse(name).is_ok_and(|path| !path.is_root());
                visit(if is_name {
                    Entry::Folder { name }
                } else {
                    Entry::Odd { name: rest, what: OddEntry::Special }
                });
                // The character behind the slash: everything in the folder is before it.
                if is_name { Next::From(format!("{name}0").into()) } else { Next::Follows }
            }
        })
    }

    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError> {
        self.each(folder, &mut |rest, len_bytes| {
            let goes_on = match BlobPath::parse(rest) {
                Ok(path) if !path.is_root() && path.as_str() == rest => {
                    visit(&path, Entry::Blob { name: path.name(), len_bytes, modified_millis: None })
                }
                _ => visit(&BlobPath::root(), Entry::Odd { name: rest, what: OddEntry::Special }),
            };
            if goes_on { Next::Follows } else { Next::Nothing }
        })
    }

    fn walks_at_once(&self) -> bool {
        true
    }

    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        self.store.read(path)
    }

    fn read_range(&self, path: &BlobPath, offset: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        self.store.read_range(path, offset, len)
    }

    fn stream(
        &self,
        path: &BlobPath,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        self.store.stream(path, len_bytes, buffer, sink)
    }

    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError> {
        self.store.stat(path)
    }

    fn reader<'s>(&'s self, folder: &BlobPath) -> Box<dyn FolderReader + 's> {
        self.store.reader(folder)
    }

    fn reads_in_a_row(&self) -> usize {
        self.store.reads_in_a_row()
    }
}
