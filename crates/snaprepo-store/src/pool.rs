//! Waiting work on a fixed number of plain threads, with results in the order of their items.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    ops::ControlFlow,
    sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread::{self, Scope},
};

use crate::Cancel;

/// Items that may be ahead of the slowest one, as a multiple of the width: bounds the results held back for order.
const WINDOW_PER_THREAD: usize = 4;

/// A width, and a way to stop. Threads live only as long as one call.
#[derive(Debug, Clone)]
pub struct Pool {
    width: NonZeroUsize,
    cancel: Cancel,
    /// Items that may be ahead of the slowest one, per thread.
    window: usize,
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
        Self { width, cancel, window: WINDOW_PER_THREAD }
    }

    /// The share of this pool that one of `n_callers` gets, all of which work at once: together they have no more
    /// threads than this pool, or one each, and no results beyond those of their threads.
    #[must_use]
    pub fn share(&self, n_callers: usize) -> Self {
        let width = NonZeroUsize::new(self.width.get() / n_callers.max(1)).unwrap_or(NonZeroUsize::MIN);
        Self { width, cancel: self.cancel.clone(), window: 1 }
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
        // Starting a thread takes longer than much of the work.
        let is_one_at_most = items.size_hint().1.is_some_and(|most| most <= 1);
        if self.width.get() == 1 || is_one_at_most {
            for item in items {
                if self.cancel.is_cancelled() || each(work(item)).is_break() {
                    return;
                }
            }
            return;
        }
        let progress = Mutex::new(Progress { items, taken: 0, delivered: 0, stopped: false });
        let crew = Crew { pool: self, progress, moved: Condvar::new(), work };
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            let (crew, n_more) = (&crew, self.width.get() - 1);
            scope.spawn(move || crew.run(scope, &sender, n_more));
            let mut early = BTreeMap::new();
            let mut next = 0;
            for (number, result) in receiver {
                early.insert(number, result);
                while let Some(result) = early.remove(&next) {
                    next += 1;
                    let flow = each(result);
                    crew.deliver(next, flow);
                    if flow.is_break() {
                        return;
                    }
                }
            }
        });
    }
}

/// What the threads of one call share.
struct Crew<'p, I, W> {
    pool: &'p Pool,
    progress: Mutex<Progress<I>>,
    /// Told when items may be taken again.
    moved: Condvar,
    work: W,
}

impl<I: Iterator<Item: Send> + Send, W> Crew<'_, I, W> {
    /// Works until there is nothing left to take. A thread that got an item starts the next one, up to `n_more`, so that
    /// there are never more threads than items, and nobody waits for all of them to start.
    fn run<'scope, R: Send + 'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        sender: &mpsc::Sender<(usize, R)>,
        mut n_more: usize,
    ) where
        W: Fn(I::Item) -> R + Sync,
    {
        while let Some((number, item)) = self.next() {
            if let Some(n_behind) = n_more.checked_sub(1) {
                let sender = sender.clone();
                scope.spawn(move || self.run(scope, &sender, n_behind));
                n_more = 0;
            }
            if sender.send((number, (self.work)(item))).is_err() {
                break;
            }
        }
    }

    fn next(&self) -> Option<(usize, I::Item)> {
        let window = self.pool.width.get() * self.pool.window;
        let mut progress = lock(&self.progress);
        while !progress.stopped && progress.taken >= progress.delivered + window {
            progress = self.moved.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        if progress.stopped || self.pool.cancel.is_cancelled() {
            return None;
        }
        let item = progress.items.next()?;
        let number = progress.taken;
        progress.taken += 1;
        Some((number, item))
    }

    /// Notes how many results were handed out, and whether more are wanted.
    fn deliver(&self, delivered: usize, flow: ControlFlow<()>) {
        let mut progress = lock(&self.progress);
        progress.delivered = delivered;
        progress.stopped |= flow.is_break();
        drop(progress);
        if flow.is_break() {
            self.moved.notify_all();
        } else {
            // One more item may be taken, by one thread. Whoever waits is told in time: as many results are still to be
            // handed out as the window is long, and no more threads than that wait.
            self.moved.notify_one();
        }
    }
}

/// A worker that panics has already ended the scope; the counters stay meaningful.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
