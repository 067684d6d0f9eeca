//! Which release goes on with whose repository. One row is one case of the matrix.

use std::path::{Path, PathBuf};

use snaprepo_lab::{
    Cache, Release,
    case::{self, Case, Order, Report},
};

/// A case that goes on with the repository of another release.
#[derive(Debug)]
pub(super) struct Sequel {
    /// The release that goes on.
    pub(super) release: &'static str,
    /// Its case.
    pub(super) case: &'static str,
    /// The release that wrote before.
    pub(super) from_release: &'static str,
    /// The case that it wrote.
    pub(super) from_case: &'static str,
}

/// Each takes the release before it, because it restores everything of that one: so every document can be compared.
pub(super) const SEQUELS: [Sequel; 11] = [
    row("es:2.4.6", "mixed", "es:1.7.6", "plain"),
    row("es:5.6.16", "mixed", "es:2.4.6", "plain"),
    row("es:6.8.23", "mixed", "es:5.6.16", "plain"),
    row("es:7.10.2", "mixed", "es:6.8.23", "plain"),
    row("es:7.17.29", "upgraded", "es:6.8.23", "plain"),
    row("es:8.19.21", "upgraded", "es:7.17.29", "plain"),
    row("es:9.5.3", "upgraded", "es:8.19.21", "plain"),
    row("os:1.3.20", "mixed", "es:7.10.2", "plain"),
    row("os:2.11.1", "trap", "os:2.19.6", "hashed-infix"),
    row("os:2.19.6", "upgraded", "os:1.3.20", "plain"),
    row("os:3.6.0", "upgraded", "os:2.19.6", "hashed-prefix"),
];

const fn row(release: &'static str, case: &'static str, from_release: &'static str, from_case: &'static str) -> Sequel {
    Sequel { release, case, from_release, from_case }
}

impl Sequel {
    /// Where it begins, in words: `es:6.8.23 plain`.
    pub(super) fn origin(&self) -> String {
        format!("{} {}", self.from_release, self.from_case)
    }

    /// The folder of the repository that it goes on with. An earlier run may have left it; otherwise it is written now.
    pub(super) fn from(&self, cache: &Cache, written: &Path, seed: u64) -> Result<PathBuf, snaprepo_lab::Error> {
        let (release, case) = (Release::find(self.from_release)?, Case::find(self.from_case)?);
        let out = folder(written, release, case);
        if !out.exists() {
            write(cache, &Order { release, case, seed, from: None, out: &out })?;
        }
        Ok(out)
    }
}

/// The folder of a case that begins with nothing.
pub(super) fn folder(written: &Path, release: &Release, case: &Case) -> PathBuf {
    written.join(format!("{}-{}", release.folder_name(), case.name))
}

/// Writes a case into a folder that is not there, or that an earlier run left.
pub(super) fn write(cache: &Cache, order: &Order<'_>) -> Result<Report, snaprepo_lab::Error> {
    if order.out.exists() {
        std::fs::remove_dir_all(order.out).map_err(|source| snaprepo_lab::Error::Io {
            what: "remove",
            path: order.out.to_owned(),
            source,
        })?;
    }
    case::write(cache, order, &mut |_| {})
}

#[cfg(test)]
mod tests;
