//! How we wait for a store: how many requests at once, how fast, how long, and how often again.
//!
//! ```text
//! request ──▶ Width    a place among the requests under way; fewer when the store says "slow down"
//!         ──▶ Pace     limits a second, if somebody set them
//!         ──▶ Traffic  counted, and refused behind the last one that the run may make
//!         ──▶ Patience how long to wait for an answer and for its next byte
//! refused ──▶ Budget   whether the run may still afford to ask again
//!         ──▶ backoff  how long to wait before that
//! ```
//! Only this crate asks again. object_store, which we use for credentials and bulk deletes, is told not to.

use std::time::Duration;

use crate::settings::{Key, Settings};

mod backoff;
mod budget;
mod pace;
mod traffic;
mod width;

pub(crate) use backoff::delay;
pub(crate) use budget::Budget;
pub(crate) use pace::Pace;
pub(crate) use traffic::LimitReached;
pub use traffic::{Kind, Traffic, TrafficCounts};
pub(crate) use width::{Slot, Width};

/// How long a request may take until its answer begins. Object stores answer in well under a second; a minute is for
/// those that wake up a disk.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes a second at which the body of a request is at least expected to leave.
const SLOWEST_UPLOAD: u64 = 256 << 10;
/// How long an answer that has begun may stand still. A slow line still delivers something within half a minute.
const PROGRESS_TIMEOUT: Duration = Duration::from_secs(30);
/// How often one request is tried: with the waits of [`delay`] that is about 40 seconds of a store that always
/// fails, which is longer than a load balancer needs to notice and shorter than a person waits.
const TRIES: u64 = 10;
/// How often a request is tried as long as nothing was ever answered: then the address is more likely wrong than busy.
const TRIES_BEFORE_FIRST_ANSWER: u32 = 3;
/// Most requests under way at once, unless the settings say another number. More only costs memory: the buffers of
/// a connection are small, but the callers' are not.
const WIDTH: u64 = 64;

/// How patiently a request is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Until the answer begins.
    pub(crate) request: Duration,
    /// Between two pieces of the answer.
    pub(crate) progress: Duration,
    /// Tries of one request.
    pub(crate) tries: u32,
}

impl Patience {
    /// How long a request with a body of this length may take until its answer begins: the body goes out first.
    pub(crate) fn of_request(&self, len_bytes: usize) -> Duration {
        self.request + Duration::from_secs(len_bytes as u64 / SLOWEST_UPLOAD)
    }
}

/// Everything about waiting, shared by all requests of a store.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) patience: Patience,
    pub(crate) width: Width,
    pub(crate) requests: Pace,
    pub(crate) download: Pace,
    pub(crate) budget: Budget,
    pub(crate) traffic: Traffic,
}

impl Waiting {
    pub(crate) fn new(settings: &Settings) -> Self {
        let tries = settings.number(Key::Tries).unwrap_or(TRIES);
        let width = settings.number(Key::Width).unwrap_or(WIDTH);
        Self {
            patience: Patience {
                request: settings.time(Key::RequestTimeout).unwrap_or(REQUEST_TIMEOUT),
                progress: settings.time(Key::ProgressTimeout).unwrap_or(PROGRESS_TIMEOUT),
                tries: u32::try_from(tries).unwrap_or(u32::MAX),
            },
            width: Width::new(usize::try_from(width).unwrap_or(usize::MAX)),
            requests: Pace::new(settings.number(Key::LimitRequests)),
            download: Pace::new(settings.number(Key::LimitDownload)),
            budget: Budget::default(),
            traffic: Traffic::new(settings.number(Key::MaxRequests)),
        }
    }

    /// Tries that a request has now.
    pub(crate) fn tries(&self) -> u32 {
        let few = !self.traffic.has_answered();
        if few { self.patience.tries.min(TRIES_BEFORE_FIRST_ANSWER) } else { self.patience.tries }
    }
}

#[cfg(test)]
mod tests;
