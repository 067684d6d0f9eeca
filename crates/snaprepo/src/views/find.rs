//! The answer of `find`: which snapshots hold an index.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, write_row};
use crate::output::{
    table::{Align, Table},
    units::counted,
};

/// Every place where a matching index is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FindView {
    /// One row per index and snapshot.
    pub matches: Vec<FindRow>,
}

/// An index in a snapshot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FindRow {
    /// Name of the index.
    pub index: String,
    /// Name of the snapshot.
    pub snapshot: String,
    /// Uuid of the snapshot.
    pub snapshot_uuid: String,
    /// State of the snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// Start of the snapshot, milliseconds since 1970, where the root tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time_in_millis: Option<i64>,
    /// Folder of the index below `indices`.
    pub index_id: String,
    /// Uuid of the index: another uuid is another index of the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_uuid: Option<String>,
    /// Product and version that created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Shards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_shards: Option<u32>,
    /// Lengths of its files in this snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_in_bytes: Option<u64>,
    /// What cannot be read of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl View for FindView {
    fn text(&self, layout: &Layout) -> String {
        let summary = format!("{}\n", counted(self.matches.len() as u64, "match").replace("matchs", "matches"));
        if layout.quiet || self.matches.is_empty() {
            return summary;
        }
        let taken = format!("TAKEN ({})", layout.units.zone_name());
        let mut table = Table::new([
            ("INDEX", Align::Flexible),
            ("SNAPSHOT", Align::Flexible),
            ("STATE", Align::Left),
            (&taken, Align::Left),
            ("SHARDS", Align::Right),
            ("SIZE", Align::Right),
            ("CREATED BY", Align::Left),
            ("INDEX UUID", Align::Left),
        ])
        .optional(4);
        let dash = || "-".to_owned();
        for row in &self.matches {
            table.row([
                row.index.clone(),
                row.snapshot.clone(),
                row.state.map_or_else(dash, str::to_owned),
                row.start_time_in_millis.map_or_else(dash, |millis| layout.units.time(millis)),
                row.n_shards.map_or_else(dash, |n| n.to_string()),
                row.size_in_bytes.map_or_else(dash, |bytes| layout.units.size(bytes)),
                row.created_by.clone().unwrap_or_else(dash),
                row.index_uuid.clone().unwrap_or_else(dash),
            ]);
        }
        let mut text = table.render(layout.width);
        let error =
            |row: &FindRow| row.error.as_ref().map(|error| format!("{} in {}: {error}", row.index, row.snapshot));
        text += &layout.unreadable(self.matches.iter().filter_map(error));
        text + &summary
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        self.matches.iter().try_for_each(|row| write_row(out, row))
    }
}
