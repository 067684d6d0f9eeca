//! The shape of Rust files: length, first line, and module names that say something.

use super::{Problem, source, tree::TextFile};

/// Above this a file is split. Tests are exempt: a long list of cases is still one page of thought.
const MAX_LINES: usize = 500;

/// Names of modules that nobody understood yet.
const EMPTY_NAMES: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "manager", "imp"];

/// All rules, for all Rust files.
pub(super) fn check(files: &[TextFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        if file.path.ends_with("/mod.rs") {
            problems.push(Problem::new(&file.path, 1, "no mod.rs: name the file after the module, beside its folder"));
        }
        for (number, line) in file.lines() {
            if let Some(name) = declared_module(line).filter(|name| EMPTY_NAMES.contains(name)) {
                let message = format!("module `{name}` has no name yet: say what is in it");
                problems.push(Problem::new(&file.path, number, message));
            }
        }
        if source::is_crate_source(&file.path) {
            problems.extend(check_page(file));
        }
    }
    problems
}

fn check_page(file: &TextFile) -> Vec<Problem> {
    let mut problems = Vec::new();
    let n_lines = file.lines().count();
    if n_lines > MAX_LINES && !file.path.ends_with("/tests.rs") {
        let message = format!("{n_lines} lines, the bound is {MAX_LINES}: split the file");
        problems.push(Problem::new(&file.path, MAX_LINES + 1, message));
    }
    let says = file.text.strip_prefix("//!").and_then(|rest| rest.lines().next()).unwrap_or("");
    if says.trim().is_empty() {
        problems.push(Problem::new(&file.path, 1, "start with `//!`: what this file is, and what it is not"));
    }
    problems
}

/// The name in `mod name;` or `pub(crate) mod name {`.
fn declared_module(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')')?.1.trim_start(),
        Some(rest) => rest.trim_start(),
        None => line,
    };
    let name = line.strip_prefix("mod ")?.trim_start();
    Some(name.split(|character| !source::is_of_name(character)).next().unwrap_or(name))
}

#[cfg(test)]
mod tests;
