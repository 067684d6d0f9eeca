//! Real checksums, and text that no engine writes.

use super::{decode, encode};

#[test]
fn checksum_of_a_real_file() {
    // `_0.cfs` of 3467 bytes, Elasticsearch 7.10.2.
    assert_eq!(encode(0x032A_949E), "vmlcu");
    assert_eq!(decode("vmlcu"), Some(0x032A_949E));
}

#[test]
fn only_canonical_text_is_read() {
    for text in ["", "01", "A", "-1", " 1", "3w5e11264sgsg"] {
        assert_eq!(decode(text), None, "{text:?}");
    }
    assert_eq!(decode("0"), Some(0));
    assert_eq!(decode(&encode(u64::MAX)), Some(u64::MAX));
}
