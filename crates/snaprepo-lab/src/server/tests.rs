//! What can be said without starting anything; `cargo xtask servers check` starts them.

use super::*;

#[test]
fn every_kind_has_its_name() {
    for kind in Kind::ALL {
        assert_eq!(Kind::find(kind.name()).unwrap(), kind);
    }
    let error = Kind::find("minio").unwrap_err().to_string();
    assert_eq!(error, "no recipe for a server `minio`; `cargo xtask servers list` names them");
}

#[test]
fn paths_and_queries_are_escaped() {
    let ask = Ask::new("GET", "bucket", "a b/ü+%").query("z", "1 2").query("a", "");
    assert_eq!(ask.path(""), "/bucket/a%20b/%C3%BC%2B%25");
    assert_eq!(ask.query_text(), "a=&z=1%202");
    assert_eq!(Ask::new("GET", "", "").path(""), "/");
}
