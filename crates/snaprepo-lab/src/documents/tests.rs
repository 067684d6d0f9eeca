//! Comparing and keeping documents.

use super::{Documents, compare, compare_content, json::first_difference};

fn documents(lines: &str) -> Documents {
    Documents::parse(lines).unwrap()
}

#[test]
fn lines_come_back_sorted_and_unchanged() {
    let text = concat!(
        r#"{"id":"b","shard":1,"type":"doc","routing":"r","version":2,"seq_no":5,"primary_term":1,"source":{"n":1.50}}"#,
        "\n",
        r#"{"id":"ä","version":1}"#,
        "\n"
    );
    assert_eq!(documents(text).to_lines().unwrap(), text);
    assert_eq!(documents("{\"id\":\"b\"}\n{\"id\":\"a\"}\n").documents[0].id, "a");
    assert_eq!(
        documents(r#"{"id":"a","routing":null,"_source":{}}"#).documents[0].source.as_ref().unwrap().get(),
        "{}"
    );
    assert!(Documents::parse("{}").is_err());
}

#[test]
fn the_first_difference_is_named() {
    let check = |expected: &str, found: &str, difference: Option<&str>| {
        let comparison = compare(&documents(expected), &documents(found));
        assert_eq!(comparison.difference.as_deref(), difference);
    };
    let one = r#"{"id":"a","version":1,"source":{"k":{"n":[1,2.50]}}}"#;
    check(one, one, None);
    check(one, r#"{"id":"a","version":1,"source":{"k":{"n":[1,2.5]}}}"#, None);
    check(one, "", Some("document a: not found"));
    check("", one, Some("document a: not expected"));
    check(one, r#"{"id":"a","version":2,"source":{}}"#, Some("document a: version: expected 1, found 2"));
    check(
        one,
        r#"{"id":"a","version":1,"source":{"k":{"n":[1,3]}}}"#,
        Some("document a: source.k.n[1]: expected 2.5, found 3"),
    );
    check(one, r#"{"id":"a","version":1}"#, Some("document a: source: not found"));
    check(r#"{"id":"a","routing":"r"}"#, r#"{"id":"a"}"#, Some("document a: routing: expected r, found nothing"));
}

#[test]
fn only_what_both_sides_tell_is_compared() {
    let old = documents(r#"{"id":"a","type":"doc","shard":0,"version":1,"source":{}}"#);
    let new = documents(r#"{"id":"a","shard":1,"version":1,"seq_no":0,"primary_term":1,"source":{}}"#);
    let comparison = compare(&old, &new);
    assert_eq!(comparison.fields, ["id", "routing", "version", "shard", "source"]);
    assert_eq!(comparison.difference.as_deref(), Some("document doc/a: shard: expected 0, found 1"));
    assert_eq!(compare_content(&old, &new).difference, None);
}

#[test]
fn a_shard_that_does_not_answer_is_a_difference() {
    let mut found = documents("");
    found.missing.push(super::MissingShard { shard: 1, reason: "no primary".into() });
    assert_eq!(compare(&documents(""), &found).difference.as_deref(), Some("shard 1 did not answer: no primary"));
}

#[test]
fn json_is_compared_without_loss() {
    let check = |a: &str, b: &str, expected: Option<&str>| {
        assert_eq!(first_difference(a, b).as_deref(), expected, "{a} {b}");
    };
    check(r#"{"a":1,"b":"\u00e4"}"#, r#"{ "b": "ä", "a": 1 }"#, None);
    check("1e2", "100.0", None);
    check("100", "100.0", Some(""));
    check("12345678901234567890123", "12345678901234567890124", Some(""));
    check(r#"{"a":[1,2]}"#, r#"{"a":[1]}"#, Some(".a[1]"));
    check(r#"{"a":null}"#, "{}", Some(".a"));
    check(r#""1""#, "1", Some(""));
}
