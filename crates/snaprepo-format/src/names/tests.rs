//! Every kind of name, and foreign ones.

use super::*;

#[test]
fn root_names() {
    assert_eq!(RootBlob::parse("index-0"), RootBlob::Root(0));
    assert_eq!(RootBlob::parse("index-120"), RootBlob::Root(120));
    for foreign in ["index-", "index-01", "index--1", "index-1a", "index-9999999999999999999999", "snap-.dat", "README"]
    {
        assert_eq!(RootBlob::parse(foreign), RootBlob::Foreign, "{foreign}");
    }
    assert_eq!(RootBlob::parse("snap-my.snap-1.dat"), RootBlob::SnapshotInfo("my.snap-1"));
    assert_eq!(RootBlob::parse("pending-index-5-abc"), RootBlob::Transient);
    assert_eq!(RootFolder::parse("tests-6ZN3RJPuSt-xYbEuUM4Rpg"), RootFolder::Transient);
    assert_eq!(RootFolder::parse("tests-mine"), RootFolder::Foreign);
    assert_eq!(RootFolder::parse("pxJ10101111001111"), RootFolder::Hashed);
}

#[test]
fn shard_names() {
    let name = "__-yEaPZRTQfSRwCiHpq5vHQ";
    let data = DataName::parse(name).unwrap();
    assert_eq!(ShardBlob::parse(name), ShardBlob::Data(data, None));
    assert_eq!(ShardBlob::parse("__-yEaPZRTQfSRwCiHpq5vHQ.part10"), ShardBlob::Data(data, Some(10)));
    assert_eq!(ShardBlob::parse("index-_5mr5NhPQfOXBKkFGoyXuA"), ShardBlob::Generation("_5mr5NhPQfOXBKkFGoyXuA"));
    assert_eq!(ShardBlob::parse("shallow-snap-x.dat"), ShardBlob::ShallowSnapshot("x"));
    for foreign in ["__-yEaPZRTQfSRwCiHpq5vHQ.part", "__A", "index-_new", "__0.part01", "x"] {
        assert_eq!(ShardBlob::parse(foreign), ShardBlob::Foreign, "{foreign}");
    }
}
