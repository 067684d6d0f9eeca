//! Waits, budgets, widths and limits, without waiting.

use std::time::Instant;

use super::*;

#[test]
fn waits_double_spread_and_end() {
    assert_eq!(delay(1, None, 1.0), Duration::from_millis(100));
    assert_eq!(delay(1, None, 0.0), Duration::from_millis(50));
    assert_eq!(delay(4, None, 1.0), Duration::from_millis(800));
    assert_eq!(delay(60, None, 1.0), Duration::from_secs(20));
    assert_eq!(delay(1, Some(Duration::from_secs(7)), 1.0), Duration::from_secs(7), "the store knows better");
    assert_eq!(delay(1, Some(Duration::from_secs(86_400)), 1.0), Duration::from_secs(60), "within reason");
}

#[test]
fn a_run_has_so_many_retries() {
    let budget = Budget::default();
    let taken = (0..1000).filter(|_| budget.take(500)).count();
    assert_eq!(taken, 150, "a hundred, and one for each ten requests");
    assert_eq!(budget.used(), 150);
    assert!(budget.take(5000), "more requests, more retries");
}

#[test]
fn the_width_halves_and_grows_back() {
    let width = Width::new(8);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let held: Vec<_> = (0..8).map(|_| runtime.block_on(width.slot())).collect();
    assert!(!width.has_free());
    let start = Instant::now();
    width.throttled(start);
    width.throttled(start + Duration::from_millis(10));
    assert_eq!(width.now(), 4, "one complaint, not two");
    drop(held);
    let held: Vec<_> = (0..4).map(|_| runtime.block_on(width.slot())).collect();
    assert!(!width.has_free(), "the other four places are gone");
    for _ in 0..4 {
        width.good();
    }
    assert_eq!(width.now(), 5);
    assert!(width.has_free());
    drop(held);
    for round in 0..20 {
        width.throttled(start + Duration::from_secs(2 * round));
    }
    assert_eq!(width.now(), 1, "never none");
    for _ in 0..1000 {
        width.good();
    }
    assert_eq!(width.now(), 8, "never more than the ceiling");
}

#[test]
fn a_pace_spreads_what_is_taken() {
    let now = tokio::time::Instant::now();
    let pace = Pace::new(Some(1000));
    assert_eq!(pace.reserve(200, now), None);
    assert_eq!(pace.reserve(1000, now), None, "what was not used for a moment may be made up for");
    let next = pace.reserve(500, now).unwrap();
    assert_eq!(next.duration_since(now), Duration::from_secs(1));
    let next = pace.reserve(1, now).unwrap();
    assert_eq!(next.duration_since(now), Duration::from_millis(1500));
    assert_eq!(Pace::new(None).reserve(u64::MAX, now), None);
}

#[test]
fn requests_are_counted_by_kind_and_end_at_the_limit() {
    let traffic = Traffic::new(Some(3));
    for kind in [Kind::List, Kind::Read, Kind::Read] {
        assert!(traffic.request(kind, 0).is_ok());
    }
    assert_eq!(traffic.request(Kind::Write, 10).unwrap_err().limit, 3);
    let counts = traffic.counts();
    assert_eq!((counts.lists, counts.reads, counts.writes, counts.bytes_written), (1, 2, 0, 0));
    assert_eq!(counts.requests(), 3);
}
