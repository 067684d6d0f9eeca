//! Names in paths.

use super::*;

#[test]
fn a_name_is_one_segment() {
    assert_eq!(segment("spaet+1/ä %"), "spaet%2B1%2F%C3%A4%20%25");
}
