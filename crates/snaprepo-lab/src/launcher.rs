//! The launcher of Elasticsearch 1, which asks the JVM something that no JVM answers any more: see the Java sources in
//! the folder `launcher`. Compiled once, with a JDK of this machine.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Error, Product, Release, Result,
    cache::{Cache, digest, unpack},
    jdk, owner, program,
};

/// Runs the server after it has replaced what does not answer.
const LAUNCHER: &str = include_str!("launcher/Launcher.java");
/// What it is replaced by; a part of a module of the platform.
const PATCH: &str = include_str!("launcher/PatientRuntime.java");
/// The version of Java whose runtimes run the classes.
const JAVA: &str = "11";

/// Whether a release needs it.
pub(crate) fn is_needed(release: &Release) -> bool {
    release.product == Product::Elasticsearch && release.version.major < 2
}

/// Compiles the classes unless that was done before, and tells where they are: in folders `main` and `patch`.
///
/// # Errors
/// [`Error::NoCompiler`], and [`Error::Program`] when the compiler fails.
pub(crate) fn install(cache: &Cache) -> Result<PathBuf> {
    // The sources name the classes. The compilers of JDK 17 and 25 write the same bytes, but no JDK promises that.
    let sources = digest::of_text(&format!("{LAUNCHER}{PATCH}{JAVA}"));
    let place = cache.folder("launchers")?.join(&sources[..16]);
    let _lock = cache.lock("launcher")?;
    if !place.is_dir() {
        let jdk = jdk::find_compiler()?;
        let javac = jdk.javac().ok_or(Error::NoCompiler)?;
        unpack::build(&place, |folder| compile(&javac, folder))?;
    }
    Ok(place)
}

fn compile(javac: &Path, folder: &Path) -> Result<()> {
    for name in ["source", "main", "patch"] {
        owner::create_public_folder(&folder.join(name))?;
    }
    let launcher = write_source(folder, "Launcher.java", LAUNCHER)?;
    let patch = write_source(folder, "PatientRuntime.java", PATCH)?;
    run(Command::new(javac).args(["--release", JAVA, "-d"]).arg(folder.join("main")).arg(launcher))?;
    // Not `--release`, which hides the insides of the platform that this class extends.
    let mut command = Command::new(javac);
    command.args(["-Xlint:none", "-nowarn", "-source", JAVA, "-target", JAVA, "--patch-module"]);
    command.arg(format!("java.management={}", folder.join("source").display()));
    run(command.arg("-d").arg(folder.join("patch")).arg(patch))?;
    for name in ["main/Launcher.class", "patch/sun/management/PatientRuntime.class"] {
        owner::make_public(&folder.join(name))?;
    }
    for name in ["patch/sun", "patch/sun/management"] {
        owner::make_public_folder(&folder.join(name))?;
    }
    Ok(())
}

fn write_source(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join("source").join(name);
    fs::write(&path, text).map_err(Error::io("write", &path))?;
    Ok(path)
}

fn run(command: &mut Command) -> Result<()> {
    program::run("javac", command, "the launcher of Elasticsearch 1 cannot be compiled", "compile the launcher")
        .map(drop)
}
