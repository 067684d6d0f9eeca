//! The most memory that a program had at once.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use super::{Bench, rounds::Measured};
use crate::error::Error;

/// GNU time, which asks the kernel after the program has ended.
const TIME: &str = "/usr/bin/time";
/// How often the program is asked where there is no GNU time.
const INTERVAL: Duration = Duration::from_millis(1);

/// Peaks of several runs of our program, in megabytes.
pub(super) fn megabytes(bench: &Bench, name: &str, arguments: &[&str]) -> Result<Measured, Error> {
    megabytes_with(bench, name, || {
        let mut command = Command::new(&bench.snaprepo);
        command.args(arguments);
        command
    })
}

/// The same of a command that is made anew for each run.
pub(super) fn megabytes_with(bench: &Bench, name: &str, make: impl Fn() -> Command) -> Result<Measured, Error> {
    let one: fn(&Bench, &dyn Fn() -> Command) -> _ = if Path::new(TIME).exists() { by_time } else { by_asking };
    let peaks = (0..bench.n_rounds).map(|_| one(bench, &make)).collect::<Result<Vec<_>, _>>()?;
    Ok(Measured::new(name, peaks))
}

fn by_time(bench: &Bench, make: &dyn Fn() -> Command) -> Result<f64, Error> {
    let of = make();
    let note = bench.folder.join("peak.txt");
    let mut command = Command::new(TIME);
    command.args(["-f", "%M", "-o"]).arg(&note).arg(of.get_program()).args(of.get_args()).stdout(Stdio::null());
    command.envs(of.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let line = format!("{command:?}");
    let status = command.status().map_err(|source| Error::Start { command: line.clone(), source })?;
    if !status.success() {
        return Err(Error::Command { command: line, status });
    }
    let text = fs::read_to_string(&note).map_err(|source| Error::Read { path: note, source })?;
    kilobytes(&text).ok_or(Error::Answer { command: line })
}

fn by_asking(_: &Bench, make: &dyn Fn() -> Command) -> Result<f64, Error> {
    let mut command = make();
    command.stdout(Stdio::null());
    let line = format!("{command:?}");
    let failed = |source| Error::Start { command: line.clone(), source };
    let mut process = command.spawn().map_err(failed)?;
    let status_file = format!("/proc/{}/status", process.id());
    let mut peak = None;
    let status = loop {
        if let Some(status) = process.try_wait().map_err(failed)? {
            break status;
        }
        // A process that has just ended has no such line any more; its last answer counts.
        let text = fs::read_to_string(&status_file).unwrap_or_default();
        peak = text.lines().find_map(|line| kilobytes(line.strip_prefix("VmHWM:")?.strip_suffix("kB")?)).or(peak);
        thread::sleep(INTERVAL);
    };
    match peak {
        _ if !status.success() => Err(Error::Command { command: line, status }),
        Some(peak) => Ok(peak),
        None => Err(Error::Answer { command: line }),
    }
}

/// Kilobytes as text, in megabytes.
fn kilobytes(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0 / 1e6)
}
