//! The harness of the tests in `it/`: what they share beyond the fixtures of `snaprepo-testkit`.

use std::{
    fs,
    io::{self, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use snaprepo::{Exit, Io};
use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver, OpenError, Repository,
    verify::{self, Depth, Options, Sample, Scope, Verified},
};
use snaprepo_store::{Cancel, LocalStore, Pool, ReadStore};
use snaprepo_testkit::fixtures;

/// A pool as wide as the tests need to meet every interleaving.
#[must_use]
pub fn pool() -> Pool {
    Pool::new(NonZeroUsize::MIN.saturating_add(3), Cancel::default())
}

/// A directory as a store.
///
/// # Panics
/// When it cannot be opened: the test has made it.
#[must_use]
pub fn store(directory: &Path) -> Arc<dyn ReadStore> {
    Arc::new(LocalStore::open(directory).expect("the test has made this directory"))
}

/// Opens the repository in a directory.
///
/// # Errors
/// As [`Repository::open`].
pub fn open(directory: &Path) -> Result<Repository, OpenError> {
    Repository::open(&store(directory), &BlobPath::root(), &pool())
}

/// Options that verify everything to a depth.
#[must_use]
pub fn options(depth: Depth) -> Options {
    Options {
        depth,
        scope: Scope::default(),
        sample: Sample::All,
        seed: 0,
        max_findings: 10_000,
        width: NonZeroUsize::MIN.saturating_add(3),
    }
}

/// Verifies the repository in a directory.
///
/// # Errors
/// As [`verify::verify`].
pub fn verify(directory: &Path, options: &Options) -> Result<Verified, OpenError> {
    verify::verify(&store(directory), &BlobPath::root(), options, &pool(), &NoObserver)
}

/// The first file below a folder whose name begins like this, in the order of names.
///
/// # Panics
/// When the folder cannot be read.
#[must_use]
pub fn first_blob(folder: &Path, prefix: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).expect("the test has made this folder");
    let mut entries: Vec<_> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    entries.sort();
    entries.into_iter().find_map(|path| match path.is_dir() {
        true => first_blob(&path, prefix),
        false => path.file_name()?.to_str()?.starts_with(prefix).then_some(path),
    })
}

/// What one run of the program gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How it ended.
    pub exit: Exit,
}

impl Output {
    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect("the answer is JSON")
    }

    /// Everything in one text, for snapshots.
    #[must_use]
    pub fn all(&self) -> String {
        format!("{}----- stderr\n{}----- exit {}\n", self.stdout, self.stderr, self.exit.code())
    }
}

/// Bytes that several owners write to.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs the program in-process, 100 columns wide.
#[must_use]
pub fn run(args: &[&str]) -> Output {
    run_wide(args, 100)
}

/// Runs the program in-process.
#[must_use]
pub fn run_wide(args: &[&str], width: usize) -> Output {
    let (stdout, stderr) = (Shared::default(), Shared::default());
    let mut io = Io::of_test(Box::new(stdout.clone()), Box::new(stderr.clone()), width);
    let args = std::iter::once("snaprepo").chain(args.iter().copied()).map(Into::into);
    let exit = snaprepo::run(args, &mut io);
    Output { stdout: stdout.text(), stderr: stderr.text(), exit }
}

/// All that the program says of the plain repository of a recent engine, whose place is `REPO` in the arguments and in
/// the answer.
///
/// # Panics
/// When the fixture cannot be unpacked.
#[must_use]
pub fn shown(args: &[&str], width: usize) -> String {
    let repository = fixtures::named("elasticsearch-9.5.3-plain").repository();
    let path = repository.to_str().expect("fixtures are unpacked where names are UTF-8");
    let args: Vec<&str> = args.iter().map(|word| if *word == "REPO" { path } else { word }).collect();
    run_wide(&args, width).all().replace(path, "REPO")
}
