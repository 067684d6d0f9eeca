//! The table of runtimes is sound.

use super::*;

#[test]
fn whole_jdks_cannot_be_fetched() {
    let has = |major, modules: &[&str]| RUNTIMES.iter().any(|runtime| runtime.major == major && runtime.has(modules));
    assert!(has(17, &[]));
    assert!(!has(17, &["jdk.net"]));
    assert!(has(21, &["jdk.net"]));
    assert!(!has(25, &["jdk.net", "jdk.jlink"]));
}

#[test]
fn one_runtime_for_each_version_and_platform() {
    let mut keys: Vec<_> = RUNTIMES.iter().map(|runtime| (runtime.major, runtime.platform)).collect();
    keys.sort_unstable();
    let n_keys = keys.len();
    keys.dedup();
    assert_eq!(keys.len(), n_keys);
    for runtime in RUNTIMES {
        assert!(runtime.wheel.version.starts_with(&format!("{}.", runtime.major)), "{runtime:?}");
        assert_eq!(runtime.wheel.sha256.len(), 64, "{runtime:?}");
    }
}
