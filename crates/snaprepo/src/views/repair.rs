//! The answer of `repair`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Layout, View,
    change::{Deed, RefusalRow, refused},
    facts, write_row,
};
use crate::output::units::{clean, count, counted};

/// Repairs in the text.
const MAX_REPAIRS: usize = 40;

/// What is put right, and what is left alone.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct RepairView {
    /// How far it came.
    #[serde(flatten)]
    pub deed: Deed,
    /// What is wrong, in the order of the parts.
    pub repairs: Vec<RepairRow>,
    /// Of these, how many are put right.
    pub n_repaired: u64,
    /// Of these, how many are left alone.
    pub n_left: u64,
    /// Shard tables that are written.
    pub tables: u64,
    /// Generation of the root before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Generation of the root that is written; that of the root before when none is.
    pub next_generation: u64,
    /// What a lost root is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovered: Option<RecoveredRow>,
    /// Why it is not done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<RefusalRow>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RepairRow {
    /// Which part: root, references, shard-paths, shard-tables, dead-names, latest.
    pub part: &'static str,
    /// The blob or folder that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What is wrong, and what is done about it.
    pub message: String,
    /// Why it is left alone, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_because: Option<String>,
}

/// What a lost root is made of.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RecoveredRow {
    /// Snapshots that it lists again.
    pub snapshots: u64,
    /// Indices that it lists again.
    pub indices: u64,
    /// Whether the repository gets a new uuid, because nobody knows the old one.
    pub has_new_uuid: bool,
}

impl RepairView {
    fn headline(&self, layout: &Layout) -> String {
        let left = match self.n_left {
            0 => String::new(),
            n => format!(", {} left alone", count(n)),
        };
        let things = counted(self.n_repaired, "thing");
        if !self.refusals.is_empty() {
            let reasons = counted(self.refusals.len() as u64, "reason");
            return format!("{} to repair: {reasons}\n", layout.paint("not safe"));
        }
        if let Some(RecoveredRow { snapshots, indices, .. }) = &self.recovered {
            let verb = if self.deed.done { "rebuilt" } else { "would rebuild" };
            let (snapshots, indices) = (counted(*snapshots, "snapshot"), counted(*indices, "index"));
            let indices = indices.replace("indexs", "indices");
            return format!("{verb} the root as generation {}: {snapshots}, {indices}{left}\n", self.next_generation);
        }
        match (self.n_repaired, self.n_left) {
            (0, 0) => "nothing to repair\n".to_owned(),
            (0, n) => format!("nothing that could be repaired: {} left alone\n", counted(n, "thing")),
            _ if self.deed.done => format!("repaired {things}{left}\n"),
            _ => format!("would repair {things}{left}\n"),
        }
    }
}

impl View for RepairView {
    fn text(&self, layout: &Layout) -> String {
        let mut text = self.headline(layout);
        if layout.quiet {
            return text;
        }
        text += &refused(&self.refusals);
        for row in self.repairs.iter().take(MAX_REPAIRS) {
            let because = row.left_because.as_ref().map_or(String::new(), |why| format!("; left alone: {why}"));
            text += &format!("  {:<12}  {}\n", row.part, clean(&format!("{}{because}", row.message)));
            if let Some(path) = &row.path {
                text += &format!("  {:<12}    {}\n", "", clean(path));
            }
        }
        if let more @ 1.. = self.repairs.len().saturating_sub(MAX_REPAIRS) {
            text += &format!("  and {more} more; --json has all\n");
        }
        if self.recovered.as_ref().is_some_and(|recovered| recovered.has_new_uuid) {
            text += "note: the repository gets a new uuid: mounted searchable snapshots find it by its name only\n";
        }
        if self.refusals.is_empty() && self.n_repaired > 0 || self.recovered.is_some() {
            let root = match self.generation {
                Some(generation) if generation == self.next_generation => String::new(),
                Some(generation) => format!("{generation} → {}", self.next_generation),
                None => format!("none → {}", self.next_generation),
            };
            let tables = if self.tables == 0 { String::new() } else { format!("{} written", count(self.tables)) };
            let mut all = vec![("  root", root), ("  shard tables", tables)];
            all.extend(self.deed.places());
            text += &facts(&all);
        }
        text += &self.deed.ending(layout);
        text
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        self.repairs.iter().try_for_each(|row| write_row(out, row))
    }
}
