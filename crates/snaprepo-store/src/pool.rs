//! Waiting work on a fixed number of plain threads, with results in the order of their items.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    ops::ControlFlow,
    sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

use crate::Cancel;

/// Items that may be ahead of the slowest one, as a multiple of the width: bounds the results held back for order.
const WINDOW_PER_THREAD: usize = 4;

/// A width, and a way to stop. Threads live only as long as one call.
#[derive(Debug, Clone)]
pub struct Pool {
    width: NonZeroUsize,
    cancel: Cancel,
}

/// Where the workers are: protects the items and both counters, so that the window holds.
struct Progress<I> {
    items: I,
    taken: usize,
    delivered: usize,
    stopped: bool,
}

impl Pool {
    /// A pool of `width` threads that stops taking items when `cancel` says so.
    #[must_use]
    pub fn new(width: NonZeroUsize, cancel: Cancel) -> Self {
        Self { width, cancel }
    }

    /// How many threads work at once.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width.get()
    }

    /// The flag that stops this pool.
    #[must_use]
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Works on every item, and hands the results to `each` in the order of the items, on the calling thread, until
    /// that breaks or the pool is cancelled. Memory is bounded by the width times the size of a result.
    pub fn map<I, R>(&self, items: I, work: impl Fn(I::Item) -> R + Sync, mut each: impl FnMut(R) -> ControlFlow<()>)
    where
        I: IntoIterator<IntoIter: Send>,
        I::Item: Send,
        R: Send,
    {
        let items = items.into_iter();
        if self.width.get() == 1 {
            for item in items {
                if self.cancel.is_cancelled() || each(work(item)).is_break() {
                    return;
                }
            }
            return;
        }
        let window = self.width.get() * WINDOW_PER_THREAD;
        let progress = Mutex::new(Progress { items, taken: 0, delivered: 0, stopped: false });
        let moved = Condvar::new();
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..self.width.get() {
                let (sender, progress, moved, work) = (sender.clone(), &progress, &moved, &work);
                scope.spawn(move || {
                    while let Some((number, item)) = self.next(progress, moved, window) {
                        if sender.send((number, work(item))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let mut early = BTreeMap::new();
            let mut next = 0;
            for (number, result) in receiver {
                early.insert(number, result);
                while let Some(result) = early.remove(&next) {
                    next += 1;
                    let flow = each(result);
                    let mut progress = lock(&progress);
                    progress.delivered = next;
                    progress.stopped |= flow.is_break();
                    drop(progress);
                    moved.notify_all();
                    if flow.is_break() {
                        return;
                    }
                }
            }
        });
    }

    fn next<I: Iterator>(
        &self,
        progress: &Mutex<Progress<I>>,
        moved: &Condvar,
        window: usize,
    ) -> Option<(usize, I::Item)> {
        let mut progress = lock(progress);
        while !progress.stopped && progress.taken >= progress.delivered + window {
            progress = moved.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        if progress.stopped || self.cancel.is_cancelled() {
            return None;
        }
        let item = progress.items.next()?;
        let number = progress.taken;
        progress.taken += 1;
        Some((number, item))
    }
}

/// A worker that panics has already ended the scope; the counters stay meaningful.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
