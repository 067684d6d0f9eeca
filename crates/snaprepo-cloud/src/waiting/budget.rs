//! How often a whole run may ask again. Ten tries for each of a million requests would be a second outage for a store
//! that is just coming back from its first.

use std::sync::atomic::{AtomicU64, Ordering};

/// Retries that any run has.
const FLOOR: u64 = 100;
/// One more retry for so many requests: a tenth of the load is what a store in trouble can bear on top.
const REQUESTS_PER_RETRY: u64 = 10;

/// Counts the retries of a run.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    used: AtomicU64,
}

impl Budget {
    /// Takes one retry, unless too many were taken for this number of requests.
    pub(crate) fn take(&self, requests: u64) -> bool {
        let allowed = Self::allowed(requests);
        let taken =
            self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| (used < allowed).then_some(used + 1));
        taken.is_ok()
    }

    /// Retries so far.
    #[cfg(test)]
    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Retries that so many requests allow.
    pub(crate) fn allowed(requests: u64) -> u64 {
        FLOOR + requests / REQUESTS_PER_RETRY
    }
}
