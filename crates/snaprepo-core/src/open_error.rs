//! Why a repository could not be opened.

use std::sync::Arc;

use snaprepo_format::names;
use snaprepo_store::StoreError;

use crate::BlobError;

/// Why a repository could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is nothing at all.
    #[error("is empty: no snapshot repository has been written there")]
    Empty,
    /// There are blobs, but none that a repository starts with.
    #[error(
        "is not a snapshot repository: no index-N and no snapshot blob at its root (blobs there: {n_blobs}, folders: {n_folders})"
    )]
    NotARepository {
        /// Blobs in the folder.
        n_blobs: u64,
        /// Folders in the folder.
        n_folders: u64,
    },
    /// The blobs are encrypted by the engine.
    #[error("is encrypted by the engine (it has a folder {})", names::ENCRYPTION)]
    Encrypted,
    /// The repository must have a root, and has none.
    #[error("has lost its root: there are snapshot blobs{}, but no index-N", latest.map_or(String::new(), |n| format!(" and index.latest names generation {n}")))]
    RootMissing {
        /// The generation that `index.latest` names.
        latest: Option<u64>,
    },
    /// No root can be read; the newest is given.
    #[error("{0}")]
    NoReadableRoot(Arc<BlobError>),
    /// The root is whole, but not for this program.
    #[error("{0}")]
    Refused(BlobError),
    /// A blob that opening needs could not be read, and nobody knows whether it is damaged.
    #[error("{0}")]
    Blob(BlobError),
}
