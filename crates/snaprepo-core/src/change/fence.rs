//! Why a repository is not changed.

use snaprepo_codec::BlobPath;
use snaprepo_format::{engine::Era, incompatible, names};

use snaprepo_store::StoreError;

use crate::{BlobError, Repository};

/// What an operator has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fences {
    /// What is younger than the newest root by less than this before it, or by anything after it, may belong to a
    /// snapshot that is being taken. Milliseconds.
    pub window_millis: i64,
    /// Whether the file lists of the snapshots that stay are read in every shard that is touched: a file that one of
    /// them needs and the shard table does not know then stays. The engines look at the table alone.
    pub checks_lists: bool,
    /// What becomes of shards and metadata that are damaged.
    pub damaged: Damaged,
}

/// What becomes of shards whose table or file lists are damaged, and of indices whose metadata are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damaged {
    /// Nothing is done.
    Refuses,
    /// They stay as they are, with everything in them: for snapshots that are damaged themselves.
    Stays,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// Written before Elasticsearch 5, or by CrateDB.
    ReadOnlyEra,
    /// A newer root cannot be read.
    UnreadableRoot,
    /// The root contradicts itself.
    OddRoot,
    /// Snapshots that the root does not list.
    Incompatible,
    /// A cluster may be writing.
    MayBeWriting,
    /// The data are in a remote store.
    Shallow,
    /// Another snapshot mounts it.
    Mounted,
    /// What would say what else is needed cannot be read.
    Unreadable,
    /// The shard lies elsewhere than the root says.
    Misplaced,
}

/// What lets an operator go on all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Override {
    /// Nothing does.
    None,
    /// Another [`Fences::window_millis`].
    Window,
}

/// One reason not to change a repository.
#[derive(Debug)]
pub struct Refusal {
    /// Which.
    pub why: Why,
    /// The blob or folder that it is about, from the root of the store.
    pub path: Option<BlobPath>,
    /// In words: a fragment without a full stop.
    pub message: String,
    /// What the store said, when we could not look.
    pub error: Option<BlobError>,
}

impl Why {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadOnlyEra => "read-only-era",
            Self::UnreadableRoot => "unreadable-root",
            Self::OddRoot => "odd-root",
            Self::Incompatible => "incompatible-snapshots",
            Self::MayBeWriting => "may-be-writing",
            Self::Shallow => "shallow",
            Self::Mounted => "mounted",
            Self::Unreadable => "unreadable",
            Self::Misplaced => "misplaced-shard",
        }
    }

    /// What lets an operator go on.
    #[must_use]
    pub fn overridden_by(self) -> Override {
        if self == Self::MayBeWriting { Override::Window } else { Override::None }
    }
}

impl Refusal {
    pub(super) fn new(why: Why, message: impl Into<String>) -> Self {
        Self { why, path: None, message: message.into(), error: None }
    }

    pub(super) fn at(mut self, path: &BlobPath) -> Self {
        self.path = Some(path.clone());
        self
    }

    /// Whether it is about damage that may stay as it is.
    pub(super) fn is_damage(&self) -> bool {
        self.why == Why::Unreadable && self.error.is_none()
    }

    /// Something could not be read that says what is needed.
    pub(super) fn unreadable(error: BlobError) -> Self {
        let message = error.problem.to_string();
        let path = Some(error.path.clone());
        let error = error.of_store().is_some().then_some(error);
        Self { why: Why::Unreadable, path, message, error }
    }
}

/// What the root alone tells.
pub(super) fn of_root(repository: &Repository) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    match repository.era() {
        Era::E1 | Era::E2 => refusals.push(Refusal::new(
            Why::ReadOnlyEra,
            "was written before Elasticsearch 5, which has no step that makes a deletion whole: it is only read",
        )),
        Era::Crate => refusals.push(Refusal::new(Why::ReadOnlyEra, "was written by CrateDB: it is only read")),
        Era::E5 | Era::E76 | Era::E79 | Era::E712 | Era::Os3 => {}
    }
    for (generation, error) in &repository.unreadable_roots {
        let message = format!("root {generation} is newer than the open one and cannot be read: {}", error.problem);
        refusals.push(Refusal::new(Why::UnreadableRoot, message).at(&error.path));
    }
    use snaprepo_format::root::Oddity;
    for oddity in &repository.root.oddities {
        // What is only untidy stays as it is.
        let contradicts = match oddity {
            Oddity::UnknownSnapshot { index, uuid } => {
                format!("index {index} is said to be in snapshot {uuid}, which the root does not have")
            }
            Oddity::Duplicate { what, text } => format!("{what} {text} stands in it twice"),
            Oddity::UnknownShardPathType { index, code } => {
                format!("the shards of index {index} lie in a way ({code}) that this program does not know")
            }
            _ => continue,
        };
        refusals.push(Refusal::new(Why::OddRoot, contradicts));
    }
    if repository.scan.has_incompatible {
        refusals.extend(incompatible_snapshots(repository));
    }
    refusals
}

fn incompatible_snapshots(repository: &Repository) -> Option<Refusal> {
    let path = repository.blob(names::INCOMPATIBLE).ok()?;
    match repository.load(&path, incompatible::parse) {
        Ok(names) if names.is_empty() => None,
        Ok(names) => {
            let message = format!(
                "lists {} of Elasticsearch 1 that the root does not list, such as {}: nobody knows what they need",
                if names.len() == 1 { "a snapshot".to_owned() } else { format!("{} snapshots", names.len()) },
                names.first().map_or("", |name| name)
            );
            Some(Refusal::new(Why::Incompatible, message).at(&path))
        }
        Err(error) => Some(Refusal::unreadable(error)),
    }
}

/// Something that nothing refers to is so young that a snapshot may be in progress.
pub(super) fn young(
    youngest: Option<&(i64, BlobPath)>,
    root_millis: Option<i64>,
    window_millis: i64,
) -> Option<Refusal> {
    // A window of nought says that the operator knows better.
    let ((age, path), root) = (youngest.filter(|_| window_millis > 0)?, root_millis?);
    let message = if *age > root {
        "is younger than the newest root, and nothing refers to it: a snapshot may be in progress"
    } else if *age > root.saturating_sub(window_millis) {
        "is hardly older than the newest root, and nothing refers to it: a snapshot may be in progress"
    } else {
        return None;
    };
    Some(Refusal::new(Why::MayBeWriting, message).at(path))
}

/// A root that appeared while we looked.
pub(super) fn moved_on(repository: &Repository) -> Result<Option<Refusal>, StoreError> {
    let message = "a new root was written while we looked: a cluster is at work";
    let is_same = repository.newest_generation()? == repository.generation;
    Ok((!is_same).then(|| Refusal::new(Why::MayBeWriting, message)))
}
