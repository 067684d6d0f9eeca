//! What was asked of a store, by kind. Every request that really goes out is counted here and nowhere else: also those
//! for credentials, and those that are made again.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// What a request is for. Stores charge by this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One page of a listing.
    List,
    /// A blob, or a range of one.
    Read,
    /// A look at a blob: its length, whether it is there.
    Look,
    /// A blob that is written.
    Write,
    /// One blob, or up to a thousand, deleted.
    Delete,
    /// Credentials, and what a bucket says of itself.
    Other,
}

/// The counts so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrafficCounts {
    /// Pages listed.
    pub lists: u64,
    /// Blobs and ranges read.
    pub reads: u64,
    /// Blobs looked at.
    pub looks: u64,
    /// Blobs written.
    pub writes: u64,
    /// Requests to delete.
    pub deletes: u64,
    /// Requests for credentials and the like.
    pub others: u64,
    /// Of all of these, how many were made again.
    pub retries: u64,
    /// Retries that the run could have afforded.
    pub retries_allowed: u64,
    /// How often the store said "slow down".
    pub throttled: u64,
    /// Answers that broke off and were gone on with from the byte reached.
    pub resumed: u64,
    /// Bytes read, without headers.
    pub bytes_read: u64,
    /// Bytes written, without headers.
    pub bytes_written: u64,
}

/// The running counts; shared between a store and whoever reports them.
#[derive(Debug, Clone)]
pub struct Traffic(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    by_kind: [AtomicU64; 6],
    retries: AtomicU64,
    throttled: AtomicU64,
    resumed: AtomicU64,
    bytes_read: AtomicU64,
    bytes_written: AtomicU64,
    answered: AtomicBool,
    limit: Option<u64>,
    /// Requests that the limit lets through; counted apart, so that refused ones are not counted as made.
    admitted: AtomicU64,
}

/// The run may make no more requests.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the limit of {limit} requests is reached")]
pub(crate) struct LimitReached {
    pub(crate) limit: u64,
}

impl Kind {
    fn index(self) -> usize {
        match self {
            Self::List => 0,
            Self::Read => 1,
            Self::Look => 2,
            Self::Write => 3,
            Self::Delete => 4,
            Self::Other => 5,
        }
    }
}

impl TrafficCounts {
    /// All requests.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.lists + self.reads + self.looks + self.writes + self.deletes + self.others
    }
}

impl Traffic {
    pub(crate) fn new(limit: Option<u64>) -> Self {
        Self(Arc::new(Counts { limit, ..Counts::default() }))
    }

    /// The counts so far.
    #[must_use]
    pub fn counts(&self) -> TrafficCounts {
        let of = |kind: Kind| self.0.by_kind.get(kind.index()).map_or(0, load);
        let mut counts = TrafficCounts {
            lists: of(Kind::List),
            reads: of(Kind::Read),
            looks: of(Kind::Look),
            writes: of(Kind::Write),
            deletes: of(Kind::Delete),
            others: of(Kind::Other),
            retries: load(&self.0.retries),
            retries_allowed: 0,
            throttled: load(&self.0.throttled),
            resumed: load(&self.0.resumed),
            bytes_read: load(&self.0.bytes_read),
            bytes_written: load(&self.0.bytes_written),
        };
        counts.retries_allowed = super::Budget::allowed(counts.requests());
        counts
    }

    /// Counts a request that is about to go out.
    pub(crate) fn request(&self, kind: Kind, len_bytes: u64) -> Result<(), LimitReached> {
        if let Some(limit) = self.0.limit {
            let admitted = self.0.admitted.fetch_add(1, Ordering::Relaxed);
            if admitted >= limit {
                return Err(LimitReached { limit });
            }
        }
        if let Some(count) = self.0.by_kind.get(kind.index()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.0.bytes_written.fetch_add(len_bytes, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn answered(&self) {
        self.0.answered.store(true, Ordering::Relaxed);
    }

    /// Whether anything was ever answered, good or bad.
    pub(crate) fn has_answered(&self) -> bool {
        self.0.answered.load(Ordering::Relaxed)
    }

    pub(crate) fn read(&self, len_bytes: usize) {
        self.0.bytes_read.fetch_add(len_bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn retried(&self) {
        self.0.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn throttled(&self) {
        self.0.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn resumed(&self) {
        self.0.resumed.fetch_add(1, Ordering::Relaxed);
    }
}

fn load(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}
