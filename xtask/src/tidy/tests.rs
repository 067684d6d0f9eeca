//! Builders for the tests of the checks.

use super::{Problem, tree::TextFile};
use crate::workspace::{Dependency, DependencyKind, DependencyOrigin, Member};

pub(super) fn file(path: &str, text: &str) -> TextFile {
    TextFile { path: path.to_owned(), text: text.to_owned() }
}

pub(super) fn member(name: &str, dependencies: &[Dependency]) -> Member {
    let manifest = format!("crates/{name}/Cargo.toml");
    Member { name: name.to_owned(), manifest, dependencies: dependencies.to_vec() }
}

pub(super) fn dependency(name: &str, kind: DependencyKind, origin: DependencyOrigin) -> Dependency {
    Dependency { name: name.to_owned(), kind, origin }
}

/// `path:line` of each problem.
pub(super) fn places(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| format!("{}:{}", problem.path, problem.line)).collect()
}

#[test]
fn problems_read_as_places() {
    let problem = Problem::new("a/b.rs", 3, "is wrong");
    assert_eq!(problem.to_string(), "a/b.rs:3: is wrong");
}
