//! No path of somebody's machine in any text file: it says where the author works, and nothing to anybody else.

use super::{Problem, tree::TextFile};

/// Folders that machines have at the top; in pieces, so that this file passes.
const FOLDERS: [&str; 3] = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/")];

/// Characters before a slash that show the path to be relative, beside those of names: `src`, `..`, `<base>`, `*`, `{}`.
const RELATIVE: [char; 9] = ['_', '-', '.', '~', '}', '>', ')', '*', ']'];

/// No absolute path into one of the folders.
pub(super) fn check(files: &[TextFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in files {
        for (number, line) in file.lines() {
            if let Some(folder) = FOLDERS.iter().find(|folder| has_absolute(line, folder)) {
                let message = format!("path of a machine (`{folder}…`): write it from the root of the repository");
                problems.push(Problem::new(&file.path, number, message));
            }
        }
    }
    problems
}

fn has_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder)
        .any(|(pos, _)| !line[..pos].ends_with(|before: char| before.is_alphanumeric() || RELATIVE.contains(&before)))
}

#[cfg(test)]
mod tests;
