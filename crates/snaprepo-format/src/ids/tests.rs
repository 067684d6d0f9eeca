//! Real names and look-alikes.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{DataName, FileName, Uuid};

#[test]
fn real_names_survive_a_round_trip() {
    for text in ["___SuhYGFrRD-2TKsAxqzGAw", "__-yEaPZRTQfSRwCiHpq5vHQ", "__0", "__10", "__z"] {
        assert_eq!(DataName::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(FileName::parse("v__S6Ssk7KgSb63BpYqx_ktTw").unwrap().to_string(), "v__S6Ssk7KgSb63BpYqx_ktTw");
}

#[test]
fn look_alikes_are_refused() {
    // The last character may only be one of A Q g w.
    assert_eq!(Uuid::parse("SuhYGFrRD-2TKsAxqzGAwB"), None);
    for text in ["__", "__00", "_0", "__A", "__../x", "__0.part1", "v__0", ""] {
        assert_eq!(FileName::parse(text), None, "{text:?}");
    }
}

#[test]
fn every_text_is_read_as_the_general_decoder_reads_it() {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut n_read = 0;
    for _ in 0..20_000 {
        let digit = |number: u64| char::from(b"AQgw-_09azZB+/=.~"[usize::try_from(number % 17).unwrap()]);
        // Mostly good digits, so that good texts and texts with one bad digit are both frequent.
        let text: String = (0..22).map(|_| digit(if random() % 64 == 0 { random() } else { random() % 11 })).collect();
        let expected = URL_SAFE_NO_PAD.decode(&text).ok();
        assert_eq!(Uuid::parse(&text).map(|uuid| uuid.bytes().to_vec()), expected, "{text}");
        n_read += u32::from(expected.is_some());
    }
    assert!(n_read > 1_000, "{n_read}");
    assert_eq!(Uuid::parse("ääääääääääää"), None);
}
