//! Zip files become folders: unpacked beside their place under another name, then renamed, so that an interrupted run
//! leaves nothing that looks like a distribution.

use std::{
    fs::{self, File, Permissions},
    io::{self, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use zip::{ZipArchive, read::ZipFile};

use crate::{Error, Result, owner};

/// How the names of unfinished folders begin.
const UNFINISHED: &str = ".unpack-";

/// Which files of an archive may be run. Some archives say it, wheels do not.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Runnable {
    /// Those that the archive marks, and everything in a folder `bin`.
    AsMarked,
    /// All of them.
    All,
}

/// Unpacks what is below `top` in the archive, so that it becomes the folder `place`. The caller holds the lock of
/// the place.
pub(crate) fn unpack(archive: &Path, top: &str, place: &Path, runnable: Runnable) -> Result<()> {
    build(place, |folder| {
        let file = File::open(archive).map_err(Error::io("read", archive))?;
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| broken(archive, &error))?;
        for pos in 0..zip.len() {
            let mut entry = zip.by_index(pos).map_err(|error| broken(archive, &error))?;
            // Refuses names that lead out of the folder.
            let name = entry.enclosed_name().ok_or_else(|| broken(archive, &"a name leads out of the folder"))?;
            if let Ok(name) = name.strip_prefix(top) {
                write_entry(&mut entry, &folder.join(name), runnable)?;
            }
        }
        Ok(())
    })
}

/// Lets `fill` write into a new folder, which becomes `place` when it is done. Does away with what an interrupted run
/// left. The caller holds the lock of the place.
pub(crate) fn build(place: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let (parent, name) = parent_and_name(place)?;
    owner::create_public_folder(&parent)?;
    let unfinished = parent.join(format!("{UNFINISHED}{name}"));
    remove(&unfinished)?;
    owner::create_public_folder(&unfinished)?;
    let done = fill(&unfinished).and_then(|()| fs::rename(&unfinished, place).map_err(Error::io("make", place)));
    if done.is_err() {
        // The first error is the one to tell; the next run tries again to remove.
        let _ = remove(&unfinished);
    }
    done
}

fn write_entry(entry: &mut ZipFile<'_, impl io::Read>, path: &Path, runnable: Runnable) -> Result<()> {
    if entry.is_dir() {
        return owner::create_public_folder(path);
    }
    if let Some(parent) = path.parent() {
        owner::create_public_folder(parent)?;
    }
    let mut file = File::create(path).map_err(Error::io("write", path))?;
    io::copy(entry, &mut file).map_err(Error::io("write", path))?;
    let runs = match runnable {
        Runnable::All => true,
        Runnable::AsMarked => {
            entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0)
                || path.parent().is_some_and(|parent| parent.ends_with("bin"))
        }
    };
    let mode = if runs { 0o755 } else { 0o644 };
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(Error::io("write", path))
}

fn parent_and_name(place: &Path) -> Result<(PathBuf, String)> {
    let name = place.file_name().map(|name| name.to_string_lossy().into_owned());
    match (place.parent(), name) {
        (Some(parent), Some(name)) => Ok((parent.to_owned(), name)),
        _ => Err(Error::io("make", place)(io::ErrorKind::InvalidInput.into())),
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", folder)(error)),
        _ => Ok(()),
    }
}

fn broken(archive: &Path, reason: &impl ToString) -> Error {
    Error::Archive { path: archive.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests;
