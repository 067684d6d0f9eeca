//! The answer of `diff --listing`: what lies there and does not belong, and what belongs and does not lie there.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    super::{Layout, View, verify::FindingView, write_row},
    Summary,
};
use crate::output::{
    table::{Align, Table},
    units::{clean, count, counted},
};

/// Findings that are shown.
const MAX_SHOWN: usize = 20;

/// A repository against a listing.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ListingDiffView {
    /// The listing.
    pub listing: ListingView,
    /// Data blobs that snapshots need.
    pub needed_blobs: u64,
    /// Their lengths.
    pub needed_size_in_bytes: u64,
    /// What nothing refers to, by class; missing when the repository changed meanwhile, or not everything could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreferenced: Option<Vec<UnreferencedRow>>,
    /// What is missing or damaged, as `verify --depth presence` has it.
    pub findings: Vec<FindingView>,
    /// All of these.
    pub n_findings: u64,
    /// What could not be read.
    pub unreadable: Vec<String>,
    #[serde(skip)]
    pub result: &'static str,
    #[serde(skip)]
    pub location: String,
}

/// A listing.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct ListingView {
    /// `store`, `s3-inventory`, `aws-s3-ls`, `rclone-lsf`.
    pub format: &'static str,
    /// Its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Blobs below the folder of the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blobs: Option<u64>,
    /// Their lengths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_in_bytes: Option<u64>,
    /// Blobs of the listing that lie elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere_blobs: Option<u64>,
}

/// Blobs that nothing refers to.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UnreferencedRow {
    /// As in `verify`.
    pub class: &'static str,
    /// How many.
    pub blobs: u64,
    /// Their lengths.
    pub size_in_bytes: u64,
    /// When the newest was written, milliseconds since 1970; listings of others do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_in_millis: Option<i64>,
    /// Some of them.
    pub examples: Vec<String>,
}

impl View for ListingDiffView {
    fn text(&self, layout: &Layout) -> String {
        let rows = self.unreferenced.as_deref().unwrap_or_default();
        let (n, bytes) = rows.iter().fold((0, 0), |(n, bytes), row| (n + row.blobs, bytes + row.size_in_bytes));
        let missing = match self.n_findings {
            0 => "nothing is missing".to_owned(),
            n => counted(n, "finding"),
        };
        let stray = match n {
            _ if self.unreferenced.is_none() => "what does not belong is not known".to_owned(),
            0 => "nothing is too much".to_owned(),
            n => format!("{} in {} too much", layout.units.size(bytes), counted(n, "blob")),
        };
        let mut text = format!("{}: {missing}, {stray}\n", layout.paint(self.result));
        if layout.quiet {
            return text;
        }
        if !rows.is_empty() {
            let mut table = Table::new([
                ("NOTHING REFERS TO", Align::Left),
                ("BLOBS", Align::Right),
                ("SIZE", Align::Right),
                ("SUCH AS", Align::Flexible),
            ]);
            for row in rows {
                let example = row.examples.first().cloned().unwrap_or_default();
                table.row([row.class.to_owned(), count(row.blobs), layout.units.size(row.size_in_bytes), example]);
            }
            text += &format!("\n{}", table.render(layout.width));
        }
        for finding in self.findings.iter().take(MAX_SHOWN) {
            let blob = finding.blob.as_deref().unwrap_or_default();
            let line = format!("{}: {blob}: {}", finding.kind, finding.message);
            text += &format!("\n{} {}", layout.paint(finding.severity), clean(&line));
        }
        if let n @ 1.. = self.n_findings.saturating_sub(self.findings.len().min(MAX_SHOWN) as u64) {
            text += &format!("\nand {}: snaprepo verify {}", counted(n, "more finding"), clean(&self.location));
        }
        for unreadable in self.unreadable.iter().take(MAX_SHOWN) {
            text += &format!("\n{} {}", layout.paint("unreadable:"), clean(unreadable));
        }
        if !self.findings.is_empty() || !self.unreadable.is_empty() {
            text.push('\n');
        }
        text += &self.source(layout);
        text
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        self.unreferenced.iter().flatten().try_for_each(|row| write_row(out, row))?;
        self.findings.iter().try_for_each(|row| write_row(out, row))?;
        write_row(out, &Summary { result: self.result, global: None, unreadable: &self.unreadable })
    }
}

impl ListingDiffView {
    fn source(&self, layout: &Layout) -> String {
        let ListingView { file: Some(file), blobs, size_in_bytes, elsewhere_blobs, format } = &self.listing else {
            return String::new();
        };
        let mut text = format!(
            "\n{} ({format}): {} in {} of this repository",
            clean(file),
            layout.units.size(size_in_bytes.unwrap_or(0)),
            counted(blobs.unwrap_or(0), "blob"),
        );
        if let Some(n @ 1..) = elsewhere_blobs {
            text += &format!(", {} elsewhere", count(*n));
        }
        text + "; what it lacks was asked for by name\n"
    }
}
