//! What the matrix found, as JSON that outlives a run.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};
use snaprepo_lab::{Release, accept::Report, attempt::Attempts, trap::Verdict};

use crate::error::Error;

const FILE: &str = "matrix.json";

/// What a proof of our own verification is of.
pub(super) const DAMAGE: &str = "damage";

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
    /// Whose repository it went on with, as `es:6.8.23 plain`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) from: Option<String>,
    /// The day, when it was run again alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) date: Option<String>,
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
    /// Indices whose damage we named, in a repository that the release has damaged.
    #[serde(default)]
    pub(super) n_named: usize,
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
    /// Takes over cases that were run alone, and repositories that were tried. Those that are known keep their place.
    pub(super) fn merge(&mut self, newer: Self) {
        if !newer.repositories.is_empty() {
            self.repositories = newer.repositories;
        }
        for mut case in newer.cases {
            case.date = Some(today());
            match self.cases.iter_mut().find(|known| (&known.case, &known.from) == (&case.case, &case.from)) {
                Some(known) => *known = case,
                None => self.cases.push(case),
            }
        }
    }

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
            let label = case.label();
            lines.extend(case.failed.iter().map(|why| format!("  {label}: {why}")));
            let objections = case.proofs.iter().flat_map(|proof| proof.objections.iter().map(move |o| (&proof.of, o)));
            lines.extend(objections.map(|(of, objection)| format!("  {label}, {of}: {objection}")));
        }
        for repository in &self.repositories {
            lines.extend(repository.disagreements.iter().map(|what| format!("  {}: {what}", repository.name)));
        }
        lines.join("\n")
    }
}

impl OfCase {
    /// How it is called in the document: `mixed, from es:6.8.23 plain`.
    pub(super) fn label(&self) -> String {
        match &self.from {
            Some(from) => format!("{}, from {from}", self.case),
            None => self.case.clone(),
        }
    }
}

impl Proof {
    pub(super) fn of(what: &str, report: &Report) -> Self {
        Self {
            of: what.to_owned(),
            accepted: report.accepted,
            n_lists: report.listings.iter().filter(|check| check.is_equal()).count(),
            n_restored: report.n_equal(),
            n_named: 0,
            written_to: report.steps.iter().any(|step| step.what == "take a snapshot on top" && step.ok),
            objections: report.objections(),
        }
    }

    /// What our verification made of damage that the release did.
    pub(super) fn of_damage(verdict: Verdict) -> Self {
        Self {
            of: DAMAGE.to_owned(),
            accepted: verdict.objections.is_empty(),
            n_lists: 0,
            n_restored: 0,
            n_named: verdict.n_named,
            written_to: false,
            objections: verdict.objections,
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
