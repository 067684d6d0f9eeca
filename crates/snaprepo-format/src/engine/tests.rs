//! Version ids of real blobs.

use super::*;

#[test]
fn ids_of_real_blobs() {
    for (id, product, text) in [
        (1_070_699, Product::Elasticsearch, "1.7.6"),
        (7_100_299, Product::Elasticsearch, "7.10.2"),
        (8_100_499, Product::Elasticsearch, "8.10.4"),
        (8_500_003, Product::Elasticsearch, "8.11.x"),
        (8_521_000, Product::Elasticsearch, "8.17.x"),
        (8_504_000, Product::Elasticsearch, "between 8.13.0 and 8.14.0 [8504000]"),
        (9_200_000, Product::Elasticsearch, "newer than 9.5.2 [9200000]"),
        (135_249_827, Product::OpenSearch, "1.3.20"),
        (136_408_427, Product::OpenSearch, "2.19.6"),
        (7_000_026, Product::Elasticsearch, "7.0.0-beta1"),
    ] {
        let version = VersionId(id);
        assert_eq!((version.product(), version.text().as_str()), (product, text), "{id}");
    }
}

#[test]
fn releases_and_ids_agree() {
    let id = |product, text| VersionId::of_release(product, Release::parse(text).unwrap()).0;
    assert_eq!(id(Product::OpenSearch, "2.19.6"), 136_408_427);
    assert_eq!(id(Product::Elasticsearch, "7.17.29"), 7_172_999);
    assert_eq!(id(Product::Elasticsearch, "8.17.4"), 8_521_000);
    assert_eq!(id(Product::Elasticsearch, "9.5.3"), 9_111_000);
}

#[test]
fn targets() {
    assert_eq!("es:9.1".parse::<Target>().unwrap().to_string(), "Elasticsearch 9.1");
    assert_eq!("os:2".parse::<Target>().unwrap().to_string(), "OpenSearch 2.x");
    assert_eq!("es:8.19.4".parse::<Target>().unwrap().to_string(), "Elasticsearch 8.19.4");
    for text in ["8.1", "es:", "es:x", "solr:9", "es:8.1.2.3"] {
        assert!(text.parse::<Target>().is_err(), "{text}");
    }
}
