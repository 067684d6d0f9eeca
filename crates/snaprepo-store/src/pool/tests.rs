//! Order, stopping, cancelling.

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
