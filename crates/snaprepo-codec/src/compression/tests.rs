//! Round trips, the exact ends of the engines' streams, bombs.

use super::*;

fn smile(len: usize) -> Vec<u8> {
    let mut bytes = crate::smile::MARK.to_vec();
    bytes.resize(len.max(4), b'x');
    bytes
}

#[test]
fn each_encoding_returns_what_went_in() {
    let plain = smile(5000);
    for encoding in [Encoding::Plain, Encoding::Deflate, Encoding::Zstd] {
        let body = encode(&plain, encoding);
        let (found, decoded) = decode(&body).unwrap();
        assert_eq!((found, decoded.as_ref()), (encoding, plain.as_slice()));
    }
}

#[test]
fn deflate_ends_as_the_engines_end_it() {
    let body = encode(&smile(100), Encoding::Deflate);
    assert!(body.ends_with(&[0x00, 0x00, 0xff, 0xff, 0x03, 0x00]));
}

#[test]
fn zstd_starts_as_opensearch_starts_it() {
    let body = encode(&smile(100), Encoding::Zstd);
    assert_eq!(body[ZSTD_MARK.len()..][..6], [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]);
}

#[test]
fn trailing_bytes_and_cut_streams_are_faults() {
    for encoding in [Encoding::Deflate, Encoding::Zstd] {
        let mut body = encode(&smile(1000), encoding);
        let len = body.len();
        assert!(decode(&body[..len - 1]).is_err(), "{encoding:?} cut");
        body.push(0);
        assert!(decode(&body).is_err(), "{encoding:?} with a byte behind");
    }
}

#[test]
fn a_bomb_is_refused_without_being_unpacked() {
    for encoding in [Encoding::Deflate, Encoding::Zstd] {
        let body = encode(&smile(64 << 20), encoding);
        let kind = decode(&body).err().map(|fault| fault.kind);
        assert!(matches!(kind, Some(FaultKind::TooLarge { .. })), "{encoding:?}: {kind:?}");
    }
}

#[test]
fn gzip_and_noise_are_unknown() {
    for body in [&b"\x1f\x8b\x08"[..], b"", b"{\"a\":1}", b"\0\0\0\0"] {
        assert!(matches!(decode(body).unwrap_err().kind, FaultKind::UnknownEncoding { .. }));
    }
}
