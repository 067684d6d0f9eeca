//! How long to wait before a request is made again.

use std::time::Duration;

/// The wait before the second try: about one round trip over an ocean.
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait of our own: a store that is overloaded recovers within a few of them.
const LONGEST: Duration = Duration::from_secs(20);
/// The longest wait that a store may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// The wait after `failures` failures, at least one. It doubles each time, and `random` (0 to 1) spreads it over its
/// upper half, so that many who failed together do not come back together. A store that says when to come back is
/// believed, within reason.
pub(crate) fn delay(failures: u32, asked: Option<Duration>, random: f64) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1).min(16)));
    let own = doubled.min(LONGEST).mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0);
    asked.map_or(own, |asked| asked.min(LONGEST_ASKED).max(own))
}
