//! How many requests are under way at once. One more for each round of good answers, half as many when the store says
//! "slow down": the rule by which connections of TCP share a line that nobody knows the width of.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

/// The width is halved at most once in this time: all requests that were under way complain together, of one cause.
const ONE_COMPLAINT: Duration = Duration::from_secs(1);

/// Places for requests.
#[derive(Debug)]
pub(crate) struct Width(Arc<Places>);

#[derive(Debug)]
struct Places {
    places: Semaphore,
    ceiling: usize,
    /// Protects the sums of `places`: places there are = width + owed.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    width: usize,
    /// Places that are taken and go away when they are given back.
    owed: usize,
    /// Good answers since the width last changed.
    good: usize,
    halved_at: Option<Instant>,
}

/// A place; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot(Arc<Places>);

impl Width {
    pub(crate) fn new(ceiling: usize) -> Self {
        let ceiling = ceiling.clamp(1, Semaphore::MAX_PERMITS);
        let state = State { width: ceiling, owed: 0, good: 0, halved_at: None };
        Self(Arc::new(Places { places: Semaphore::new(ceiling), ceiling, state: Mutex::new(state) }))
    }

    /// Waits for a place.
    pub(crate) async fn slot(&self) -> Slot {
        // The semaphore is never closed; without it everybody has a place.
        if let Ok(permit) = self.0.places.acquire().await {
            permit.forget();
        }
        Slot(Arc::clone(&self.0))
    }

    /// Whether a place is free now. It may be gone at once.
    pub(crate) fn has_free(&self) -> bool {
        self.0.places.available_permits() > 0
    }

    /// The store answered well.
    pub(crate) fn good(&self) {
        let mut state = self.0.lock();
        state.good += 1;
        if state.good >= state.width && state.width < self.0.ceiling {
            state.good = 0;
            state.width += 1;
            if state.owed > 0 { state.owed -= 1 } else { self.0.places.add_permits(1) }
        }
    }

    /// The store asked to slow down.
    pub(crate) fn throttled(&self, now: Instant) {
        let mut state = self.0.lock();
        if state.halved_at.is_some_and(|at| now.saturating_duration_since(at) < ONE_COMPLAINT) {
            return;
        }
        let half = (state.width / 2).max(1);
        let fewer = state.width - half;
        state.owed += fewer - self.0.places.forget_permits(fewer);
        state.width = half;
        state.good = 0;
        state.halved_at = Some(now);
    }

    /// How many requests may be under way now.
    #[cfg(test)]
    pub(crate) fn now(&self) -> usize {
        self.0.lock().width
    }
}

impl Places {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if state.owed > 0 { state.owed -= 1 } else { self.0.places.add_permits(1) }
    }
}
