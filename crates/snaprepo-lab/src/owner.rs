//! Whose process a node is. The engines refuse to run as root; when we are root, a node gets another user, and then
//! it can only read what that user may enter.

use std::{
    fs::{self, Metadata, Permissions},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown},
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use crate::{Error, Result};

/// User and group of nodes that root starts: `nobody` on most systems. No entry of the user database is needed.
const NOBODY: Owner = Owner { uid: 65534, gid: 65534 };
/// What a folder that everybody may enter has.
const PUBLIC_FOLDER: u32 = 0o755;
/// What a file that everybody may read has.
const PUBLIC_FILE: u32 = 0o644;

/// A user and its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Number of the user.
    pub(crate) uid: u32,
    /// Number of its only group.
    pub(crate) gid: u32,
}

impl Owner {
    /// Whom a node must run as; nothing when it can run as we do.
    pub(crate) fn of_nodes() -> Option<Self> {
        rustix::process::geteuid().is_root().then_some(NOBODY)
    }

    fn may_enter(self, folder: &Metadata) -> bool {
        let needed = if folder.uid() == self.uid {
            0o100
        } else if folder.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        folder.mode() & needed != 0
    }
}

/// Whether nodes can reach this file or folder.
pub(crate) fn nodes_reach(path: &Path) -> bool {
    closed_folder(path).is_none()
}

/// Fails, with the folder that is in the way, unless nodes can reach this path.
pub(crate) fn check_reach(path: &Path) -> Result<()> {
    match closed_folder(path) {
        None => Ok(()),
        Some(folder) => Err(Error::Closed { path: path.to_owned(), folder, uid: NOBODY.uid }),
    }
}

/// The first folder on the way to a path that nodes may not enter. What cannot be looked at is not in the way: it is
/// named by whoever uses it next.
fn closed_folder(path: &Path) -> Option<PathBuf> {
    let owner = Owner::of_nodes()?;
    let path = fs::canonicalize(path).ok()?;
    let mut folders: Vec<&Path> = path.ancestors().filter(|folder| folder.is_dir()).collect();
    folders.reverse();
    let closed = |folder: &&&Path| fs::metadata(folder).is_ok_and(|metadata| !owner.may_enter(&metadata));
    folders.iter().find(closed).map(|folder| folder.to_path_buf())
}

/// Gives a file, or a folder with all that is in it, to the user of the nodes. Does nothing unless we are root.
pub(crate) fn give_to_nodes(path: &Path) -> Result<()> {
    let Some(owner) = Owner::of_nodes() else { return Ok(()) };
    for entry in WalkDir::new(path) {
        let entry = entry.map_err(|error| Error::Io {
            what: "read",
            path: error.path().unwrap_or(path).to_owned(),
            source: error.into(),
        })?;
        // Not through links: they may lead out of the tree.
        lchown(entry.path(), Some(owner.uid), Some(owner.gid)).map_err(Error::io("give away", entry.path()))?;
    }
    Ok(())
}

/// Lets everybody read a file.
pub(crate) fn make_public(file: &Path) -> Result<()> {
    fs::set_permissions(file, Permissions::from_mode(PUBLIC_FILE)).map_err(Error::io("write", file))
}

/// Lets everybody enter a folder.
pub(crate) fn make_public_folder(folder: &Path) -> Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(PUBLIC_FOLDER)).map_err(Error::io("make", folder))
}

/// Makes a folder and what is missing above it, so that everybody may enter, whatever the mask of our process says.
pub(crate) fn create_public_folder(path: &Path) -> Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        match fs::create_dir(folder) {
            Ok(()) => {}
            // Another process wanted it too.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(Error::io("make", folder)(error)),
        }
        make_public_folder(folder)?;
    }
    Ok(())
}
