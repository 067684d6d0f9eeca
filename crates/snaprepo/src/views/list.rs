//! The answer of `list`: one row per snapshot.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, write_row};
use crate::output::{
    table::{Align, Table},
    units::{clean, counted, duration},
};

/// All rows.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ListView {
    /// Snapshots, oldest first where the times are known.
    pub snapshots: Vec<SnapshotRow>,
    /// Newer roots that cannot be read: the rows come from an older one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable_roots: Vec<String>,
    /// Whether the blobs of the snapshots were read, too.
    pub details: bool,
}

/// One snapshot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SnapshotRow {
    /// Name.
    pub snapshot: String,
    /// Uuid; the name for snapshots from before Elasticsearch 5.
    pub uuid: String,
    /// `SUCCESS`, `PARTIAL`, `FAILED`, `IN_PROGRESS`, `INCOMPATIBLE`; missing when nobody tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Start, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<String>,
    /// Start, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time_in_millis: Option<i64>,
    /// End, RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// End, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time_in_millis: Option<i64>,
    /// Number of indices.
    pub n_indices: u64,
    /// Shards that it should have; only with details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_shards: Option<i64>,
    /// Shards that it has; only with details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successful_shards: Option<i64>,
    /// Version that took it, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Policy that took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Why its blob cannot be read; only with details, and before Elasticsearch 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl View for ListView {
    fn text(&self, layout: &Layout) -> String {
        let n_broken = self.snapshots.iter().filter(|row| row.error.is_some()).count() as u64;
        let mut summary = counted(self.snapshots.len() as u64, "snapshot");
        if n_broken > 0 {
            summary += &format!(", {n_broken} unreadable (snaprepo verify)");
        }
        for root in &self.unreadable_roots {
            summary +=
                &format!("\n{} {root}: these are the snapshots of an older generation", layout.paint("damaged:"));
        }
        if !self.details && self.snapshots.iter().any(|row| row.start_time_in_millis.is_none()) {
            summary += " · the root records no times: --details reads them";
        }
        summary.push('\n');
        if layout.quiet || self.snapshots.is_empty() {
            return summary;
        }
        let mut text = self.table(layout);
        text.push_str(&summary);
        text
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        self.snapshots.iter().try_for_each(|row| write_row(out, row))
    }
}

impl ListView {
    fn table(&self, layout: &Layout) -> String {
        let taken = format!("TAKEN ({})", layout.units.zone_name());
        let mut table = Table::new([
            ("SNAPSHOT", Align::Flexible),
            ("STATE", Align::Left),
            (&taken, Align::Left),
            ("TOOK", Align::Right),
            ("INDICES", Align::Right),
            ("SHARDS", Align::Left),
            ("WRITTEN BY", Align::Left),
            ("POLICY", Align::Flexible),
        ])
        .optional(3);
        for row in &self.snapshots {
            let shards = match (row.total_shards, row.successful_shards) {
                (Some(total), Some(done)) if total == done => total.to_string(),
                (Some(total), Some(done)) => format!("{done} of {total}"),
                _ => "-".to_owned(),
            };
            let indices = if row.error.is_some() { "-".to_owned() } else { row.n_indices.to_string() };
            table.row([
                row.snapshot.clone(),
                row.state_text(),
                row.taken(layout),
                row.took(),
                indices,
                shards,
                row.version.clone().unwrap_or_else(|| "-".to_owned()),
                row.policy.clone().unwrap_or_else(|| "-".to_owned()),
            ]);
        }
        if !self.details {
            // Only the snapshot blobs tell.
            table = table.without("SHARDS");
        }
        let mut text = table.render(layout.width);
        for row in &self.snapshots {
            if let Some(error) = &row.error {
                text += &format!("{} {}\n", layout.paint("unreadable:"), clean(&format!("{}: {error}", row.snapshot)));
            }
        }
        text
    }
}

impl SnapshotRow {
    fn state_text(&self) -> String {
        if self.error.is_some() { "unreadable".to_owned() } else { self.state.unwrap_or("-").to_owned() }
    }

    fn taken(&self, layout: &Layout) -> String {
        self.start_time_in_millis.map_or_else(|| "-".to_owned(), |millis| layout.units.time(millis))
    }

    fn took(&self) -> String {
        match (self.start_time_in_millis, self.end_time_in_millis) {
            (Some(start), Some(end)) => duration(u64::try_from(end.saturating_sub(start)).unwrap_or(0)),
            _ => "-".to_owned(),
        }
    }
}
