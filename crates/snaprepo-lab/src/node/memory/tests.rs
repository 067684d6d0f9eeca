//! What the system says about processes.

use super::*;

#[test]
fn the_group_stands_after_the_name() {
    assert_eq!(group_of("12 (java) S 1 99 99 0"), Some(99));
    assert_eq!(group_of("12 (a) b (c) R 7 8 9"), Some(8));
    assert_eq!(group_of(""), None);
    assert_eq!(group_of("12 (x) S"), None);
}

#[test]
fn the_high_water_mark_is_in_kibibytes() {
    assert_eq!(high_water_bytes("Name:\tjava\nVmHWM:\t  1024 kB\nVmRSS:\t 5 kB\n"), Some(1 << 20));
    assert_eq!(high_water_bytes("Name:\tkthreadd\n"), None);
    assert_eq!(high_water_bytes("VmHWM:\t18446744073709551615 kB"), None);
}
