//! Real names and look-alikes.

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
