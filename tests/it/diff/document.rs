use snaprepo_codec::value::Value;

use snaprepo_core::diff::{Change, changes};

fn lines(before: &str, after: &str) -> Vec<String> {
    let value = |text| serde_json::from_str::<Value>(text).unwrap();
    let shown =
        |value: Option<Value>| value.map_or("-".to_owned(), |value| String::from_utf8(value.to_json()).unwrap());
    let line = |change: Change| format!("{}: {} {}", change.path.join("/"), shown(change.before), shown(change.after));
    changes(&value(before), &value(after)).into_iter().map(line).collect()
}

#[test]
fn as_deep_down_as_possible() {
    assert_eq!(
        lines(r#"{"a": {"b": 1, "c": {"d": 2}}, "e": 3}"#, r#"{"e": 3, "a": {"c": {"d": 4}, "f": {"g": 5}}}"#),
        ["a/b: 1 -", "a/c/d: 2 4", r#"a/f: - {"g":5}"#]
    );
    assert_eq!(lines("[1, 2]", "[2, 1]"), [": [1,2] [2,1]"]);
    assert_eq!(lines(r#"{"a": {}}"#, r#"{"a": []}"#), ["a: {} []"]);
    assert!(lines(r#"{"a": 1, "b": [{}]}"#, r#"{"b": [{}], "a": 1}"#).is_empty());
}

#[test]
fn named_elements_are_known_by_their_names() {
    assert_eq!(
        lines(
            r#"[{"id": "p", "config": 1}, {"id": "q", "config": 2}]"#,
            r#"[{"id": "q", "config": 3}, {"id": "r", "config": 4}]"#
        ),
        [r#"p: {"id":"p","config":1} -"#, "q/config: 2 3", r#"r: - {"id":"r","config":4}"#]
    );
    assert_eq!(lines(r#"[{"doc": {"x": 1}}]"#, r#"[{"doc": {"x": 2}}]"#), ["doc/x: 1 2"]);
    // Two of one name are no names.
    assert_eq!(lines(r#"[{"a": 1}, {"a": 2}]"#, r#"[{"a": 1}]"#).len(), 1);
}
