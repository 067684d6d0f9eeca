//! What a store could not do. "It is not there" and "I could not look" are never mixed up.

use std::io;

use snaprepo_codec::BlobPath;

use crate::RemoteErrorKind;

/// A request that failed.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {kind}")]
pub struct StoreError {
    /// The blob or folder that was asked for.
    pub path: BlobPath,
    /// Why it failed.
    pub kind: StoreErrorKind,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store answered that there is no such blob or folder.
    #[error("does not exist")]
    NotFound,
    /// The name belongs to a folder.
    #[error("is a folder")]
    IsFolder,
    /// The name belongs to something that is neither blob nor folder.
    #[error("is neither a blob nor a folder")]
    NotABlob,
    /// A link points outside the store.
    #[error("is a link that leaves the repository")]
    LeavesStore,
    /// The credentials in use may not do this.
    #[error("permission denied")]
    Denied,
    /// There is a blob of this name already.
    #[error("exists already")]
    Exists,
    /// The blob is in another state than the one that was to be replaced.
    #[error("was written by somebody else meanwhile")]
    Stale,
    /// The blob is larger than may be held in memory.
    #[error("is {len} bytes long, more than the {limit} that may be read at once")]
    TooLarge {
        /// Its length in bytes.
        len: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The blob ended before the range that was asked for.
    #[error("ends before the range that was asked for")]
    ShortRead,
    /// The store has no listing (a web server).
    #[error("cannot be listed")]
    CannotList,
    /// The operating system's word.
    #[error("{0}")]
    Io(io::Error),
    /// What a remote store could not do.
    #[error(transparent)]
    Remote(#[from] RemoteErrorKind),
}

impl StoreErrorKind {
    /// What to do about it, where more can be said than the error itself says: a fragment without a full stop.
    #[must_use]
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::Remote(remote) => remote.next_step(),
            _ => None,
        }
    }
}

impl StoreError {
    /// An error at a path.
    #[must_use]
    pub fn new(path: &BlobPath, kind: StoreErrorKind) -> Self {
        Self { path: path.clone(), kind }
    }

    /// Translates the operating system's word.
    #[must_use]
    pub(crate) fn from_io(path: &BlobPath, error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => StoreErrorKind::NotFound,
            io::ErrorKind::PermissionDenied => StoreErrorKind::Denied,
            io::ErrorKind::IsADirectory => StoreErrorKind::IsFolder,
            io::ErrorKind::AlreadyExists => StoreErrorKind::Exists,
            io::ErrorKind::UnexpectedEof => StoreErrorKind::ShortRead,
            io::ErrorKind::CrossesDevices => StoreErrorKind::LeavesStore,
            _ => StoreErrorKind::Io(error),
        };
        Self::new(path, kind)
    }

    /// Whether this proves that nothing usable has this name: absent, or of another kind. Everything else means that
    /// nobody knows.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self.kind, StoreErrorKind::NotFound | StoreErrorKind::IsFolder | StoreErrorKind::NotABlob)
    }
}
