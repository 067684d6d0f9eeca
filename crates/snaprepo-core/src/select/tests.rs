//! Both dialects of index selection.

use super::*;

fn select(patterns: &[&str], product: Product) -> String {
    let available = [".kibana_1", "a1", "a2", "b", "x"];
    let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
    match indices(&available, &patterns, product, Missing::Refuse) {
        Ok(names) => names.into_iter().collect::<Vec<_>>().join(" "),
        Err(fault) => fault.to_string(),
    }
}

/// The table of the two dialects.
#[test]
fn index_selection_in_both_dialects() {
    let (es, os) = (Product::Elasticsearch, Product::OpenSearch);
    let all = ".kibana_1 a1 a2 b x";
    for (patterns, in_es, in_os) in [
        (&[][..], all, all),
        (&["_all"], all, all),
        (&["-.kibana*"], "a1 a2 b x", "a1 a2 b x"),
        (&["-a*,-b*"], ".kibana_1 x", ""),
        (&["-a*", "*"], all, ".kibana_1 b x"),
        (&["*", "-a*"], ".kibana_1 b x", ".kibana_1 b x"),
        (&["x*", "-x1"], "no such index \"x1\"", "no such index \"x1\""),
        (&["+b", "a1"], "a1 b", "a1 b"),
        (&["nope*"], "", ""),
    ] {
        assert_eq!(select(patterns, es), in_es, "{patterns:?} in Elasticsearch");
        assert_eq!(select(patterns, os), in_os, "{patterns:?} in OpenSearch");
    }
}

#[test]
fn globs() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("a*c", "abbc", true),
        ("a*c", "abbd", false),
        ("*-*-*", "a-b-c", true),
        ("snap-?", "snap-1", true),
        ("snap-?", "snap-10", false),
        ("", "x", false),
    ] {
        assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
    }
    assert!(!wildcard("a?", "ab"));
}
