//! The answer of `gc`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Layout, View,
    change::{Deed, RefusalRow, is_zero, refused},
    facts,
};
use crate::output::{
    table::{Align, Table},
    units::{count, counted},
};

/// What a collection takes, or has taken.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct GcView {
    /// How far it came.
    #[serde(flatten)]
    pub deed: Deed,
    /// Blobs that are deleted.
    pub blobs: u64,
    /// Their bytes.
    pub size_in_bytes: u64,
    /// Shard tables that are written anew, without names that the root does not have.
    #[serde(skip_serializing_if = "is_zero")]
    pub tables: u64,
    /// What was found of each class.
    pub classes: Vec<GcClassRow>,
    /// Why it is not done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<RefusalRow>,
}

/// What was found of a class.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GcClassRow {
    /// The class.
    pub class: &'static str,
    /// Blobs that are deleted.
    pub blobs: u64,
    /// Their bytes.
    pub size_in_bytes: u64,
    /// Blobs that stay: too young, of a class that was not asked for, or never deleted.
    pub kept_blobs: u64,
    /// Their bytes.
    pub kept_size_in_bytes: u64,
}

impl View for GcView {
    fn text(&self, layout: &Layout) -> String {
        let (blobs, size) = (counted(self.blobs, "blob"), layout.units.size(self.size_in_bytes));
        let mut text = if !self.refusals.is_empty() {
            format!("{} to collect: {}\n", layout.paint("not safe"), counted(self.refusals.len() as u64, "reason"))
        } else if self.deed.done {
            format!("collected {blobs}: freed {size}\n")
        } else if self.blobs == 0 {
            "nothing to collect\n".to_owned()
        } else {
            format!("would collect {blobs}: frees {size}\n")
        };
        if layout.quiet {
            return text;
        }
        text += &refused(&self.refusals);
        if !self.classes.is_empty() {
            let mut table = Table::new([
                ("CLASS", Align::Left),
                ("BLOBS", Align::Right),
                ("SIZE", Align::Right),
                ("STAY", Align::Right),
                ("SIZE", Align::Right),
            ]);
            for row in &self.classes {
                table.row([
                    row.class.to_owned(),
                    count(row.blobs),
                    layout.units.size(row.size_in_bytes),
                    count(row.kept_blobs),
                    layout.units.size(row.kept_size_in_bytes),
                ]);
            }
            text += &table.render(layout.width);
        }
        let tables = if self.tables == 0 { String::new() } else { format!("{} written anew", count(self.tables)) };
        let mut all = vec![("  shard tables", tables)];
        all.extend(self.deed.places());
        text += &facts(&all);
        text += &self.deed.ending(layout);
        text
    }
}
