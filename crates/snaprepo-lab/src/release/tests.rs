//! The table is sound, and names find what they say.

use super::*;

fn check(name: &str, expected: &str) {
    let found = Release::find(name).map_or_else(|error| error.to_string(), ToString::to_string);
    assert_eq!(found, expected, "{name}");
}

#[test]
fn a_name_finds_the_newest_that_fits() {
    check("es:8.19.21", "es:8.19.21");
    check("es:8.19", "es:8.19.21");
    check("es:8", "es:8.19.21");
    check("os:2", "os:2.19.6");
    check("es:7.1", "no recipe for `es:7.1`; `cargo xtask engine list` names the releases");
    check("os:8.19", "no recipe for `os:8.19`; `cargo xtask engine list` names the releases");
    check("8.19.21", "no recipe for `8.19.21`; `cargo xtask engine list` names the releases");
    check("es:", "no recipe for `es:`; `cargo xtask engine list` names the releases");
}

#[test]
fn the_table_is_sorted_and_every_digest_is_one() {
    assert_eq!(ALL.len(), 33);
    assert!(ALL.is_sorted_by_key(|release| (release.product, release.version)));
    let mut digests = Vec::new();
    for release in ALL {
        match release.artifact {
            Artifact::Zip { coordinates, sha256 } => {
                assert_eq!(coordinates.split(':').count(), 2, "{release}");
                digests.push(sha256);
            }
            Artifact::Jars { jars } => {
                assert!(jars.iter().all(|(coordinates, _)| coordinates.split(':').count() == 3), "{release}");
                digests.extend(jars.iter().map(|(_, sha256)| sha256));
            }
        }
    }
    assert!(digests.iter().all(|digest| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())));
    let n_digests = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), n_digests, "two artifacts with one digest");
}

#[test]
fn features_grow_with_the_version() {
    let of = |name| Release::find(name).unwrap().features();
    assert_eq!(of("es:1"), Vec::<&str>::new());
    assert_eq!(of("es:7.10"), ["snapshot metadata", "shard generations", "component templates", "clone"]);
    assert_eq!(of("os:2.15"), ["data streams", "clone", "zstd metadata", "shallow v1"]);
}
