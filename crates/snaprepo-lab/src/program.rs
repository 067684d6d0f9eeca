//! Running the programs that fetch and compile. They stay silent unless they fail; then their own words are the reason.

use std::process::{Command, Output, Stdio};

use crate::{Error, Result};

/// How much of a long line is shown, in characters, of its beginning and of its end: causes stand last.
const SHOWN: (usize, usize) = (120, 280);

/// Runs a program to its end. `need` says what fails without the program, `what` what it was asked for.
///
/// # Errors
/// [`Error::NoProgram`] when it does not start, [`Error::Program`] when it fails.
pub(crate) fn run(program: &'static str, command: &mut Command, need: &str, what: &str) -> Result<Output> {
    let output = command.stdin(Stdio::null()).output().map_err(|source| Error::NoProgram {
        program,
        need: need.to_owned(),
        source,
    })?;
    if output.status.success() {
        return Ok(output);
    }
    let words = format!("{}\n{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    let reason = reason(&words).unwrap_or_else(|| output.status.to_string());
    Err(Error::Program { program, what: what.to_owned(), reason })
}

/// The line that says most: the first that calls itself an error, else the last.
fn reason(words: &str) -> Option<String> {
    let lines = || words.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_error = |line: &&str| line.to_ascii_lowercase().contains("error");
    let line = lines().find(is_error).or_else(|| lines().next_back())?;
    let line = without_colours(line);
    let line = ["[ERROR]", "ERROR:"].iter().find_map(|prefix| line.strip_prefix(prefix)).unwrap_or(&line);
    Some(shortened(line.trim().trim_end_matches("-> [Help 1]").trim_end()))
}

/// Without the sequences that set colours, which some programs write even when nobody sees them.
fn without_colours(line: &str) -> String {
    let mut pieces = line.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once('m').map_or(piece, |(_, rest)| rest))
}

fn shortened(line: &str) -> String {
    let (n_first, n_last) = SHOWN;
    let n_chars = line.chars().count();
    if n_chars <= n_first + n_last {
        return line.to_owned();
    }
    let first: String = line.chars().take(n_first).collect();
    let last: String = line.chars().skip(n_chars - n_last).collect();
    format!("{first} … {last}")
}

#[cfg(test)]
mod tests;
