//! Reading a repository again and again while a node writes to it: no crash, no false finding, hardly ever no answer.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::{
    Result,
    snaprepo::{Run, Snaprepo},
};

/// What many rounds of reading came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Rounds {
    /// How many rounds there were.
    pub rounds: usize,
    /// Rounds during which the repository moved to another generation.
    pub moved: usize,
    /// Rounds in which something stayed unclear because the repository moved.
    pub inconclusive: usize,
    /// What may never happen: crashes, findings, unclear answers although nothing moved.
    pub failures: Vec<String>,
}

/// How many rounds have to see the repository move, or the others prove little.
const MOVED: usize = 10;
/// Most rounds, in multiples of what was asked for.
const MOST: usize = 20;

/// What one command came to.
enum Came {
    Good,
    Inconclusive,
    Wrong(String),
}

/// Runs `list`, `status` and `verify --depth content` at least so many times, and until the repository has moved during
/// enough of them.
///
/// # Errors
/// When the program cannot be run at all.
pub fn read(program: &Snaprepo, repository: &Path, rounds: usize) -> Result<Rounds> {
    let location = repository.to_string_lossy();
    let mut came = Rounds::default();
    while came.rounds < rounds || (came.moved < MOVED.min(rounds) && came.rounds < rounds.saturating_mul(MOST)) {
        let round = came.rounds;
        let (mut moved, mut inconclusive) = (false, false);
        let mut first = None;
        for arguments in [
            &["list", &location, "--details", "--json"][..],
            &["status", &location, "--json"],
            &["status", &location, "latest", "--json"],
            &["list", &location, "--format", "es"],
            &["verify", &location, "--depth", "content", "--json"],
        ] {
            let run = program.run(arguments)?;
            let (from, to) = generations(&run);
            moved |= from != to || first.is_some_and(|first| from.is_some_and(|from| from != first));
            first = first.or(from);
            match judge(&run) {
                Came::Good => {}
                Came::Inconclusive => inconclusive = true,
                Came::Wrong(why) => came.failures.push(format!("round {round}: {}: {why}", run.line)),
            }
        }
        came.rounds += 1;
        came.moved += usize::from(moved);
        came.inconclusive += usize::from(inconclusive);
        if inconclusive && !moved {
            came.failures.push(format!("round {round}: inconclusive, although nothing moved"));
        }
    }
    Ok(came)
}

impl Rounds {
    /// Whether reading was right every time, and unclear in fewer than one of ten rounds.
    #[must_use]
    pub fn are_good(&self) -> bool {
        self.failures.is_empty() && self.inconclusive * 10 < self.rounds
    }
}

fn generations(run: &Run) -> (Option<u64>, Option<u64>) {
    let Ok(answer) = run.json() else { return (None, None) };
    let from = answer.pointer("/repository/generation").and_then(Value::as_u64);
    let to = answer.get("final_generation").and_then(Value::as_u64);
    (from, to.or(from))
}

fn judge(run: &Run) -> Came {
    let said = || format!("{} {}", run.stderr.trim(), run.stdout.chars().take(2000).collect::<String>());
    match run.code {
        Some(0) => Came::Good,
        Some(3) => Came::Inconclusive,
        Some(code) => Came::Wrong(format!("exit {code}: {}", said())),
        None => Came::Wrong(format!("ended by a signal: {}", said())),
    }
}
