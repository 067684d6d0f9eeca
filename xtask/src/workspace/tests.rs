//! What we take from the JSON of `cargo metadata`.

use super::{DependencyKind, DependencyOrigin, Workspace, packages};
use crate::error::Error;

const JSON: &str = r#"{
    "workspace_root": "/repo",
    "target_directory": "/repo/target",
    "packages": [{
        "name": "a", "version": "1.0.0", "license": "MIT", "source": null,
        "manifest_path": "/repo/crates/a/Cargo.toml",
        "dependencies": [
            {"name": "b", "kind": null, "path": "/repo/crates/b"},
            {"name": "c", "kind": "dev"},
            {"name": "d", "kind": "build"}
        ]
    }]
}"#;

#[test]
fn members_have_paths_from_the_root() {
    let workspace = Workspace::parse(JSON).unwrap();
    assert_eq!(workspace.root.to_str(), Some("/repo"));
    assert_eq!(workspace.members[0].manifest, "crates/a/Cargo.toml");
    let seen: Vec<_> =
        workspace.members[0].dependencies.iter().map(|it| (it.name.as_str(), it.kind, it.origin)).collect();
    assert_eq!(
        seen,
        [
            ("b", DependencyKind::Normal, DependencyOrigin::Workspace),
            ("c", DependencyKind::Dev, DependencyOrigin::External),
            ("d", DependencyKind::Normal, DependencyOrigin::External),
        ]
    );
}

#[test]
fn packages_have_licence_and_source() {
    let packages = packages(JSON).unwrap();
    assert_eq!(packages[0].licence.as_deref(), Some("MIT"));
    assert_eq!(packages[0].source, None);
}

#[test]
fn missing_keys_are_named() {
    assert!(matches!(Workspace::parse("{}"), Err(Error::Metadata { key: "workspace_root" })));
    assert!(matches!(packages("[]"), Err(Error::Metadata { key: "packages" })));
    assert!(matches!(packages("no"), Err(Error::Json(_))));
}
