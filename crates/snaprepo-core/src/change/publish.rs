//! The one place that writes roots and `index.latest` (`docs/format.md`, *Writing order*).

use std::io;

use snaprepo_codec::BlobPath;
use snaprepo_format::names;
use snaprepo_store::{Entry, ReadStore, RemoteErrorKind, StoreError, StoreErrorKind, WriteStore};

use super::{journal::JournalError, plan::PlanError};
use crate::{BlobError, OpenError};

/// What a store makes of "write it if there is none".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusive {
    /// It refuses to overwrite.
    Kept,
    /// It overwrites in silence, or does not know the condition: we look before and behind, and somebody who writes in
    /// between is not noticed.
    Looked,
}

/// Why a change stopped.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The repository is in another state than the plan is for.
    #[error("{0}")]
    Moved(String),
    /// Something in the plan is not for a plan to do.
    #[error("{0}")]
    NotInPlan(String),
    /// What was deleted is not kept anywhere.
    #[error("{n} of the blobs that were deleted are gone, such as {example}, and nothing keeps them")]
    Gone {
        /// How many.
        n: u64,
        /// One of them.
        example: BlobPath,
    },
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A blob that is needed for it cannot be had.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The repository could not be opened again.
    #[error("cannot be opened again: {0}")]
    Open(#[from] OpenError),
    /// The plan cannot be read.
    #[error("the plan {0}")]
    Plan(#[from] PlanError),
    /// The journal cannot be kept.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A temporary file.
    #[error("a temporary file: {0}")]
    Temporary(#[from] io::Error),
}

pub(super) fn moved(message: impl Into<String>) -> ChangeError {
    ChangeError::Moved(message.into())
}

/// The generation behind one.
pub(super) fn next(generation: u64) -> Result<u64, ChangeError> {
    generation.checked_add(1).ok_or_else(|| moved("has the last root that there can be"))
}

/// A blob of the root folder, of a name that is ours.
pub(super) fn root_blob(base: &BlobPath, name: &str) -> Result<BlobPath, ChangeError> {
    base.join(name).map_err(|fault| ChangeError::NotInPlan(format!("{name}: {fault}")))
}

/// Writes a blob that must be new. One that is there with the very same bytes is ours, of a run that was stopped.
pub(super) fn create(
    store: &dyn WriteStore,
    path: &BlobPath,
    bytes: &[u8],
    exclusive: Exclusive,
) -> Result<(), ChangeError> {
    let is_there = exclusive == Exclusive::Looked
        && match store.stat(path) {
            Ok(_) => true,
            Err(error) if error.is_absence() => false,
            Err(error) => return Err(error.into()),
        };
    let created = if is_there { Err(StoreError::new(path, StoreErrorKind::Exists)) } else { store.create(path, bytes) };
    match created {
        Err(StoreError { kind: StoreErrorKind::Exists, .. }) => match store.read(path) {
            Ok(found) if found == bytes => Ok(()),
            Ok(_) => Err(moved(format!("{path} is there already: somebody else writes to this repository"))),
            Err(error) => Err(error.into()),
        },
        created => Ok(created?),
    }
}

/// Writes a root, and makes certain that it is the newest: from here on the repository is what it says.
pub(super) fn root(
    store: &dyn WriteStore,
    base: &BlobPath,
    generation: u64,
    bytes: &[u8],
    exclusive: Exclusive,
) -> Result<(), ChangeError> {
    let path = root_blob(base, &format!("index-{generation}"))?;
    create(store, &path, bytes, exclusive)?;
    if exclusive == Exclusive::Looked && store.read(&path)? != bytes {
        return Err(moved(format!("{path} was written by somebody else at the same time")));
    }
    match newest(store, base)? {
        Some(newest) if newest > generation => {
            Err(moved(format!("root {newest} appeared while root {generation} was written: somebody else writes here")))
        }
        _ => Ok(()),
    }
}

/// The highest generation in the root folder.
pub(super) fn newest(store: &(impl ReadStore + ?Sized), base: &BlobPath) -> Result<Option<u64>, StoreError> {
    let mut newest = None;
    store.list_some(base, "index-", &mut |entry| {
        let (Entry::Blob { name, .. } | Entry::Folder { name } | Entry::Odd { name, .. }) = entry;
        newest = newest.max(name.strip_prefix("index-").and_then(names::generation));
    })?;
    Ok(newest)
}

/// Writes `index.latest` in place of what was there before the change: never over what somebody else wrote meanwhile.
pub(super) fn latest(
    store: &dyn WriteStore,
    base: &BlobPath,
    before: Option<&[u8]>,
    bytes: &[u8],
) -> Result<(), ChangeError> {
    let path = &root_blob(base, names::LATEST)?;
    let theirs = || moved(format!("{path} was written by somebody else meanwhile: a cluster may be at work"));
    let (found, version) = match store.read_version(path) {
        Err(error) if error.is_absence() => return Ok(store.replace(path, bytes)?),
        read => read?,
    };
    if found == bytes {
        return Ok(());
    }
    if Some(&*found) != before {
        return Err(theirs());
    }
    match store.update(path, bytes, &version) {
        Err(StoreError { kind: StoreErrorKind::Stale, .. }) => Err(theirs()),
        // Stores that know no condition have to be believed that nobody else writes.
        Err(StoreError { kind: StoreErrorKind::Remote(RemoteErrorKind::NotOffered { .. }), .. }) => {
            Ok(store.replace(path, bytes)?)
        }
        updated => Ok(updated?),
    }
}
