//! One running node: started, asked, stopped. It ends with its handle, whatever becomes of us: `node/keeper.rs` says how.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::{Http, Release, Result, cache::Cache, owner};

pub(crate) mod folder;
pub(crate) mod keeper;
pub(crate) mod launch;
pub(crate) mod log;
mod memory;
pub(crate) mod ports;
mod settings;
mod start;

use folder::RunFolder;
use keeper::Kept;

/// Heap of a node unless something else is said: enough for every release of the table.
const HEAP_BYTES: u64 = 512 << 20;

/// What is said about a node before it starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// More settings, name and value as they stand in the settings file. One that we write ourselves is replaced.
    pub settings: Vec<(String, String)>,
    /// OpenSearch 2.11 and later: all indices are kept in a remote store, which is a folder of the node.
    pub remote_store: bool,
    /// OpenSearch 2.17 and later: the remote store pins timestamps, which shallow snapshots v2 need.
    pub pinned_timestamps: bool,
    /// One more folder in which repositories may be; see [`Node::adopt`].
    pub repositories: Option<PathBuf>,
    /// Size of the heap in bytes.
    pub heap_bytes: u64,
}

/// A node that runs until it is stopped or dropped.
pub struct Node {
    release: &'static Release,
    http: Http,
    kept: Kept,
    folder: RunFolder,
    has_remote_store: bool,
    jdk_version: String,
    startup: Duration,
    /// The highest seen so far.
    peak_rss_bytes: AtomicU64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            settings: Vec::new(),
            remote_store: false,
            pinned_timestamps: false,
            repositories: None,
            heap_bytes: HEAP_BYTES,
        }
    }
}

impl Node {
    /// Starts a node on free ports of loopback and waits until it is ready. Fetches what is missing before: the
    /// server, and a runtime when this machine has no JDK for it.
    ///
    /// # Errors
    /// [`crate::Error::NodeEnded`] and [`crate::Error::NotReady`] name the log, which is kept; [`crate::Error::PortTaken`] when a setting
    /// chooses the port; [`crate::Error::NotInRelease`] for an option that the release lacks; and everything that
    /// [`distribution::install`](crate::distribution::install) and [`jdk::find`](crate::jdk::find) say. Nothing is
    /// left running.
    pub fn start(cache: &Cache, release: &'static Release, options: &Options) -> Result<Self> {
        start::start(cache, release, options)
    }

    /// The client.
    #[must_use]
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// What runs.
    #[must_use]
    pub fn release(&self) -> &'static Release {
        self.release
    }

    /// The version of the JDK that runs it, as in `17.0.15`.
    #[must_use]
    pub fn jdk_version(&self) -> &str {
        &self.jdk_version
    }

    /// A folder in which repositories may be. It belongs to the node and is removed when the node ends.
    #[must_use]
    pub fn repositories(&self) -> &Path {
        &self.folder.repositories
    }

    /// The folder of the remote store, if the node has one. It is removed when the node ends.
    #[must_use]
    pub fn remote_store(&self) -> Option<&Path> {
        self.has_remote_store.then_some(&*self.folder.remote_store)
    }

    /// Gives a file, or a folder with all that is in it, to the user of the node, so that it can write there. When we
    /// are not root that is us, and nothing happens.
    ///
    /// # Errors
    /// [`crate::Error::Closed`] when that user cannot get there, and [`crate::Error::Io`].
    pub fn adopt(&self, path: &Path) -> Result<()> {
        owner::give_to_nodes(path)?;
        owner::check_reach(path)
    }

    /// From the start of the process to the first answer that says ready.
    #[must_use]
    pub fn startup(&self) -> Duration {
        self.startup
    }

    /// The memory of all processes of the node, each at its highest, in bytes: the largest sum that was seen when this
    /// was asked, and when the node became ready. 0 where the system does not say.
    #[must_use]
    pub fn peak_rss(&self) -> u64 {
        let now = memory::peak_rss_bytes(self.kept.group());
        self.peak_rss_bytes.fetch_max(now, Ordering::Relaxed).max(now)
    }

    /// What the node writes: its standard output and error. Removed with the node's folder unless it is kept.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        &self.folder.log
    }

    /// The last lines of the log, at most `n_lines`.
    #[must_use]
    pub fn log_tail(&self, n_lines: usize) -> String {
        log::tail(&log::read_end(&self.folder.log), n_lines)
    }

    /// Lets the log and the settings outlive the node. A later start removes them after a week.
    ///
    /// # Errors
    /// [`crate::Error::Io`].
    pub fn keep_logs(&self) -> Result<()> {
        self.folder.keep()
    }

    /// Fails when the node has ended by itself.
    ///
    /// # Errors
    /// [`crate::Error::NodeEnded`], with the log, which is kept.
    pub fn check(&mut self) -> Result<()> {
        self.folder.check(self.release, &mut self.kept)
    }

    /// Ends the node and removes its folder.
    ///
    /// # Errors
    /// [`crate::Error::NodeEnded`] when it had ended by itself before.
    pub fn stop(mut self) -> Result<()> {
        let before = self.check();
        self.kept.end();
        before
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Keeps the log of a node that has ended by itself; ending and removing is done by the parts.
        let _ = self.check();
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("release", &self.release.to_string()).field("folder", &self.folder.root).finish()
    }
}
