//! A directory as a store.
//!
//! Not object_store's: that one hides names it does not like and is many times slower than plain reads. This one shows
//! everything, follows no link out of its root, and never leaves a half-written blob under its final name.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use snaprepo_codec::BlobPath;
use walkdir::WalkDir;

use crate::{
    BlobStat, Entry, FolderReader, Listed, MAX_BLOB_IN_MEMORY, OddEntry, ReadStore, StoreError, StoreErrorKind,
    Streamed, Upload, WriteStore,
};

mod stream;

use stream::LocalReader;

/// Handing over a small file takes longer than reading it: measured with 20,000 of them.
const READS_IN_A_ROW: usize = 64;

/// A directory of the local machine.
pub struct LocalStore {
    /// Without links, so that "inside" can be decided by prefix.
    root: PathBuf,
    /// Handle of the root, against which the kernel resolves paths.
    handle: File,
}

impl LocalStore {
    /// Opens a directory.
    ///
    /// # Errors
    /// When it does not exist, is not a directory, or cannot be read.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let at_root = |error| StoreError::from_io(&BlobPath::root(), error);
        let root = fs::canonicalize(root).map_err(at_root)?;
        // Looked at before it is opened: opening a pipe would wait for a writer.
        if !fs::metadata(&root).map_err(at_root)?.is_dir() {
            return Err(StoreError::new(&BlobPath::root(), StoreErrorKind::NotABlob));
        }
        let handle = File::open(&root).map_err(at_root)?;
        Ok(Self { root, handle })
    }

    /// The directory, without links.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn absolute(&self, path: &BlobPath) -> PathBuf {
        self.root.join(path.as_str())
    }

    fn open_blob(&self, path: &BlobPath) -> Result<(File, u64), StoreError> {
        let failed = |error| StoreError::from_io(path, error);
        let file = self.open_beneath(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        check_is_blob(path, &metadata)?;
        Ok((file, metadata.len()))
    }

    /// Opens a file for reading; no link on the way may lead out of the root.
    fn open_beneath(&self, path: &BlobPath) -> io::Result<File> {
        match self.resolve(path, Access::Read)? {
            Some(file) => Ok(file),
            None => File::open(self.checked(path)?),
        }
    }

    /// Looks at a file without opening it; no link on the way may lead out of the root.
    fn metadata_beneath(&self, path: &BlobPath) -> io::Result<fs::Metadata> {
        match self.resolve(path, Access::Look)? {
            Some(file) => file.metadata(),
            None => fs::metadata(self.checked(path)?),
        }
    }

    /// Has the kernel resolve a path beneath the root; `None` where it cannot. Pipes do not block.
    #[cfg(target_os = "linux")]
    fn resolve(&self, path: &BlobPath, access: Access) -> io::Result<Option<File>> {
        use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
        let flags = match access {
            Access::Read => OFlags::RDONLY | OFlags::NONBLOCK,
            Access::Look => OFlags::PATH,
            Access::Enter => OFlags::PATH | OFlags::DIRECTORY,
        };
        let opened =
            openat2(&self.handle, path.as_str(), flags | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::BENEATH);
        match opened {
            Ok(fd) => Ok(Some(File::from(fd))),
            Err(rustix::io::Errno::NOSYS) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// See the other definition.
    #[cfg(not(target_os = "linux"))]
    fn resolve(&self, _: &BlobPath, _: Access) -> io::Result<Option<File>> {
        Ok(None)
    }

    /// The real place of a path, if that lies inside the root.
    fn checked(&self, path: &BlobPath) -> io::Result<PathBuf> {
        let real = fs::canonicalize(self.absolute(path))?;
        if real.starts_with(&self.root) { Ok(real) } else { Err(io::ErrorKind::CrossesDevices.into()) }
    }

    /// The directory of a folder, if no link on the way leads out of the root.
    fn folder(&self, folder: &BlobPath) -> Result<PathBuf, StoreError> {
        self.checked(folder).map_err(|error| StoreError::from_io(folder, error))
    }

    /// Shows a directory entry, if it is still there.
    fn look(&self, entry: &fs::DirEntry, visit: &mut dyn FnMut(Entry<'_>)) -> io::Result<()> {
        let metadata = match entry.metadata() {
            Ok(metadata) => metadata,
            // Removed between listing and looking.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let os_name = entry.file_name();
        let name = os_name.to_string_lossy();
        visit(self.classify(&name, os_name.to_str().is_some(), || entry.path(), &metadata));
        Ok(())
    }

    /// What a directory entry is; `metadata` is that of the entry itself, links not followed.
    fn classify<'n>(
        &self,
        name: &'n str,
        utf8: bool,
        path: impl FnOnce() -> PathBuf,
        metadata: &fs::Metadata,
    ) -> Entry<'n> {
        if !utf8 {
            return Entry::Odd { name, what: OddEntry::NotUtf8 };
        }
        if metadata.is_symlink() {
            let inside = fs::canonicalize(path()).ok().filter(|real| real.starts_with(&self.root));
            let target = inside.and_then(|real| fs::symlink_metadata(real).ok());
            return target.map_or(Entry::Odd { name, what: OddEntry::Link }, |target| plain_entry(name, &target));
        }
        plain_entry(name, metadata)
    }

    /// Writes a blob under a temporary name and gives it its own by `publish`, which must be atomic.
    fn write(
        &self,
        path: &BlobPath,
        bytes: &[u8],
        publish: impl FnOnce(tempfile::NamedTempFile, &Path) -> Result<File, tempfile::PersistError>,
    ) -> Result<(), StoreError> {
        let mut begun = self.begin(path)?;
        begun.write(bytes)?;
        begun.publish(publish)
    }

    /// Begins a blob under a temporary name.
    fn begin(&self, path: &BlobPath) -> Result<LocalUpload, StoreError> {
        let failed = |error| StoreError::from_io(path, error);
        let absolute = self.absolute(path);
        let directory = absolute.parent().unwrap_or(&self.root);
        fs::create_dir_all(directory).map_err(failed)?;
        self.folder(&path.parent().unwrap_or_default())?;
        let prefix = format!("pending-{}-", path.name());
        let file = tempfile::Builder::new().prefix(&prefix).rand_bytes(22).tempfile_in(directory).map_err(failed)?;
        Ok(LocalUpload { file, absolute, path: path.clone() })
    }
}

/// A blob that still has a temporary name.
struct LocalUpload {
    file: tempfile::NamedTempFile,
    absolute: PathBuf,
    path: BlobPath,
}

impl LocalUpload {
    /// Gives the blob its own name by `publish`, which must be atomic.
    fn publish(
        self,
        publish: impl FnOnce(tempfile::NamedTempFile, &Path) -> Result<File, tempfile::PersistError>,
    ) -> Result<(), StoreError> {
        let Self { file, absolute, path } = self;
        let failed = |error| StoreError::from_io(&path, error);
        file.as_file().sync_all().map_err(failed)?;
        publish(file, &absolute).map_err(|error| failed(error.error))?;
        let directory = absolute.parent().unwrap_or(&absolute);
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
    }
}

impl Upload for LocalUpload {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(bytes).map_err(|error| StoreError::from_io(&self.path, error))
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        self.publish(|file, name| file.persist_noclobber(name))
    }
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy)]
enum Access {
    /// To read it.
    Read,
    /// To look at it, which takes no permission to read it.
    Look,
    /// To open what is in it.
    Enter,
}

fn modified_millis(metadata: &fs::Metadata) -> Option<i64> {
    let since_1970 = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since_1970.and_then(|time| i64::try_from(time.as_millis()).ok())
}

/// What is behind a path that should be a blob.
fn check_is_blob(path: &BlobPath, metadata: &fs::Metadata) -> Result<(), StoreError> {
    if metadata.is_file() {
        return Ok(());
    }
    let kind = if metadata.is_dir() { StoreErrorKind::IsFolder } else { StoreErrorKind::NotABlob };
    Err(StoreError::new(path, kind))
}

fn plain_entry<'n>(name: &'n str, metadata: &fs::Metadata) -> Entry<'n> {
    if metadata.is_dir() {
        Entry::Folder { name }
    } else if metadata.is_file() {
        Entry::Blob { name, len_bytes: metadata.len(), modified_millis: modified_millis(metadata) }
    } else {
        Entry::Odd { name, what: OddEntry::Special }
    }
}

impl ReadStore for LocalStore {
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        let (file, len) = self.open_blob(path)?;
        if len > MAX_BLOB_IN_MEMORY {
            return Err(StoreError::new(path, StoreErrorKind::TooLarge { len, limit: MAX_BLOB_IN_MEMORY }));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
        // A file that grows while it is read ends where it ended when it was opened.
        file.take(len).read_to_end(&mut bytes).map_err(|error| StoreError::from_io(path, error))?;
        Ok(bytes)
    }

    fn read_range(&self, path: &BlobPath, offset: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        let (file, _) = self.open_blob(path)?;
        let mut bytes = vec![0; len];
        file.read_exact_at(&mut bytes, offset).map_err(|error| StoreError::from_io(path, error))?;
        Ok(bytes)
    }

    fn stream(
        &self,
        path: &BlobPath,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        let file = self.open_beneath(path).map_err(|error| StoreError::from_io(path, error))?;
        stream::stream(file, || Ok(path.clone()), len_bytes, buffer, sink)
    }

    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError> {
        let metadata = self.metadata_beneath(path).map_err(|error| StoreError::from_io(path, error))?;
        check_is_blob(path, &metadata)?;
        Ok(BlobStat { len_bytes: metadata.len(), modified_millis: modified_millis(&metadata) })
    }

    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        let failed = |error| StoreError::from_io(folder, error);
        for entry in fs::read_dir(self.folder(folder)?).map_err(failed)? {
            self.look(&entry.map_err(failed)?, visit).map_err(failed)?;
        }
        Ok(())
    }

    fn list_names(&self, folder: &BlobPath, visit: &mut dyn FnMut(Listed<'_>)) -> Result<(), StoreError> {
        let failed = |error| StoreError::from_io(folder, error);
        for entry in fs::read_dir(self.folder(folder)?).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // The directory itself tells of most entries what they are.
            match (entry.file_type().is_ok_and(|what| what.is_file()), entry.file_name().to_str()) {
                (true, Some(name)) => visit(Listed::Name(name)),
                _ => self.look(&entry, &mut |entry| visit(Listed::Entry(entry))).map_err(failed)?,
            }
        }
        Ok(())
    }

    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError> {
        let top = self.folder(folder)?;
        for entry in WalkDir::new(&top).min_depth(1).follow_links(false).sort_by_file_name() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound) => continue,
                Err(error) => return Err(StoreError::from_io(folder, error.into())),
            };
            if entry.file_type().is_dir() {
                continue;
            }
            let metadata = entry.metadata().map_err(|error| StoreError::from_io(folder, error.into()))?;
            let relative = entry.path().strip_prefix(&top).unwrap_or(entry.path());
            let text = relative.to_string_lossy();
            let path = BlobPath::parse(&text).unwrap_or_default();
            let utf8 = relative.to_str().is_some() && !path.is_root();
            let name = text.rsplit('/').next().unwrap_or(&text);
            if !visit(&path, self.classify(name, utf8, || entry.path().to_owned(), &metadata)) {
                break;
            }
        }
        Ok(())
    }

    fn reader<'s>(&'s self, folder: &BlobPath) -> Box<dyn FolderReader + 's> {
        Box::new(LocalReader::new(self, folder))
    }

    fn reads_in_a_row(&self) -> usize {
        READS_IN_A_ROW
    }

    fn parent(&self) -> Option<(Box<dyn ReadStore>, String)> {
        let name = self.root.file_name()?.to_str()?.to_owned();
        let parent = Self::open(self.root.parent()?).ok()?;
        Some((Box::new(parent), name))
    }
}

impl WriteStore for LocalStore {
    fn create(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(path, bytes, |file, name| file.persist_noclobber(name))
    }

    fn upload<'s>(&'s self, path: &BlobPath, _: u64) -> Result<Box<dyn Upload + 's>, StoreError> {
        Ok(Box::new(self.begin(path)?))
    }

    fn replace(&self, path: &BlobPath, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(path, bytes, |file, name| file.persist(name))
    }

    fn delete(&self, path: &BlobPath) -> Result<(), StoreError> {
        let directory = self.folder(&path.parent().unwrap_or_default())?;
        fs::remove_file(directory.join(path.name())).map_err(|error| StoreError::from_io(path, error))
    }
}

#[cfg(test)]
mod tests;
