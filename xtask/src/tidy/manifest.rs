//! Manifests as texts: where a dependency is named, and that every crate takes the lints of the workspace, because
//! those forbid unsafe code.

use super::{
    Problem,
    tree::{self, TextFile},
};
use crate::workspace::Member;

/// Every member has `[lints] workspace = true`, and the workspace forbids unsafe code.
pub(super) fn check(members: &[Member], files: &[TextFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in members {
        let holds =
            tree::find(files, &member.manifest).is_some_and(|file| has_line(&file.text, "lints", "workspace = true"));
        if !holds {
            problems.push(Problem::new(&member.manifest, 1, "add `[lints] workspace = true`: it forbids unsafe code"));
        }
    }
    let forbidden = tree::find(files, "Cargo.toml")
        .is_some_and(|file| has_line(&file.text, "workspace.lints.rust", "unsafe_code = \"forbid\""));
    if !forbidden {
        problems.push(Problem::new("Cargo.toml", 1, "`[workspace.lints.rust]` has no `unsafe_code = \"forbid\"`"));
    }
    problems
}

/// The line of a manifest that names a dependency; 1 if it is written in a way we do not know.
pub(super) fn line_of(files: &[TextFile], manifest: &str, dependency: &str) -> usize {
    let Some(file) = tree::find(files, manifest) else { return 1 };
    let line = file.lines().find(|(_, line)| {
        let line = line.trim().trim_start_matches('[').trim_end_matches(']');
        let key = line.rsplit_once("dependencies.").map_or(line, |(_, key)| key);
        key.strip_prefix(dependency).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ' ', '=']))
    });
    line.map_or(1, |(number, _)| number)
}

fn has_line(manifest: &str, table: &str, wanted: &str) -> bool {
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.trim_matches(['[', ']']) == table;
        } else if inside && line == wanted {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
