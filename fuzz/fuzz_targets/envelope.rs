//! The wrapper of metadata blobs, and the encodings of their bodies.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snaprepo_codec::{compression, envelope, lzf};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(open) = envelope::open_any(bytes) {
        let _ = compression::decode(open.body);
    }
    if let Ok((_, body)) = compression::decode(bytes) {
        assert!(body.len() as u64 <= compression::decoded_limit(bytes.len()));
    }
    let _ = lzf::decode(bytes);
});
