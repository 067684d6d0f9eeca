//! Which release can write which case.

use std::path::Path;

use super::{ALL, Case};
use crate::{Product, Release, Version, release::Artifact};

fn release(product: Product, major: u16, minor: u16) -> Release {
    let artifact = Artifact::Jars { jars: &[] };
    Release { product, version: Version::new(major, minor, 0), lucene: "", artifact, jdks: &[] }
}

#[test]
fn names_are_found_once() {
    for case in ALL {
        assert!(std::ptr::eq(Case::find(case.name).unwrap(), case), "{}", case.name);
    }
    let error = Case::find("plane").unwrap_err().to_string();
    assert!(error.starts_with("no case `plane`: plain, compressed, zstd"), "{error}");
}

#[test]
fn a_release_writes_what_it_can() {
    let check = |name: &str, product, major, minor, from: Option<&str>, expected: &str| {
        let said = Case::find(name).unwrap().check(&release(product, major, minor), from.map(Path::new));
        let said = said.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(said, expected);
    };
    let (es, os) = (Product::Elasticsearch, Product::OpenSearch);
    check("plain", es, 1, 7, None, "");
    check("plain", os, 3, 6, None, "");
    check("hashed-prefix", os, 2, 17, None, "");
    check(
        "hashed-prefix",
        os,
        2,
        15,
        None,
        "os:2.15.0 cannot write case hashed-prefix: 2.15.0 has no hashed shard folders",
    );
    check("zstd", es, 9, 5, None, "es:9.5.0 cannot write case zstd: 9.5.0 has no `compression_type`");
    check(
        "plain",
        es,
        9,
        5,
        Some("a"),
        "es:9.5.0 cannot write case plain: it begins with an empty repository: leave out --from",
    );
    check(
        "mixed",
        es,
        9,
        5,
        None,
        "es:9.5.0 cannot write case mixed: it goes on with a repository: name a folder that `engine write` left with --from",
    );
    check("trap", os, 2, 11, Some("a"), "");
    check(
        "trap",
        os,
        3,
        6,
        Some("a"),
        "os:3.6.0 cannot write case trap: only OpenSearch before 2.17 loses the kind of shard folders",
    );
}
