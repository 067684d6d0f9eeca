//! Chunks by hand, whole and damaged.

use super::decode;

#[test]
fn stored_literals_and_overlapping_runs() {
    assert_eq!(decode(b"ZV\0\0\x02hi").unwrap(), b"hi");
    // "ab" literal, then 8 bytes from offset 2: abababab…
    assert_eq!(decode(b"ZV\x01\0\x05\0\x0a\x01ab\xc0\x01").unwrap(), b"ababababab");
    assert_eq!(decode(b"").unwrap(), b"");
}

#[test]
fn damage_is_a_fault() {
    for blob in
        [&b"ZX\0\0\0"[..], b"ZV\x02\0\0", b"ZV\0\0\x05hi", b"ZV\x01\0\x02\0\x02\x20\x05", b"ZV\x01\0\x01\xff\xff\x00"]
    {
        assert!(decode(blob).is_err(), "{blob:?}");
    }
}
