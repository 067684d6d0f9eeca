//! When keys are replaced.

use super::*;

fn known(fetched_before: Duration, left: Option<Duration>) -> Known {
    let now = SystemTime::now();
    Known {
        key: Arc::new(AwsCredential { key_id: String::new(), secret_key: String::new(), token: None }),
        expires_at: left.map(|left| now + left),
        fetched_at: now - fetched_before,
        features: Vec::new(),
    }
}

#[test]
fn keys_are_replaced_before_they_end() {
    let fresh = |fetched_before: u64, left: u64| {
        let known = known(Duration::from_secs(fetched_before), Some(Duration::from_secs(left)));
        is_fresh(&known, SystemTime::now())
    };
    assert!(fresh(3000, 600), "ten minutes left");
    assert!(!fresh(3000, 240), "a request that is signed now might arrive too late");
    assert!(fresh(5, 240), "short-lived, and fetched just now: others would be no better");
    assert!(!fresh(5, 0), "over");
    assert!(is_fresh(&known(Duration::from_secs(1_000_000), None), SystemTime::now()), "keys without an end");
}
