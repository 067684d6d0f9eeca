//! What came of it, as JSON.

use std::{path::Path, time::Duration};

use serde::Serialize;

use crate::{Release, accept, http::Answer, judge::Check};

/// Whether a node accepted a repository, and everything that was asked.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The node: `es:9.5.3`.
    pub node: String,
    /// The repository: the last parts of its path.
    pub repository: String,
    /// The verdict: every step done, every list equal to ours, every restored document as expected.
    pub accepted: bool,
    /// What was done with the repository, in order.
    pub steps: Vec<Step>,
    /// Our lists against the node's.
    pub listings: Vec<Check>,
    /// The restored snapshots.
    pub snapshots: Vec<RestoredSnapshot>,
    /// How long all of it took, in milliseconds.
    pub took_ms: u64,
}

/// One thing that was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// What.
    pub what: String,
    /// Whether it was done as it should be.
    pub ok: bool,
    /// What the node said, when it refused; or what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A restored snapshot.
#[derive(Debug, Clone, Serialize)]
pub struct RestoredSnapshot {
    /// Its name.
    pub snapshot: String,
    /// Its state in the list.
    pub state: String,
    /// Why the node refused to restore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
    /// Its indices.
    pub indices: Vec<RestoredIndex>,
}

/// A refusal of a node.
#[derive(Debug, Clone, Serialize)]
pub struct Refusal {
    /// The status code.
    pub status: u16,
    /// The node's words.
    pub reason: String,
}

/// A restored index.
#[derive(Debug, Clone, Serialize)]
pub struct RestoredIndex {
    /// Its name in the snapshot.
    pub index: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// How many live documents it has.
    pub documents: usize,
    /// Which fields of each document were compared; nothing without a truth.
    pub compared: Vec<String>,
    /// What is not as it should be, or why it need not be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Report {
    pub(super) fn new(release: &Release, store: &Path) -> Self {
        let parts: Vec<_> = store.iter().rev().take(3).map(|part| part.to_string_lossy().into_owned()).collect();
        Self {
            node: release.to_string(),
            repository: parts.into_iter().rev().collect::<Vec<_>>().join("/"),
            accepted: false,
            steps: Vec::new(),
            listings: Vec::new(),
            snapshots: Vec::new(),
            took_ms: 0,
        }
    }

    /// Notes a request that has to succeed; whether it did.
    pub(super) fn step(&mut self, what: &str, answer: &Answer) -> bool {
        let detail = (!answer.is_success()).then(|| format!("HTTP {}: {}", answer.status, accept::reason(answer)));
        self.note(what, detail.is_none(), detail)
    }

    /// Notes something that has to hold; whether it does.
    pub(super) fn note(&mut self, what: &str, ok: bool, detail: Option<String>) -> bool {
        self.steps.push(Step { what: what.to_owned(), ok, detail });
        ok
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.steps.iter().all(|step| step.ok)
            && self.listings.iter().all(Check::is_equal)
            && self.snapshots.iter().all(RestoredSnapshot::is_ok)
    }

    pub(super) fn finish(&mut self, took: Duration) {
        self.accepted = self.is_accepted();
        self.took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    }

    /// Everything that is not as it should be, one line each.
    #[must_use]
    pub fn objections(&self) -> Vec<String> {
        let steps = self.steps.iter().filter(|step| !step.ok);
        let steps = steps.map(|step| format!("{}: {}", step.what, step.detail.as_deref().unwrap_or("failed")));
        let listings = self.listings.iter().filter(|check| !check.is_equal());
        let listings = listings.map(|check| format!("{}: {:?}", check.what, check.outcome));
        let restores = self.snapshots.iter().flat_map(|snapshot| {
            let refusal = snapshot.refused.as_ref().map(|refusal| refusal.reason.clone());
            let indices = snapshot.indices.iter().filter(|index| !index.ok);
            let indices =
                indices.map(|index| format!("{}: {}", index.index, index.detail.as_deref().unwrap_or("differs")));
            refusal.into_iter().chain(indices).map(|line| format!("restore {}: {line}", snapshot.snapshot))
        });
        steps.chain(listings).chain(restores).collect()
    }

    /// How many pairs of snapshot and index were restored with all documents as expected.
    #[must_use]
    pub fn n_equal(&self) -> usize {
        let indices = self.snapshots.iter().flat_map(|snapshot| &snapshot.indices);
        indices.filter(|index| index.ok && !index.compared.is_empty()).count()
    }
}

impl RestoredSnapshot {
    fn is_ok(&self) -> bool {
        self.refused.is_none() && self.indices.iter().all(|index| index.ok)
    }
}
