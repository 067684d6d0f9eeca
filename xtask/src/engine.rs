//! `cargo xtask engine`: real engines on loopback. This file only knows the names of what can be done with them; the
//! engines themselves are in `snaprepo-lab`.

use std::path::PathBuf;

use snaprepo_lab::case::Case;

use crate::{error::Error, workspace::Workspace};

mod archive;
pub(crate) mod judge;
mod list;
pub(crate) mod matrix;
mod run;
mod testdata;
mod write;

/// What to do with engines.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Task {
    /// Shows the releases: what each can do, the JDK it needs, and what is here
    List {
        /// Prints an array with one object for each release
        #[arg(long)]
        json: bool,
    },
    /// Starts a node to play with, until standard input ends or Ctrl-C
    Run(run::Run),
    /// Writes a repository with a known story, and what the node says about it
    Write(write::Write),
    /// Writes testdata/stories anew
    Testdata {
        /// Only the archives of these releases [default: all]
        releases: Vec<String>,
    },
    /// Lets a node judge a repository: lists, restores, writes; prints a report as JSON
    Accept(judge::Accept),
    /// Runs a command beside a node that keeps indexing, snapshotting and deleting
    Live(judge::Live),
    /// Reads a repository again and again; for the command of `live`
    Rounds {
        /// Folder of the repository
        repo: PathBuf,
        /// How often
        #[arg(long, value_name = "N", default_value_t = 50)]
        rounds: usize,
    },
    /// Runs the small matrix of `cargo xtask test`
    Check,
    /// Runs all releases and cases, and writes docs/compatibility.md
    Matrix {
        /// Only these releases [default: all]
        releases: Vec<String>,
        /// Only this case; what else is known of a release stays. The first case brings along what the release makes of
        /// the repositories of others
        #[arg(long, value_name = "NAME", value_parser = write::named)]
        case: Option<&'static Case>,
    },
}

/// Does it.
pub(crate) fn run(workspace: &Workspace, task: &Task) -> Result<(), Error> {
    match task {
        Task::List { json: true } => list::print_json(),
        Task::List { json: false } => list::print_table(),
        Task::Run(asked) => run::run(asked),
        Task::Write(asked) => write::run(asked),
        Task::Testdata { releases } => testdata::run(workspace, releases),
        Task::Accept(asked) => judge::accept(workspace, asked),
        Task::Live(asked) => judge::live(asked),
        Task::Rounds { repo, rounds } => judge::rounds(workspace, repo, *rounds),
        Task::Check => matrix::every_time::run(workspace)?.or_failure(),
        Task::Matrix { releases, case } => matrix::run(workspace, releases, *case),
    }
}
