//! What a change needs to be gone on with, or taken back: the plan, the old root, how far it came, and where blobs were
//! put before they were deleted. It lies outside of the repository, in a folder or in another store.
//!
//! ```text
//! <journal>/root             the old root, as it was; none where there was none
//!           latest           index.latest, as it was; none where there was none
//!           plan.jsonl       the plan
//!           begun            written last: a journal without it is of a run that was stopped before it did anything
//!           reached-<step>   one for each step that is done
//! ```
//! Every blob is written once, as a whole: so a journal may lie in a store that only knows whole blobs.

use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use snaprepo_codec::BlobPath;
use snaprepo_store::{Entry, StoreError, StoreErrorKind, Upload, WriteStore};

use super::{
    plan::{Plan, PlanError},
    spool,
};

const PLAN: &str = "plan.jsonl";
const OLD_ROOT: &str = "root";
const OLD_LATEST: &str = "latest";
/// The blob that makes a journal one.
const BEGUN: &str = "begun";
/// The version of journals that this program keeps, and the only one that it reads.
const VERSION: u32 = 1;

/// How far a change came. What is not there may have been done all the same: it is written behind each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reached {
    /// Everything that is deleted lies elsewhere, too.
    Quarantined,
    /// All shard tables are written.
    Tables,
    /// The root is written.
    Root,
    /// Deleting begins.
    Deleting,
    /// Everything is done.
    Done,
    /// It was taken back.
    Undone,
}

impl Reached {
    const ALL: [Self; 6] = [Self::Quarantined, Self::Tables, Self::Root, Self::Deleting, Self::Done, Self::Undone];

    fn blob(self) -> &'static str {
        match self {
            Self::Quarantined => "reached-quarantined",
            Self::Tables => "reached-tables",
            Self::Root => "reached-root",
            Self::Deleting => "reached-deleting",
            Self::Done => "reached-done",
            Self::Undone => "reached-undone",
        }
    }
}

/// Where blobs are put before they are deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinePlace {
    /// The location of the store, as it was named.
    pub location: String,
    /// The folder in it that is for this change alone.
    pub folder: String,
}

/// What a change writes over, or deletes, that no name keeps apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Former {
    /// The newest root.
    pub root: Option<Vec<u8>>,
    /// `index.latest`.
    pub latest: Option<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct Begun {
    journal: u32,
    quarantine: Option<QuarantinePlace>,
}

/// A folder with a plan and how far it came.
pub struct Journal {
    store: Arc<dyn WriteStore>,
    folder: BlobPath,
    quarantine: Option<QuarantinePlace>,
    has_old_root: bool,
    has_old_latest: bool,
    reached: Vec<Reached>,
}

/// Why a journal cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A blob of it.
    #[error("cannot keep the journal: {0}")]
    Store(#[from] StoreError),
    /// There is none.
    #[error("is no journal, or one of a run that was stopped before it did anything")]
    None,
    /// Its plan.
    #[error("the plan of the journal {0}")]
    Plan(#[from] PlanError),
    /// It cannot be understood.
    #[error("is a journal that this program does not know: {reason}")]
    Unknown {
        /// Why.
        reason: String,
    },
}

impl Journal {
    /// Begins a journal in a folder that nobody else uses.
    ///
    /// # Errors
    /// When it cannot be written, or is there already.
    pub fn begin(
        store: Arc<dyn WriteStore>,
        folder: &BlobPath,
        plan: &Plan,
        former: &Former,
        quarantine: Option<QuarantinePlace>,
    ) -> Result<Self, JournalError> {
        let begun = serde_json::to_vec(&Begun { journal: VERSION, quarantine: quarantine.clone() }).unwrap_or_default();
        let journal = Self {
            store,
            folder: folder.clone(),
            quarantine,
            has_old_root: former.root.is_some(),
            has_old_latest: former.latest.is_some(),
            reached: Vec::new(),
        };
        for (name, old) in [(OLD_ROOT, &former.root), (OLD_LATEST, &former.latest)] {
            if let Some(old) = old {
                journal.write(name, old)?;
            }
        }
        journal.write_plan(plan)?;
        journal.write(BEGUN, &begun)?;
        Ok(journal)
    }

    fn write(&self, name: &'static str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path(name);
        let mut upload = self.store.upload(&path, bytes.len() as u64)?;
        upload.write(bytes)?;
        upload.finish()
    }

    fn write_plan(&self, plan: &Plan) -> Result<(), JournalError> {
        let mut out = Out { upload: self.store.upload(&self.path(PLAN), 0)?, failed: None };
        let written = plan.write(&mut io::BufWriter::new(&mut out));
        let Out { upload, failed } = out;
        match (failed, written) {
            (Some(error), _) => Err(error.into()),
            (None, Err(error)) => Err(PlanError::from(error).into()),
            (None, Ok(())) => Ok(upload.finish()?),
        }
    }

    /// Opens a journal, with its plan.
    ///
    /// # Errors
    /// When it cannot be read, or is not one of this version.
    pub fn open(store: Arc<dyn WriteStore>, folder: &BlobPath) -> Result<(Self, Plan), JournalError> {
        let mut journal = Self {
            store,
            folder: folder.clone(),
            quarantine: None,
            has_old_root: false,
            has_old_latest: false,
            reached: Vec::new(),
        };
        let begun = match journal.store.read(&journal.path(BEGUN)) {
            Err(error) if error.is_absence() => return Err(JournalError::None),
            begun => begun?,
        };
        let unknown = |reason: String| JournalError::Unknown { reason };
        let begun: Begun = serde_json::from_slice(&begun).map_err(|error| unknown(error.to_string()))?;
        if begun.journal != VERSION {
            return Err(unknown(format!("it is of version {}, and this program knows {VERSION}", begun.journal)));
        }
        journal.quarantine = begun.quarantine;
        let mut reached = Vec::new();
        let (mut has_old_root, mut has_old_latest) = (false, false);
        journal.store.list(folder, &mut |entry| {
            if let Entry::Blob { name, .. } = entry {
                has_old_root |= name == OLD_ROOT;
                has_old_latest |= name == OLD_LATEST;
                reached.extend(Reached::ALL.into_iter().filter(|step| step.blob() == name));
            }
        })?;
        (journal.has_old_root, journal.has_old_latest) = (has_old_root, has_old_latest);
        journal.reached = reached;
        let plan = journal.read_plan()?;
        Ok((journal, plan))
    }

    fn read_plan(&self) -> Result<Plan, JournalError> {
        let path = self.path(PLAN);
        let len_bytes = self.store.stat(&path)?.len_bytes;
        let mut lines = spool::Writer::new().map_err(PlanError::from)?;
        let mut failed = None;
        let mut keep = |piece: &[u8]| {
            failed = lines.bytes(piece).err();
            failed.is_none()
        };
        self.store.stream(&path, len_bytes, &mut Vec::new(), &mut keep)?;
        if let Some(error) = failed {
            return Err(PlanError::from(error).into());
        }
        let lines = lines.finish().map_err(PlanError::from)?;
        Ok(Plan::read(&mut lines.read().map_err(PlanError::from)?)?)
    }

    /// Names of the whole journals in a folder, sorted.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn all(store: &dyn WriteStore, folder: &BlobPath) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        let listed = store.list(folder, &mut |entry| {
            if let Entry::Folder { name } = entry {
                names.push(name.to_owned());
            }
        });
        match listed {
            Err(error) if error.is_absence() => return Ok(Vec::new()),
            listed => listed?,
        }
        names.sort();
        let mut whole = Vec::with_capacity(names.len());
        for name in names {
            let Ok(begun) = folder.join(&name).and_then(|journal| journal.join(BEGUN)) else { continue };
            match store.stat(&begun) {
                Err(error) if error.is_absence() => {}
                looked => {
                    looked?;
                    whole.push(name);
                }
            }
        }
        Ok(whole)
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &BlobPath {
        &self.folder
    }

    /// Where blobs are put before they are deleted, if so.
    #[must_use]
    pub fn quarantine(&self) -> Option<&QuarantinePlace> {
        self.quarantine.as_ref()
    }

    /// Whether a step was reached for certain.
    #[must_use]
    pub fn has_reached(&self, step: Reached) -> bool {
        self.reached.contains(&step)
    }

    /// Whether there is nothing left to do or to take back.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.has_reached(Reached::Undone)
    }

    /// What was, as it was.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn former(&self) -> Result<Former, JournalError> {
        let read = |is_there: bool, name| is_there.then(|| self.store.read(&self.path(name))).transpose();
        Ok(Former { root: read(self.has_old_root, OLD_ROOT)?, latest: read(self.has_old_latest, OLD_LATEST)? })
    }

    pub(super) fn reach(&mut self, step: Reached) -> Result<(), JournalError> {
        if self.has_reached(step) {
            return Ok(());
        }
        match self.store.create(&self.path(step.blob()), b"") {
            // Another run came as far.
            Err(StoreError { kind: StoreErrorKind::Exists, .. }) => {}
            written => written?,
        }
        self.reached.push(step);
        Ok(())
    }

    fn path(&self, name: &'static str) -> BlobPath {
        self.folder.join(name).expect("the names of the blobs of a journal are legal")
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { folder, reached, .. } = self;
        f.debug_struct("Journal").field("folder", folder).field("reached", reached).finish_non_exhaustive()
    }
}

/// An upload as something to write to.
struct Out<'s> {
    upload: Box<dyn Upload + 's>,
    /// What the store said: an [`io::Error`] would lose its kind.
    failed: Option<StoreError>,
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.upload.write(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(error) => {
                self.failed = Some(error);
                Err(io::ErrorKind::Other.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
