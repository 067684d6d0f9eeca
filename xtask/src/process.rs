//! Running other programs. Each one is printed before it runs, and named when it fails.

use std::{
    io,
    path::Path,
    process::{Command, Stdio},
};

use crate::error::Error;

/// What came of something that needs programs which a machine may lack.
pub(crate) enum Came {
    /// All of it was done, and was right.
    Done,
    /// Some or all of it was left out: what this machine lacks.
    Absent(String),
}

impl Came {
    /// For who asked for just this: what is left out has failed.
    pub(crate) fn or_failure(self) -> Result<(), Error> {
        match self {
            Self::Done => Ok(()),
            Self::Absent(message) => Err(Error::Usage { message }),
        }
    }
}

/// Runs a program in `folder` with its output let through, and fails unless it succeeds.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), Error> {
    let command = line(program, arguments, environment);
    println!("$ {command}");
    let status = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(folder)
        .status()
        .map_err(|source| Error::Start { command: command.clone(), source })?;
    if status.success() { Ok(()) } else { Err(Error::Command { command, status }) }
}

/// Runs a program in the current folder of the task, or in `folder`, and returns what it prints on stdout.
/// Not printed: these are questions, not steps.
pub(crate) fn output(folder: Option<&Path>, program: &str, arguments: &[&str]) -> Result<String, Error> {
    let command = line(program, arguments, &[]);
    let mut process = Command::new(program);
    if let Some(folder) = folder {
        process.current_dir(folder);
    }
    let output = process
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| Error::Start { command: command.clone(), source })?;
    if !output.status.success() {
        return Err(Error::Command { command, status: output.status });
    }
    String::from_utf8(output.stdout).map_err(|_| Error::NotText { command })
}

/// Whether a program is installed and answers this command line with success.
pub(crate) fn answers(program: &str, arguments: &[&str]) -> Result<bool, Error> {
    let status =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) => Ok(status.success()),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::Start { command: line(program, arguments, &[]), source }),
    }
}

fn line(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let mut words: Vec<String> = environment.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
    words.push(program.to_owned());
    words.extend(arguments.iter().map(|argument| quoted(argument)));
    words.join(" ")
}

fn quoted(word: &str) -> String {
    if word.contains(' ') { format!("'{word}'") } else { word.to_owned() }
}
