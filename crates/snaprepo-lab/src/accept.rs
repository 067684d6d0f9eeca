//! Whether a real node accepts a repository: lists it as we do, restores every snapshot with the expected documents,
//! goes on writing to it, and leaves it whole by our own verification.

mod report;
pub(crate) mod restore;
mod write;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use serde_json::{Map, Value, json};

pub use report::{Refusal, Report, RestoredIndex, RestoredSnapshot, Step};

use crate::{
    Error, Node, Product, Release, Result,
    http::{Answer, Body, Method, segment},
    judge::{self, Registered},
    snaprepo::Snaprepo,
};

/// The name of the registration, unless the caller wants another.
pub const REGISTRATION: &str = "given";

/// What a node shall accept.
#[derive(Debug, Clone)]
pub struct Given<'a> {
    /// The root of the store that holds the repository. It is copied; the original stays untouched.
    pub store: &'a Path,
    /// Where in the store the repository lies; empty for its root.
    pub base_path: &'a str,
    /// Expected documents, as `engine write` records them.
    pub truth: Option<&'a Path>,
    /// More settings of the registration.
    pub settings: Value,
    /// The name of the registration. Shallow snapshots of version 2 insist on the one they were taken under.
    pub name: &'a str,
    /// How far the node shall go.
    pub depth: Depth,
}

/// How far a node shall go with a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// List it, and compare with our lists.
    List,
    /// Restore every snapshot, too.
    Restore,
    /// Take a snapshot, delete one and clean up, too.
    Write,
}

/// Lets a node judge a copy of a repository.
///
/// # Errors
/// When the node, the program or the file system fails. What the node refuses is in the report.
pub fn accept(node: &Node, program: &Snaprepo, given: &Given<'_>) -> Result<Report> {
    let started_at = Instant::now();
    let mut report = Report::new(node.release(), given.store);
    let copy = copy_for(node, given)?;
    let registered = Registered {
        http: node.http(),
        release: node.release(),
        name: given.name,
        location: &copy.location,
        base_path: copy.base_path,
    };
    if register(node, given, &copy, &mut report)? {
        let list = list(&registered, program, &mut report)?;
        if given.depth >= Depth::Restore {
            for (n, snapshot) in list.iter().enumerate() {
                let restored = restore::snapshot(node, given, n, snapshot)?;
                report.snapshots.push(restored);
            }
        }
        if given.depth >= Depth::Write && report.is_accepted() {
            write::go_on(node, program, registered, &list, &mut report)?;
        }
        let path = format!("/_snapshot/{}", segment(given.name));
        node.http().delete(&path)?;
    }
    report.finish(started_at.elapsed());
    copy.remove()?;
    Ok(report)
}

/// The copy that the node works on.
struct Copy<'a> {
    /// Its top folder, removed at the end.
    top: PathBuf,
    /// What our program is pointed to.
    location: PathBuf,
    /// `--base-path` for our program.
    base_path: Option<&'a str>,
}

fn copy_for<'a>(node: &Node, given: &Given<'a>) -> Result<Copy<'a>> {
    let top = node.repositories().join(given.name);
    copy_tree(given.store, &top)?;
    node.adopt(&top)?;
    let base_path = (!given.base_path.is_empty()).then_some(given.base_path);
    Ok(Copy { location: top.clone(), top, base_path })
}

impl Copy<'_> {
    fn remove(self) -> Result<()> {
        fs::remove_dir_all(&self.top).map_err(|source| Error::Io { what: "remove", path: self.top, source })
    }
}

/// Copies a folder tree. Files keep their times: our report shows the age of blobs.
///
/// # Errors
/// When something cannot be read or written; the error names it.
pub fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.map_err(|error| Error::Io {
            what: "read",
            path: error.path().unwrap_or(from).to_owned(),
            source: error.into(),
        })?;
        let target = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        let io = |source| Error::Io { what: "write", path: target.clone(), source };
        if entry.file_type().is_dir() {
            fs::create_dir_all(&target).map_err(io)?;
        } else {
            fs::copy(entry.path(), &target).map_err(io)?;
        }
    }
    Ok(())
}

fn register(node: &Node, given: &Given<'_>, copy: &Copy<'_>, report: &mut Report) -> Result<bool> {
    let body = registration(node.release(), &copy.top, given.base_path, &given.settings);
    let answer = node.http().send(Method::Put, &format!("/_snapshot/{}", segment(given.name)), Body::Json(&body))?;
    Ok(report.step("register", &answer))
}

/// What a node is told to find the repository at `base_path` of a store. OpenSearch 2.17 and later need the store and
/// the path in it, because they look for hashed shard folders beside it; the others know repositories as folders only.
pub(crate) fn registration(release: &Release, store: &Path, base_path: &str, more: &Value) -> Value {
    let mut settings = Map::new();
    if base_path.is_empty() || (release.product == Product::OpenSearch && release.version.at_least(2, 17)) {
        settings.insert("location".to_owned(), json!(store));
        if !base_path.is_empty() {
            settings.insert("base_path".to_owned(), base_path.into());
        }
    } else {
        settings.insert("location".to_owned(), json!(store.join(base_path)));
    }
    settings.extend(more.as_object().cloned().unwrap_or_default());
    json!({ "type": "fs", "settings": settings })
}

fn list(registered: &Registered<'_>, program: &Snaprepo, report: &mut Report) -> Result<Vec<judge::Listed>> {
    let path = format!("/_snapshot/{}/_all", segment(registered.name));
    let answer = registered.http.send(Method::Get, &path, Body::Empty)?;
    if !report.step("list", &answer) {
        return Ok(Vec::new());
    }
    let list = judge::snapshots(&answer.json()?);
    report.listings = judge::listings(program, *registered)?;
    Ok(list)
}

/// The node's words in an answer that is not a success: the reason of the innermost cause, or the whole text.
#[must_use]
pub fn reason(answer: &Answer) -> String {
    const SHOWN: usize = 600;
    let innermost = |value: &Value| {
        let mut cause = value.get("error")?;
        while let Some(inner) = cause.get("caused_by") {
            cause = inner;
        }
        let reason = cause.get("reason").unwrap_or(cause).as_str()?;
        let outer = value.pointer("/error/reason").and_then(Value::as_str).unwrap_or_default();
        Some(if outer.is_empty() || outer == reason { reason.to_owned() } else { format!("{outer}: {reason}") })
    };
    let words = serde_json::from_str(&answer.text).ok().and_then(|value| innermost(&value));
    words.unwrap_or_else(|| answer.text.clone()).chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_cause_is_the_reason() {
        let text = json!({"error": {"type": "a", "reason": "outer", "caused_by": {"type": "b", "reason": "inner"}}});
        let answer = Answer { request: "GET /".into(), status: 500, text: text.to_string() };
        assert_eq!(reason(&answer), "outer: inner");
        assert_eq!(reason(&Answer { text: "no JSON".into(), ..answer }), "no JSON");
    }
}
