//! Unpacked servers, ready to run. Nothing in them is changed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Error, Release, Result,
    cache::{
        Cache,
        maven::{self, MavenFile},
        unpack::{self, Runnable},
    },
    owner,
    release::Artifact,
};

/// Where the server of a release is unpacked, or would be.
#[must_use]
pub fn home(cache: &Cache, release: &Release) -> PathBuf {
    cache.engines().join("distributions").join(release.folder_name())
}

/// Whether the server is unpacked.
#[must_use]
pub fn is_installed(cache: &Cache, release: &Release) -> bool {
    home(cache, release).is_dir()
}

/// How many bytes of the release are fetched, if all of it is.
#[must_use]
pub fn downloaded_bytes(cache: &Cache, release: &Release) -> Option<u64> {
    let version = release.version.to_string();
    let bytes = |file: MavenFile<'_>| fs::metadata(file.path(cache)).ok().map(|metadata| metadata.len());
    files(release, &version).into_iter().map(bytes).sum()
}

/// Fetches and unpacks the server unless that was done before, and tells where it is.
///
/// # Errors
/// [`Error::NoProgram`] without Maven, [`Error::Program`] when it cannot fetch, [`Error::Digest`] when what came is not
/// what we know, [`Error::Archive`], [`Error::Io`].
pub fn install(cache: &Cache, release: &Release) -> Result<PathBuf> {
    let home = home(cache, release);
    let _lock = cache.lock(&release.folder_name())?;
    if !home.is_dir() {
        let version = release.version.to_string();
        let files = maven::fetch(cache, &files(release, &version))?;
        match (&release.artifact, files.as_slice()) {
            (Artifact::Zip { .. }, [archive]) => {
                unpack::unpack(archive, &release.folder_name(), &home, Runnable::AsMarked)?;
            }
            (_, jars) => unpack::build(&home, |folder| copy_jars(jars, &folder.join("lib")))?,
        }
    }
    Ok(home)
}

fn files<'a>(release: &'a Release, version: &'a str) -> Vec<MavenFile<'a>> {
    match release.artifact {
        Artifact::Zip { coordinates, sha256 } => {
            let parts = coordinates.split_once(':');
            parts
                .map(|(group, artifact)| MavenFile { group, artifact, version, kind: "zip", sha256 })
                .into_iter()
                .collect()
        }
        Artifact::Jars { jars } => jars.iter().filter_map(|(coordinates, sha256)| jar(coordinates, sha256)).collect(),
    }
}

/// From `group:artifact:version`, which every entry of the table is.
fn jar(coordinates: &'static str, sha256: &'static str) -> Option<MavenFile<'static>> {
    let (group, rest) = coordinates.split_once(':')?;
    let (artifact, version) = rest.split_once(':')?;
    Some(MavenFile { group, artifact, version, kind: "jar", sha256 })
}

fn copy_jars(jars: &[PathBuf], folder: &Path) -> Result<()> {
    owner::create_public_folder(folder)?;
    for jar in jars {
        let name = jar.file_name().unwrap_or_default();
        let place = folder.join(name);
        fs::copy(jar, &place).map_err(Error::io("write", &place))?;
        owner::make_public(&place)?;
    }
    Ok(())
}
