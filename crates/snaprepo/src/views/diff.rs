//! The answers of `diff`: two snapshots, or a repository and its copy.

mod listing;

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, status::AmountView, verify::CauseView, write_row};
use crate::output::{
    page::RepositoryFacts,
    table::{Align, Table},
    units::{clean, count, counted},
};

pub(crate) use listing::{ListingDiffView, ListingView, UnreferencedRow};

/// Changes of a document that are shown of one index.
const MAX_SHOWN_CHANGES: usize = 20;
/// Values longer than this are cut in text.
const MAX_SHOWN_VALUE: usize = 60;
/// Blobs that could not be read, shown.
const MAX_SHOWN_UNREAD: usize = 10;

/// Two snapshots.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SnapshotDiffView {
    /// The first snapshot.
    pub before: SideView,
    /// The second snapshot.
    pub after: SideView,
    /// The repository of the second snapshot, when it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<RepositoryFacts>,
    /// Files of all indices.
    pub files: MovesView,
    /// Data streams that only the first has.
    pub data_streams_removed: Vec<String>,
    /// Data streams that only the second has.
    pub data_streams_added: Vec<String>,
    /// All indices by name.
    pub indices: Vec<IndexDiffView>,
    /// The cluster state; missing unless `--global` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global: Option<Vec<ChangeView>>,
    /// What could not be read.
    pub unreadable: Vec<String>,
    #[serde(skip)]
    pub result: &'static str,
}

/// One of two snapshots.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SideView {
    /// Name.
    pub snapshot: String,
    /// Uuid.
    pub uuid: String,
    /// State.
    pub state: &'static str,
    /// Start, RFC 3339 in UTC.
    pub start_time: String,
    /// Start, milliseconds since 1970.
    pub start_time_in_millis: i64,
}

/// How files differ. A file is the same when name, length, checksum and writer are.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub(crate) struct MovesView {
    /// Only in the second.
    pub added: AmountView,
    /// Only in the first.
    pub removed: AmountView,
    /// In both.
    pub kept: AmountView,
}

/// An index.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct IndexDiffView {
    /// Name.
    pub index: String,
    /// `added`, `removed`, `recreated` (another index of that name), `changed`, `same`; `unknown` when not everything
    /// could be compared and nothing else differs.
    pub change: &'static str,
    /// Files of its shards.
    pub files: MovesView,
    /// Documents in the first; missing where the metadata do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents_before: Option<DocumentsView>,
    /// Documents in the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents_after: Option<DocumentsView>,
    /// Settings, mappings, aliases and the rest.
    pub metadata: Vec<ChangeView>,
    /// Shards by number.
    pub shards: Vec<ShardDiffView>,
}

/// Documents as Lucene counts them: nested ones by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct DocumentsView {
    /// Those that a search can find.
    pub live: u64,
    /// Those that are deleted, and still take room.
    pub deleted: u64,
}

/// A place where two documents differ.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeView {
    /// Keys that lead there.
    pub path: Vec<String>,
    /// What the first has there; missing when it has nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// What the second has there; missing when it has nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
}

/// A shard.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ShardDiffView {
    /// Number.
    pub shard: u32,
    /// Its files.
    pub files: MovesView,
    /// What the first has: `files`, `failed`, `absent`, `remote-store`, `unknown`.
    pub before: &'static str,
    /// What the second has.
    pub after: &'static str,
    /// Documents in the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents_before: Option<DocumentsView>,
    /// Documents in the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents_after: Option<DocumentsView>,
}

impl View for SnapshotDiffView {
    fn text(&self, layout: &Layout) -> String {
        let n_of = |change| self.indices.iter().filter(|index| index.change == change).count() as u64;
        let (n_same, n_unknown) = (n_of("same"), n_of("unknown"));
        let n_other = self.indices.len() as u64 - n_same - n_unknown;
        let n_all = counted(self.indices.len() as u64, "index");
        let names = (clean(&self.before.snapshot), clean(&self.after.snapshot));
        let mut text = format!("{}: {} → {}   ", layout.paint(self.result), names.0, names.1);
        text += &if n_other > 0 { format!("{} of {n_all}", count(n_other)) } else { n_all };
        if n_unknown > 0 {
            text += &format!(", {} unknown", count(n_unknown));
        }
        if let Some(global) = self.global.as_ref().filter(|global| !global.is_empty()) {
            text += &format!(", cluster state in {}", counted(global.len() as u64, "place"));
        }
        text.push('\n');
        if self.before.uuid == self.after.uuid && self.other.is_none() {
            text += "both are the same snapshot\n";
        }
        if layout.quiet {
            return text;
        }
        if n_other + n_unknown > 0 {
            text += &format!("\n{}", self.table(layout));
        }
        for index in self.indices.iter().filter(|index| !index.metadata.is_empty()) {
            text += &format!("\n{}\n{}", clean(&index.index), shown_changes(&index.metadata));
        }
        for (word, names) in [("removed", &self.data_streams_removed), ("added", &self.data_streams_added)] {
            if !names.is_empty() {
                text += &format!("\ndata streams {word}: {}\n", clean(&names.join(", ")));
            }
        }
        if let Some(global) = self.global.as_ref().filter(|global| !global.is_empty()) {
            text += &format!("\ncluster state\n{}", shown_changes(global));
        }
        if self.global.as_ref().is_some_and(Vec::is_empty) {
            text += "\ncluster state the same\n";
        }
        text += &unreadable(layout, &self.unreadable);
        if n_same > 0 && n_other + n_unknown > 0 {
            text += &format!("\n{} the same\n", counted(n_same, "index"));
        }
        text
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        self.indices.iter().try_for_each(|row| write_row(out, row))?;
        write_row(out, &Summary { result: self.result, global: self.global.as_deref(), unreadable: &self.unreadable })
    }
}

impl SnapshotDiffView {
    fn table(&self, layout: &Layout) -> String {
        let mut table = Table::new([
            ("INDEX", Align::Flexible),
            ("CHANGE", Align::Left),
            ("ADDED", Align::Right),
            ("REMOVED", Align::Right),
            ("KEPT", Align::Right),
            ("DOCUMENTS", Align::Left),
        ])
        .optional(1);
        let amount = |amount: &AmountView| match amount.files {
            0 => "-".to_owned(),
            files => format!("{} in {}", layout.units.size(amount.size_in_bytes), counted(files, "file")),
        };
        for index in self.indices.iter().filter(|index| index.change != "same") {
            table.row([
                index.index.clone(),
                index.change.to_owned(),
                amount(&index.files.added),
                amount(&index.files.removed),
                amount(&index.files.kept),
                documents(
                    [index.documents_before, index.documents_after],
                    [index.change != "added", index.change != "removed"],
                ),
            ]);
            // One shard is its index.
            let differs = |shard: &&ShardDiffView| {
                shard.files.added.files + shard.files.removed.files > 0 || shard.before != shard.after
            };
            let shards = index.shards.iter().filter(differs);
            for shard in shards.filter(|shard| index.shards.len() > 1 || shard.before != shard.after) {
                let change = match (shard.before, shard.after) {
                    ("files", "files") => "changed".to_owned(),
                    ("absent", "files") => "added".to_owned(),
                    ("files", "absent") => "removed".to_owned(),
                    (before, after) => format!("{before} → {after}"),
                };
                table.row([
                    format!("  shard {}", shard.shard),
                    change,
                    amount(&shard.files.added),
                    amount(&shard.files.removed),
                    amount(&shard.files.kept),
                    documents(
                        [shard.documents_before, shard.documents_after],
                        [shard.before != "absent", shard.after != "absent"],
                    ),
                ]);
            }
        }
        table.render(layout.width)
    }
}

/// `is_there`: whether each side has something that has documents.
fn documents(sides: [Option<DocumentsView>; 2], is_there: [bool; 2]) -> String {
    let one = |documents: DocumentsView| match documents.deleted {
        0 => count(documents.live),
        deleted => format!("{} (+{} deleted)", count(documents.live), count(deleted)),
    };
    match (sides, is_there) {
        ([None, None], _) => "-".to_owned(),
        ([Some(before), Some(after)], _) if before == after => one(before),
        ([Some(only), None], [_, false]) | ([None, Some(only)], [false, _]) => one(only),
        ([before, after], _) => {
            let shown = |side: Option<DocumentsView>| side.map_or_else(|| "?".to_owned(), one);
            format!("{} → {}", shown(before), shown(after))
        }
    }
}

fn shown_changes(changes: &[ChangeView]) -> String {
    let mut text = String::new();
    let value = |value: &serde_json::Value| {
        let text = value.to_string();
        let cut: String = text.chars().take(MAX_SHOWN_VALUE).collect();
        if cut.len() < text.len() { format!("{cut}…") } else { cut }
    };
    for change in changes.iter().take(MAX_SHOWN_CHANGES) {
        let path = change.path.join(".");
        let line = match (&change.before, &change.after) {
            (Some(before), Some(after)) => format!("  ~ {path}: {} → {}", value(before), value(after)),
            (Some(before), None) => format!("  - {path}: {}", value(before)),
            (None, after) => format!("  + {path}: {}", after.as_ref().map(value).unwrap_or_default()),
        };
        text += &format!("{}\n", clean(&line));
    }
    if let n @ 1.. = changes.len().saturating_sub(MAX_SHOWN_CHANGES) {
        text += &format!("  and {} more (--json has all)\n", counted(n as u64, "place"));
    }
    text
}

fn unreadable(layout: &Layout, unreadable: &[String]) -> String {
    let mut text = String::new();
    for line in unreadable.iter().take(MAX_SHOWN_UNREAD) {
        text += &format!("\n{} {}", layout.paint("unreadable:"), clean(line));
    }
    if let n @ 1.. = unreadable.len().saturating_sub(MAX_SHOWN_UNREAD) {
        text += &format!("\nand {} more (--json has all)", counted(n as u64, "blob"));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// The last line of `--ndjson`.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    pub(super) result: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) global: Option<&'a [ChangeView]>,
    pub(super) unreadable: &'a [String],
}

/// A repository and what should be its copy.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RepositoryDiffView {
    /// The other repository.
    pub other: RepositoryFacts,
    /// Whether every snapshot of the first can be restored from the other one as from the first.
    pub complete: bool,
    /// How the other one was checked: `presence` (every blob is there with its length) or `content` (every byte read; the
    /// first one, too).
    pub checked: &'static str,
    /// Snapshots of the first.
    pub n_snapshots: u64,
    /// Of these, those that are the same in the other one, and as whole there.
    pub n_same: u64,
    /// Snapshots that only the other one has.
    pub n_only_in_other: u64,
    /// Each snapshot of either.
    pub snapshots: Vec<CopiedView>,
    /// Damage that was found in the other one: `snaprepo verify` tells more.
    pub other_damage: u64,
    /// Damage that was found in the first one; missing unless every byte was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_damage: Option<u64>,
    /// What could not be read.
    pub unreadable: Vec<String>,
    #[serde(skip)]
    pub result: &'static str,
    #[serde(skip)]
    pub location: String,
}

/// A snapshot in two repositories.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CopiedView {
    /// Name.
    pub snapshot: String,
    /// Uuid.
    pub uuid: String,
    /// `same`, `different`, `damaged` (the same, but not whole in the other one), `missing`, `added` (only in the other
    /// one), `unknown` (not everything could be compared).
    pub copy: &'static str,
    /// Whether the other one can restore it: `restorable`, `partly`, `not`, `unknown`; missing when it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_verdict: Option<&'static str>,
    /// What decides that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<CauseView>,
    /// How it differs; no more than a few.
    pub differences: Vec<DifferenceView>,
    /// All differences.
    pub n_differences: u64,
}

/// One thing in which a snapshot differs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DifferenceView {
    /// `facts`, `global-metadata`, `index-missing`, `index-added`, `index-metadata`, `files`.
    pub kind: &'static str,
    /// The index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The shard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<u32>,
    /// From the first repository to the other one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<MovesView>,
    /// In words.
    pub message: String,
}

impl View for RepositoryDiffView {
    fn text(&self, layout: &Layout) -> String {
        let there = clean(&self.other.location);
        let mut text = format!(
            "{}: {} of {} of {} are the same and whole in {there}",
            layout.paint(self.result),
            count(self.n_same),
            counted(self.n_snapshots, "snapshot"),
            clean(&self.location),
        );
        if self.n_only_in_other > 0 {
            text += &format!(", which has {} more", count(self.n_only_in_other));
        }
        if self.other_damage > 0 {
            text += &format!("; {} there", counted(self.other_damage, "finding"));
        }
        if let Some(n @ 1..) = self.own_damage {
            text += &format!("; {} in the first", counted(n, "finding"));
        }
        text.push('\n');
        if layout.quiet {
            return text;
        }
        if self.snapshots.iter().any(|row| row.copy != "same") {
            text += &format!("\n{}", self.table(layout));
        }
        text += &unreadable(layout, &self.unreadable);
        if self.other_damage > 0 {
            text += &format!("\n{} in {there}: snaprepo verify tells which\n", counted(self.other_damage, "finding"));
        }
        if let Some(n @ 1..) = self.own_damage {
            text += &format!("\n{} in {}: snaprepo verify tells which\n", counted(n, "finding"), clean(&self.location));
        }
        text += match self.checked {
            "content" => "\nevery byte of both was read\n",
            _ => "\nby recorded checksums; blobs are there with their lengths, not read (--verify-content)\n",
        };
        text
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        self.snapshots.iter().try_for_each(|row| write_row(out, row))?;
        write_row(out, &Summary { result: self.result, global: None, unreadable: &self.unreadable })
    }
}

impl RepositoryDiffView {
    fn table(&self, layout: &Layout) -> String {
        let mut table = Table::new([
            ("SNAPSHOT", Align::Flexible),
            ("COPY", Align::Left),
            ("RESTORABLE THERE", Align::Left),
            ("WHY", Align::Flexible),
        ])
        .optional(1);
        for row in self.snapshots.iter().filter(|row| row.copy != "same") {
            let verdict =
                row.other_verdict.map_or("-", |verdict| if verdict == "restorable" { "yes" } else { verdict });
            let mut why: Vec<&str> = row.cause.iter().map(|cause| cause.message.as_str()).collect();
            if matches!(row.copy, "missing" | "added") {
                why.push(&row.uuid);
            }
            why.extend(row.differences.iter().map(|difference| difference.message.as_str()));
            let mut why = why.join("; ");
            if let n @ 1.. = row.n_differences.saturating_sub(row.differences.len() as u64) {
                why += &format!("; and {} more", count(n));
            }
            table.row([row.snapshot.clone(), row.copy.to_owned(), verdict.to_owned(), why]);
        }
        table.render(layout.width)
    }
}
