//! What is said about a log.

use super::*;

#[test]
fn the_innermost_cause_tells_most() {
    let check = |log: &str, expected: &str| assert_eq!(telling_line(log), expected);
    check("a\nE: x\nCaused by: outer\n\tat a.b\nCaused by: inner\n\tat c.d\n\t... 4 more\n", "inner");
    check(
        "started\nLikely root cause: BadException: no\n\tat a.b(C.java)\nfor details see the log\n",
        "Likely root cause: BadException: no",
    );
    check("one\n two \n", "two");
    check("", "it said nothing");
}

#[test]
fn the_tail_is_at_most_all() {
    assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
    assert_eq!(tail("a\nb", 9), "a\nb");
    assert_eq!(tail("", 3), "");
}

#[test]
fn a_taken_port_is_recognised() {
    assert!(says_port_is_taken("nested: BindException[Address already in use]; "));
    assert!(!says_port_is_taken("java.net.BindException: Cannot assign requested address"));
}
