//! Blobs that never change, kept on this machine: what was read once from a remote store need not be read again.
//!
//! A kept blob is a file of its own with a checksum and its full key; what does not fit is no error, but read from the
//! store. Files are written under another name first, so that several processes may share a folder. Everything in the
//! folder can be deleted at any time.

use std::{
    cmp::Reverse,
    fs, io,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use snaprepo_codec::{BlobPath, crc::Crc32};

use crate::{BlobStat, Entry, FolderReader, Listed, ReadStore, StoreError, Streamed};

/// Most bytes on disk. Beyond them, what was not used for longest is deleted.
pub const MAX_CACHE_LEN: u64 = 1 << 30;
/// What remains then, as a share of [`MAX_CACHE_LEN`]: deleting takes a look at every file.
const LEFT_PER_CENT: u64 = 75;
/// Longest blob that is kept, in bytes: one giant is not worth a thousand others.
pub const MAX_CACHED_BLOB_LEN: usize = 16 << 20;
/// What a file takes on disk at least.
const BLOCK_LEN: u64 = 4096;
/// A use is noted when the last note is older than this: a write for each read would be as slow as the network.
const NOTED_AFTER: Duration = Duration::from_hours(24);

/// How a kept blob begins.
const MAGIC: &[u8; 8] = b"snapblob";
/// Magic, length of the key, length of the blob, checksum of key and blob.
const HEADER_LEN: usize = 8 + 4 + 4 + 4;

/// A folder of kept blobs.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    max_len: u64,
    /// Bytes in the folder, once somebody has looked. The lock protects that only one thread looks or deletes.
    used: Mutex<Option<u64>>,
    n_hits: AtomicU64,
    /// Why nothing more is kept.
    trouble: OnceLock<String>,
}

impl Cache {
    /// Uses a folder, and makes it if need be; only its owner can read it.
    ///
    /// # Errors
    /// When it cannot be made, or is no folder.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            max_len: MAX_CACHE_LEN,
            used: Mutex::new(None),
            n_hits: AtomicU64::new(0),
            trouble: OnceLock::new(),
        })
    }

    /// Blobs that were found here.
    #[must_use]
    pub fn n_hits(&self) -> u64 {
        self.n_hits.load(Ordering::Relaxed)
    }

    /// Why nothing more is kept, if so: the disk is full, or the folder cannot be written.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.get().map(String::as_str)
    }

    /// A kept blob; `None` when there is none, or it is not what was kept.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let mut file = fs::File::open(self.path(key)).ok()?;
        let metadata = file.metadata().ok()?;
        let len =
            usize::try_from(metadata.len()).ok().filter(|len| *len <= HEADER_LEN + key.len() + MAX_CACHED_BLOB_LEN)?;
        let mut bytes = Vec::with_capacity(len);
        io::Read::take(&mut file, metadata.len()).read_to_end(&mut bytes).ok()?;
        let blob = unpacked(key, &bytes)?.to_vec();
        let is_old = |time: SystemTime| time.elapsed().is_ok_and(|age| age > NOTED_AFTER);
        if metadata.modified().is_ok_and(is_old) {
            // Only the order of deletion depends on it.
            let _ = file.set_modified(SystemTime::now());
        }
        self.n_hits.fetch_add(1, Ordering::Relaxed);
        Some(blob)
    }

    /// Keeps a blob. A failure is no error of whoever reads: see [`trouble`](Self::trouble).
    pub fn put(&self, key: &str, blob: &[u8]) {
        if blob.len() > MAX_CACHED_BLOB_LEN || self.trouble.get().is_some() {
            return;
        }
        if let Err(error) = self.try_put(key, blob) {
            let _ = self.trouble.set(format!("{}: {error}", self.folder.display()));
        }
    }

    fn try_put(&self, key: &str, blob: &[u8]) -> io::Result<()> {
        let path = self.path(key);
        let bytes = [&header(key, blob), key.as_bytes(), blob].concat();
        self.make_room(bytes.len() as u64)?;
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder)?;
        // One name for each process and write: nobody else writes to it, and a left-over is deleted with the old ones.
        static N_WRITES: AtomicU64 = AtomicU64::new(0);
        let n = N_WRITES.fetch_add(1, Ordering::Relaxed);
        let new = folder.join(format!("new-{}-{n}", std::process::id()));
        let written = fs::File::create(&new).and_then(|mut file| file.write_all(&bytes));
        let renamed = written.and_then(|()| fs::rename(&new, &path));
        if renamed.is_err() {
            let _ = fs::remove_file(&new);
        }
        renamed
    }

    fn path(&self, key: &str) -> PathBuf {
        // Two keys of one name are told apart by what the file says.
        let hash = key
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        self.folder.join(format!("{:02x}", hash >> 56)).join(format!("{hash:016x}"))
    }

    /// Counts what is about to be written, and deletes the oldest files where it would be too much.
    fn make_room(&self, len: u64) -> io::Result<()> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match *used {
            Some(before) => before,
            None => on_disk(&self.folder)?.iter().map(|(_, len, _)| len).sum(),
        };
        let mut now = before + len.max(BLOCK_LEN);
        if now > self.max_len {
            // Others write here, too: what counts is what is there.
            let mut files = on_disk(&self.folder)?;
            now = files.iter().map(|(_, len, _)| len).sum::<u64>() + len.max(BLOCK_LEN);
            files.sort_by_key(|(modified, ..)| Reverse(*modified));
            while now > self.max_len * LEFT_PER_CENT / 100 {
                let Some((_, len, path)) = files.pop() else { break };
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => now -= len,
                }
            }
        }
        *used = Some(now);
        Ok(())
    }
}

/// The files of a cache: when each was used, what it takes on disk, and where it is. Nothing else is looked at.
fn on_disk(folder: &Path) -> io::Result<Vec<(SystemTime, u64, PathBuf)>> {
    let is_hex = |name: &std::ffi::OsStr| name.len() == 2 && name.as_encoded_bytes().iter().all(u8::is_ascii_hexdigit);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !is_hex(&entry.file_name()) || !entry.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(entry.path())? {
            // Another process may have deleted it meanwhile.
            let Ok(file) = file else { continue };
            if let Ok(metadata) = file.metadata()
                && metadata.is_file()
            {
                let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.push((modified, metadata.len().max(BLOCK_LEN), file.path()));
            }
        }
    }
    Ok(files)
}

/// What stands before the key and the blob.
fn header(key: &str, blob: &[u8]) -> Vec<u8> {
    let mut crc = Crc32::new();
    crc.update(key.as_bytes());
    crc.update(blob);
    let len = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    let numbers = [len(key.len()), len(blob.len()), crc.value()];
    MAGIC.iter().copied().chain(numbers.into_iter().flat_map(u32::to_le_bytes)).collect()
}

/// The blob in a file, when it is that of the key, whole and unharmed.
fn unpacked<'b>(key: &str, bytes: &'b [u8]) -> Option<&'b [u8]> {
    let (found_header, rest) = bytes.split_at_checked(HEADER_LEN)?;
    let (found_key, blob) = rest.split_at_checked(key.len())?;
    (found_key == key.as_bytes() && found_header == header(key, blob)).then_some(blob)
}

/// Which blobs may be kept.
#[derive(Debug, Clone, Copy)]
pub struct Keeps {
    /// Whether the blob of a name never changes once it is written.
    pub by_name: fn(&str) -> bool,
    /// Whether the bytes of a blob prove that they are whole: damage is read again each time, because it may have been
    /// repaired meanwhile.
    pub by_bytes: fn(&[u8]) -> bool,
}

/// A store some of whose blobs are kept.
pub struct Cached {
    store: Arc<dyn ReadStore>,
    cache: Arc<Cache>,
    keeps: Keeps,
    /// Which repository this is. Until that is known, everything is read from the store.
    identity: OnceLock<String>,
}

impl Cached {
    /// Keeps blobs of a store.
    #[must_use]
    pub fn new(store: Arc<dyn ReadStore>, cache: Arc<Cache>, keeps: Keeps) -> Self {
        Self { store, cache, keeps, identity: OnceLock::new() }
    }

    /// Says which repository this is: two that differ must not have the same text. Only the first time counts.
    pub fn identify(&self, identity: String) {
        self.identity.get_or_init(|| identity);
    }
}

impl ReadStore for Cached {
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        let Some(identity) = self.identity.get().filter(|_| (self.keeps.by_name)(path.name())) else {
            return self.store.read(path);
        };
        let key = format!("{identity}\n{path}");
        if let Some(blob) = self.cache.get(&key) {
            return Ok(blob);
        }
        let blob = self.store.read(path)?;
        if (self.keeps.by_bytes)(&blob) {
            self.cache.put(&key, &blob);
        }
        Ok(blob)
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

    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.store.list(folder, visit)
    }

    fn list_names(&self, folder: &BlobPath, visit: &mut dyn FnMut(Listed<'_>)) -> Result<(), StoreError> {
        self.store.list_names(folder, visit)
    }

    fn list_some(&self, folder: &BlobPath, prefix: &str, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.store.list_some(folder, prefix, visit)
    }

    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError> {
        self.store.walk(folder, visit)
    }

    fn reader<'s>(&'s self, folder: &BlobPath) -> Box<dyn FolderReader + 's> {
        self.store.reader(folder)
    }

    fn reads_in_a_row(&self) -> usize {
        self.store.reads_in_a_row()
    }

    fn walks_at_once(&self) -> bool {
        self.store.walks_at_once()
    }

    /// Without a cache: the identity is that of this folder.
    fn parent(&self) -> Option<(Box<dyn ReadStore>, String)> {
        self.store.parent()
    }
}

#[cfg(test)]
mod tests;
