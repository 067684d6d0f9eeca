//! Hashes seen on disk.

use super::*;

#[test]
fn hashes_seen_on_disk() {
    for (id, shard, expected) in [
        ("TKzEIy9ASTq-FuWhogYPHw", 0, "r10011110101010"),
        ("TKzEIy9ASTq-FuWhogYPHw", 1, "R10001110100011"),
        ("TKzEIy9ASTq-FuWhogYPHw", 12, "a01111001000111"),
        ("6ZN3RJPuSt-xYbEuUM4Rpg", 0, "s00000110010100"),
        ("06krZOB-RoaVMWw_9UZexQ", 1, "U11110100011110"),
    ] {
        assert_eq!(hash(id, shard), expected, "{id} {shard}");
    }
    assert_eq!(fnv_1a(b"foobar"), 0x85944171f73967e8);
}

#[test]
fn names_of_notes_with_dots_in_the_index() {
    let note = ShardPathsNote::parse_name("snapshot_path_06krZOB-RoaVMWw_9UZexQ..ds-metrics-app-000001.1.2.1").unwrap();
    assert_eq!((note.n_shards, note.path_type), (1, ShardPathType::HashedInfix));
    assert!(ShardPathsNote::parse_name("06krZOB-RoaVMWw_9UZexQ.orders.2.1.1").is_some());
    assert!(ShardPathsNote::parse_name("06krZOB-RoaVMWw_9UZexQ.2.1.1").is_none());
    assert!(ShardPathsNote::parse_name("short").is_none());
}

#[test]
fn folders_of_the_three_types() {
    let base = BlobPath::parse("team/backups").unwrap();
    let folder =
        |path_type: ShardPathType| path_type.folder(&base, "06krZOB-RoaVMWw_9UZexQ", 1, "px").unwrap().to_string();
    assert_eq!(folder(ShardPathType::Fixed), "team/backups/indices/06krZOB-RoaVMWw_9UZexQ/1");
    assert_eq!(folder(ShardPathType::HashedPrefix), "pxU11110100011110/team/backups/indices/06krZOB-RoaVMWw_9UZexQ/1");
    assert_eq!(folder(ShardPathType::HashedInfix), "team/backups/pxU11110100011110/indices/06krZOB-RoaVMWw_9UZexQ/1");
    assert!(ShardPathType::Fixed.folder(&base, "..", 0, "").is_err());
}
