//! Properties, a second opinion, and what the engines' encoder writes at the borders.

use proptest::prelude::*;

use super::{MAX_DEPTH, from_slice, to_vec};
use crate::{FaultKind, value::Value};

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-40_i64..40).prop_map(Value::Int),
        any::<i128>().prop_filter("fits i64", |n| i64::try_from(*n).is_err()).prop_map(Value::BigInt),
        any::<f32>().prop_filter("NaN", |n| !n.is_nan()).prop_map(Value::Float),
        any::<f64>().prop_filter("NaN", |n| !n.is_nan()).prop_map(Value::Double),
        ".{0,80}".prop_map(|text| Value::Str(text.into())),
        "[a-z]{0,80}".prop_map(|text| Value::Str(text.into())),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Value::Bytes(bytes.into())),
    ];
    leaf.prop_recursive(5, 200, 20, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..20).prop_map(Value::Array),
            proptest::collection::vec((".{0,70}", inner), 0..20).prop_map(|members| Value::Object(
                members.into_iter().map(|(name, value)| (name.into(), value)).collect()
            )),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(value in values()) {
        prop_assert_eq!(from_slice::<Value>(&to_vec(&value)).unwrap(), value);
    }

    #[test]
    fn noise_never_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = from_slice::<Value>(&bytes);
        bytes.splice(0..0, *b":)\n\x07");
        let _ = from_slice::<Value>(&bytes);
    }
}

#[test]
fn a_second_opinion_agrees() {
    let value = Value::object([
        ("name", Value::from("snap-ü")),
        ("numbers", Value::Array([-17, -16, 15, 16, 1 << 40].map(Value::Int).to_vec())),
        ("half", Value::Double(2.5)),
        ("again", Value::object([("name", Value::from("x".repeat(100).as_str()))])),
    ]);
    let other: serde_smile::value::Value = serde_smile::from_slice(&to_vec(&value)).unwrap();
    let json = serde_json::to_string(&other).unwrap();
    assert_eq!(json.as_bytes(), value.to_json());
}

#[test]
fn integers_take_the_form_the_engines_give_them() {
    // version_id of 7.10.2 and a start time, from a real blob.
    assert_eq!(to_vec(&Value::Int(7_100_299))[4..], [0x24, 0x0d, 0x45, 0x3c, 0x96]);
    assert_eq!(to_vec(&Value::Int(1_711_120_727_418))[4..], [0x25, 0x01, 0x47, 0x19, 0x57, 0x63, 0x6b, 0xb4]);
}

#[test]
fn more_names_than_slots() {
    let members = |n: usize| (0..n).map(|i| (format!("name-{i}").into(), Value::Int(1))).collect();
    let value =
        Value::Array(vec![Value::Object(members(1500)), Value::Object(members(1500)), Value::Object(members(300))]);
    assert_eq!(from_slice::<Value>(&to_vec(&value)).unwrap(), value);
}

#[test]
fn a_bomb_of_brackets_is_refused() {
    let mut bytes = b":)\n\x05".to_vec();
    bytes.resize(10 << 20, 0xF8);
    assert_eq!(from_slice::<Value>(&bytes).unwrap_err().kind, FaultKind::TooDeep { limit: MAX_DEPTH });
}

#[test]
fn shared_values_and_seven_bit_bytes_are_read() {
    let shared = b":)\n\x07\xf8\x41ab\x01\xf9";
    assert_eq!(from_slice::<Value>(shared).unwrap(), Value::Array(vec!["ab".into(), "ab".into()]));
    let seven = b":)\n\x05\xe8\x82\x7f\x7f\x03";
    assert_eq!(from_slice::<Value>(seven).unwrap(), Value::Bytes([0xff, 0xff].into()));
}

/// What Jackson 2.8.6, 2.10.4, 2.15.0 and 2.17.2 all write at the borders of the string classes.
#[test]
fn borders_of_the_string_classes() {
    let token = |text: &str| to_vec(&Value::from(text))[4];
    assert_eq!((token(&"a".repeat(64)), token(&"a".repeat(65))), (0x7f, 0xe0));
    assert_eq!((token(&"é".repeat(32)), token(&format!("a{}", "é".repeat(32)))), (0xbe, 0xe4));
    assert_eq!((token(&"a".repeat(2666)), token(&"a".repeat(2667))), (0xe0, 0xe4));
    let name = |text: &str| to_vec(&Value::object([(text, Value::Null)]))[5];
    assert_eq!((name(&"é".repeat(28)), name(&format!("a{}", "é".repeat(28)))), (0xf6, 0x34));
    assert_eq!((name(&"a".repeat(64)), name(&"a".repeat(65))), (0xbf, 0x34));
}

/// Names of any length are shared, also those that are written in the long form.
#[test]
fn long_names_are_shared() {
    let name = "é".repeat(200);
    let members =
        vec![(name.clone().into(), Value::Int(1)), ("bc".into(), Value::Int(2)), (name.into(), Value::Int(3))];
    let bytes = to_vec(&Value::Object(members.clone()));
    assert!(bytes.ends_with(&[0x40, 0xc6, 0xfb]));
    assert_eq!(from_slice::<Value>(&bytes).unwrap(), Value::Object(members));
}
