//! `cargo xtask servers`: object stores and a web server on loopback. This file only knows what can be done with them;
//! the servers themselves are in `snaprepo-lab`.

use snaprepo_lab::{Cache, server::Kind};

use crate::{engine::judge, error::Error, workspace::Workspace};

pub(crate) mod check;
mod deleting;
mod outputs;
mod run;

/// What to do with servers.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Task {
    /// Shows the servers, what each speaks, and whether it is here
    List,
    /// Starts a server to play with, until standard input ends or Ctrl-C
    Run {
        /// Which one: see `list`
        kind: String,
        /// The bucket, container or folder that it begins with
        #[arg(long, default_value = "snaprepo")]
        container: String,
    },
    /// Asks every store for all that a store has to do, and every verb for the answers that it gives about a folder
    Check {
        /// Only these [default: all]
        kinds: Vec<String>,
    },
}

/// Does it.
pub(crate) fn run(workspace: &Workspace, task: &Task) -> Result<(), Error> {
    match task {
        Task::List => list(),
        Task::Run { kind, container } => run::run(Kind::find(kind)?, container),
        Task::Check { kinds } => {
            let found = kinds.iter().map(|name| Kind::find(name)).collect::<Result<Vec<_>, _>>()?;
            check::run(&judge::program(workspace)?, if found.is_empty() { &Kind::ALL } else { &found })?.or_failure()
        }
    }
}

fn list() -> Result<(), Error> {
    let cache = Cache::open()?;
    for kind in Kind::ALL {
        let here = if kind.is_installed(&cache) { "here" } else { "to be fetched" };
        println!("{:<10} {here:<14} {}", kind.name(), kind.summary());
    }
    Ok(())
}
