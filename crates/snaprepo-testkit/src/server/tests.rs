//! What the server makes of texts.

use super::*;

#[test]
fn percent_signs() {
    for text in ["", "plain", "a b+c/ü%", "100%2", "%"] {
        assert_eq!(percent_decoded(&percent_encoded(text)), text);
    }
    assert_eq!(percent_encoded("a/b ü"), "a%2Fb%20%C3%BC");
    assert_eq!(percent_decoded("a%2fb%zz%"), "a/b%zz%");
}
