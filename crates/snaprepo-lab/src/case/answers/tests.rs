//! Lists of snapshots.

use super::*;

#[test]
fn lists_of_two_shapes() {
    let check = |text: &str| {
        let answer = Answer { request: "GET".into(), status: 200, text: text.into() };
        assert_eq!(names(&answer).unwrap(), ["a", "b"]);
    };
    check(r#"{"snapshots":[{"snapshot":"a"},{"snapshot":"b"}],"total":2}"#);
    check(r#"{"responses":[{"repository":"r","snapshots":[{"snapshot":"a"},{"snapshot":"b"}]}]}"#);
}
