//! How the last start of each release went on this machine: what people want to know before they wait.

use std::{fs, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use super::Cache;
use crate::{Error, Release, Result};

/// One start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastStart {
    /// From the start of the process to the first answer that says ready, in seconds.
    pub seconds: f64,
    /// Memory of all processes of the node at that moment, at its highest, in bytes; 0 where the system does not say.
    pub peak_rss_bytes: u64,
    /// The version of the JDK.
    pub jdk: String,
}

impl LastStart {
    /// What was noted about the last start of a release; nothing when there was none, or the note cannot be read.
    #[must_use]
    pub fn read(cache: &Cache, release: &Release) -> Option<Self> {
        let text = fs::read(path(cache, release)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Notes a start.
    pub(crate) fn write(
        cache: &Cache,
        release: &Release,
        startup: Duration,
        peak_rss_bytes: u64,
        jdk: &str,
    ) -> Result<()> {
        let seconds = (startup.as_secs_f64() * 10.0).round() / 10.0;
        let note = Self { seconds, peak_rss_bytes, jdk: jdk.to_owned() };
        let folder = cache.folder("starts")?;
        let path = path(cache, release);
        let text = serde_json::to_vec(&note).map_err(|error| Error::io("write", &path)(error.into()))?;
        // Renamed into place: another process may read it now.
        let unfinished = folder.join(format!("{}.{}", release.folder_name(), std::process::id()));
        fs::write(&unfinished, text).map_err(Error::io("write", &unfinished))?;
        fs::rename(&unfinished, &path).map_err(Error::io("write", &path))
    }
}

fn path(cache: &Cache, release: &Release) -> PathBuf {
    cache.engines().join("starts").join(format!("{}.json", release.folder_name()))
}
