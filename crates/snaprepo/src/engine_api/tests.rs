//! The engines' own way to write durations.

use super::readable_duration;

#[test]
fn durations() {
    for (millis, text) in [
        (0, "0s"),
        (87, "87ms"),
        (1_000, "1s"),
        (1_299, "1.2s"),
        (174_000, "2.9m"),
        (270_000, "4.5m"),
        (86_400_000, "1d"),
        (-5, "-5"),
    ] {
        assert_eq!(readable_duration(millis), text);
    }
}
