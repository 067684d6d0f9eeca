//! What is known about a repository because an engine said so: the folder `truth/` beside it.
//!
//! | File | Content |
//! |---|---|
//! | `case.json` | who wrote the repository, how, and what that release refused |
//! | `answers/…` | the lists, the status of each snapshot, the registration: as the node sent them, to the byte |
//! | `docs/<snapshot>/<index>.ndjson` | every live document when the snapshot was taken |
//! | `state/<snapshot>/…` | `indices.json`, `segments.json`, `cluster.json`: the cluster at that moment, as the node sent it |
//! | `steps.json` | each request that touched the repository, the answer, and which blobs came, went and changed |
//! | `before-<version>/` | the above from before a newer node went on with the repository |
//!
//! The run folder of a node appears as `/lab`: that is the one change made to an answer. An answer with an error status
//! lies in `<name>.refused.json`.

mod blobs;
mod steps;

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use serde::Serialize;

pub use blobs::{Blob, Blobs, Change};
pub use steps::{Step, Steps};

use crate::{
    Error, Result,
    documents::Documents,
    http::{Answer, segment},
};

/// Longest escaped name that becomes a file name as it is; file systems end at 255 bytes with the extension.
const LONGEST_NAME: usize = 200;

/// Writes a folder of truth.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    /// Paths of this machine and what stands for them, the longest first.
    paths: Vec<(String, &'static str)>,
}

impl Recorder {
    /// Writes below `folder`; each of these paths is replaced in every text by the word beside it.
    #[must_use]
    pub fn new(folder: &Path, paths: &[(&Path, &'static str)]) -> Self {
        let mut paths: Vec<_> = paths.iter().map(|(path, word)| (path.to_string_lossy().into_owned(), *word)).collect();
        paths.sort_by_key(|(path, _)| usize::MAX - path.len());
        Self { folder: folder.to_owned(), paths }
    }

    /// A text without paths of this machine.
    #[must_use]
    pub fn scrubbed(&self, text: &str) -> String {
        self.paths.iter().fold(text.to_owned(), |text, (path, word)| text.replace(path, word))
    }

    /// Writes a text; folders are made as needed.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn text(&self, name: &str, text: &str) -> Result<()> {
        let path = self.folder.join(name);
        let io = |source| Error::Io { what: "write", path: path.clone(), source };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(io)?;
        }
        fs::write(&path, self.scrubbed(text)).map_err(io)
    }

    /// Writes a value of ours as indented JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn json(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let io =
            |error: serde_json::Error| Error::Io { what: "write", path: self.folder.join(name), source: error.into() };
        let text = serde_json::to_string_pretty(value).map_err(io)?;
        self.text(name, &format!("{text}\n"))
    }

    /// Writes an answer as it came, below `<name>.json` or, when it is a refusal, `<name>.refused.json`; whether it was
    /// a success.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn answer(&self, name: &str, answer: &Answer) -> Result<bool> {
        let extension = if answer.is_success() { "json" } else { "refused.json" };
        self.text(&format!("{name}.{extension}"), &answer.text)?;
        Ok(answer.is_success())
    }

    /// Writes the documents of an index in a snapshot.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn documents(&self, snapshot: &str, index: &str, documents: &Documents) -> Result<()> {
        let name = documents_file(&file_name(snapshot), &file_name(index));
        let io =
            |error: serde_json::Error| Error::Io { what: "write", path: self.folder.join(&name), source: error.into() };
        let lines = documents.to_lines().map_err(io)?;
        self.text(&name, &lines)
    }
}

/// The documents that an index had when a snapshot was taken; `None` when they are not recorded, because a shard had
/// no node. `truth` is the folder.
///
/// # Errors
/// When the file cannot be read, or is none of ours.
pub fn documents(truth: &Path, snapshot: &str, index: &str) -> Result<Option<Documents>> {
    let escaped = truth.join(documents_file(&file_name(snapshot), &file_name(index)));
    // Older archives have the names as they are.
    let path = if !escaped.exists() && is_plain(snapshot) && is_plain(index) {
        truth.join(documents_file(snapshot, index))
    } else {
        escaped
    };
    let io = |source| Error::Io { what: "read", path: path.clone(), source };
    let lines = match fs::read_to_string(&path) {
        Ok(lines) => lines,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    Documents::parse(&lines).map(Some).map_err(|error| io(error.into()))
}

/// Whether a name can stand in a path as it is.
fn is_plain(name: &str) -> bool {
    let mut components = Path::new(name).components();
    matches!((components.next(), components.next()), (Some(Component::Normal(_)), None))
}

fn documents_file(snapshot: &str, index: &str) -> String {
    format!("docs/{snapshot}/{index}.ndjson")
}

/// The name of a snapshot or index as a file name: escaped like a segment of an address, never `.` or `..`. A very long
/// one is cut, and ends with a number made from the whole.
#[must_use]
pub fn file_name(name: &str) -> String {
    let escaped = if name.bytes().all(|byte| byte == b'.') { "%2E".repeat(name.len()) } else { segment(name) };
    if escaped.len() <= LONGEST_NAME {
        return escaped;
    }
    format!("{}~{}", &escaped[..LONGEST_NAME], blobs::digest(name.as_bytes()))
}

#[cfg(test)]
mod tests;
