//! Damage to a copy of a repository, as disks and people do it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use snaprepo_testkit::fixtures;

use crate::error::Error;

/// Removes every root, and `index.latest`.
pub(super) fn lose_root(repository: &Path) -> Result<(), Error> {
    for path in blobs(repository, |name| name == "index.latest" || is_root(name))? {
        fs::remove_file(&path).map_err(|source| Error::Write { path, source })?;
    }
    Ok(())
}

/// Cuts off the table of one shard: the first that lies anywhere in a store.
pub(super) fn lose_table(store: &Path) -> Result<(), Error> {
    let files = fixtures::files(store).map_err(|source| Error::Read { path: store.to_owned(), source })?;
    let is_shard = |folder: &Path| {
        let above = |n| folder.ancestors().nth(n).and_then(Path::file_name).and_then(|name| name.to_str());
        above(0).is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit())) && above(2) == Some("indices")
    };
    let mut folders = files.iter().filter_map(|file| Path::new(file).parent()).filter(|folder| is_shard(folder));
    let first = store.join(folders.next().ok_or_else(|| lacks(store, "shard"))?);
    for path in blobs(&first, |name| name.starts_with("index-"))? {
        cut_off(path)?;
    }
    Ok(())
}

/// Cuts off the blob of one snapshot.
pub(super) fn damage_snapshot(repository: &Path) -> Result<(), Error> {
    let snapshots = blobs(repository, |name| name.starts_with("snap-") && name.ends_with(".dat"))?;
    cut_off(snapshots.into_iter().next().ok_or_else(|| lacks(repository, "snapshot"))?)
}

fn lacks(path: &Path, what: &str) -> Error {
    Error::Usage { message: format!("{} has no {what}", path.display()) }
}

fn is_root(name: &str) -> bool {
    name.strip_prefix("index-").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn cut_off(path: PathBuf) -> Result<(), Error> {
    let cut = fs::read(&path).and_then(|bytes| fs::write(&path, bytes.get(..bytes.len() / 2).unwrap_or_default()));
    cut.map_err(|source| Error::Write { path, source })
}

/// Files of certain names directly in a folder, sorted.
fn blobs(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_str().is_some_and(&is_wanted) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
