//! A real root, disagreements inside one, refusals.

use super::*;

/// The root of a public 7.10.2 fixture, from `docs/format.md`.
const ES_7_10: &str = r#"{"snapshots":[{"name":"a","uuid":"7_1RHMshSc6c0cuzX1NCDg","state":1,"index_metadata_lookup":{"eQUBLj-GTUWh6FHH9ectQA":"CsS2Nx5QQ9ObYacB1k-vDg-_na_-1-1-1","TKzEIy9ASTq-FuWhogYPHw":"Rawk5jN7T6mhHACnMjj5Sg-_na_-1-1-1"},"version":"7.10.2"},{"name":"b","uuid":"MLvfrD_pTnO_XKWl4qrhOw","state":1,"index_metadata_lookup":{"TKzEIy9ASTq-FuWhogYPHw":"Rawk5jN7T6mhHACnMjj5Sg-_na_-1-1-1"},"version":"7.10.2"}],"indices":{"x":{"id":"eQUBLj-GTUWh6FHH9ectQA","snapshots":["7_1RHMshSc6c0cuzX1NCDg"],"shard_generations":["kR2pmiZPTLODhFjMy9LK2A"]},"y":{"id":"TKzEIy9ASTq-FuWhogYPHw","snapshots":["7_1RHMshSc6c0cuzX1NCDg","MLvfrD_pTnO_XKWl4qrhOw"],"shard_generations":["guSEIbPOR8SI_i1M0mOHLQ",null,"_new","3"]}},"min_version":"7.9.0","index_metadata_identifiers":{"Rawk5jN7T6mhHACnMjj5Sg-_na_-1-1-1":"e0O-Zo4B5P7rRiUeQFTe","CsS2Nx5QQ9ObYacB1k-vDg-_na_-1-1-1":"ekO-Zo4B5P7rRiUeQFTe"}}"#;

#[test]
fn a_root_of_7_10() {
    let root = Root::parse(ES_7_10.as_bytes()).unwrap();
    assert_eq!((root.era, root.product(), &root.oddities), (Era::E79, Product::Elasticsearch, &vec![]));
    assert_eq!(root.indices[1].snapshots, [0, 1]);
    assert_eq!(root.metadata_blob_id(0, 0), "ekO-Zo4B5P7rRiUeQFTe");
    assert_eq!(root.identifier(1, 0), None);
    let generations = &root.indices[1].shard_generations;
    assert!(matches!(generations[..], [ShardGen::Named(_), ShardGen::Unknown, ShardGen::New, ShardGen::Numeric(_)]));
}

fn oddities(json: &str) -> Vec<Oddity> {
    Root::parse(json.as_bytes()).unwrap().oddities
}

#[test]
fn disagreements_are_noted_and_lose_nothing() {
    let unknown =
        ES_7_10.replace(r#"["7_1RHMshSc6c0cuzX1NCDg"]"#, r#"["7_1RHMshSc6c0cuzX1NCDg","MLvfrD_pTnO_XKWl4qrhOQ"]"#);
    assert_eq!(
        oddities(&unknown),
        [Oddity::UnknownSnapshot { index: "x".into(), uuid: "MLvfrD_pTnO_XKWl4qrhOQ".into() }]
    );
    let twice = ES_7_10.replace(r#""name":"b""#, r#""name":"a""#);
    assert_eq!(oddities(&twice), [Oddity::Duplicate { what: "snapshot name", text: "a".into() }]);
    let dangling = ES_7_10.replace(r#""CsS2Nx5QQ9ObYacB1k-vDg-_na_-1-1-1":"ekO"#, r#""other":"ekO"#);
    assert!(matches!(
        oddities(&dangling)[..],
        [Oddity::LookupUnknownIdentifier { .. }, Oddity::UnusedIdentifier { .. }]
    ));
}

#[test]
fn eras() {
    let era = |json: &str| Root::parse(json.as_bytes()).unwrap().era;
    assert_eq!(era(r#"{"snapshots":[],"indices":{}}"#), Era::E5);
    assert_eq!(era(r#"{"min_version":"7.12.0","uuid":"u","cluster_id":"c","snapshots":[],"indices":{}}"#), Era::E712);
    assert_eq!(era(r#"{"snapshots":[],"indices":{},"index_metadata_identifiers":{}}"#), Era::Os3);
    let crate_db = r#"{"snapshots":[{"name":"a","uuid":"b","version":"5.0.3"}],"indices":{"i":{"id":"x","snapshots":["b"],"shard_generations":["g"]}}}"#;
    assert_eq!(era(crate_db), Era::Crate);
}

#[test]
fn refusals_and_damage_are_told_apart() {
    let fault = |bytes: &[u8]| Root::parse(bytes).unwrap_err();
    assert!(matches!(fault(br#"{"min_version":"9.9.0","snapshots":[],"indices":{}}"#), RootFault::TooNew { .. }));
    assert!(matches!(fault(br#"{"snapshots":[],"indices":{},"shiny":1}"#), RootFault::UnknownKey { .. }));
    assert!(matches!(fault(b"\x01\x02"), RootFault::NotJson));
    assert!(matches!(fault(b""), RootFault::Damaged(_)));
    assert!(matches!(fault(&vec![b'['; 10 << 20]), RootFault::NotJson));
    let deep = [br#"{"snapshots":"#.to_vec(), vec![b'['; 10 << 20]].concat();
    assert!(matches!(fault(&deep), RootFault::Damaged(_)));
    assert!(!fault(b"").is_refusal());
}

#[test]
fn snapshots_from_before_5_4_1() {
    let json = r#"{"snapshots":["old",{"name":"n","uuid":"u"}],"indices":{"i":{"id":"i","snapshots":[{"name":"n","uuid":"u"},{"name":"old"}]}}}"#;
    let root = Root::parse(json.as_bytes()).unwrap();
    assert_eq!(root.indices[0].snapshots, [1, 0]);
    assert_eq!((&*root.snapshots[0].uuid, &root.oddities), ("old", &vec![]));
}
