//! `cargo xtask <task>`: the automation of the workspace. This file only knows the names of the tasks; each task is a
//! module with the task's name. It reads the environment so that no task has to.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the person who started it")]

use std::{env, process::ExitCode};

use clap::Parser;

use crate::{error::Error, test::Place, workspace::Workspace};

mod error;
mod process;
mod test;
mod tidy;
mod workspace;

/// Automation of the snaprepo workspace.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Runs everything that has to hold before a change may go in
    Test,
    /// Checks the rules of the house that no other tool knows: layers, names, docs, licences
    Tidy,
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
    }
}
