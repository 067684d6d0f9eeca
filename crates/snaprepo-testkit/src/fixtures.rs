//! The repositories of `testdata/archives`: unpacked once per machine, read by every test.
//!
//! The unpacked trees lie below the target directory and are shared between test processes: a test that changes
//! anything works on a [`Fixture::copy`].

mod place;
mod story;
mod truth;
mod unpack;
mod vector;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

pub use story::{Story, stories};
pub use truth::Truth;
pub use unpack::files;
pub use vector::{Vector, VectorSnapshot};

/// A repository that a real engine wrote.
#[derive(Debug)]
pub struct Fixture {
    /// Name: the file name of its archive without `.tar.zst`.
    pub name: String,
    archive: PathBuf,
    vector: Vector,
    unpacked: OnceLock<PathBuf>,
}

/// All fixtures, sorted by name.
#[must_use]
pub fn all() -> &'static [Fixture] {
    static ALL: OnceLock<Vec<Fixture>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut fixtures: Vec<Fixture> =
            vectors().iter().filter(|vector| !vector.is_repaired()).map(Fixture::of).collect();
        fixtures.sort_by(|a, b| a.name.cmp(&b.name));
        fixtures
    })
}

/// The folder with listings in Parquet of the repository `elasticsearch-9.5.3-plain` and a file `notes.txt`.
#[must_use]
pub fn inventory() -> PathBuf {
    place::testdata().join("inventory")
}

/// The fixture of a name.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn named(name: &str) -> &'static Fixture {
    let found = all().iter().find(|fixture| fixture.name == name);
    must(found.ok_or("no such fixture"), &format_args!("fixture {name}"))
}

/// The expected facts of `opensearch-3.6.0-damaged-by-2.11.1` once its root names the hashed shard folders again.
#[must_use]
pub fn repaired_vector() -> &'static Vector {
    let found = vectors().iter().find(|vector| vector.is_repaired());
    must(found.ok_or("no row of that kind"), &"the #repaired row of vectors.tsv")
}

impl Fixture {
    fn of(vector: &Vector) -> Self {
        let name = vector.archive.clone();
        let archive = place::testdata().join("archives").join(format!("{name}.tar.zst"));
        Self { name, archive, vector: vector.clone(), unpacked: OnceLock::new() }
    }

    /// The root of the store that holds the repository. Hashed shard folders may lie here, outside the repository.
    ///
    /// # Panics
    /// When the archive cannot be unpacked.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.folder().join("repo")
    }

    /// The base path: the folder of the repository inside its store; empty for the root.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.vector.base
    }

    /// The folder that holds the root generation.
    ///
    /// # Panics
    /// When the archive cannot be unpacked.
    #[must_use]
    pub fn repository(&self) -> PathBuf {
        self.root().join(self.base())
    }

    /// What the engine answered about the repository.
    ///
    /// # Panics
    /// When the archive cannot be unpacked.
    #[must_use]
    pub fn truth(&self) -> Truth {
        Truth::open(&self.folder().join("truth"))
    }

    /// The folder with what the engine said and every live document, as it was packed.
    #[must_use]
    pub fn truth_folder(&self) -> PathBuf {
        self.folder().join("truth")
    }

    /// What independent readers found in the repository.
    #[must_use]
    pub fn vector(&self) -> &Vector {
        &self.vector
    }

    /// A copy of the whole store that the caller may damage; modification times are kept.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn copy(&self) -> tempfile::TempDir {
        let copy = must(tempfile::tempdir(), &"a temporary folder");
        must(unpack::copy(&self.root(), copy.path()), &format_args!("a copy of {}", self.name));
        copy
    }

    /// The folder that holds the root generation in a copy made by [`copy`](Self::copy).
    #[must_use]
    pub fn copied_repository(&self, copy: &tempfile::TempDir) -> PathBuf {
        copy.path().join(self.base())
    }

    /// The unpacked archive: `repo/`, `truth/`, and `remote/` for shallow snapshots.
    fn folder(&self) -> &Path {
        self.unpacked.get_or_init(|| {
            let unpacked = place::fixtures().and_then(|fixtures| unpack::once(&self.archive, &self.name, &fixtures));
            must(unpacked, &format_args!("archive {}", self.archive.display()))
        })
    }
}

fn vectors() -> &'static [Vector] {
    static VECTORS: OnceLock<Vec<Vector>> = OnceLock::new();
    VECTORS.get_or_init(|| {
        let table = place::testdata().join("vectors.tsv");
        let rows = std::fs::read_to_string(&table).and_then(|text| {
            Vector::parse_table(&text).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))
        });
        must(rows, &table.display())
    })
}

/// What a test cannot go on without.
#[expect(clippy::panic, reason = "only tests call this crate, and a test without its fixture has failed")]
pub(crate) fn must<T, E: fmt::Display>(result: Result<T, E>, what: &dyn fmt::Display) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error}"))
}

#[cfg(test)]
mod tests;
