//! The answer of `info`: what this repository is.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, facts};
use crate::output::units::count;

/// What a repository is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct InfoView {
    /// Product.
    pub product: &'static str,
    /// Format era.
    pub era: &'static str,
    /// Root generation; missing before Elasticsearch 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// What `index.latest` names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<u64>,
    /// Identity of the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Cluster that wrote the newest generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// Folder of the repository in its store, when shard folders lie outside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_path: Option<String>,
    /// Version that took the newest snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_writer: Option<String>,
    /// The newest snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Newest>,
    /// Number of snapshots.
    pub n_snapshots: u64,
    /// Number of snapshots by state; `unknown` where the root does not tell.
    pub states: Vec<StateCount>,
    /// Number of indices.
    pub n_indices: u64,
    /// Policies that took snapshots, as far as the root tells.
    pub policies: Vec<String>,
    /// Versions that took snapshots, as far as the root tells.
    pub versions: Vec<String>,
    /// Features of the format that are in use.
    pub features: Vec<String>,
    /// Whatever is unusual.
    pub oddities: Vec<String>,
}

/// A snapshot and its time.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Newest {
    /// Name.
    pub snapshot: String,
    /// State.
    pub state: &'static str,
    /// Start, milliseconds since 1970.
    pub start_time_in_millis: i64,
}

/// Snapshots of one state.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StateCount {
    /// State.
    pub state: &'static str,
    /// How many.
    pub n: u64,
}

impl View for InfoView {
    fn text(&self, layout: &Layout) -> String {
        let writer = self.last_writer.as_deref().unwrap_or("");
        let first = format!(
            "{} repository{}{}\n",
            self.product,
            if writer.is_empty() { String::new() } else { format!(", last written by {writer}") },
            self.generation.map_or(String::new(), |generation| format!(" · generation {generation}")),
        );
        if layout.quiet {
            return first;
        }
        let states: Vec<String> = self.states.iter().map(|s| format!("{} {}", count(s.n), s.state)).collect();
        let newest = self.newest.as_ref().map_or(String::new(), |newest| {
            let at = layout.units.time(newest.start_time_in_millis);
            format!("{} · {} · {at} {}", newest.snapshot, newest.state, layout.units.zone_name())
        });
        let mut text = first;
        text += &facts(&[
            ("format", self.era.to_owned()),
            ("uuid", self.uuid.clone().unwrap_or_default()),
            ("cluster", self.cluster_id.clone().map_or(String::new(), |id| format!("{id} (wrote this generation)"))),
            ("base path", self.base_path.clone().unwrap_or_default()),
            ("snapshots", format!("{} ({})", count(self.n_snapshots), states.join(", "))),
            ("newest", newest),
            ("indices", count(self.n_indices)),
            ("versions", self.versions.join(", ")),
            ("policies", self.policies.join(", ")),
            ("features", self.features.join(" · ")),
        ]);
        for oddity in &self.oddities {
            text += &format!("note       {oddity}\n");
        }
        text
    }
}
