//! `cargo xtask bench`: how fast and how small, as ratios to tools that everybody has (`docs/performance.md`).
//!
//! Ours and theirs run in turns in one session, so that what else the machine does hits both alike. Absolute numbers are
//! printed beside the ratios; they mean something on this machine only.

use std::{fs, path::PathBuf};

use clap::ValueEnum;

use crate::{error::Error, process, workspace::Workspace};

mod bare;
mod change;
mod content;
mod cores;
mod crc;
mod delay;
mod du;
mod engine;
mod footers;
mod list;
mod memory;
mod peak;
mod rate;
mod remote;
mod repositories;
mod rounds;
mod status;
mod table;

pub(crate) use change::{Change, at_scale};
pub(crate) use du::count_ten_million;
use table::Tables;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The checksum alone, in memory
    Crc,
    /// `verify --depth content`, against reading alone and against cksum; warm and cold
    Content,
    /// `verify --depth footers` of 20,000 files
    Footers,
    /// `list` of 100,000 snapshots: time and memory
    List,
    /// `status` of 1,000 shards in 200 snapshots, from tables and from file lists
    Status,
    /// What `du` does with ten million blobs in 1,000 snapshots of 5,000 shards
    Du,
    /// What `gc` does with ten million blobs, and `delete` with half of 20,000 snapshots
    Change,
    /// The same deletion by a real node and by us: half of 300 snapshots of 50 shards
    Engine,
    /// Memory of `verify --depth content` as the repository grows
    Memory,
    /// Buckets of a real server: `verify --depth content` against s5cmd and rclone
    Remote,
    /// 40,000 small objects of the same server, against a client that does nothing with them
    Rate,
    /// The same server 20 ms away: waiting, and requests made and needed
    Far,
    /// All of it
    All,
}

/// What every part needs.
struct Bench {
    /// The release binary.
    snaprepo: PathBuf,
    /// Where synthetic repositories are kept between runs.
    folder: PathBuf,
    /// The workspace.
    root: PathBuf,
    /// Runs of each contender that count.
    n_rounds: usize,
}

type Measure = fn(&Bench, &mut Tables) -> Result<(), Error>;

const PARTS: [(Part, Measure); 12] = [
    (Part::Crc, crc::measure),
    (Part::Content, content::measure),
    (Part::Footers, footers::measure),
    (Part::List, list::measure),
    (Part::Status, status::measure),
    (Part::Du, du::measure),
    (Part::Change, change::measure),
    (Part::Engine, engine::measure),
    (Part::Memory, memory::measure),
    (Part::Remote, remote::measure),
    (Part::Rate, rate::measure),
    (Part::Far, remote::measure_far),
];

/// Builds what is measured, measures it, prints tables, and fails when a bound is missed.
pub(crate) fn run(workspace: &Workspace, part: Part, n_rounds: usize) -> Result<(), Error> {
    if part != Part::Crc {
        process::run(&workspace.root, "cargo", &["build", "--release", "--quiet", "--package", "snaprepo"], &[])?;
    }
    let bench = Bench {
        snaprepo: workspace.target.join("release").join("snaprepo"),
        folder: workspace.target.join("bench"),
        root: workspace.root.clone(),
        n_rounds: n_rounds.max(1),
    };
    fs::create_dir_all(&bench.folder).map_err(|source| Error::Write { path: bench.folder.clone(), source })?;
    let mut tables = Tables::default();
    for (_, measure) in PARTS.iter().filter(|(of, _)| part == Part::All || part == *of) {
        measure(&bench, &mut tables)?;
    }
    match tables.n_missed() {
        0 => Ok(()),
        n_missed => Err(Error::Bounds { n_missed }),
    }
}
