//! The workspace as `cargo metadata` tells it: where it is, its members, and every package they need.
//! Manifests are never parsed here; cargo already did.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{error::Error, process};

/// Where the workspace is, and its members in the order of cargo.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the virtual manifest.
    pub(crate) root: PathBuf,
    /// The folder for everything that is built.
    pub(crate) target: PathBuf,
    /// The crates of the workspace.
    pub(crate) members: Vec<Member>,
}

/// One crate of the workspace.
#[derive(Debug)]
pub(crate) struct Member {
    /// The name of the package.
    pub(crate) name: String,
    /// Its manifest, from the root, with `/`.
    pub(crate) manifest: String,
    /// Everything its manifest names, for every platform.
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a dependency table.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    /// The name of the package, also where the crate renames it.
    pub(crate) name: String,
    /// Which table it stands in.
    pub(crate) kind: DependencyKind,
    /// Whether it is a folder of this workspace.
    pub(crate) origin: DependencyOrigin,
}

/// The dependency tables of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    /// `[dependencies]`, or `[build-dependencies]`, which bind as much.
    Normal,
    /// `[dev-dependencies]`.
    Dev,
}

/// Where a dependency comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DependencyOrigin {
    /// A path of this workspace.
    Workspace,
    /// A registry or a git repository.
    External,
}

/// One package of the resolved graph, on any platform.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// The name of the package.
    pub(crate) name: String,
    /// The version.
    pub(crate) version: String,
    /// The SPDX expression of its manifest.
    pub(crate) licence: Option<String>,
    /// Where cargo takes it from; nothing for the crates of the workspace.
    pub(crate) source: Option<String>,
}

impl Workspace {
    /// Asks cargo about the workspace around the current folder.
    pub(crate) fn read() -> Result<Self, Error> {
        Self::parse(&process::output(None, "cargo", &["metadata", "--format-version", "1", "--no-deps"])?)
    }

    /// Asks cargo for the resolved graph. Slower than [`Self::read`], and it may download.
    pub(crate) fn packages(&self) -> Result<Vec<Package>, Error> {
        let json =
            process::output(Some(&self.root), "cargo", &["metadata", "--format-version", "1", "--locked", "--quiet"])?;
        packages(&json)
    }

    fn parse(json: &str) -> Result<Self, Error> {
        let metadata: Value = serde_json::from_str(json).map_err(Error::Json)?;
        let root = PathBuf::from(text(&metadata, "workspace_root")?);
        let target = PathBuf::from(text(&metadata, "target_directory")?);
        let members =
            array(&metadata, "packages")?.iter().map(|package| member(package, &root)).collect::<Result<_, _>>()?;
        Ok(Self { root, target, members })
    }
}

fn member(package: &Value, root: &Path) -> Result<Member, Error> {
    let manifest = Path::new(text(package, "manifest_path")?);
    let manifest = manifest.strip_prefix(root).map_err(|_| Error::Metadata { key: "manifest_path" })?;
    Ok(Member {
        name: text(package, "name")?.to_owned(),
        manifest: manifest.to_string_lossy().replace('\\', "/"),
        dependencies: array(package, "dependencies")?.iter().map(dependency).collect::<Result<_, _>>()?,
    })
}

fn dependency(value: &Value) -> Result<Dependency, Error> {
    Ok(Dependency {
        name: text(value, "name")?.to_owned(),
        kind: if optional(value, "kind") == Some("dev") { DependencyKind::Dev } else { DependencyKind::Normal },
        origin: match optional(value, "path") {
            Some(_) => DependencyOrigin::Workspace,
            None => DependencyOrigin::External,
        },
    })
}

fn packages(json: &str) -> Result<Vec<Package>, Error> {
    let metadata: Value = serde_json::from_str(json).map_err(Error::Json)?;
    array(&metadata, "packages")?
        .iter()
        .map(|package| {
            Ok(Package {
                name: text(package, "name")?.to_owned(),
                version: text(package, "version")?.to_owned(),
                licence: optional(package, "license").map(str::to_owned),
                source: optional(package, "source").map(str::to_owned),
            })
        })
        .collect()
}

fn text<'a>(value: &'a Value, key: &'static str) -> Result<&'a str, Error> {
    value.get(key).and_then(Value::as_str).ok_or(Error::Metadata { key })
}

fn optional<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn array<'a>(value: &'a Value, key: &'static str) -> Result<&'a Vec<Value>, Error> {
    value.get(key).and_then(Value::as_array).ok_or(Error::Metadata { key })
}

#[cfg(test)]
mod tests;
