//! Repositories with a known story: which kinds there are, and how one is written by a real node.
//!
//! A case is data: settings of the repository and of the node, and a plot. The plot becomes the steps of one release
//! (`story`, `sequel`), a stage plays them, and everything the node says on the way is recorded as truth.

mod answers;
mod content;
mod copy;
mod names;
mod play;
pub(crate) mod random;
mod sequel;
mod snapshots;
mod stage;
mod step;
mod story;
mod table;
mod write;
mod written;

use std::path::Path;

pub use table::ALL;
pub use write::{Order, Report, write};
pub use written::Written;

use crate::{
    Error, Release, Result,
    dialect::{Dialect, Feature},
    node::Options,
};

/// A kind of repository.
#[derive(Debug)]
pub struct Case {
    /// Its name, as in `hashed-prefix`.
    pub name: &'static str,
    /// What is special about it.
    pub about: &'static str,
    /// Settings of the repository beside its location.
    pub settings: &'static [(&'static str, &'static str)],
    /// Where in its store the repository lies; empty for the root.
    pub base_path: &'static str,
    /// Settings of the node.
    pub node_settings: &'static [(&'static str, &'static str)],
    /// What a release must have.
    pub needs: Option<Feature>,
    /// How snapshots hold the data.
    pub data: Data,
    /// What happens.
    pub plot: Plot,
}

/// How snapshots hold the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// They copy it.
    Copied,
    /// Shallow snapshots: they point into a remote store.
    Shallow,
    /// Shallow snapshots of the second kind: timestamps are pinned in a remote store.
    ShallowV2,
}

/// What happens in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    /// A node writes a repository from the beginning.
    Full,
    /// A node goes on with the repository of an older release.
    Mixed,
    /// As [`Mixed`](Self::Mixed), then all snapshots of the older release are deleted.
    Upgraded,
    /// A node writes to a repository of a newer release, whose hashed shard folders it does not know, and damages it.
    Trap,
}

impl Case {
    /// Finds a case by its name.
    ///
    /// # Errors
    /// [`Error::UnknownCase`].
    pub fn find(name: &str) -> Result<&'static Self> {
        ALL.iter().find(|case| case.name == name).ok_or_else(|| {
            let known = ALL.iter().map(|case| case.name).collect::<Vec<_>>().join(", ");
            Error::UnknownCase { name: name.to_owned(), known }
        })
    }

    /// What a node is told before it starts, to write this case and to find everything in it again.
    #[must_use]
    pub fn node_options(&self) -> Options {
        Options {
            settings: self.node_settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            remote_store: self.data != Data::Copied,
            pinned_timestamps: self.data == Data::ShallowV2,
            ..Options::default()
        }
    }

    /// Whether only a node with such options finds everything.
    #[must_use]
    pub fn needs_its_node(&self) -> bool {
        !self.node_settings.is_empty() || self.data != Data::Copied
    }

    /// Whether a release can write this case, going on with the repository in `from` if there is one.
    ///
    /// # Errors
    /// [`Error::Case`], with what does not fit.
    pub fn check(&self, release: &Release, from: Option<&Path>) -> Result<()> {
        let refused = |reason: &str| {
            Err(Error::Case { release: release.to_string(), case: self.name, reason: reason.to_owned() })
        };
        let dialect = Dialect::of(release);
        match (self.plot, from) {
            (Plot::Full, Some(_)) => return refused("it begins with an empty repository: leave out --from"),
            (Plot::Mixed | Plot::Upgraded | Plot::Trap, None) => {
                return refused("it goes on with a repository: name a folder that `engine write` left with --from");
            }
            _ => {}
        }
        if self.plot == Plot::Trap
            && (release.product != crate::Product::OpenSearch || dialect.has(Feature::HashedPaths))
        {
            return refused("only OpenSearch before 2.17 loses the kind of shard folders");
        }
        match self.needs {
            Some(feature) if !dialect.has(feature) => {
                refused(&format!("{} has no {}", release.version, feature.words()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
