//! Where engines are kept on this machine. All checkouts share it, so everything appears under its name at once, whole,
//! and is made under a lock. Two folders: what we fetch, and what nodes read while they run. They differ only when we
//! are root, because a node then has another user, who could not enter root's own folders.

use std::{
    env,
    ffi::OsString,
    fs::File,
    path::{self, Path, PathBuf},
};

use crate::{
    Error, Result,
    owner::{self, Owner},
};

pub use starts::LastStart;

pub(crate) mod digest;
pub(crate) mod maven;
pub(crate) mod pip;
mod starts;
pub(crate) mod unpack;

/// The variable that names one folder for everything.
const VARIABLE: &str = "SNAPREPO_CACHE";
/// What nodes read when we are root and nothing else is said.
const ROOT_ENGINES: &str = "/var/cache/snaprepo";

/// The folders of this machine.
#[derive(Debug, Clone)]
pub struct Cache {
    places: Places,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Places {
    downloads: PathBuf,
    engines: PathBuf,
}

/// Held until it goes out of scope.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Cache {
    /// Finds, and makes if needed, the folders. `SNAPREPO_CACHE` names one folder for everything. Without it: the
    /// folder of the platform for caches (`$XDG_CACHE_HOME/snaprepo`, `~/.cache/snaprepo`, on macOS
    /// `~/Library/Caches/snaprepo`); for root, what nodes read is below `/var/cache/snaprepo` instead.
    ///
    /// # Errors
    /// [`Error::NoPlace`] without any of these variables; [`Error::Closed`] when we are root and the user of nodes
    /// cannot get to the folder; [`Error::Io`].
    pub fn open() -> Result<Self> {
        let places = Places::choose(|name| env::var_os(name), Owner::of_nodes().is_some())?;
        Self::at(places)
    }

    /// Below a folder that is removed with the value.
    #[cfg(test)]
    pub(crate) fn for_tests() -> (Self, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        owner::make_public_folder(folder.path()).expect("our own folder");
        let place = folder.path().join("cache");
        let cache = Self::at(Places { downloads: place.clone(), engines: place }).expect("a new folder");
        (cache, folder)
    }

    fn at(places: Places) -> Result<Self> {
        for folder in [&places.downloads, &places.engines] {
            owner::create_public_folder(folder)?;
        }
        owner::check_reach(&places.engines)?;
        Ok(Self { places })
    }

    /// What was fetched, as it came.
    #[must_use]
    pub fn downloads(&self) -> &Path {
        &self.places.downloads
    }

    /// What nodes read: unpacked distributions and JDKs, and the folders of running nodes.
    #[must_use]
    pub fn engines(&self) -> &Path {
        &self.places.engines
    }

    /// Waits until nobody else on this machine makes the thing of this name.
    pub(crate) fn lock(&self, name: &str) -> Result<Lock> {
        let folder = self.folder("locks")?;
        let path = folder.join(format!("{name}.lock"));
        let file = File::create(&path).map_err(Error::io("make", &path))?;
        file.lock().map_err(Error::io("lock", &path))?;
        Ok(Lock { _file: file })
    }

    /// A folder of this name below [`Self::engines`], made if needed.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.places.engines.join(name);
        owner::create_public_folder(&folder)?;
        Ok(folder)
    }
}

impl Places {
    fn choose(variable: impl Fn(&str) -> Option<OsString>, is_root: bool) -> Result<Self> {
        let folder = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(one) = folder(VARIABLE) {
            let one = path::absolute(&one).map_err(Error::io("find", &one))?;
            return Ok(Self { downloads: one.clone(), engines: one });
        }
        let home_folder = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        let downloads = folder("XDG_CACHE_HOME")
            // The standard says that a relative one does not count.
            .filter(|folder| folder.is_absolute())
            .or_else(|| Some(folder("HOME")?.join(home_folder)))
            .ok_or(Error::NoPlace)?
            .join("snaprepo");
        let engines = if is_root { PathBuf::from(ROOT_ENGINES) } else { downloads.clone() };
        Ok(Self { downloads, engines })
    }
}

#[cfg(test)]
mod tests;
