//! The answer of `compat`: where snapshots and indices can be restored.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, write_row};
use crate::output::table::{Align, Table};

/// Whether a target restores the repository's snapshots.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CompatView {
    /// The target.
    pub target: String,
    /// Why the target cannot read the repository at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_reason: Option<String>,
    /// Pairs of snapshot and index that restore.
    pub n_yes: u64,
    /// For the text only: pairs of which it is not known, because something could not be read.
    #[serde(skip)]
    pub n_unknown: u64,
    /// All pairs.
    pub n_pairs: u64,
    /// One row per index and answer.
    pub indices: Vec<CompatRow>,
}

/// An index, with the snapshots for which one answer holds.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CompatRow {
    /// Name of the index.
    pub index: String,
    /// Product and version that created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// `yes`, `mount-or-archive`, `archive`, `no`; or `unknown` when what decides could not be read.
    pub restore: &'static str,
    /// Why not, or why only so: `repository-unreadable`, `other-product`, `taken-by-newer`, `created-by-newer`,
    /// `created-too-early`, `state` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// The same as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Snapshots.
    pub snapshots: Vec<String>,
}

impl View for CompatView {
    fn text(&self, layout: &Layout) -> String {
        let Self { target, n_yes, n_unknown, n_pairs, .. } = self;
        let unknown = if *n_unknown > 0 { format!(", {n_unknown} not known") } else { String::new() };
        let mut text = format!("restorable into {target}: {n_yes} of {n_pairs} indices in snapshots{unknown}\n");
        if let Some(reason) = self.repository_reason.as_ref().filter(|_| !layout.quiet) {
            text += &format!("{} {} cannot use this repository: {reason}\n", layout.paint("no:"), self.target);
        }
        if layout.quiet {
            return text;
        }
        let mut table = Table::new([
            ("INDEX", Align::Flexible),
            ("CREATED BY", Align::Left),
            ("RESTORE", Align::Left),
            ("SNAPSHOTS", Align::Flexible),
            ("REASON", Align::Flexible),
        ]);
        for row in &self.indices {
            let snapshots = match &row.snapshots[..] {
                [one] => one.clone(),
                [first, .., last] => format!("{} ({first} … {last})", row.snapshots.len()),
                [] => String::new(),
            };
            table.row([
                row.index.clone(),
                row.created_by.clone().unwrap_or_else(|| "-".to_owned()),
                row.restore.to_owned(),
                snapshots,
                row.reason.clone().unwrap_or_default(),
            ]);
        }
        text + &table.render(layout.width)
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        self.indices.iter().try_for_each(|row| write_row(out, row))
    }
}
