//! Synthetic repositories, built once and kept below the target directory; and their way out of the page cache.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rustix::fs::Advice;
use snaprepo_testkit::scale::Scale;

use super::Bench;
use crate::error::Error;

/// How peers find the data blobs of a repository, to pipe them into `xargs -0`.
pub(super) const FIND: &str = "find . -type f -name '__*' -print0";

/// The folder of a repository of this scale; built unless an earlier run has built the same.
pub(super) fn built(bench: &Bench, name: &str, scale: &Scale) -> Result<PathBuf, Error> {
    let folder = bench.folder.join(name);
    let (repository, note) = (folder.join("repository"), folder.join("scale.txt"));
    let wanted = format!("{scale:#?}\n");
    if fs::read_to_string(&note).is_ok_and(|found| found == wanted) {
        return Ok(repository);
    }
    println!("building the synthetic repository {name}");
    let failed = |source| Error::Write { path: folder.clone(), source };
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    scale.build(&repository).map_err(failed)?;
    // Last, so that half a repository is built again.
    fs::write(note, wanted).map_err(failed)?;
    Ok(repository)
}

/// Drops every file of a repository from the page cache (`posix_fadvise` with `DONTNEED`, which needs clean pages).
/// Names and inodes stay cached: only root could drop those.
pub(super) fn evict(folder: &Path) -> Result<(), Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            evict(&path)?;
            continue;
        }
        let file = File::open(&path).map_err(failed)?;
        file.sync_data().map_err(failed)?;
        rustix::fs::fadvise(&file, 0, None, Advice::DontNeed).map_err(|error| failed(error.into()))?;
    }
    Ok(())
}
