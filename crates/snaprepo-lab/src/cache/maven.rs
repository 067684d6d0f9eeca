//! Fetching through Maven. Its local repository is our store of what was fetched; where the files come from is Maven's
//! own configuration.
//!
//! An interrupted fetch begins anew with the file it was at. Maven 3.8 keeps what came as a `.part` file but does not
//! ask for the rest (seen with 3.8.7 and its usual transport), and since 3.9 its resolver has no resuming any more. A
//! file never appears under its name before it is complete, and files that are complete stay.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Cache, digest};
use crate::{Error, Result, program};

/// The plugin that fetches, pinned so that it does the same thing next year.
const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1";
/// How long a server may be silent, in milliseconds; Maven's own bound is half an hour.
const LONGEST_SILENCE: &str = "60000";

/// One file of a Maven repository, with the digest that makes it ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MavenFile<'a> {
    /// Group, with dots.
    pub(crate) group: &'a str,
    /// Name within the group.
    pub(crate) artifact: &'a str,
    /// Version.
    pub(crate) version: &'a str,
    /// `jar` or `zip`.
    pub(crate) kind: &'static str,
    /// SHA-256 as hexadecimal digits.
    pub(crate) sha256: &'a str,
}

impl MavenFile<'_> {
    /// As Maven writes it.
    fn coordinates(&self) -> String {
        let Self { group, artifact, version, kind, .. } = self;
        format!("{group}:{artifact}:{version}:{kind}")
    }

    /// The name of the file.
    pub(crate) fn file_name(&self) -> String {
        format!("{}-{}.{}", self.artifact, self.version, self.kind)
    }

    /// Where it is, or will be.
    pub(crate) fn path(&self, cache: &Cache) -> PathBuf {
        let folder = self.group.replace('.', "/");
        repository(cache).join(folder).join(self.artifact).join(self.version).join(self.file_name())
    }
}

/// Fetches what is missing, checks everything, and tells where each file is.
pub(crate) fn fetch(cache: &Cache, files: &[MavenFile<'_>]) -> Result<Vec<PathBuf>> {
    // One at a time: Maven's local repository is not made for two writers.
    let _lock = cache.lock("maven")?;
    let missing: Vec<MavenFile<'_>> = files.iter().filter(|file| !file.path(cache).exists()).copied().collect();
    match missing.as_slice() {
        [] => {}
        [file] => get(cache, *file)?,
        several => copy(cache, several)?,
    }
    let checked = |file: &MavenFile<'_>| {
        let path = file.path(cache);
        digest::check(&path, &file.coordinates(), file.sha256).map(|()| path)
    };
    files.iter().map(checked).collect()
}

/// One file without its dependencies, by its coordinates: this needs no description of the artifact, and some have none.
fn get(cache: &Cache, file: MavenFile<'_>) -> Result<()> {
    let mut command = maven(cache);
    command.arg(format!("{PLUGIN}:get")).arg("-Dtransitive=false").arg(format!("-Dartifact={}", file.coordinates()));
    run(&mut command, &file.coordinates())
}

/// Many files in one run of Maven.
fn copy(cache: &Cache, files: &[MavenFile<'_>]) -> Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("snaprepo-lab-")
        .tempdir()
        .map_err(Error::io("make a folder in", &std::env::temp_dir()))?;
    let project = folder.path().join("pom.xml");
    fs::write(&project, project_with(files)).map_err(Error::io("write", &project))?;
    let mut command = maven(cache);
    command.arg("-f").arg(&project).arg(format!("{PLUGIN}:copy-dependencies"));
    command.arg(with_path("-DoutputDirectory=", &folder.path().join("copies")));
    run(&mut command, &format!("{} jars", files.len()))
}

/// A project that depends on exactly these files: what they depend on themselves is left out.
fn project_with(files: &[MavenFile<'_>]) -> String {
    let dependency = |file: &MavenFile<'_>| {
        let MavenFile { group, artifact, version, kind, .. } = file;
        format!(
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>\
             <type>{kind}</type><exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion>\
             </exclusions></dependency>\n"
        )
    };
    let dependencies: String = files.iter().map(dependency).collect();
    format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>lab</groupId><artifactId>lab</artifactId>\
         <version>1</version><packaging>pom</packaging><dependencies>\n{dependencies}</dependencies></project>\n"
    )
}

fn maven(cache: &Cache) -> Command {
    let mut command = Command::new("mvn");
    // `-U`: an earlier failure is remembered for a day otherwise. Not `-C`: some artifacts have no checksum file
    // beside them, and the pinned digest decides anyway.
    command.args(["-q", "-B", "-U", "-Dstyle.color=never"]).arg(with_path("-Dmaven.repo.local=", &repository(cache)));
    for name in ["maven.wagon.rto", "aether.connector.requestTimeout"] {
        command.arg(format!("-D{name}={LONGEST_SILENCE}"));
    }
    command
}

fn run(command: &mut Command, what: &str) -> Result<()> {
    let need = format!("{what} cannot be fetched: install Apache Maven");
    program::run("mvn", command, &need, &format!("fetch {what}")).map(drop)
}

fn repository(cache: &Cache) -> PathBuf {
    cache.downloads().join("maven")
}

fn with_path(option: &str, path: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from(option);
    argument.push(path);
    argument
}
