//! What the matrix found, as JSON that outlives a run.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};
use snaprepo_lab::{Error as LabError, Release, accept::Report, attempt::Attempts};

use crate::error::Error;

const FILE: &str = "matrix.json";

/// Everything that was found, by release.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Results {
    pub(super) releases: BTreeMap<String, OfRelease>,
}

/// What one release did.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OfRelease {
    /// The day of the run, as `2026-11-21`.
    pub(super) date: String,
    pub(super) startup_ms: u64,
    pub(super) peak_rss_bytes: u64,
    pub(super) jdk: String,
    pub(super) cases: Vec<OfCase>,
    pub(super) repositories: Vec<OfRepository>,
}

/// One case that the release wrote.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OfCase {
    pub(super) case: String,
    /// Documents recorded, counted for each snapshot.
    pub(super) n_documents: usize,
    /// Why it could not be written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) failed: Option<String>,
    pub(super) proofs: Vec<Proof>,
}

/// What the release made of a repository: of a copy, or of one in our hand.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Proof {
    pub(super) of: String,
    pub(super) accepted: bool,
    /// Lists and statuses that equal ours.
    pub(super) n_lists: usize,
    /// Pairs of snapshot and index that came back with all documents.
    pub(super) n_restored: usize,
    /// Whether the node wrote to it, too.
    pub(super) written_to: bool,
    pub(super) objections: Vec<String>,
}

/// What the release made of a packed repository of another one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OfRepository {
    pub(super) name: String,
    pub(super) n_indices: usize,
    pub(super) n_restored: usize,
    /// Why the repository cannot be read at all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) unreadable: Option<String>,
    /// Where `compat` said something else.
    pub(super) disagreements: Vec<String>,
    /// The node's words for its refusals.
    pub(super) refusals: Vec<String>,
}

impl Results {
    pub(super) fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(Error::Json),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(Error::Read { path, source }),
        }
    }

    pub(super) fn save(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE);
        let bytes = serde_json::to_vec_pretty(self).map_err(Error::Json)?;
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|source| Error::Write { path, source })
    }
}

impl OfRelease {
    /// One line for the person who waits.
    pub(super) fn summary(&self, release: &Release) -> String {
        let proofs = || self.cases.iter().flat_map(|case| &case.proofs);
        let accepted = proofs().filter(|proof| proof.accepted).count();
        let agreed = self.repositories.iter().filter(|repository| repository.disagreements.is_empty()).count();
        let mut lines = vec![format!(
            "{release}: {} cases, {accepted} of {} accepted, compat right about {agreed} of {} repositories",
            self.cases.len(),
            proofs().count(),
            self.repositories.len()
        )];
        for case in &self.cases {
            lines.extend(case.failed.iter().map(|why| format!("  {}: {why}", case.case)));
            let objections = case.proofs.iter().flat_map(|proof| proof.objections.iter().map(move |o| (&proof.of, o)));
            lines.extend(objections.map(|(of, objection)| format!("  {} {of}: {objection}", case.case)));
        }
        for repository in &self.repositories {
            lines.extend(repository.disagreements.iter().map(|what| format!("  {}: {what}", repository.name)));
        }
        lines.join("\n")
    }
}

impl OfCase {
    pub(super) fn failed(case: &str, error: &LabError) -> Self {
        Self { case: case.to_owned(), n_documents: 0, failed: Some(error.to_string()), proofs: Vec::new() }
    }
}

impl Proof {
    pub(super) fn of(what: &str, report: &Report) -> Self {
        Self {
            of: what.to_owned(),
            accepted: report.accepted,
            n_lists: report.listings.iter().filter(|check| check.is_equal()).count(),
            n_restored: report.n_equal(),
            written_to: report.steps.iter().any(|step| step.what == "take a snapshot on top" && step.ok),
            objections: report.objections(),
        }
    }
}

impl OfRepository {
    pub(super) fn of(name: &str, attempts: &Attempts) -> Self {
        let disagreements = attempts.indices.iter().filter(|attempt| !attempt.agree).map(|attempt| {
            let node = attempt.refused.as_deref().unwrap_or("restored");
            let cause = attempt.cause.as_deref().unwrap_or_default();
            format!("{} in {}: the node: {node}; we: {} {cause}", attempt.index, attempt.snapshot, attempt.ours)
        });
        let mut refusals: Vec<_> = attempts.indices.iter().filter_map(|attempt| attempt.refused.clone()).collect();
        refusals.sort();
        refusals.dedup();
        Self {
            name: name.to_owned(),
            n_indices: attempts.indices.len(),
            n_restored: attempts.n_restored(),
            unreadable: attempts.unreadable.clone(),
            disagreements: disagreements.collect(),
            refusals,
        }
    }
}

/// The day in UTC, as `2026-11-21`.
pub(super) fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}
