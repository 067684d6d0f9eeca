//! A limit a second: of requests, or of bytes.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How far ahead of its average a pace may run: without it a short pause would be lost for good.
const SLACK: Duration = Duration::from_millis(200);

/// Hands out the right to go on, so much a second.
#[derive(Debug)]
pub(crate) struct Pace {
    per_second: Option<u64>,
    /// When everything handed out so far will have been due; kept by whoever takes next.
    due: Mutex<Option<Instant>>,
}

impl Pace {
    /// A pace; `None` is no limit.
    pub(crate) fn new(per_second: Option<u64>) -> Self {
        Self { per_second, due: Mutex::new(None) }
    }

    /// Waits until `amount` more may go.
    pub(crate) async fn take(&self, amount: u64) {
        if let Some(start) = self.reserve(amount, Instant::now()) {
            tokio::time::sleep_until(start).await;
        }
    }

    /// Reserves `amount`, and tells when it may go; `None` when that is now.
    pub(super) fn reserve(&self, amount: u64, now: Instant) -> Option<Instant> {
        let per_second = self.per_second?;
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = now.checked_sub(SLACK).unwrap_or(now);
        let start = due.map_or(earliest, |due| due.max(earliest));
        let nanos = u128::from(amount) * 1_000_000_000 / u128::from(per_second.max(1));
        *due = start.checked_add(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)));
        (start > now).then_some(start)
    }
}
