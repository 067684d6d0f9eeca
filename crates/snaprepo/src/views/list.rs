//! The answer of `list`: one row per snapshot.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, write_row};
use crate::{
    args::Column,
    output::{
        table::{Align, Table},
        units::{count, counted, duration},
    },
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
    /// What else could not be read: sizes lack it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
    #[serde(skip)]
    pub columns: Vec<Column>,
    /// Snapshots that a filter left out.
    #[serde(skip)]
    pub n_left_out: u64,
}

/// One snapshot.
#[derive(Debug, Default, Serialize, JsonSchema)]
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
    /// What its creator attached to it; only with details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<serde_json::Value>,
    /// Length of all its files; only with `--size`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_in_bytes: Option<u64>,
    /// Blobs that no older snapshot needs; only with `--size`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added_size_in_bytes: Option<u64>,
    /// Blobs that no other snapshot needs, which deleting it alone frees; only with `--size`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive_size_in_bytes: Option<u64>,
    /// Why its blob cannot be read; only with details, and before Elasticsearch 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl View for ListView {
    fn text(&self, layout: &Layout) -> String {
        let n_broken = self.snapshots.iter().filter(|row| row.error.is_some()).count() as u64;
        let n_shown = self.snapshots.len() as u64;
        let mut summary = match self.n_left_out {
            0 => counted(n_shown, "snapshot"),
            n => format!("{} of {}", count(n_shown), counted(n_shown + n, "snapshot")),
        };
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
        text += &layout.unreadable(&self.unreadable);
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
        let headings: Vec<(&str, Align)> = self.columns.iter().map(|column| heading(*column, &taken)).collect();
        // Names and times decide; who is narrow does without what stands behind them.
        let n_optional = self.columns.iter().rev().take_while(|column| is_optional(**column)).count();
        let mut table = Table::of(&headings).optional(n_optional);
        for row in &self.snapshots {
            table.cells(self.columns.iter().map(|column| row.cell(*column, layout)));
        }
        let error = |row: &SnapshotRow| row.error.as_ref().map(|error| format!("{}: {error}", row.snapshot));
        table.render(layout.width) + &layout.unreadable(self.snapshots.iter().filter_map(error))
    }
}

fn heading(column: Column, taken: &str) -> (&str, Align) {
    match column {
        Column::Snapshot => ("SNAPSHOT", Align::Flexible),
        Column::Uuid => ("UUID", Align::Left),
        Column::State => ("STATE", Align::Left),
        Column::Taken => (taken, Align::Left),
        Column::Took => ("TOOK", Align::Right),
        Column::Indices => ("INDICES", Align::Right),
        Column::Shards => ("SHARDS", Align::Left),
        Column::Size => ("SIZE", Align::Right),
        Column::Added => ("ADDED", Align::Right),
        Column::Exclusive => ("EXCLUSIVE", Align::Right),
        Column::Version => ("WRITTEN BY", Align::Left),
        Column::Policy => ("POLICY", Align::Flexible),
        Column::Metadata => ("METADATA", Align::Flexible),
    }
}

fn is_optional(column: Column) -> bool {
    matches!(column, Column::Shards | Column::Version | Column::Policy | Column::Metadata)
}

impl SnapshotRow {
    fn cell(&self, column: Column, layout: &Layout) -> String {
        let unknown = || "-".to_owned();
        let size = |bytes: Option<u64>| bytes.map_or_else(unknown, |bytes| layout.units.size(bytes));
        match column {
            Column::Snapshot => self.snapshot.clone(),
            Column::Uuid => self.uuid.clone(),
            Column::State => self.state_text(),
            Column::Taken => self.taken(layout),
            Column::Took => self.took(),
            Column::Indices if self.error.is_some() => unknown(),
            Column::Indices => self.n_indices.to_string(),
            Column::Shards => match (self.total_shards, self.successful_shards) {
                (Some(total), Some(done)) if total == done => total.to_string(),
                (Some(total), Some(done)) => format!("{done} of {total}"),
                _ => unknown(),
            },
            Column::Size => size(self.size_in_bytes),
            Column::Added => size(self.added_size_in_bytes),
            Column::Exclusive => size(self.exclusive_size_in_bytes),
            Column::Version => self.version.clone().unwrap_or_else(unknown),
            Column::Policy => self.policy.clone().unwrap_or_else(unknown),
            Column::Metadata => self.metadata.as_ref().map_or_else(unknown, ToString::to_string),
        }
    }

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
