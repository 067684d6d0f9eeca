//! Copying folder trees as they are, also such that somebody still writes to.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use crate::{Error, Result};

/// How often a tree is looked at until it comes to rest.
const TRIES: usize = 20;
/// Time between two looks.
const PAUSE: Duration = Duration::from_secs(2);

/// Files of a tree by their path in it: length and time of the last change.
type Tree = BTreeMap<PathBuf, (u64, SystemTime)>;

/// Copies a tree that nobody writes to. Files keep their times, because the age of a blob is part of a repository.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let tree = tree(from)?;
    copy_files(&tree, from, to)
}

/// Copies a tree that a running node may still write to: again and again, until nothing changed meanwhile.
pub(super) fn copy_at_rest(from: &Path, to: &Path) -> Result<()> {
    let mut before = tree(from)?;
    for _ in 0..TRIES {
        match copy_files(&before, from, to) {
            Ok(()) => {}
            // What is gone by now shows in the next look.
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let now = tree(from)?;
        if now == before {
            return Ok(());
        }
        before = now;
        thread::sleep(PAUSE);
        fs::remove_dir_all(to).map_err(Error::io("remove", to))?;
    }
    let source = io::Error::other("the node does not stop writing to it");
    Err(Error::Io { what: "copy", path: from.to_owned(), source })
}

fn copy_files(tree: &Tree, from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for (path, (_, modified_at)) in tree {
        let (source, target) = (from.join(path), to.join(path));
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        let bytes = fs::read(&source).map_err(Error::io("read", &source))?;
        fs::write(&target, bytes).map_err(Error::io("write", &target))?;
        let file = fs::File::options().write(true).open(&target).map_err(Error::io("write", &target))?;
        file.set_modified(*modified_at).map_err(Error::io("write", &target))?;
    }
    Ok(())
}

/// All files; empty folders are no part of a repository.
fn tree(root: &Path) -> Result<Tree> {
    let mut tree = Tree::new();
    for entry in walkdir::WalkDir::new(root) {
        let read = |error: walkdir::Error| {
            let path = error.path().unwrap_or(root).to_owned();
            Error::Io { what: "read", path, source: error.into() }
        };
        let found = entry.and_then(|entry| Ok((entry.metadata()?, entry)));
        let (metadata, entry) = match found {
            Ok(found) => found,
            // Gone between the listing and the look; the next look agrees with that.
            Err(error) if error.depth() > 0 && is_gone(&error) => continue,
            Err(error) => return Err(read(error)),
        };
        if metadata.is_file() {
            let modified_at = metadata.modified().map_err(Error::io("read", entry.path()))?;
            let path = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned();
            tree.insert(path, (metadata.len(), modified_at));
        }
    }
    Ok(tree)
}

fn is_gone(error: &walkdir::Error) -> bool {
    error.io_error().is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests;
