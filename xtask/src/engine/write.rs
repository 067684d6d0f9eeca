//! `engine write`: a repository with a known story, written by a real node, and everything the node said about it.

use std::path::PathBuf;

use snaprepo_lab::{
    Cache, Release,
    case::{self, Case, Order, Report},
};

use super::archive;
use crate::error::Error;

/// What `engine write` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Write {
    /// Release that writes, such as es:9.5.3; es:9 is the newest of its kind
    version: String,
    /// What is written
    #[arg(value_parser = named, help = cases())]
    case: &'static Case,
    /// Where the documents come from; even seeds have awkward names
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "from")]
    seed: u64,
    /// What an older release wrote with this command, for cases that go on
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Folder to make: repo/, truth/, and remote/ for shallow snapshots
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Packs the folder as well, as the archives of testdata/ are
    #[arg(long, value_name = "FILE.tar.zst")]
    archive: Option<PathBuf>,
}

/// Writes, and tells how it goes on standard error.
pub(crate) fn run(asked: &Write) -> Result<(), Error> {
    let release = Release::find(&asked.version)?;
    if let Some(archive) = &asked.archive {
        archive::check(archive)?;
    }
    let order = Order { release, case: asked.case, seed: asked.seed, from: asked.from.as_deref(), out: &asked.out };
    let report = case::write(&Cache::open()?, &order, &mut |step| eprintln!("{step}"))?;
    println!("{}", summary(&report));
    println!("{}", asked.out.display());
    if let Some(archive) = &asked.archive {
        archive::pack(&asked.out, archive)?;
        println!("{}", archive.display());
    }
    Ok(())
}

fn summary(report: &Report) -> String {
    let written = &report.written;
    format!(
        "{} wrote {}, seed {}: snapshots {}, deleted {}, documents {}, notes {}",
        written.releases.join(" and "),
        written.case,
        written.seed,
        written.snapshots.len(),
        written.deleted.len(),
        report.n_documents,
        written.notes.len()
    )
}

/// Finds a case by its name.
pub(super) fn named(name: &str) -> Result<&'static Case, String> {
    Case::find(name).map_err(|error| error.to_string())
}

fn cases() -> String {
    let lines = case::ALL.iter().map(|case| format!("\n  {:<18} {}", case.name, case.about));
    format!("What is written:{}", lines.collect::<String>())
}
