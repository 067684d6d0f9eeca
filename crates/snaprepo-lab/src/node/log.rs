//! What a node said before it ended: long, and mostly places in Java code. Here it becomes one line.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

/// How much of a log is looked at, from its end, in bytes.
const LOOKED_AT: u64 = 1 << 20;
/// How much of a line is shown, in characters.
const SHOWN: usize = 400;

/// The end of a log, or nothing when it cannot be read.
pub(crate) fn read_end(log: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(log) {
        let len_bytes = file.metadata().map_or(0, |metadata| metadata.len());
        // What cannot be read is not shown; the error names the file.
        let _ = file.seek(SeekFrom::Start(len_bytes.saturating_sub(LOOKED_AT)));
        let _ = file.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The last lines.
pub(crate) fn tail(log: &str, n_lines: usize) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(n_lines)..].join("\n")
}

/// Whether the node ended because somebody else has its port.
pub(crate) fn says_port_is_taken(log: &str) -> bool {
    // Not any failure to listen: an address that is not ours fails again at every port.
    log.contains("Address already in use")
}

/// The line that says most about an end: the innermost cause, else the last exception, else the last line.
pub(crate) fn telling_line(log: &str) -> String {
    let lines = || log.lines().map(str::trim).filter(|line| !line.is_empty() && !is_place(line));
    let is_exception = |line: &&str| line.contains("Exception: ") || line.contains("Error: ");
    let line = lines()
        .rfind(|line| line.starts_with("Caused by:"))
        .or_else(|| lines().rfind(is_exception))
        .or_else(|| lines().next_back());
    line.unwrap_or("it said nothing").trim_start_matches("Caused by: ").chars().take(SHOWN).collect()
}

/// A line of a stack trace that names a place in the code.
fn is_place(line: &str) -> bool {
    line.starts_with("at ") || line.starts_with("... ")
}

#[cfg(test)]
mod tests;
