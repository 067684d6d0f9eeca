//! The published compatibility table.

use super::*;

fn restore(created: i64, target: &str) -> &'static str {
    index(Some(VersionId(created)), target.parse().unwrap()).restore.name()
}

/// The published compatibility table, one cell each.
#[test]
fn creation_version_decides() {
    for (created, target, expected) in [
        (5_061_699, "es:6.8", "yes"),
        (5_061_699, "es:7.17", "no"),
        (5_061_699, "es:8.2", "no"),
        (5_061_699, "es:8.3", "archive"),
        (5_061_699, "es:9.1", "archive"),
        (6_082_399, "es:7.1", "no"),
        (6_082_399, "es:7.2", "yes"),
        (6_070_099, "es:7.0", "yes"),
        (7_100_299, "es:7.1", "no"),
        (7_100_299, "es:8.19", "yes"),
        (7_100_299, "es:9.0", "mount-or-archive"),
        (8_521_000, "es:8.17", "yes"),
        (8_521_000, "es:8.15", "no"),
        (8_521_000, "es:9.0", "yes"),
        (9_039_001, "es:9.1", "no"),
        (9_039_001, "es:9.5", "yes"),
        (2_040_699, "es:5.6", "yes"),
        (2_040_699, "es:6.8", "no"),
        (6_000_026, "os:1.3", "yes"),
        (5_061_699, "os:1.3", "no"),
        (6_082_399, "os:2.19", "no"),
        (7_100_299, "os:2.19", "yes"),
        (7_172_999, "os:2.19", "no"),
        (7_100_299, "os:3.0", "no"),
        (135_249_827, "os:3.6", "no"),
        (136_217_827, "os:3.6", "yes"),
        (137_277_827, "os:3.5", "no"),
        (136_408_427, "es:9.5", "no"),
    ] {
        assert_eq!(restore(created, target), expected, "{} into {target}", VersionId(created));
    }
}

#[test]
fn hashed_folders_need_a_release_that_looks_for_them() {
    let finds = |path_type, target: &str| shard_folders(path_type, target.parse().unwrap()).restore;
    assert_eq!(finds(ShardPathType::HashedPrefix, "os:2.15"), Restore::No);
    assert_eq!(finds(ShardPathType::HashedInfix, "os:2.17"), Restore::Yes);
    assert_eq!(finds(ShardPathType::Fixed, "os:1.3"), Restore::Yes);
}
