//! Order, stopping, cancelling.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::*;

fn pool(width: usize) -> Pool {
    Pool::new(NonZeroUsize::new(width).unwrap(), Cancel::default())
}

#[test]
fn results_keep_the_order_of_their_items_at_any_width() {
    for width in [1, 2, 7, 32] {
        let mut results = Vec::new();
        pool(width).map(
            0..1000_u64,
            |n| (0..n % 50).fold(n, |a, _| std::hint::black_box(a)),
            |n| {
                results.push(n);
                ControlFlow::Continue(())
            },
        );
        assert_eq!(results, (0..1000).collect::<Vec<_>>(), "width {width}");
    }
}

#[test]
fn breaking_and_cancelling_end_endless_items() {
    for width in [1, 4] {
        let mut n_seen = 0;
        pool(width).map(
            0_u64..,
            |n| n,
            |_| {
                n_seen += 1;
                if n_seen == 100 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(n_seen, 100);
        let pool = pool(width);
        let cancel = pool.cancel().clone();
        pool.map(
            0_u64..,
            |n| n,
            |n| {
                if n == 10 {
                    cancel.cancel();
                }
                ControlFlow::Continue(())
            },
        );
    }
}

#[test]
fn a_slow_item_holds_back_no_more_than_the_window() {
    for width in [2, 3, 16] {
        let n_started = AtomicUsize::new(0);
        let window = width * WINDOW_PER_THREAD;
        let work = |n| {
            n_started.fetch_add(1, Ordering::SeqCst);
            // The first item takes until all are started that may be.
            while n == 0 && n_started.load(Ordering::SeqCst) < window {
                thread::yield_now();
            }
            n
        };
        let mut results = Vec::new();
        pool(width).map(0..20 * window, work, |n| {
            assert!(n_started.load(Ordering::SeqCst) <= results.len() + window, "width {width}");
            results.push(n);
            ControlFlow::Continue(())
        });
        assert_eq!(results, (0..20 * window).collect::<Vec<_>>(), "width {width}");
    }
}

#[test]
fn there_are_no_more_threads_than_items() {
    for n_items in [0, 1, 2, 5] {
        let threads = Mutex::new(HashSet::new());
        let work = |_| lock(&threads).insert(thread::current().id());
        pool(16).map(0..n_items, work, |_| ControlFlow::Continue(()));
        let threads = lock(&threads);
        assert!(threads.len() <= n_items);
        assert_eq!(threads.contains(&thread::current().id()), n_items == 1, "{n_items}");
    }
}
