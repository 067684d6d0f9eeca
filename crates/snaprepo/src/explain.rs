//! Errors in words: what could not be done, why, and what to do next.

use std::{borrow::Cow, path::PathBuf};

use serde::Serialize;
use snaprepo_cloud::OpenFault;
use snaprepo_core::{
    BlobError, OpenError,
    change::{ChangeError, JournalError, PlanError},
    select::SelectFault,
};
use snaprepo_inventory::Fault as InventoryFault;
use snaprepo_store::{StoreError, StoreErrorKind};

use crate::{exit::Exit, output::units::clean, place::PlaceFault, policies::PolicyFault, prices::PricesFault};

/// Why a verb could not be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The location is not one.
    #[error("{0}")]
    Place(#[from] PlaceFault),
    /// The store cannot be set up.
    #[error("{location}: {fault}")]
    Store {
        /// The location.
        location: String,
        /// Why.
        fault: OpenFault,
    },
    /// The repository could not be opened.
    #[error("{location} {}", sentence(.error))]
    Open {
        /// The location.
        location: String,
        /// Why.
        error: OpenError,
    },
    /// A path that could leave the store.
    #[error("{0}")]
    Path(#[from] snaprepo_codec::PathFault),
    /// The selection cannot be made.
    #[error("{0}")]
    Select(#[from] SelectFault),
    /// A blob that the answer needs cannot be had.
    #[error("cannot read {0}")]
    Blob(#[from] BlobError),
    /// There is no blob of the name that was asked for.
    #[error("{0}")]
    Missing(BlobError),
    /// The repository changed while it was read, so the verb has to start again. Never shown.
    #[error("the repository changed while it was read")]
    Moved,
    /// An option that does not fit the verb or the repository.
    #[error("{message}")]
    Usage {
        /// What does not fit.
        message: String,
        /// What to do.
        hint: Option<&'static str>,
    },
    /// The folder for what is kept between runs cannot be used.
    #[error("--cache {}: {source}", .folder.display())]
    Cache {
        /// The folder.
        folder: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The prices cannot be used.
    #[error("--prices {0}")]
    Prices(#[from] PricesFault),
    /// A repository could not be changed, or not wholly.
    #[error("{location}: {error}")]
    Change {
        /// The location.
        location: String,
        /// Why.
        error: Box<ChangeError>,
        /// Whether the new root is published: then it is done in part.
        is_published: bool,
    },
    /// A plan cannot be used.
    #[error("{}: {error}", .path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// Why.
        error: PlanError,
    },
    /// A journal cannot be used.
    #[error("{location}: {error}")]
    Journal {
        /// Where it is, or was to be.
        location: String,
        /// Why.
        error: JournalError,
    },
    /// Policies cannot be used.
    #[error("--policy {0}")]
    Policy(#[from] PolicyFault),
    /// A listing that somebody else made cannot be used.
    #[error("--listing {0}")]
    Listing(#[from] InventoryFault),
    /// A file that was asked for cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Written {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// The answer cannot be written.
    #[error("cannot write the answer: {0}")]
    Output(#[from] std::io::Error),
}

/// "x is not a repository" needs no "cannot open"; other reasons do.
fn sentence(error: &OpenError) -> String {
    match error {
        OpenError::Store(StoreError { kind, .. }) => match kind {
            StoreErrorKind::NotFound => "does not exist".to_owned(),
            StoreErrorKind::NotABlob => "is not a folder".to_owned(),
            kind => format!("cannot be opened: {kind}"),
        },
        OpenError::NoReadableRoot(error) => format!("has no readable root: {error}"),
        OpenError::Refused(error) => format!("cannot be read by this program: {} {}", error.path, error.problem),
        OpenError::Blob(error) => format!("cannot be opened: {error}"),
        error => error.to_string(),
    }
}

impl Failure {
    /// A stable name for JSON.
    #[must_use]
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Place(_) | Self::Path(_) => "location",
            Self::Store { .. } => "store",
            Self::Open { error, .. } => match error {
                OpenError::Store(error) if error.is_absence() => "not-found",
                OpenError::Store(_) | OpenError::Blob(_) => "store",
                OpenError::Empty => "empty",
                OpenError::NotARepository { .. } => "not-a-repository",
                OpenError::Encrypted => "encrypted",
                OpenError::RootMissing { .. } => "root-missing",
                OpenError::NoReadableRoot(_) => "root-unreadable",
                OpenError::Refused(_) => "refused",
            },
            Self::Select(SelectFault::Ambiguous { .. }) => "ambiguous",
            Self::Select(SelectFault::Unread { .. }) => "blob",
            Self::Select(_) => "no-match",
            Self::Blob(_) => "blob",
            Self::Missing(_) => "not-found",
            Self::Moved => "moved",
            Self::Usage { .. } => "usage",
            Self::Cache { .. } => "cache",
            Self::Prices(_) => "prices",
            Self::Listing(_) => "listing",
            Self::Policy(_) => "policy",
            Self::Change { error, .. } => match **error {
                ChangeError::Moved(_) => "moved",
                ChangeError::Gone { .. } => "gone",
                ChangeError::NotInPlan(_) | ChangeError::Plan(_) => "plan",
                ChangeError::Journal(_) | ChangeError::Temporary(_) => "journal",
                ChangeError::Store(_) | ChangeError::Blob(_) | ChangeError::Open(_) => "store",
            },
            Self::Plan { .. } => "plan",
            Self::Journal { .. } => "journal",
            Self::Output(_) | Self::Written { .. } => "output",
        }
    }

    /// What to do next.
    #[must_use]
    pub(crate) fn hint(&self) -> Option<Cow<'static, str>> {
        self.of_store()
            .and_then(|error| error.kind.next_step())
            .map(Cow::Owned)
            .or_else(|| self.usual_hint().map(Cow::Borrowed))
    }

    /// What the store said, when that is all there is to it.
    fn of_store(&self) -> Option<&StoreError> {
        match self {
            Self::Open { error: OpenError::Store(error), .. } => Some(error),
            Self::Open { error: OpenError::Blob(error), .. }
            | Self::Blob(error)
            | Self::Select(SelectFault::Unread { error, .. }) => error.of_store(),
            Self::Change { error, .. } => match &**error {
                ChangeError::Store(error) => Some(error),
                ChangeError::Blob(error) => error.of_store(),
                _ => None,
            },
            Self::Journal { error: JournalError::Store(error), .. } => Some(error),
            Self::Open { error: OpenError::NoReadableRoot(error), .. } => error.of_store(),
            _ => None,
        }
    }

    fn usual_hint(&self) -> Option<&'static str> {
        match self {
            Self::Open { error, .. } => match error {
                OpenError::Store(error) if error.is_absence() => Some("check the path and the mount"),
                OpenError::Store(_) | OpenError::Blob(_) => {
                    Some("check the permissions of the account that runs snaprepo")
                }
                OpenError::Empty | OpenError::NotARepository { .. } => Some(
                    "point at the folder that holds index.latest: the location of an fs repository, or its base path; \
                     snaprepo discover looks for repositories below a folder",
                ),
                OpenError::Encrypted => Some("only a cluster with the password can read it"),
                OpenError::RootMissing { .. } => Some(
                    "snaprepo repair makes a root of what is left; or restore index-N from a copy or an older version of the bucket",
                ),
                OpenError::NoReadableRoot(_) => Some(
                    "snaprepo repair makes a root of what is left; or restore it from a copy or an older version of the bucket",
                ),
                OpenError::Refused(_) => Some("a newer snaprepo may know this format"),
            },
            Self::Select(SelectFault::Unread { .. }) => Some("name the snapshots, or their uuids"),
            Self::Select(SelectFault::NoSnapshot { .. }) => Some("snaprepo list REPO shows all snapshots"),
            Self::Select(SelectFault::Ambiguous { .. }) => Some("give more characters of the uuid, or the name"),
            Self::Select(SelectFault::NoIndex { .. }) => Some("snaprepo find REPO '*' shows all indices"),
            Self::Select(SelectFault::BadTerm { .. }) => None,
            Self::Blob(error) if !error.is_finding() => Some("check the permissions of the account that runs snaprepo"),
            Self::Blob(_) => Some("snaprepo verify REPO shows what is damaged and what can still be restored"),
            Self::Missing(_) => {
                Some("the path counts from the folder of the repository; snaprepo ls shows the blobs of a shard")
            }
            Self::Usage { hint, .. } => *hint,
            Self::Place(fault) => fault.hint(),
            Self::Listing(_) => Some("docs/guides/comparing.md says which listings are understood"),
            Self::Prices(_) => Some("docs/guides/sizes.md has examples for three clouds"),
            Self::Cache { .. } => Some("name a folder that can be written, or do without: --no-cache"),
            Self::Store { .. } => Some("snaprepo doctor LOCATION says what holds, and where it comes from"),
            Self::Written { .. } => Some("its folder must be there, and allow new files"),
            Self::Change { error, .. } => match **error {
                ChangeError::Moved(_) => Some("make a new plan: snaprepo list REPO shows what is there now"),
                ChangeError::Gone { .. } => Some("an older version of the bucket, or a copy, may have them"),
                ChangeError::Store(_) => {
                    Some("check the permissions of the account that runs snaprepo, and go on from the journal")
                }
                _ => None,
            },
            Self::Policy(_) => Some("docs/guides/retention.md says which policies are understood"),
            Self::Plan { .. } => Some("snaprepo delete --plan-out writes plans"),
            Self::Journal { .. } => Some("name another folder with --state, or the folder of the journal itself"),
            Self::Path(_) | Self::Output(_) | Self::Moved => None,
        }
    }

    /// Whether the failure may come from a blob that a cluster deleted between two requests.
    #[must_use]
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Blob(error) if error.is_finding())
    }

    /// The exit code: a repository that is broken is a bad answer, everything else was not done.
    #[must_use]
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Blob(error) if error.is_finding() => Exit::Bad,
            Self::Change { is_published: true, .. } => Exit::Partly,
            Self::Missing(_) => Exit::NotDone,
            _ => Exit::NotDone,
        }
    }

    /// The message for people.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        let message = clean(&self.to_string());
        match self.hint() {
            Some(hint) => format!("error: {message}\nhint: {hint}\n"),
            None => format!("error: {message}\n"),
        }
    }

    /// The message for machines.
    #[must_use]
    pub(crate) fn json(&self) -> String {
        #[derive(Serialize)]
        struct Outer<'a> {
            error: Inner<'a>,
            exit: u8,
        }
        #[derive(Serialize)]
        struct Inner<'a> {
            kind: &'a str,
            message: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            hint: Option<Cow<'static, str>>,
        }
        let error = Inner { kind: self.kind(), message: self.to_string(), hint: self.hint() };
        let mut text = serde_json::to_string(&Outer { error, exit: self.exit().code() }).unwrap_or_default();
        text.push('\n');
        text
    }
}
