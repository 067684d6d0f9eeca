//! The small matrix of `cargo xtask test`: a few releases, one node at a time.

use std::{fs, path::Path, time::Instant};

use serde_json::json;
use snaprepo_lab::{
    Cache, Error as LabError, Node, NodeOptions, Release,
    accept::{self, Depth, Given},
    attempt,
    live::{self, Pace},
    rounds,
    snaprepo::Snaprepo,
};
use snaprepo_testkit::{
    fixtures::{self, Fixture},
    rewrite,
};

use tempfile::TempDir;

use super::{super::judge, ruin};
use crate::{error::Error, process::Came, workspace::Workspace};

/// What one release is asked every time.
struct Sitting {
    release: &'static str,
    /// Packed repositories that it has to accept, rewritten in our hand.
    accepts: &'static [&'static str],
    /// Packed repositories that are damaged, and that it has to accept when we have repaired them.
    mends: &'static [&'static str],
    /// Packed repositories whose indices it shall try to restore; `compat` has to know the outcome.
    attempts: &'static [&'static str],
    /// How often its repository is read while it writes.
    rounds: usize,
}

/// One line each of the format's history; the newest of each product goes on writing while we read.
const SITTINGS: [Sitting; 8] = [
    Sitting {
        release: "es:6.8.23",
        accepts: &["elasticsearch-6.8.23-compressed"],
        mends: &[],
        attempts: &["elasticsearch-7.10.2-plain"],
        rounds: 0,
    },
    Sitting { release: "es:7.8.0", accepts: &["elasticsearch-7.8.0-plain"], mends: &[], attempts: &[], rounds: 0 },
    Sitting {
        release: "es:7.10.2",
        accepts: &["elasticsearch-7.10.2-plain", "elasticsearch-6.8.23_7.10.2-mixed"],
        mends: &[],
        attempts: &["elasticsearch-8.19.21-plain"],
        rounds: 0,
    },
    Sitting {
        release: "es:8.19.21",
        accepts: &["elasticsearch-8.19.21-compressed"],
        mends: &[],
        attempts: &["elasticsearch-6.8.23-plain", "elasticsearch-9.5.3-plain"],
        rounds: 0,
    },
    Sitting {
        release: "es:9.5.3",
        accepts: &["elasticsearch-9.5.3-plain", "elasticsearch-8.19.21-plain"],
        mends: &[],
        attempts: &["elasticsearch-7.17.29-plain", "opensearch-2.19.6-plain"],
        rounds: 50,
    },
    Sitting { release: "os:1.3.20", accepts: &["opensearch-1.3.20-compressed"], mends: &[], attempts: &[], rounds: 0 },
    Sitting {
        release: "os:2.19.6",
        accepts: &["opensearch-2.19.6-zstd", "opensearch-2.19.6-hashed-prefix"],
        mends: &[],
        attempts: &["elasticsearch-7.17.29-plain", "opensearch-3.6.0-fixed"],
        rounds: 0,
    },
    Sitting {
        release: "os:3.6.0",
        accepts: &["opensearch-3.6.0-default"],
        mends: &["opensearch-3.6.0-damaged-by-2.11.1"],
        attempts: &["opensearch-1.3.20-plain"],
        rounds: 50,
    },
];

/// What we delete before a node is asked again.
const ALL_BUT_TWO: &str = "all,-latest:2";

/// Runs it and prints what each release took.
pub(crate) fn run(workspace: &Workspace) -> Result<Came, Error> {
    let program = judge::program(workspace)?;
    let cache = Cache::open()?;
    let (mut table, mut n_objections) = (Vec::new(), 0);
    for sitting in &SITTINGS {
        let started_at = Instant::now();
        let objections = match hold(sitting, &cache, &program) {
            Ok((startup_seconds, objections)) => {
                let took = started_at.elapsed().as_secs_f64();
                table.push(format!("{:<10} {startup_seconds:>7.1} s to start {took:>7.1} s in all", sitting.release));
                objections
            }
            Err(Error::Engine(error)) if is_lack(&error) => return Ok(Came::Absent(error.to_string())),
            Err(error) => return Err(error),
        };
        for objection in &objections {
            println!("{}: {objection}", sitting.release);
        }
        n_objections += objections.len();
    }
    println!("{}", table.join("\n"));
    if n_objections == 0 { Ok(Came::Done) } else { Err(Error::NotAccepted { n_objections }) }
}

/// Whether this machine lacks a program or a runtime; everything else is a failure.
fn is_lack(error: &LabError) -> bool {
    matches!(error, LabError::NoProgram { .. } | LabError::NoJdk { .. })
}

fn hold(sitting: &Sitting, cache: &Cache, program: &Snaprepo) -> Result<(f64, Vec<String>), Error> {
    let node = Node::start(cache, Release::find(sitting.release)?, &NodeOptions::default())?;
    let mut objections = Vec::new();
    for name in sitting.accepts {
        let fixture = fixtures::named(name);
        let folder = temporary_folder()?;
        rewrite::repository(&fixture.root(), fixture.base(), folder.path())
            .map_err(|source| Error::Write { path: folder.path().to_owned(), source })?;
        accepts(&node, program, fixture, folder.path(), "rewritten", &mut objections)?;
        // (2) The same, after we have deleted from it.
        let base_path = Some(fixture.base()).filter(|base| !base.is_empty());
        let change = |verb: &str, folder: &Path, options: &[&str]| -> Result<(), Error> {
            let state = temporary_folder()?;
            program.change(verb, folder, base_path, options, state.path())?;
            Ok(())
        };
        change("delete", folder.path(), &[ALL_BUT_TWO])?;
        change("gc", folder.path(), &["--grace", "0"])?;
        accepts(&node, program, fixture, folder.path(), "after a deletion and a collection of ours", &mut objections)?;
        // (3) After it has lost its root and the table of a shard, and we have put them right.
        let folder = copied(fixture)?;
        ruin::lose_root(&folder.path().join(fixture.base()))?;
        ruin::lose_table(folder.path())?;
        change("repair", folder.path(), &[])?;
        accepts(
            &node,
            program,
            fixture,
            folder.path(),
            "after it lost its root, and we made another",
            &mut objections,
        )?;
        // (4) After one of its snapshots was damaged, and we have taken it out.
        let folder = copied(fixture)?;
        ruin::damage_snapshot(&folder.path().join(fixture.base()))?;
        change("drop-broken", folder.path(), &[])?;
        accepts(&node, program, fixture, folder.path(), "after we dropped a broken snapshot", &mut objections)?;
    }
    // (5) After a retention that was taken back, and then carried out for good.
    if let Some(name) = sitting.accepts.first() {
        let fixture = fixtures::named(name);
        let folder = copied(fixture)?;
        retain(program, fixture, folder.path(), &mut objections)?;
        accepts(&node, program, fixture, folder.path(), "after we pruned it, undid that, and did it", &mut objections)?;
    }
    for name in sitting.mends {
        let fixture = fixtures::named(name);
        let folder = copied(fixture)?;
        let base_path = Some(fixture.base()).filter(|base| !base.is_empty());
        program.change("repair", folder.path(), base_path, &[], temporary_folder()?.path())?;
        let mut of_it = Vec::new();
        accepts(&node, program, fixture, folder.path(), "after we repaired it", &mut of_it)?;
        // What the older node wrote itself was never recorded.
        of_it.retain(|objection| !objection.ends_with("fresh-ix: the truth has no documents of it"));
        objections.extend(of_it);
    }
    for name in sitting.attempts {
        let fixture = fixtures::named(name);
        let attempts = attempt::restores(&node, program, &fixture.root(), fixture.base(), &json!({}))?;
        println!(
            "{} and {name}: {} of {} indices restored, as compat says",
            sitting.release,
            attempts.n_restored(),
            attempts.indices.len()
        );
        objections.extend(
            attempts
                .indices
                .iter()
                .filter(|attempt| !attempt.agree)
                .map(|attempt| format!("{name}: compat and the node disagree: {attempt:?}")),
        );
    }
    if sitting.rounds > 0 {
        // Faster than any schedule: the next snapshot begins when the one before is done.
        let pace = Pace { every: std::time::Duration::ZERO, ..Pace::default() };
        let (rounds, deeds) =
            live::beside(&node, pace, |repository| rounds::read(program, repository, sitting.rounds))?;
        println!(
            "{} wrote {} snapshots and deleted {} beside {} rounds of reading: {} moved, {} inconclusive",
            sitting.release, deeds.snapshots, deeds.deletions, rounds.rounds, rounds.moved, rounds.inconclusive
        );
        objections.extend(rounds.failures.iter().cloned());
        if !rounds.are_good() && rounds.failures.is_empty() {
            objections.push(format!("{} of {} rounds were inconclusive", rounds.inconclusive, rounds.rounds));
        }
    }
    let startup = node.startup().as_secs_f64();
    node.stop()?;
    Ok((startup, objections))
}

fn temporary_folder() -> Result<TempDir, Error> {
    tempfile::tempdir().map_err(|source| Error::Write { path: "a temporary folder".into(), source })
}

/// A copy of the store of a fixture, that may be changed.
fn copied(fixture: &Fixture) -> Result<TempDir, Error> {
    let folder = temporary_folder()?;
    accept::copy_tree(&fixture.root(), folder.path())?;
    Ok(folder)
}

/// Prunes a repository to its newest snapshots, takes that back from the quarantine, and does it again.
fn retain(program: &Snaprepo, fixture: &Fixture, store: &Path, objections: &mut Vec<String>) -> Result<(), Error> {
    let base_path = Some(fixture.base()).filter(|base| !base.is_empty());
    let (state, quarantine) = (temporary_folder()?, temporary_folder()?);
    let (state, kept) = (state.path(), quarantine.path().to_string_lossy());
    let prune =
        |options: &[&str]| program.change("prune", store, base_path, &[&["--keep-last", "1"], options].concat(), state);
    let names = || fixtures::files(store).map_err(|source| Error::Read { path: store.to_owned(), source });
    let before = names()?;
    prune(&["--quarantine", &kept])?;
    let after = names()?;
    let undo = ["--yes", "--no-cluster-writes", "--json", "--state", &state.to_string_lossy()];
    program.run_on("undo", store, base_path, &undo)?.good()?;
    if after.len() >= before.len() || names()? != before {
        objections.push(format!("{}: what was pruned is not back, or nothing was", fixture.name));
    }
    prune(&[])?;
    Ok(())
}

/// Lets a node judge a repository that we wrote to.
fn accepts(
    node: &Node,
    program: &Snaprepo,
    fixture: &Fixture,
    store: &Path,
    what: &str,
    objections: &mut Vec<String>,
) -> Result<(), Error> {
    let (name, truth) = (&fixture.name, fixture.truth_folder());
    fs::metadata(&truth).map_err(|source| Error::Read { path: truth.clone(), source })?;
    let given = Given {
        store,
        base_path: fixture.base(),
        truth: Some(&truth),
        settings: json!({}),
        name: accept::REGISTRATION,
        depth: Depth::Write,
    };
    let report = accept::accept(node, program, &given)?;
    println!(
        "{} and {name}, {what}: {} equal lists, {} indices restored with all documents, {:.1} s",
        node.release(),
        report.listings.iter().filter(|check| check.is_equal()).count(),
        report.n_equal(),
        std::time::Duration::from_millis(report.took_ms).as_secs_f64()
    );
    objections.extend(report.objections().iter().map(|objection| format!("{name}, {what}: {objection}")));
    if report.n_equal() == 0 {
        objections.push(format!("{name}, {what}: no document was compared"));
    }
    Ok(())
}
