//! `engine accept`, `engine live` and `engine rounds`: one question to one node.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::{Value, json};
use snaprepo_lab::{
    Cache, Node, NodeOptions, Release,
    accept::{self, Depth, Given},
    live::{self, Pace},
    rounds,
    snaprepo::Snaprepo,
};

use crate::{error::Error, process, workspace::Workspace};

/// What `engine accept` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Accept {
    /// Release that judges, such as es:9.5.3
    version: String,
    /// Root of the store that holds the repository; a copy is judged
    repo: PathBuf,
    /// Folder of the repository below REPO, when its shard folders lie outside it
    #[arg(long, value_name = "PATH", default_value = "")]
    base_path: String,
    /// Expected documents, as `engine write` records them
    #[arg(long, value_name = "DIR")]
    truth: Option<PathBuf>,
    /// More settings of the registration, as a JSON object
    #[arg(long, value_name = "JSON", value_parser = settings, default_value = "{}")]
    settings: Value,
    /// Name of the registration
    #[arg(long, default_value = accept::REGISTRATION)]
    name: String,
    /// How far the node goes
    #[arg(long, value_enum, default_value_t = How::Write)]
    depth: How,
}

/// How far a node goes with a repository.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum How {
    /// Lists it
    List,
    /// Restores every snapshot, too
    Restore,
    /// Takes a snapshot, deletes one and cleans up, too
    Write,
}

/// What `engine live` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Live {
    /// Release that writes
    version: String,
    /// Seconds from the start of one snapshot to the start of the next
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    every: f64,
    /// Snapshots that stay in the repository
    #[arg(long, value_name = "N", default_value_t = 4)]
    keep: usize,
    /// Where documents and the choice of deleted snapshots come from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What runs meanwhile; {repo} stands for the folder of the repository
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

fn settings(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(settings @ Value::Object(_)) => Ok(settings),
        Ok(_) => Err("is no JSON object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Builds our program as it is shipped.
pub(crate) fn program(workspace: &Workspace) -> Result<Snaprepo, Error> {
    process::run(&workspace.root, "cargo", &["build", "--quiet", "--release", "--locked", "-p", "snaprepo"], &[])?;
    Ok(Snaprepo::new(workspace.target.join("release").join("snaprepo")))
}

/// Runs `engine accept`: prints the report, and fails when the node does not accept the repository.
pub(crate) fn accept(workspace: &Workspace, asked: &Accept) -> Result<(), Error> {
    let release = Release::find(&asked.version)?;
    let program = program(workspace)?;
    let given = Given {
        store: &asked.repo,
        base_path: &asked.base_path,
        truth: asked.truth.as_deref(),
        settings: asked.settings.clone(),
        name: &asked.name,
        depth: match asked.depth {
            How::List => Depth::List,
            How::Restore => Depth::Restore,
            How::Write => Depth::Write,
        },
    };
    let node = Node::start(&Cache::open()?, release, &NodeOptions::default())?;
    let report = accept::accept(&node, &program, &given)?;
    node.stop()?;
    println!("{}", serde_json::to_string_pretty(&report).map_err(Error::Json)?);
    if report.accepted { Ok(()) } else { Err(Error::NotAccepted { n_objections: report.objections().len() }) }
}

/// Runs `engine live`: prints what the node did while the command ran, and fails when the command fails.
pub(crate) fn live(asked: &Live) -> Result<(), Error> {
    let release = Release::find(&asked.version)?;
    let every = Duration::try_from_secs_f64(asked.every)
        .map_err(|error| Error::Usage { message: format!("--every {}: {error}", asked.every) })?;
    let pace = Pace { every, keep: asked.keep.max(1), seed: asked.seed };
    let node = Node::start(&Cache::open()?, release, &NodeOptions::default())?;
    let (status, deeds) = live::beside(&node, pace, |repository| Ok(command(&asked.command, repository)))?;
    node.stop()?;
    println!("{}", json!({ "node": release.to_string(), "deeds": deeds }));
    status
}

fn command(words: &[String], repository: &Path) -> Result<(), Error> {
    let words: Vec<_> = words.iter().map(|word| word.replace("{repo}", &repository.to_string_lossy())).collect();
    let line = words.join(" ");
    let status = match &words[..] {
        [] => return Ok(()),
        [program, arguments @ ..] => Command::new(program).args(arguments).status(),
    };
    let status = status.map_err(|source| Error::Start { command: line.clone(), source })?;
    if status.success() { Ok(()) } else { Err(Error::Command { command: line, status }) }
}

/// Runs `engine rounds`: reads a repository again and again, and fails on anything that may not happen.
pub(crate) fn rounds(workspace: &Workspace, repository: &Path, n: usize) -> Result<(), Error> {
    let rounds = rounds::read(&program(workspace)?, repository, n)?;
    println!("{}", serde_json::to_string_pretty(&rounds).map_err(Error::Json)?);
    if rounds.are_good() { Ok(()) } else { Err(Error::NotAccepted { n_objections: rounds.failures.len().max(1) }) }
}
