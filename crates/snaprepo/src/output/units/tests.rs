//! Units at their borders.

use super::*;

#[test]
fn sizes() {
    let units = Units { bytes: false, zone: None };
    for (bytes, text) in [
        (0, "0 B"),
        (1023, "1,023 B"),
        (1024, "1.0 KiB"),
        (1_048_575, "1023.9 KiB"),
        (1_048_576, "1.0 MiB"),
        (u64::MAX, "1638.3 PiB"),
    ] {
        assert_eq!(units.size(bytes), text);
    }
    assert_eq!(Units { bytes: true, zone: None }.size(1_234_567), "1,234,567 B");
}

#[test]
fn times_and_durations() {
    assert_eq!(Units { bytes: false, zone: None }.time(1_795_263_121_307), "2026-11-21 12:12:01");
    assert_eq!(rfc_3339(1_795_263_121_307), "2026-11-21T12:12:01.307Z");
    assert_eq!(rfc_3339(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(duration(407), "407ms");
    assert_eq!(duration(252_000), "4m 12s");
    assert_eq!(counted(1, "index"), "1 index");
    assert_eq!(counted(2, "index"), "2 indices");
}

#[test]
fn hostile_names_do_not_reach_the_terminal() {
    assert_eq!(clean("\x1b[31mred\n\x07é"), "\\u{1b}[31mred\\n\\u{7}é");
}
