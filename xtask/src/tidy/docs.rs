//! The documents that have to exist.

use super::{
    Problem,
    tree::{self, TextFile},
};

/// What an operator or a reader is promised.
const REQUIRED: [&str; 7] = [
    "README.md",
    "docs/architecture.md",
    "docs/format.md",
    "docs/safety.md",
    "docs/json.md",
    "docs/exit-codes.md",
    "docs/performance.md",
];

/// Every document exists and is not empty.
pub(super) fn check(files: &[TextFile]) -> Vec<Problem> {
    REQUIRED
        .iter()
        .filter(|path| tree::find(files, path).is_none_or(|file| file.text.trim().is_empty()))
        .map(|path| Problem::new(path, 1, "document is missing or empty"))
        .collect()
}

#[cfg(test)]
mod tests;
