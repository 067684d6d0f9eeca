//! Contenders that run in turns, and what was measured.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use crate::error::Error;

/// Something that is run and timed.
pub(super) struct Contender<'a> {
    /// What the tables call it.
    pub(super) name: String,
    /// One run; returns its time in seconds.
    run: Box<dyn FnMut() -> Result<f64, Error> + 'a>,
}

/// Numbers measured in several runs of the same.
pub(super) struct Measured {
    /// What the tables call it.
    pub(super) name: String,
    /// Ascending, never empty.
    numbers: Vec<f64>,
}

/// The state of the page cache before each run.
pub(super) enum Cache<'a> {
    /// As the run before left it: everything was read a moment ago.
    Warm,
    /// Emptied by this.
    Cold(&'a dyn Fn() -> Result<(), Error>),
}

impl<'a> Contender<'a> {
    /// Something that times itself.
    pub(super) fn new(name: impl Into<String>, run: impl FnMut() -> Result<f64, Error> + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }

    /// A program; its standard output goes nowhere.
    pub(super) fn program(name: impl Into<String>, program: &'a Path, arguments: &'a [&'a str]) -> Self {
        Self::new(name, move || timed(Command::new(program).args(arguments)))
    }

    /// A command that is made anew for each run; its standard output goes nowhere.
    pub(super) fn command(name: impl Into<String>, make: impl Fn() -> Command + 'a) -> Self {
        Self::new(name, move || timed(&mut make()))
    }

    /// A line for the shell, in a folder.
    pub(super) fn shell(name: impl Into<String>, folder: &'a Path, line: String) -> Self {
        Self::new(name, move || timed(Command::new("sh").arg("-c").arg(&line).current_dir(folder)))
    }
}

/// Runs a command and returns how long it took, in seconds.
fn timed(command: &mut Command) -> Result<f64, Error> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let started_at = Instant::now();
    let status = command.status();
    let seconds = started_at.elapsed().as_secs_f64();
    let line = || format!("{command:?}");
    match status {
        Ok(status) if status.success() => Ok(seconds),
        Ok(status) => Err(Error::Command { command: line(), status }),
        Err(source) => Err(Error::Start { command: line(), source }),
    }
}

/// Runs all contenders in turns: one round that does not count, then `n_rounds` that do. Each round starts with another
/// contender, so that nobody always runs behind the same one. Returns their times in seconds.
pub(super) fn interleaved(
    n_rounds: usize,
    cache: &Cache<'_>,
    contenders: &mut [Contender<'_>],
) -> Result<Vec<Measured>, Error> {
    let mut times = vec![Vec::new(); contenders.len()];
    for round in 0..=n_rounds {
        for turn in 0..contenders.len() {
            let at = (round + turn) % contenders.len();
            if let Cache::Cold(empty) = cache {
                empty()?;
            }
            let seconds = (contenders[at].run)()?;
            if round > 0 {
                times[at].push(seconds);
            }
        }
    }
    Ok(contenders.iter().zip(times).map(|(of, times)| Measured::new(&of.name, times)).collect())
}

impl Measured {
    /// Numbers of at least one run, in any order.
    pub(super) fn new(name: &str, mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        Self { name: name.to_owned(), numbers }
    }

    /// The middle one.
    pub(super) fn median(&self) -> f64 {
        let (low, high) = ((self.numbers.len() - 1) / 2, self.numbers.len() / 2);
        f64::midpoint(self.numbers[low], self.numbers[high])
    }

    /// The least.
    pub(super) fn least(&self) -> f64 {
        self.numbers[0]
    }
}

/// The fastest of several ways to do the same: a peer is measured at its best.
pub(super) fn best(ways: &[Measured]) -> Option<&Measured> {
    ways.iter().min_by(|a, b| a.median().total_cmp(&b.median()))
}
