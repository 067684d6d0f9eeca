//! The answer of `discover`: the repositories below a folder.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, write_row};
use crate::output::{
    table::{Align, Table},
    units::{clean, count},
};

/// What was come across.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DiscoverView {
    /// One row for each folder that looks like a repository.
    pub repositories: Vec<DiscoverRow>,
    /// Folders that could not be looked into, and why.
    pub unlisted: Vec<String>,
}

/// A repository.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct DiscoverRow {
    /// Its location, as other verbs take it.
    pub location: String,
    /// Product and version that wrote the newest snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Root generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Identity of the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Number of snapshots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_snapshots: Option<u64>,
    /// Number of indices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_indices: Option<u64>,
    /// Start of the newest snapshot, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_in_millis: Option<i64>,
    /// Why it does not open, what is wrong with its newest root, or why its newest snapshot cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl View for DiscoverView {
    fn text(&self, layout: &Layout) -> String {
        let n = self.repositories.len() as u64;
        let summary = match n {
            0 => "no repository found\n".to_owned(),
            1 => "1 repository\n".to_owned(),
            n => format!("{} repositories\n", count(n)),
        };
        let newest = format!("NEWEST ({})", layout.units.zone_name());
        let mut table = Table::new([
            ("SNAPSHOTS", Align::Right),
            (&newest, Align::Left),
            ("LAST WRITER", Align::Left),
            ("GENERATION", Align::Right),
            // Never cut, whatever the terminal: it is what the next command needs.
            ("LOCATION", Align::Left),
        ]);
        let dash = || "-".to_owned();
        for row in &self.repositories {
            table.row([
                row.n_snapshots.map_or_else(dash, count),
                row.newest_in_millis.map_or_else(dash, |millis| layout.units.time(millis)),
                row.product.clone().unwrap_or_else(dash),
                row.generation.map_or_else(dash, |generation| generation.to_string()),
                row.location.clone(),
            ]);
        }
        let mut text = String::new();
        if !layout.quiet {
            if n > 0 {
                text += &table.render(layout.width);
            }
            for row in self.repositories.iter().filter(|row| row.error.is_some()) {
                let error = row.error.as_deref().unwrap_or_default();
                text += &format!("{} {}: {}\n", layout.paint("unreadable"), clean(&row.location), clean(error));
            }
            for folder in &self.unlisted {
                text += &format!("not looked into: {}\n", clean(folder));
            }
        }
        text + &summary
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        self.repositories.iter().try_for_each(|row| write_row(out, row))
    }
}
