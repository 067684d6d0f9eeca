//! The answer of `status`: files and bytes.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, show::ShareView, write_row};
use crate::output::{
    table::{Align, Table},
    units::{count, counted},
};

/// Files and their lengths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct AmountView {
    /// Files, not parts.
    pub files: u64,
    /// Their full lengths.
    pub size_in_bytes: u64,
}

impl From<snaprepo_core::status::Amount> for AmountView {
    fn from(amount: snaprepo_core::status::Amount) -> Self {
        Self { files: amount.files, size_in_bytes: amount.bytes }
    }
}

/// Snapshots in numbers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StatusView {
    /// The snapshots.
    pub snapshots: Vec<SnapshotStatusView>,
    /// What could not be read: the numbers lack it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// A snapshot in numbers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SnapshotStatusView {
    /// Name.
    pub snapshot: String,
    /// Uuid.
    pub uuid: String,
    /// State.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// What it added when it was taken; missing when only totals were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incremental: Option<AmountView>,
    /// What it has.
    pub total: AmountView,
    /// Its indices; empty when only totals were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indices: Vec<IndexStatusView>,
}

/// An index of a snapshot in numbers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct IndexStatusView {
    /// Name.
    pub index: String,
    /// What the snapshot added.
    pub incremental: AmountView,
    /// What it has.
    pub total: AmountView,
    /// Shards in order.
    pub shards: Vec<ShardStatusView>,
    /// What the snapshot alone has of it; only of `ls --size`.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub share: Option<ShareView>,
    /// Why the number of shards is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A shard of a snapshot in numbers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ShardStatusView {
    /// Number.
    pub shard: u32,
    /// `done`, `failed`, `unreadable`, `remote` (its files are in a remote store).
    pub stage: &'static str,
    /// What the snapshot added.
    pub incremental: AmountView,
    /// What it has.
    pub total: AmountView,
    /// Segments.
    pub segments: u64,
    /// Why it failed or cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl View for StatusView {
    fn text(&self, layout: &Layout) -> String {
        let mut text = String::new();
        let with_indices = self.snapshots.iter().any(|snapshot| !snapshot.indices.is_empty());
        if with_indices && !layout.quiet {
            for snapshot in &self.snapshots {
                text += &snapshot.table(layout);
            }
        } else if !layout.quiet {
            text += &self.summary(layout);
        }
        text += &layout.unreadable(&self.unreadable);
        if text.is_empty() || layout.quiet {
            let total = self.snapshots.iter().fold(0_u64, |sum, s| sum.saturating_add(s.total.size_in_bytes));
            text +=
                &format!("{}, {} in all\n", counted(self.snapshots.len() as u64, "snapshot"), layout.units.size(total));
        }
        text
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        self.snapshots.iter().try_for_each(|row| write_row(out, row))
    }
}

impl StatusView {
    fn summary(&self, layout: &Layout) -> String {
        let incremental = self.snapshots.iter().any(|snapshot| snapshot.incremental.is_some());
        let name = |snapshot: &SnapshotStatusView| snapshot.snapshot.clone();
        let state = |snapshot: &SnapshotStatusView| snapshot.state.unwrap_or("-").to_owned();
        if !incremental {
            let mut table = Table::new([
                ("SNAPSHOT", Align::Flexible),
                ("STATE", Align::Left),
                ("FILES", Align::Right),
                ("SIZE", Align::Right),
            ]);
            for row in &self.snapshots {
                // What could not be read is missing in every sum: a bare number would be a lie.
                let least = if self.unreadable.is_empty() { "" } else { ">= " };
                let size = format!("{least}{}", layout.units.size(row.total.size_in_bytes));
                table.row([name(row), state(row), format!("{least}{}", count(row.total.files)), size]);
            }
            return table.render(layout.width);
        }
        let mut table = Table::new([
            ("SNAPSHOT", Align::Flexible),
            ("STATE", Align::Left),
            ("ADDED FILES", Align::Right),
            ("ADDED SIZE", Align::Right),
            ("FILES", Align::Right),
            ("SIZE", Align::Right),
        ]);
        for row in &self.snapshots {
            let added = row.incremental.unwrap_or_default();
            table.row([
                name(row),
                state(row),
                count(added.files),
                layout.units.size(added.size_in_bytes),
                count(row.total.files),
                layout.units.size(row.total.size_in_bytes),
            ]);
        }
        table.render(layout.width)
    }
}

impl SnapshotStatusView {
    fn table(&self, layout: &Layout) -> String {
        let added = self.incremental.unwrap_or_default();
        let mut text = format!(
            "{} · {} · {} in {} · added {} in {}\n",
            self.snapshot,
            layout.paint(self.state.unwrap_or("state unknown")),
            layout.units.size(self.total.size_in_bytes),
            counted(self.total.files, "file"),
            layout.units.size(added.size_in_bytes),
            counted(added.files, "file"),
        );
        let mut table = Table::new([
            ("INDEX", Align::Flexible),
            ("SHARD", Align::Right),
            ("STAGE", Align::Left),
            ("ADDED FILES", Align::Right),
            ("ADDED SIZE", Align::Right),
            ("FILES", Align::Right),
            ("SIZE", Align::Right),
        ]);
        for index in &self.indices {
            text += &layout.unreadable(index.error.iter().map(|error| format!("{}: {error}", index.index)));
            for shard in &index.shards {
                table.row([
                    index.index.clone(),
                    shard.shard.to_string(),
                    shard.stage.to_owned(),
                    count(shard.incremental.files),
                    layout.units.size(shard.incremental.size_in_bytes),
                    count(shard.total.files),
                    layout.units.size(shard.total.size_in_bytes),
                ]);
            }
        }
        text += &table.render(layout.width);
        for index in &self.indices {
            for shard in index.shards.iter().filter(|shard| shard.reason.is_some()) {
                let reason = shard.reason.as_deref().unwrap_or("");
                text += &format!("{} {} shard {}: {reason}\n", shard.stage, index.index, shard.shard);
            }
        }
        text
    }
}
