//! Words that may not stand in Rust files. The needles are put together from pieces, so that this file passes.

use super::{Problem, source, tree::TextFile};

/// Forbidden everywhere, in tests too: unfinished work and tests that do not run.
const UNFINISHED: [(&str, &str); 6] = [
    (concat!("to", "do!"), "finish it"),
    (concat!("unimple", "mented!"), "finish it"),
    (concat!("db", "g!"), "take it out"),
    (concat!("FIX", "ME"), "fix it, or open an issue"),
    (concat!("XX", "X"), "fix it, or open an issue"),
    (concat!("#[ig", "nore"), "a test that does not run is no test"),
];

/// Forbidden in what ships: no input may make us panic.
const PANICKING: [(&str, &str); 3] = [
    (concat!(".unw", "rap()"), "return an error, or `expect` with why it holds"),
    (concat!("pan", "ic!("), "return an error"),
    (concat!("unreach", "able!("), "make the case impossible by its type, or return an error"),
];

/// No forbidden word in any line of a Rust file, comments included.
pub(super) fn check(files: &[TextFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let ships: &[(&str, &str)] = if source::is_test(&file.path) { &[] } else { &PANICKING };
        for (number, line) in file.lines() {
            let found = UNFINISHED.iter().chain(ships).filter(|(needle, _)| source::has_word(line, needle));
            problems.extend(found.map(|(needle, instead)| {
                Problem::new(&file.path, number, format!("`{needle}` is forbidden here: {instead}"))
            }));
        }
    }
    problems
}

#[cfg(test)]
mod tests;
