//! The story of a repository, step by step: what was asked, what was said, and what happened to the files.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, value::RawValue};

use super::{Blobs, Change};
use crate::{Result, dialect::Request, http::Answer};

/// The steps so far, and the folders that are watched.
#[derive(Debug)]
pub struct Steps {
    repository: Watched,
    remote: Option<Watched>,
    steps: Vec<Step>,
}

/// What one step did.
#[derive(Debug, Serialize)]
pub struct Step {
    /// In words.
    pub step: String,
    /// Method and path; nothing when no single request made the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The body of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The answer as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Box<RawValue>>,
    /// What happened to the files of the repository since the step before.
    pub blobs: Change,
    /// The same for the remote store, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<Change>,
}

#[derive(Debug)]
struct Watched {
    root: PathBuf,
    before: Blobs,
}

impl Watched {
    fn new(root: &Path) -> Result<Self> {
        Ok(Self { root: root.to_owned(), before: Blobs::of(root)? })
    }

    fn change(&mut self) -> Result<Change> {
        let now = Blobs::of(&self.root)?;
        let change = now.since(&self.before);
        self.before = now;
        Ok(change)
    }
}

impl Steps {
    /// Watches the store of a repository and, if there is one, the remote store.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn new(repository: &Path, remote: Option<&Path>) -> Result<Self> {
        let remote = remote.map(Watched::new).transpose()?;
        Ok(Self { repository: Watched::new(repository)?, remote, steps: Vec::new() })
    }

    /// Notes a step that was one request.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn asked(&mut self, step: &str, request: &Request, answer: &Answer) -> Result<()> {
        let noted = self.note(step)?;
        noted.request = Some(answer.request.clone());
        noted.body.clone_from(&request.body);
        noted.status = Some(answer.status);
        noted.answer = RawValue::from_string(answer.text.clone()).ok();
        Ok(())
    }

    /// Notes a step that was something else.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn did(&mut self, step: &str) -> Result<()> {
        self.note(step).map(drop)
    }

    fn note(&mut self, step: &str) -> Result<&mut Step> {
        let blobs = self.repository.change()?;
        let remote = self.remote.as_mut().map(Watched::change).transpose()?;
        let step = Step { step: step.to_owned(), request: None, body: None, status: None, answer: None, blobs, remote };
        Ok(self.steps.push_mut(step))
    }

    /// All steps, in order.
    #[must_use]
    pub fn list(&self) -> &[Step] {
        &self.steps
    }
}
