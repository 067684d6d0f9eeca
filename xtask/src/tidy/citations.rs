//! Comments cite the sections of the format's description by name; a cited name is a heading there. A citation is the
//! document in backticks, a comma, and names between asterisks; it may go on in the next lines of the comment.

use super::{
    Problem, markdown,
    tree::{self, TextFile},
};

/// The cited document.
const DOCUMENT: &str = "docs/format.md";

/// What starts a citation, when a name between asterisks follows.
const CITED: &str = concat!("`docs/", "format.md`,");

/// A name may break over this many further lines of its comment.
const MAX_FURTHER_LINES: usize = 3;

/// Every cited section exists. Silent while the document itself is missing: that is a problem of its own.
pub(super) fn check(files: &[TextFile]) -> Vec<Problem> {
    let Some(document) = tree::find(files, DOCUMENT) else { return Vec::new() };
    let headings = markdown::headings(&document.text);
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let comments: Vec<Option<&str>> = file.text.lines().map(comment).collect();
        for index in 0..comments.len() {
            for name in citations(&comments[index..]) {
                if !headings.contains(&name.replace('`', "")) {
                    let message = format!("{DOCUMENT} has no section *{name}*");
                    problems.push(Problem::new(&file.path, index + 1, message));
                }
            }
        }
    }
    problems
}

/// The names cited by the first of these lines.
fn citations(comments: &[Option<&str>]) -> Vec<String> {
    let Some(Some(first)) = comments.first() else { return Vec::new() };
    let further: Vec<&str> = comments[1..].iter().take(MAX_FURTHER_LINES).map_while(|comment| *comment).collect();
    let starts = first.match_indices(CITED).map(|(pos, _)| &first[pos + CITED.len()..]);
    starts.flat_map(|start| names(&format!("{start} {}", further.join(" ")))).collect()
}

/// `*One*, *Two* and so on` → `One`, `Two`.
fn names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text.trim_start();
    while let Some((name, after)) = rest.strip_prefix('*').and_then(|rest| rest.split_once('*')) {
        if name.is_empty() || name.starts_with(' ') {
            break;
        }
        names.push(name.to_owned());
        rest = after.strip_prefix(',').map_or("", str::trim_start);
    }
    names
}

/// What stands after `//`, `///` or `//!` in a line.
fn comment(line: &str) -> Option<&str> {
    let (_, comment) = line.split_once("//")?;
    Some(comment.trim_start_matches(['/', '!']).trim())
}

#[cfg(test)]
mod tests;
