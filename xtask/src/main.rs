//! `cargo xtask <task>`: the automation of the workspace. This file only knows the names of the tasks; each task is a
//! module with the task's name. It reads the environment so that no task has to.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the person who started it")]

use std::{env, process::ExitCode};

use clap::Parser;

use crate::{error::Error, test::Place, workspace::Workspace};

mod bench;
mod docs;
mod engine;
mod error;
mod process;
mod servers;
mod test;
mod tidy;
mod workspace;

/// As the program has it: what is measured in this process is measured with its allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Automation of the snaprepo workspace.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Runs everything that has to hold before a change may go in
    Test,
    /// Checks the rules of the house that no other tool knows: layers, names, docs, licences
    Tidy,
    /// Writes what is made from the code: docs/cli.md, docs/findings.md, docs/schema
    Docs,
    /// Writes manual pages to target/man
    Man,
    /// Measures speed and memory against tools that everybody has, on synthetic repositories
    Bench {
        /// What to measure
        #[arg(value_enum, default_value_t = bench::Part::All)]
        part: bench::Part,
        /// Runs of each contender that count
        #[arg(long, value_name = "N", default_value_t = 7)]
        rounds: usize,
    },
    /// Counts ten million blobs once: what `bench du` measures
    #[command(hide = true)]
    CountTenMillion,
    /// Changes a synthetic repository once: what `bench change` measures
    #[command(hide = true)]
    ChangeAtScale {
        /// What is done
        what: bench::Change,
    },
    /// Fetches, starts and asks real engines, on loopback
    Engine {
        /// What to do with them
        #[command(subcommand)]
        task: engine::Task,
    },
    /// Fetches, starts and asks object stores and a web server, on loopback
    Servers {
        /// What to do with them
        #[command(subcommand)]
        task: servers::Task,
    },
}

fn main() -> ExitCode {
    match run(&Task::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error::chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<(), Error> {
    let workspace = Workspace::read()?;
    match task {
        Task::Test => {
            let place = if env::var_os("CI").is_some_and(|ci| ci == "true") { Place::Ci } else { Place::Desk };
            test::run(&workspace, place)
        }
        Task::Tidy => tidy::run(&workspace),
        Task::Docs => docs::write(&workspace),
        Task::Man => docs::man(&workspace),
        Task::Bench { part, rounds } => bench::run(&workspace, *part, *rounds),
        Task::CountTenMillion => bench::count_ten_million(),
        Task::ChangeAtScale { what } => bench::at_scale(*what),
        Task::Engine { task } => engine::run(&workspace, task),
        Task::Servers { task } => servers::run(&workspace, task),
    }
}
