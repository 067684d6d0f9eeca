//! Every flipped bit and every truncation of a wrapped blob.

use super::*;

#[test]
fn a_wrapped_blob_opens() {
    let blob = wrap("snapshot", b"body");
    let open = open(&blob, "snapshot").unwrap();
    assert_eq!((open.body, open.header_len), (&b"body"[..], 17));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let blob = wrap("metadata", b"some body that matters");
    for at in 0..blob.len() {
        for bit in 0..8 {
            let mut bad = blob.clone();
            bad[at] ^= 1 << bit;
            assert!(open(&bad, "metadata").is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn every_truncation_is_noticed() {
    let blob = wrap("metadata", b"some body that matters");
    for len in 0..blob.len() {
        assert!(open(&blob[..len], "metadata").is_err(), "{len} bytes");
    }
}

#[test]
fn a_fork_is_named_by_its_version() {
    let mut blob = wrap("snapshot", b"");
    blob[16] = 2;
    let crc = crate::crc::crc32(&blob[..blob.len() - 8]);
    let end = blob.len() - 4;
    blob[end..].copy_from_slice(&crc.to_be_bytes());
    let fault = open(&blob, "snapshot").unwrap_err();
    assert_eq!(fault.kind, FaultKind::ForkedWrapper { version: 2 });
}

#[test]
fn pieces_do_not_matter() {
    let blob = wrap("snapshot", &vec![7; 1000]);
    let whole = StreamCheck::of(&blob);
    assert_eq!(whole.footer.as_ref().unwrap().crc, whole.computed);
    for size in [1, 3, 7, 8, 15, 16, 17, 100, 999] {
        let mut check = StreamCheck::new();
        blob.chunks(size).for_each(|piece| check.update(piece));
        assert_eq!(check.finish(), whole, "pieces of {size}");
    }
}
