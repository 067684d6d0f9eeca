//! Pages of documents.

use super::*;
use crate::Product;

#[test]
fn a_page_of_elasticsearch_1() {
    let text = r#"{"_scroll_id":"abc","_shards":{"total":1,"successful":1,"failed":0},"hits":{"total":1,"max_score":1.0,
        "hits":[{"_index":"i","_type":"doc","_id":"7","_version":3,"_score":1.0,
        "_source": {"a" : "x y",
          "n": 12345678901234567890123},"fields":{"_routing":"r1"}}]}}"#;
    let answer = Answer { request: "POST".into(), status: 200, text: text.into() };
    let page = Page::of(&answer).unwrap();
    let document = page.hits.hits[0].document(2, Dialect::new(Product::Elasticsearch, crate::Version::new(1, 7, 6)));
    assert_eq!(page.hits.total(), Some(1));
    assert_eq!((document.routing.as_deref(), document.version, document.shard), (Some("r1"), Some(3), Some(2)));
    assert_eq!(document.kind.as_deref(), Some("doc"));
    assert_eq!(document.source.unwrap().get(), r#"{"a":"x y","n":12345678901234567890123}"#);
}

#[test]
fn a_page_of_today() {
    let text = r#"{"_scroll_id":"abc","took":1,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},
        "hits":{"total":{"value":1,"relation":"eq"},"hits":[{"_index":"i","_id":"ä","_version":1,"_seq_no":0,
        "_primary_term":1,"_routing":"r","_source":{"s":"a\" b\n\\"}}]}}"#;
    let answer = Answer { request: "POST".into(), status: 200, text: text.into() };
    let page = Page::of(&answer).unwrap();
    let document = page.hits.hits[0].document(0, Dialect::new(Product::OpenSearch, crate::Version::new(2, 19, 6)));
    assert_eq!((document.seq_no, document.primary_term, document.kind), (Some(0), Some(1), None));
    assert_eq!(document.source.unwrap().get(), r#"{"s":"a\" b\n\\"}"#);
}
