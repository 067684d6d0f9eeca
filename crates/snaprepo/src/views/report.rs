//! The answer of `report`: what `verify` and `du` say, put together; as a page in `page`.

mod chart;
mod page;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, du::DuView, verify::VerifyView};
use crate::output::units::{clean, counted};

pub(crate) use page::{embeddable, page};

/// Everything that a report tells.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReportView {
    /// When it was made, RFC 3339 in UTC.
    pub made_at: String,
    /// When it was made, milliseconds since 1970.
    pub made_at_in_millis: i64,
    /// The options it was made with.
    pub options: Vec<String>,
    /// What is intact, broken and restorable.
    pub verify: VerifyView,
    /// What takes how much room; `rows` are of indices.
    pub du: DuView,
    /// Snapshots, oldest first.
    pub snapshots: Vec<ReportSnapshot>,
    /// What older snapshots had not: how the repository grew, as far as its snapshots are still there.
    pub growth: Vec<GrowthRow>,
    /// Policies, and snapshots without one.
    pub policies: Vec<PolicyRow>,
    /// The newest snapshot, as it describes itself; missing when its blob cannot be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<LastSnapshot>,
    /// Files that were written.
    #[serde(skip)]
    pub written: Vec<String>,
    #[serde(skip)]
    pub location: String,
}

/// One snapshot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReportSnapshot {
    /// Name.
    pub snapshot: String,
    /// Uuid.
    pub uuid: String,
    /// State.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Start, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time_in_millis: Option<i64>,
    /// Policy that took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// `restorable`, `partly`, `not`, `unknown`.
    pub verdict: &'static str,
    /// What decides that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Indices.
    pub n_indices: u64,
    /// Length of all its files.
    pub size_in_bytes: u64,
    /// Blobs that no older snapshot needs.
    pub added_size_in_bytes: u64,
    /// Blobs that no other snapshot needs.
    pub exclusive_size_in_bytes: u64,
}

/// The newest snapshot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LastSnapshot {
    /// Name.
    pub snapshot: String,
    /// State.
    pub state: &'static str,
    /// Version that took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Indices.
    pub n_indices: u64,
    /// Shards that failed, as it lists them.
    pub n_failures: u64,
    /// Start, milliseconds since 1970.
    pub start_time_in_millis: i64,
    /// End, milliseconds since 1970.
    pub end_time_in_millis: i64,
    /// Shards that it should have.
    pub total_shards: i64,
    /// Shards that it has.
    pub successful_shards: i64,
}

/// A step of growth: a snapshot, a month or a year.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct GrowthRow {
    /// Its name.
    pub name: String,
    /// Snapshots.
    pub snapshots: u64,
    /// What they added.
    pub added_size_in_bytes: u64,
    /// The same with all before.
    pub size_in_bytes: u64,
}

/// A policy.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PolicyRow {
    /// Its name; missing for snapshots that no policy took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Its snapshots.
    pub snapshots: u64,
    /// State of the newest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_state: Option<&'static str>,
    /// Name of the newest whose state is SUCCESS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_success: Option<String>,
    /// When that was begun, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_success_in_millis: Option<i64>,
    /// How long ago that was when the report was made, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_in_millis: Option<i64>,
}

impl View for ReportView {
    fn text(&self, layout: &Layout) -> String {
        let n_restorable = self.snapshots.iter().filter(|row| row.verdict == "restorable").count();
        // Where nobody can tell, nothing is intact.
        let is_unknown = self.snapshots.iter().any(|row| row.verdict == "unknown");
        let word = if self.verify.result == "pass" && is_unknown { "nothing broken" } else { self.verify.result };
        let mut text = format!(
            "{}: {n_restorable} of {} restorable, {} in {}\n",
            layout.paint(word),
            counted(self.snapshots.len() as u64, "snapshot"),
            layout.units.size(self.du.size_in_bytes),
            counted(self.du.blobs, "blob"),
        );
        if !layout.quiet {
            for file in &self.written {
                text += &format!("wrote {}\n", clean(file));
            }
        }
        text
    }
}
