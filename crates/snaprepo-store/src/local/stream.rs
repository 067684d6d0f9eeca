//! Reading blobs from end to end: small ones with as few calls to the kernel as can be.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
};

use snaprepo_codec::BlobPath;

use super::{Access, LocalStore, check_is_blob};
use crate::{FolderReader, ReadStore as _, STREAM_BUFFER_LEN, StoreError, Streamed, read::blob_path};

/// The least length of a page of memory, in bytes: larger ones are multiples of it.
pub(super) const PAGE_LEN: usize = 4096;

/// A folder whose blobs are opened by name: no link on the way to it leads out of the root, and no link is followed
/// from there.
pub(super) struct LocalReader<'s> {
    store: &'s LocalStore,
    folder: BlobPath,
    /// `None` where the kernel cannot do this.
    handle: Option<File>,
}

impl<'s> LocalReader<'s> {
    pub(super) fn new(store: &'s LocalStore, folder: &BlobPath) -> Self {
        Self { store, folder: folder.clone(), handle: store.resolve(folder, Access::Enter).ok().flatten() }
    }
}

impl FolderReader for LocalReader<'_> {
    fn stream(
        &mut self,
        name: &str,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        let path = || blob_path(&self.folder, name);
        match self.handle.as_ref().filter(|_| BlobPath::is_name(name)).and_then(|folder| open_in(folder, name)) {
            Some(file) => stream(file, path, len_bytes, buffer, sink),
            // Whatever it is, links inside the root among it: the way by the whole path tells.
            None => self.store.stream(&path()?, len_bytes, buffer, sink),
        }
    }
}

/// Opens a file of a folder for reading, if it is no link. Pipes do not block.
#[cfg(target_os = "linux")]
fn open_in(folder: &File, name: &str) -> Option<File> {
    use rustix::fs::{Mode, OFlags, openat};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::empty()).ok().map(File::from)
}

/// See the other definition.
#[cfg(not(target_os = "linux"))]
fn open_in(_: &File, _: &str) -> Option<File> {
    None
}

/// Hands out the bytes of a file that has just been opened, if it has the length that it should have.
pub(super) fn stream(
    mut file: File,
    path: impl Fn() -> Result<BlobPath, StoreError>,
    len_bytes: u64,
    buffer: &mut Vec<u8>,
    sink: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<Streamed, StoreError> {
    if let Some(len) = read_at_once(&mut file, len_bytes, buffer) {
        sink(buffer.get(..len).unwrap_or_default());
        return Ok(Streamed::Read);
    }
    let path = path()?;
    let failed = |error| StoreError::from_io(&path, error);
    let metadata = file.metadata().map_err(failed)?;
    check_is_blob(&path, &metadata)?;
    let len = metadata.len();
    if len != len_bytes {
        return Ok(Streamed::OtherLength(len));
    }
    file.rewind().map_err(failed)?;
    buffer.resize(STREAM_BUFFER_LEN, 0);
    // As in `read`: the file ends where it ended when it was looked at.
    let mut left = file.take(len);
    while left.limit() > 0 {
        match left.read(buffer) {
            Ok(0) => break,
            Ok(len) => {
                if !sink(buffer.get(..len).unwrap_or_default()) {
                    break;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(Streamed::Read)
}

/// Reads a small file that has the length it should have with one call to the kernel, without asking it for the length.
/// `None` when that did not come about, for whatever reason; the file may then have been read from.
fn read_at_once(file: &mut File, len_bytes: u64, buffer: &mut Vec<u8>) -> Option<usize> {
    // A page that cannot be read ends a call like the end of the file does. Where the last byte shares its page with the
    // byte behind it, there is nothing in between that could fail.
    let len = usize::try_from(len_bytes).ok().filter(|len| *len < STREAM_BUFFER_LEN && len % PAGE_LEN > 0)?;
    if buffer.len() <= len {
        buffer.resize(len + 1, 0);
    }
    // Room for one byte more: a longer file fills it.
    let read = file.read(buffer.get_mut(..=len)?).ok()?;
    (read == len).then_some(len)
}
