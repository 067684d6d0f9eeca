//! The folder of one running node. It is locked as long as we or the keeper live, so that a later start can tell what
//! was left behind, and removes it.

use std::{
    fmt,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{keeper::Kept, log, memory};
use crate::{Error, Result, cache::Cache, owner};

/// In a folder: its log and settings stay when the node ends.
const KEEP: &str = "keep";
/// In a folder: who is alive holds this.
const LOCK: &str = "lock";
/// In a folder: the number of the node's process group.
const GROUP: &str = "group";
/// What is never kept; `node/keeper.sh` removes the same.
const LARGE: [&str; 5] = ["data", "logs", "temporary", "repositories", "remote-store"];
/// How long something that was kept stays.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// The folder, locked. Removed when dropped, unless something is to be kept.
#[derive(Debug)]
pub(crate) struct RunFolder {
    /// The folder itself, and the current folder of the node.
    pub(crate) root: PathBuf,
    /// Settings.
    pub(crate) config: PathBuf,
    /// The data of the node.
    pub(crate) data: PathBuf,
    /// Where the node would write logs; it is told to write them to its standard output.
    pub(crate) logs: PathBuf,
    /// What the JVM writes for itself.
    pub(crate) temporary: PathBuf,
    /// Where repositories may be.
    pub(crate) repositories: PathBuf,
    /// The remote store of OpenSearch.
    pub(crate) remote_store: PathBuf,
    /// Standard output and error of the node.
    pub(crate) log: PathBuf,
    /// Held for the lock.
    lock: File,
}

impl RunFolder {
    /// Makes a new folder, after it has removed what killed runs left.
    pub(crate) fn create(cache: &Cache, name: &str) -> Result<Self> {
        let run = cache.folder("run")?;
        // A folder that is made but not yet locked would look like one that was left behind.
        let _lock = cache.lock("run")?;
        sweep(&run, SystemTime::now());
        let root = tempfile::Builder::new()
            .prefix(&format!("{name}-"))
            .tempdir_in(&run)
            .map_err(Error::io("make a folder in", &run))?
            .keep();
        owner::make_public_folder(&root)?;
        let lock_path = root.join(LOCK);
        let lock = File::create(&lock_path).map_err(Error::io("make", &lock_path))?;
        lock.lock().map_err(Error::io("lock", &lock_path))?;
        let folder = Self {
            config: root.join("config"),
            data: root.join("data"),
            logs: root.join("logs"),
            temporary: root.join("temporary"),
            repositories: root.join("repositories"),
            remote_store: root.join("remote-store"),
            log: root.join("node.log"),
            lock,
            root,
        };
        for part in [&folder.config, &folder.data, &folder.logs, &folder.temporary, &folder.repositories] {
            owner::create_public_folder(part)?;
        }
        owner::create_public_folder(&folder.remote_store)?;
        Ok(folder)
    }

    /// The lock, for a process that keeps it as well.
    pub(crate) fn share_lock(&self) -> Result<File> {
        self.lock.try_clone().map_err(Error::io("lock", &self.root))
    }

    /// Notes which processes are the node's.
    pub(crate) fn note_group(&self, group: u32) -> Result<()> {
        let path = self.root.join(GROUP);
        fs::write(&path, group.to_string()).map_err(Error::io("write", &path))
    }

    /// Lets log and settings outlive the node.
    pub(crate) fn keep(&self) -> Result<()> {
        let path = self.root.join(KEEP);
        File::create(&path).map(drop).map_err(Error::io("write", &path))
    }

    /// Fails when what runs here has ended by itself; then its log is kept.
    pub(crate) fn check(&self, what: &dyn fmt::Display, kept: &mut Kept) -> Result<()> {
        let Some(status) = kept.status() else { return Ok(()) };
        // The first error is the one to tell.
        let _ = self.keep();
        kept.end();
        Err(self.ended(what, "by itself", &status.to_string()))
    }

    /// The error of a node that has ended.
    pub(crate) fn ended(&self, release: &dyn fmt::Display, when: &'static str, status: &str) -> Error {
        Error::NodeEnded {
            release: release.to_string(),
            when,
            status: status.to_owned(),
            reason: log::telling_line(&log::read_end(&self.log)),
            log: self.log.clone(),
        }
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // Usually the keeper has done it.
        clear(&self.root);
    }
}

/// Removes a folder, or what is large in it when the rest is to be kept. What fails is left to a later sweep.
fn clear(root: &Path) {
    if root.join(KEEP).exists() {
        LARGE.iter().for_each(|name| drop(fs::remove_dir_all(root.join(name))));
    } else {
        drop(fs::remove_dir_all(root));
    }
}

/// Removes what killed runs left, and what was kept long enough. The caller holds the lock of the place.
fn sweep(run: &Path, now: SystemTime) {
    let Ok(entries) = fs::read_dir(run) else { return };
    for root in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        if is_held(&root) {
            continue;
        }
        end_leftover(&root);
        if kept_at(&root).is_some_and(|at| now.duration_since(at).is_ok_and(|age| age > KEPT_FOR)) {
            drop(fs::remove_file(root.join(KEEP)));
        }
        clear(&root);
    }
}

/// Whether somebody alive holds the folder. When that cannot be found out, somebody does.
fn is_held(root: &Path) -> bool {
    match File::open(root.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_err(),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

fn kept_at(root: &Path) -> Option<SystemTime> {
    fs::metadata(root.join(KEEP)).ok()?.modified().ok()
}

/// Ends a node whose starter and keeper were both killed. The number alone would not do: it may belong to others by
/// now, so one of the processes must have been started with this folder.
fn end_leftover(root: &Path) {
    let group = fs::read_to_string(root.join(GROUP)).ok().and_then(|text| text.parse().ok());
    if let Some(group) = group.filter(|group| memory::is_started_with(*group, root)) {
        super::keeper::kill(group);
    }
}

#[cfg(test)]
mod tests;
