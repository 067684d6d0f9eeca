//! The harness of the tests in `it/`: what they share beyond the fixtures of `snaprepo-testkit`.

use std::{num::NonZeroUsize, path::Path, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver, OpenError, Repository,
    verify::{self, Depth, Options, Sample, Scope, Verified},
};
use snaprepo_store::{Cancel, LocalStore, Pool, ReadStore};

/// A pool as wide as the tests need to meet every interleaving.
#[must_use]
pub fn pool() -> Pool {
    Pool::new(NonZeroUsize::MIN.saturating_add(3), Cancel::default())
}

/// A directory as a store.
///
/// # Panics
/// When it cannot be opened: the test has made it.
#[must_use]
pub fn store(directory: &Path) -> Arc<dyn ReadStore> {
    Arc::new(LocalStore::open(directory).expect("the test has made this directory"))
}

/// Opens the repository in a directory.
///
/// # Errors
/// As [`Repository::open`].
pub fn open(directory: &Path) -> Result<Repository, OpenError> {
    Repository::open(&store(directory), &BlobPath::root(), &pool())
}

/// Options that verify everything to a depth.
#[must_use]
pub fn options(depth: Depth) -> Options {
    Options {
        depth,
        scope: Scope::default(),
        sample: Sample::All,
        seed: 0,
        max_findings: 10_000,
        width: NonZeroUsize::MIN.saturating_add(3),
    }
}

/// Verifies the repository in a directory.
///
/// # Errors
/// As [`verify::verify`].
pub fn verify(directory: &Path, options: &Options) -> Result<Verified, OpenError> {
    verify::verify(&store(directory), &BlobPath::root(), options, &pool(), &NoObserver)
}
