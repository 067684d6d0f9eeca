//! Reading one metadata blob, with the three ways in which that can end kept apart.

use std::fmt;

use snaprepo_codec::{BlobPath, Fault};
use snaprepo_format::root::RootFault;
use snaprepo_store::{ReadStore, RemoteErrorKind, StoreError, StoreErrorKind};

/// A blob that could not be had.
#[derive(Debug)]
pub struct BlobError {
    /// The blob, from the root of the store.
    pub path: BlobPath,
    /// Why.
    pub problem: Problem,
}

/// Why a blob could not be had.
#[derive(Debug)]
pub enum Problem {
    /// The store says that there is no such blob: a finding.
    Absent(StoreError),
    /// It is there and damaged: a finding.
    Damaged(Fault),
    /// It is a root that cannot be used: a finding, or a refusal.
    Root(RootFault),
    /// Nobody knows: an error.
    Unknown(StoreError),
}

impl BlobError {
    pub(crate) fn damaged(path: &BlobPath, fault: Fault) -> Self {
        Self { path: path.clone(), problem: Problem::Damaged(fault) }
    }

    pub(crate) fn from_store(error: StoreError) -> Self {
        let path = error.path.clone();
        let problem = if error.is_absence() { Problem::Absent(error) } else { Problem::Unknown(error) };
        Self { path, problem }
    }

    /// Whether this says something about the repository, rather than about our reach.
    #[must_use]
    pub fn is_finding(&self) -> bool {
        !matches!(self.problem, Problem::Unknown(_))
    }

    /// Whether the store has moved the blob to where nobody can read it before it is brought back.
    #[must_use]
    pub fn is_archived(&self) -> bool {
        let kind = self.of_store().map(|error| &error.kind);
        matches!(kind, Some(StoreErrorKind::Remote(RemoteErrorKind::Archived { .. })))
    }

    /// What the store said, when nothing is known but that.
    #[must_use]
    pub fn of_store(&self) -> Option<&StoreError> {
        match &self.problem {
            Problem::Unknown(error) => Some(error),
            _ => None,
        }
    }

    /// The byte where the damage was noticed.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        match &self.problem {
            Problem::Damaged(fault) | Problem::Root(RootFault::Damaged(fault)) => Some(fault.offset),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(error) | Self::Unknown(error) => error.kind.fmt(f),
            Self::Damaged(fault) => fault.fmt(f),
            Self::Root(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Display for BlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

impl std::error::Error for BlobError {}

/// A blob that could not be had, as it is told beside an answer that lacks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The blob, from the root of the store.
    pub path: BlobPath,
    /// Why.
    pub message: String,
    /// Whether it is damaged or absent, rather than out of our reach.
    pub is_damage: bool,
}

impl From<BlobError> for Unread {
    fn from(error: BlobError) -> Self {
        let is_damage = error.is_finding();
        Self { message: error.problem.to_string(), path: error.path, is_damage }
    }
}

/// Reads and parses a blob.
pub(crate) fn load<T>(
    store: &dyn ReadStore,
    path: &BlobPath,
    parse: impl FnOnce(&[u8]) -> Result<T, Fault>,
) -> Result<T, BlobError> {
    let bytes = store.read(path).map_err(BlobError::from_store)?;
    parse(&bytes).map_err(|fault| BlobError::damaged(path, fault))
}
