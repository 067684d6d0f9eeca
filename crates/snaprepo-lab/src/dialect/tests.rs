//! Requests as different releases want them.

use serde_json::json;

use super::{Action, Dialect, Feature, IndexPlan, Kind, Operation, SnapshotPlan};
use crate::{Product, Version};

fn es(major: u16, minor: u16) -> Dialect {
    Dialect::new(Product::Elasticsearch, Version::new(major, minor, 0))
}

fn os(major: u16, minor: u16) -> Dialect {
    Dialect::new(Product::OpenSearch, Version::new(major, minor, 0))
}

#[test]
fn features_begin_and_end() {
    let check =
        |dialect: Dialect, feature, expected| assert_eq!(dialect.has(feature), expected, "{dialect:?} {feature:?}");
    check(es(6, 8), Feature::Types, true);
    check(es(7, 0), Feature::Types, false);
    check(os(1, 0), Feature::Types, false);
    check(es(6, 4), Feature::SoftDeletesSetting, false);
    check(es(6, 8), Feature::SoftDeletesSetting, true);
    check(es(7, 0), Feature::SoftDeletesSetting, false);
    check(es(9, 5), Feature::DataStreams, false);
    check(os(1, 0), Feature::Clone, true);
    check(os(2, 15), Feature::HashedPaths, false);
    check(os(2, 17), Feature::HashedPaths, true);
    check(es(9, 5), Feature::HashedPaths, false);
}

#[test]
fn an_index_in_three_tongues() {
    let plan = IndexPlan {
        name: "a b".into(),
        n_shards: 2,
        types: &[
            ("one", &[("k", Kind::Keyword), ("o", Kind::Object(&[("n", Kind::Plain("long"))]))]),
            ("two", &[("items", Kind::Nested(&[("u", Kind::Unindexed)]))]),
        ],
        settings: vec![("codec", json!("best_compression"))],
        is_allocated: false,
    };
    let old = es(1, 7).create_index(&plan);
    assert_eq!(old.path, "/a%20b");
    assert_eq!(
        old.body.unwrap(),
        json!({
            "settings": { "index": { "number_of_shards": 2, "number_of_replicas": 0, "refresh_interval": "-1", "codec": "best_compression" } },
            "mappings": {
                "one": { "properties": {
                    "k": { "type": "string", "index": "not_analyzed" },
                    "o": { "properties": { "n": { "type": "long" } } },
                } },
                "two": { "properties": { "items": { "type": "nested", "properties": { "u": { "type": "string", "index": "no" } } } } },
            },
        })
    );
    let one_type = es(6, 8).create_index(&plan);
    assert_eq!(one_type.path, "/a%20b?wait_for_active_shards=0");
    assert_eq!(one_type.body.unwrap().pointer("/mappings/doc/properties/k/type"), Some(&json!("keyword")));
    assert_eq!(
        os(2, 19).create_index(&plan).body.unwrap().pointer("/mappings/properties/k/type"),
        Some(&json!("keyword"))
    );
}

#[test]
fn writes_name_type_and_routing_as_the_release_does() {
    let operations = [
        Operation { id: "1".into(), kind: None, routing: Some("r".into()), action: Action::Update(json!({ "n": 1 })) },
        Operation { id: "2".into(), kind: Some("two"), routing: None, action: Action::Delete },
    ];
    assert_eq!(
        es(5, 6).bulk("i", &operations),
        "{\"update\":{\"_index\":\"i\",\"_id\":\"1\",\"_type\":\"doc\",\"_routing\":\"r\"}}\n{\"doc\":{\"n\":1}}\n\
         {\"delete\":{\"_index\":\"i\",\"_id\":\"2\",\"_type\":\"two\"}}\n"
    );
    assert_eq!(
        os(3, 6).bulk("i", &operations[..1]),
        "{\"update\":{\"_index\":\"i\",\"_id\":\"1\",\"routing\":\"r\"}}\n{\"doc\":{\"n\":1}}\n"
    );
}

#[test]
fn a_snapshot_asks_for_what_the_release_can_do() {
    let plan = SnapshotPlan {
        name: "s+1".into(),
        indices: None,
        has_global_state: true,
        metadata: Some(json!({ "policy": "nightly" })),
        is_partial: true,
    };
    let old = es(6, 8).snapshot("lab", &plan, true);
    assert_eq!(old.path, "/_snapshot/lab/s%2B1?wait_for_completion=true");
    let always = json!({ "indices": "*", "ignore_unavailable": true, "include_global_state": true, "partial": true });
    assert_eq!(old.body.unwrap(), always);
    let body = |dialect: Dialect| dialect.snapshot("lab", &plan, true).body.unwrap();
    assert_eq!(body(es(7, 6))["expand_wildcards"], "open,closed");
    assert_eq!(body(os(1, 0))["expand_wildcards"], "all");
    assert_eq!(body(os(1, 0))["metadata"], json!({ "policy": "nightly" }));
    let v2 = os(2, 19).snapshot("lab", &plan, false).body.unwrap();
    assert_eq!((v2.get("indices"), v2.get("expand_wildcards")), (None, None));
}

#[test]
fn pages_of_the_first_release() {
    assert_eq!(es(1, 7).next_page("a=/"), ("/_search/scroll?scroll=1m&scroll_id=a%3D%2F".to_owned(), None));
    assert_eq!(es(1, 7).search(10)["fields"], json!(["_routing", "_source"]));
    assert_eq!(es(2, 4).end_of_pages("a").1, Some(json!({ "scroll_id": ["a"] })));
    assert_eq!(es(2, 4).search(10).get("seq_no_primary_term"), None);
}
