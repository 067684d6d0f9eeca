//! What every store has to do, as one suite: the same questions to memory, a directory, and each kind of server. Where
//! stores may differ, the caller states what this one promises, and that is checked as well.
//!
//! ```
//! use snaprepo_codec::BlobPath;
//! use snaprepo_testkit::{contract, memory::MemoryStore};
//!
//! let promises = contract::Promises { n_many: 1_100, ..contract::Promises::object_store() };
//! let breaches = contract::check(&MemoryStore::new(), &BlobPath::parse("some/folder").unwrap(), &promises);
//! assert_eq!(breaches, []);
//! ```

use std::fmt::{self, Debug, Display};

use snaprepo_codec::BlobPath;
use snaprepo_store::{ReadStore, StoreError, StoreErrorKind, WriteStore};

mod listing;
mod many;
mod race;
mod reading;
mod samples;
mod updating;
mod writing;

pub use samples::{NAMES, write_samples};

/// What is deleted at once, and what of it could not be.
pub type DeleteMany<'a> = dyn Fn(&[BlobPath]) -> Vec<StoreError> + 'a;

/// How a store answers where stores may differ.
#[derive(Clone, Copy)]
pub struct Promises<'a> {
    /// To a second writer of a new blob.
    pub create: Create,
    /// To a writer who wants to replace a state of a blob that it is not in any more.
    pub update: Update,
    /// To a listing of a folder that does not exist.
    pub absent_folder: Absent,
    /// To the deletion of a blob that does not exist.
    pub absent_delete: Absent,
    /// Names of [`NAMES`] that this store cannot keep; they are left out.
    pub names_left_out: &'a [&'a str],
    /// Deletes many blobs at once, where the store can.
    pub delete_many: Option<&'a DeleteMany<'a>>,
    /// How many blobs are written into one folder, listed and deleted. Servers list 1,000 at a time.
    pub n_many: usize,
}

/// What becomes of put-if-absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Create {
    /// The second writer is refused.
    IsHonoured,
    /// The second writer overwrites.
    IsIgnored,
}

/// What becomes of a write in place of one state of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// It looks and writes in one step: of many writers one wins.
    IsOneStep,
    /// It looks, and then writes.
    IsLookedAt,
    /// It writes whatever is there.
    IsIgnored,
}

/// What becomes of a request for what is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// An error that says so.
    IsError,
    /// It is done, as far as there was anything to do.
    IsFine,
    /// Either, as the servers of one protocol differ.
    IsEither,
}

/// What becomes of a request for a folder as if it were a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folders {
    /// There is no such blob.
    AreAbsent,
    /// That, or nobody may look: a web server that shows no folders says so, and absent is what it does not say.
    AreAbsentOrDenied,
}

/// Something that a store did not do.
#[derive(Clone, PartialEq, Eq)]
pub struct Breach {
    /// What was asked for.
    pub check: &'static str,
    /// What came instead.
    pub found: String,
}

impl Promises<'_> {
    /// As most object stores are.
    #[must_use]
    pub fn object_store() -> Self {
        Self {
            create: Create::IsHonoured,
            update: Update::IsOneStep,
            absent_folder: Absent::IsFine,
            absent_delete: Absent::IsError,
            names_left_out: &[],
            delete_many: None,
            n_many: 5_000,
        }
    }

    /// As a directory is.
    #[must_use]
    pub fn directory() -> Self {
        Self { absent_folder: Absent::IsError, update: Update::IsLookedAt, n_many: 1_100, ..Self::object_store() }
    }
}

/// Asks everything, in a folder that does not exist yet, and deletes what it wrote. Goes on after a breach.
pub fn check(store: &dyn WriteStore, folder: &BlobPath, promises: &Promises<'_>) -> Vec<Breach> {
    let mut trial = Trial::default();
    let reading = below(folder, "reading");
    listing::absent(&mut trial, store, &reading, promises.absent_folder);
    match write_samples(store, &reading, promises.names_left_out) {
        Ok(()) => {
            reading::check(&mut trial, store, &reading, promises.names_left_out, Folders::AreAbsent);
            listing::check(&mut trial, store, &reading, promises.names_left_out);
        }
        Err(error) => trial.breach("samples can be written", &error),
    }
    writing::check(&mut trial, store, &below(folder, "writing"), promises);
    if promises.create == Create::IsHonoured {
        race::check(&mut trial, store, &below(folder, "race"));
    }
    updating::check(&mut trial, store, &below(folder, "updating"), promises.update);
    many::check(&mut trial, store, &below(folder, "many"), promises);
    many::clean(&mut trial, store, folder);
    trial.breaches
}

/// Asks all that a store can be asked that only reads and does not list, where somebody has put the samples before
/// ([`write_samples`]).
pub fn check_reading(
    store: &dyn ReadStore,
    folder: &BlobPath,
    names_left_out: &[&str],
    folders: Folders,
) -> Vec<Breach> {
    let mut trial = Trial::default();
    reading::check(&mut trial, store, folder, names_left_out, folders);
    trial.breaches
}

/// What was found so far.
#[derive(Default)]
struct Trial {
    breaches: Vec<Breach>,
}

impl Trial {
    fn breach(&mut self, check: &'static str, found: &dyn Display) {
        self.breaches.push(Breach { check, found: found.to_string() });
    }

    fn holds(&mut self, check: &'static str, holds: bool, found: impl FnOnce() -> String) {
        if !holds {
            self.breach(check, &found());
        }
    }

    fn equal<T: PartialEq + Debug>(&mut self, check: &'static str, what: &dyn Display, found: &T, expected: &T) {
        self.holds(check, found == expected, || format!("{what}: {}, not {}", shown(found), shown(expected)));
    }

    /// The value of a request that has to succeed.
    fn good<T>(&mut self, check: &'static str, found: Result<T, StoreError>) -> Option<T> {
        found.map_err(|error| self.breach(check, &error)).ok()
    }

    /// A request for what is not there, which has to say so.
    fn absent<T>(&mut self, check: &'static str, what: &dyn Display, found: Result<T, StoreError>) {
        match found {
            Err(error) => self.holds(check, error.is_absence(), || error.to_string()),
            Ok(_) => self.breach(check, &format!("{what}: it was there")),
        }
    }

    /// A request that has to fail in one way, which is not absence.
    fn refused<T>(
        &mut self,
        check: &'static str,
        what: &dyn Display,
        found: Result<T, StoreError>,
        is_right: impl FnOnce(&StoreErrorKind) -> bool,
    ) {
        match found {
            Err(error) => {
                let good = is_right(&error.kind) && !error.is_absence();
                self.holds(check, good, || format!("{what}: {error}"));
            }
            Ok(_) => self.breach(check, &format!("{what}: it was done")),
        }
    }
}

/// A value that may be long.
fn shown(value: &dyn Debug) -> String {
    const SHOWN: usize = 300;
    let text = format!("{value:?}");
    if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain(['…']).collect() } else { text }
}

/// A path of ours.
fn below(folder: &BlobPath, tail: &str) -> BlobPath {
    let tail = crate::fixtures::must(BlobPath::parse(tail), &tail);
    folder.append(&tail)
}

impl Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.check, self.found)
    }
}

impl Debug for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
