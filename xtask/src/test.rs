//! `cargo xtask test`: the one test command of the project. Every step runs, also after a failure, so that one run
//! tells everything; the summary names each step, and never claims a step that did not run.

use std::time::Instant;

use snaprepo_lab::server::Kind;

use crate::{
    engine::{judge, matrix::every_time},
    error::{self, Error},
    process::{Came, answers, run as command},
    servers::check,
    tidy,
    workspace::Workspace,
};

/// Where the steps run: what may be absent on a desk has to be there in CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Somebody's machine.
    Desk,
    /// A machine that decides whether a change may go in.
    Ci,
}

/// What a step did.
enum Outcome {
    /// All of it.
    Done,
    /// Something weaker in its stead, for this reason. Good enough for CI.
    Replaced(&'static str),
    /// Nothing, for this reason. A failure in CI.
    Absent(String),
}

impl From<Came> for Outcome {
    fn from(came: Came) -> Self {
        match came {
            Came::Done => Self::Done,
            Came::Absent(reason) => Self::Absent(reason),
        }
    }
}

type Step = fn(&Workspace) -> Result<Outcome, Error>;

const STEPS: [(&str, Step); 10] = [
    ("format", |workspace| cargo(workspace, &["fmt", "--all", "--check"], &[])),
    ("clippy", |workspace| {
        cargo(workspace, &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"], &[])
    }),
    ("tidy", |workspace| tidy::run(workspace).map(|()| Outcome::Done)),
    ("tests", |workspace| cargo(workspace, &["test", "--workspace", "--locked"], &[])),
    ("docs", |workspace| {
        cargo(workspace, &["doc", "--workspace", "--no-deps", "--locked"], &[("RUSTDOCFLAGS", "-D warnings")])
    }),
    ("release build", |workspace| cargo(workspace, &["build", "--release", "--locked", "-p", "snaprepo"], &[])),
    ("servers", servers),
    ("engines", engines),
    ("fuzz targets", fuzz_targets),
    ("dependencies", dependencies),
];

/// Runs all steps in order and prints a summary.
pub(crate) fn run(workspace: &Workspace, place: Place) -> Result<(), Error> {
    let mut summary = Vec::new();
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        println!("\n=== {name}");
        let started_at = Instant::now();
        let outcome = step(workspace);
        let seconds = started_at.elapsed().as_secs_f64();
        let (word, reason) = match outcome {
            Ok(Outcome::Done) => ("ok", String::new()),
            Ok(Outcome::Replaced(reason)) => ("SKIPPED", reason.to_owned()),
            Ok(Outcome::Absent(reason)) if place == Place::Desk => ("SKIPPED", reason),
            Ok(Outcome::Absent(reason)) => ("FAILED", format!("{reason}; CI needs it")),
            Err(error) => ("FAILED", error::chain(&error)),
        };
        if word == "FAILED" {
            failed.push(name);
        }
        if !reason.is_empty() {
            println!("{word}: {name} ({reason})");
        }
        let reason = if reason.is_empty() { reason } else { format!(" ({reason})") };
        summary.push(format!("{word:<7} {seconds:>7.1} s  {name}{reason}"));
    }
    println!("\n=== summary\n{}", summary.join("\n"));
    if failed.is_empty() { Ok(()) } else { Err(Error::Steps { names: failed }) }
}

fn cargo(workspace: &Workspace, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Outcome, Error> {
    command(&workspace.root, "cargo", arguments, environment)?;
    Ok(Outcome::Done)
}

/// Every object store and the web server: what our stores promise, and what every verb answers there.
fn servers(workspace: &Workspace) -> Result<Outcome, Error> {
    Ok(check::run(&judge::program(workspace)?, &Kind::ALL)?.into())
}

/// Real engines judge what we read and write. The only step that needs Maven and a JDK.
fn engines(workspace: &Workspace) -> Result<Outcome, Error> {
    Ok(every_time::run(workspace)?.into())
}

fn fuzz_targets(workspace: &Workspace) -> Result<Outcome, Error> {
    const MANIFEST: &str = "fuzz/Cargo.toml";
    if !workspace.root.join("fuzz").is_dir() {
        return Ok(Outcome::Absent("there is no folder fuzz/".to_owned()));
    }
    // Not `cargo +nightly --version`: that may install a toolchain where the question was whether there is one.
    if answers("rustup", &["run", "nightly", "cargo", "--version"])? {
        return cargo(workspace, &["+nightly", "check", "--manifest-path", MANIFEST], &[]);
    }
    cargo(workspace, &["check", "--manifest-path", MANIFEST], &[])?;
    Ok(Outcome::Replaced("no nightly toolchain; checked with the stable one instead"))
}

fn dependencies(workspace: &Workspace) -> Result<Outcome, Error> {
    if answers("cargo", &["deny", "--version"])? {
        return cargo(workspace, &["deny", "check", "licenses", "bans", "sources"], &[]);
    }
    tidy::licences(workspace)?;
    Ok(Outcome::Replaced("cargo-deny is not installed; licences and sources hold by our own check"))
}
