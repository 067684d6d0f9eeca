//! What a change needs to be gone on with, or taken back: the plan, the old root, and how far it came. It lies outside
//! of the repository.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    plan::{Plan, PlanError},
    spool::next_line,
};

const PLAN: &str = "plan.jsonl";
const OLD_ROOT: &str = "root";
const STEPS: &str = "steps.jsonl";
/// Extension of the folder of a journal that is being begun. One that stays is of a run that was stopped before it did
/// anything.
pub const UNFINISHED: &str = "new";

/// How far a change came. What is not there may have been done all the same: it is written behind each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
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

#[derive(Serialize, Deserialize)]
struct Step {
    reached: Reached,
}

/// A folder with a plan and how far it came.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    reached: Vec<Reached>,
}

/// Why a journal cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file of it.
    #[error("cannot keep the journal {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Its plan.
    #[error("the plan of the journal {} {source}", .path.display())]
    Plan {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: PlanError,
    },
    /// A step that this program does not know.
    #[error("the journal {} has a step that this program does not know: {reason}", .path.display())]
    Step {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Journal {
    /// Begins a journal in a folder that is made for it.
    ///
    /// # Errors
    /// When it cannot be written, or the folder is there already.
    pub fn begin(folder: &Path, plan: &Plan, old_root: &[u8]) -> Result<Self, JournalError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| JournalError::Io { path, source }
        };
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent).map_err(failed(parent))?;
        }
        // Whoever is stopped here leaves no journal: it gets its name when it is whole.
        let unfinished = folder.with_extension(UNFINISHED);
        fs::create_dir(&unfinished).map_err(failed(&unfinished))?;
        let path = unfinished.join(OLD_ROOT);
        let mut file = File::create_new(&path).map_err(failed(&path))?;
        file.write_all(old_root).and_then(|()| file.sync_all()).map_err(failed(&path))?;
        let path = unfinished.join(PLAN);
        let mut file = BufWriter::new(File::create_new(&path).map_err(failed(&path))?);
        let written = plan.write(&mut file).and_then(|()| file.flush()).and_then(|()| file.get_ref().sync_all());
        written.map_err(failed(&path))?;
        sync_folder(&unfinished).map_err(failed(&unfinished))?;
        fs::rename(&unfinished, folder).map_err(failed(folder))?;
        if let Some(parent) = folder.parent() {
            sync_folder(parent).map_err(failed(parent))?;
        }
        Ok(Self { folder: folder.to_owned(), reached: Vec::new() })
    }

    /// Opens a journal, with its plan.
    ///
    /// # Errors
    /// When it cannot be read, or is not one of this version.
    pub fn open(folder: &Path) -> Result<(Self, Plan), JournalError> {
        let io_failed = |path: &Path, source| JournalError::Io { path: path.to_owned(), source };
        let path = folder.join(PLAN);
        let file = File::open(&path).map_err(|source| io_failed(&path, source))?;
        let plan = Plan::read(&mut BufReader::new(file))
            .map_err(|source| JournalError::Plan { path: folder.to_owned(), source })?;
        let path = folder.join(STEPS);
        let mut reached = Vec::new();
        match File::open(&path) {
            Ok(file) => {
                let (mut input, mut line) = (BufReader::new(file), Vec::new());
                // The last line may have been cut off when the machine died: then its step was not reached.
                while next_line(&mut input, &mut line).unwrap_or(false) {
                    let Step { reached: step } = serde_json::from_slice(&line)
                        .map_err(|error| JournalError::Step { path: folder.to_owned(), reason: error.to_string() })?;
                    reached.push(step);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io_failed(&path, error)),
        }
        Ok((Self { folder: folder.to_owned(), reached }, plan))
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
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

    /// The root that was, as it was.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn old_root(&self) -> Result<Vec<u8>, JournalError> {
        let path = self.folder.join(OLD_ROOT);
        fs::read(&path).map_err(|source| JournalError::Io { path, source })
    }

    pub(super) fn reach(&mut self, step: Reached) -> Result<(), JournalError> {
        if self.has_reached(step) {
            return Ok(());
        }
        let path = self.folder.join(STEPS);
        let mut line = serde_json::to_vec(&Step { reached: step }).unwrap_or_default();
        line.push(b'\n');
        let written = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(&line).and_then(|()| file.sync_all()));
        written.map_err(|source| JournalError::Io { path, source })?;
        self.reached.push(step);
        Ok(())
    }
}

/// Makes the names in a folder durable, where the system can.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        Ok(folder) => folder.sync_all().or(Ok(())),
        // Some systems do not open folders.
        Err(_) => Ok(()),
    }
}
