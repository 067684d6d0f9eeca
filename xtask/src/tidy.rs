//! `cargo xtask tidy`: the rules of the house that no compiler and no linter knows.
//!
//! Each check is a pure function from texts to [`Problem`]s, in a module of its own; only [`tree`] touches files. Rules
//! are held by the text of a line on purpose: what fools a text search would fool a reader too.

use std::fmt;

use crate::{error::Error, workspace::Workspace};

mod arrows;
mod dependencies;
mod manifest;

mod forbidden;
mod shape;
mod source;

mod machine;

mod citations;
mod docs;
mod links;
mod markdown;

mod licences;
mod spdx;

mod tree;

/// One place where a rule does not hold.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// The file, from the root, with `/`.
    path: String,
    /// The line, from 1.
    line: usize,
    /// What is wrong, and what to do.
    message: String,
}

impl Problem {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Runs all checks and prints every problem, sorted by place.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Error> {
    let files = tree::read(&workspace.root)?;
    let packages = workspace.packages()?;
    let mut problems = arrows::check(&workspace.members, &files);
    problems.extend(dependencies::check(&workspace.members, &files));
    problems.extend(manifest::check(&workspace.members, &files));
    problems.extend(shape::check(&files));
    problems.extend(forbidden::check(&files));
    problems.extend(machine::check(&files));
    problems.extend(docs::check(&files));
    problems.extend(links::check(&files, |path| workspace.root.join(path).exists()));
    problems.extend(citations::check(&files));
    problems.extend(licences::check(&packages, &files));
    report(problems)
}

/// Runs the check of licences and sources alone.
pub(crate) fn licences(workspace: &Workspace) -> Result<(), Error> {
    let files = tree::read(&workspace.root)?;
    report(licences::check(&workspace.packages()?, &files))
}

fn report(mut problems: Vec<Problem>) -> Result<(), Error> {
    problems.sort();
    for problem in &problems {
        println!("{problem}");
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Tidy { n_problems: problems.len() }) }
}

#[cfg(test)]
mod tests;
