//! The answer of `du`: what takes how much room.

mod stored;

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, facts, write_row};
use crate::{
    output::{
        table::{Align, Table},
        units::{count, counted},
    },
    prices::Cost,
};

pub(crate) use stored::{BesideView, StoredClassRow};

/// Indices shown of what would be freed; JSON has all.
const MAX_FREED_SHOWN: usize = 20;

/// Room in numbers.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DuView {
    /// All blobs below the base path, and shards beside it.
    pub blobs: u64,
    /// Their lengths.
    pub size_in_bytes: u64,
    /// What something refers to, by what it is for.
    pub kinds: Vec<KindRow>,
    /// What nothing refers to, by class (`docs/format.md`, *Liveness*).
    pub unreferenced: Vec<ClassRow>,
    /// Files of all snapshots: one that several have counts for each.
    pub logical_files: u64,
    /// Their lengths.
    pub logical_size_in_bytes: u64,
    /// Average length of a data blob.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_data_blob_in_bytes: Option<u64>,
    /// Whether there are so many small data blobs that requests cost more than bytes.
    pub many_small_blobs: bool,
    /// Blobs that snapshots need and that are not there: `verify` names them.
    pub missing_blobs: u64,
    /// Shards of snapshots whose files lie in a remote store, once for every snapshot: no number here has these files.
    pub remote_store_shards: u64,
    /// With `--classes`: blobs below the base path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<StoredClassRow>,
    /// With `--versions`: what the bucket keeps beside them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<BesideView>,
    /// What `rows` are of: `snapshot`, `index`, `data-stream`, `policy`, `age`, `month`, `shard`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<&'static str>,
    /// With `--by`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<DuRow>,
    /// With `--free`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free: Option<FreeView>,
    /// With `--prices`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// What could not be read: the numbers lack it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// Blobs of a kind.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KindRow {
    /// `data`, `shard-metadata`, `index-metadata`, `snapshot-metadata`, `root`.
    pub kind: &'static str,
    /// How many.
    pub blobs: u64,
    /// Their lengths.
    pub size_in_bytes: u64,
}

/// Blobs that nothing refers to.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ClassRow {
    /// As in `verify`.
    pub class: &'static str,
    /// How many.
    pub blobs: u64,
    /// Their lengths.
    pub size_in_bytes: u64,
    /// When the oldest was written, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_in_millis: Option<i64>,
    /// When the newest was written, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_in_millis: Option<i64>,
}

/// One of what `--by` asks for.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct DuRow {
    /// Its name.
    pub name: String,
    /// Snapshots of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshots: Option<u64>,
    /// Shards of the index or data stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards: Option<u64>,
    /// Files: one that several snapshots have counts for each.
    pub logical_files: u64,
    /// Their lengths.
    pub logical_size_in_bytes: u64,
    /// Blobs that it needs, each once.
    pub blobs: u64,
    /// Their lengths.
    pub size_in_bytes: u64,
    /// Of these, what no older snapshot outside of the group needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added_size_in_bytes: Option<u64>,
    /// Of these, what no other snapshot needs: deleting the group frees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive_size_in_bytes: Option<u64>,
    /// How many blobs these are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive_blobs: Option<u64>,
    /// Blobs in the folders of the index that nothing refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreferenced_size_in_bytes: Option<u64>,
}

impl DuRow {
    /// Adds another index of the same data stream.
    pub(crate) fn add(&mut self, other: &Self) {
        let sum = |a: Option<u64>, b: Option<u64>| a.zip(b).map(|(a, b)| a.saturating_add(b));
        self.shards = sum(self.shards, other.shards);
        self.logical_files += other.logical_files;
        self.logical_size_in_bytes += other.logical_size_in_bytes;
        self.blobs += other.blobs;
        self.size_in_bytes += other.size_in_bytes;
        self.unreferenced_size_in_bytes = sum(self.unreferenced_size_in_bytes, other.unreferenced_size_in_bytes);
    }
}

/// What deleting snapshots together would free.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FreeView {
    /// The snapshots.
    pub snapshots: Vec<String>,
    /// Blobs that only they need.
    pub blobs: u64,
    /// Their lengths: what is freed.
    pub size_in_bytes: u64,
    /// Roots and file tables that a deletion writes anew: new ones, a little shorter, take their place.
    pub replaced_blobs: u64,
    /// Their lengths, before.
    pub replaced_size_in_bytes: u64,
    /// By index, those that free most first.
    pub indices: Vec<FreedIndex>,
}

/// What is freed of one index.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FreedIndex {
    /// Its name.
    pub index: String,
    /// Blobs.
    pub blobs: u64,
    /// Their lengths.
    pub size_in_bytes: u64,
    /// Whether no other snapshot holds the index.
    pub goes: bool,
}

/// The last line of `--ndjson` with `--by`, where more than rows was asked for.
#[derive(Debug, Serialize)]
struct Answers<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    free: Option<&'a FreeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<&'a Cost>,
}

impl View for DuView {
    fn text(&self, layout: &Layout) -> String {
        let size = |bytes| layout.units.size(bytes);
        let waste: u64 = self.unreferenced.iter().map(|class| class.size_in_bytes).sum();
        let mut summary = format!("{} in {}", size(self.size_in_bytes), counted(self.blobs, "blob"));
        if waste > 0 {
            summary += &format!(", {} of it referred to by nothing", size(waste));
        }
        if let Some(free) = &self.free {
            let of = counted(free.snapshots.len() as u64, "snapshot");
            summary = format!("deleting {of} frees {} in {}", size(free.size_in_bytes), counted(free.blobs, "blob"));
        }
        summary.push('\n');
        if layout.quiet {
            return summary;
        }
        let mut text = String::new();
        if self.by.is_none() && self.free.is_none() {
            text += &self.kinds(layout);
            text.push('\n');
            text += &self.facts(layout);
        }
        if !self.rows.is_empty() {
            text += &self.rows(layout);
        }
        if !self.classes.is_empty() {
            text += &format!("\n{}", stored::classes(&self.classes, layout));
        }
        if let Some(beside) = &self.beside {
            text += &format!("\n{}", stored::beside(beside, layout));
        }
        if let Some(free) = &self.free {
            if !text.is_empty() {
                text.push('\n');
            }
            text += &free.text(layout);
        }
        if let Some(cost) = &self.cost {
            text.push('\n');
            text += &cost_text(cost);
        }
        if self.remote_store_shards > 0 {
            let shards = counted(self.remote_store_shards, "shard");
            text +=
                &format!("files of {shards} lie in a remote store, outside of the repository: no number has them\n");
        }
        text += &layout.unreadable(&self.unreadable);
        if self.missing_blobs > 0 {
            text += &format!(
                "{} {} missing: snaprepo verify says which\n",
                layout.paint("damaged:"),
                if self.missing_blobs == 1 {
                    "1 blob is".to_owned()
                } else {
                    format!("{} blobs are", count(self.missing_blobs))
                }
            );
        }
        text + &summary
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.by.is_none() {
            return write_row(out, self);
        }
        self.rows.iter().try_for_each(|row| write_row(out, row))?;
        match (&self.free, &self.cost) {
            (None, None) => Ok(()),
            (free, cost) => write_row(out, &Answers { free: free.as_ref(), cost: cost.as_ref() }),
        }
    }
}

impl DuView {
    fn kinds(&self, layout: &Layout) -> String {
        let mut table = Table::new([
            ("WHAT", Align::Left),
            ("BLOBS", Align::Right),
            ("SIZE", Align::Right),
            ("SHARE", Align::Right),
            ("WRITTEN", Align::Left),
        ])
        .optional(1);
        let total = self.size_in_bytes;
        let mut row = |what: &str, blobs, bytes, written: String| {
            table.row([what.to_owned(), count(blobs), layout.units.size(bytes), share(bytes, total), written]);
        };
        for kind in &self.kinds {
            row(&kind.kind.replace('-', " "), kind.blobs, kind.size_in_bytes, String::new());
        }
        for class in &self.unreferenced {
            let written = match (class.oldest_in_millis, class.newest_in_millis) {
                (Some(oldest), Some(newest)) if oldest == newest => layout.units.time(newest),
                (Some(oldest), Some(newest)) => {
                    format!("{} to {}", layout.units.time(oldest), layout.units.time(newest))
                }
                _ => String::new(),
            };
            let what =
                if class.class == "foreign" { "foreign".to_owned() } else { format!("unreferenced: {}", class.class) };
            row(&what, class.blobs, class.size_in_bytes, written);
        }
        table.render(layout.width)
    }

    fn facts(&self, layout: &Layout) -> String {
        let data = self.kinds.iter().find(|kind| kind.kind == "data").map_or(0, |kind| kind.size_in_bytes);
        let ratio = if data == 0 {
            String::new()
        } else {
            let tenths = u128::from(self.logical_size_in_bytes) * 10 / u128::from(data);
            format!("{}.{} times the data that is kept", tenths / 10, tenths % 10)
        };
        let small = if self.many_small_blobs { ": requests cost more than bytes here" } else { "" };
        facts(&[
            (
                "in snapshots",
                format!("{} in {}", layout.units.size(self.logical_size_in_bytes), counted(self.logical_files, "file")),
            ),
            ("shared", ratio),
            (
                "data blobs",
                self.average_data_blob_in_bytes
                    .map_or(String::new(), |average| format!("{} on average{small}", layout.units.size(average))),
            ),
        ])
    }

    fn rows(&self, layout: &Layout) -> String {
        let by = self.by.unwrap_or("what");
        let heading = by.replace('-', " ").to_uppercase();
        let mut table = Table::new([
            (&heading, Align::Flexible),
            ("SNAPSHOTS", Align::Right),
            ("SHARDS", Align::Right),
            ("LOGICAL", Align::Right),
            ("SIZE", Align::Right),
            ("ADDED", Align::Right),
            ("EXCLUSIVE", Align::Right),
            ("UNREFERENCED", Align::Right),
        ]);
        let size = |bytes: Option<u64>| bytes.map_or_else(String::new, |bytes| layout.units.size(bytes));
        let number = |n: Option<u64>| n.map_or_else(String::new, count);
        for row in &self.rows {
            table.row([
                row.name.clone(),
                number(row.snapshots),
                number(row.shards),
                layout.units.size(row.logical_size_in_bytes),
                layout.units.size(row.size_in_bytes),
                size(row.added_size_in_bytes),
                size(row.exclusive_size_in_bytes),
                size(row.unreferenced_size_in_bytes),
            ]);
        }
        let absent = |of: fn(&DuRow) -> bool| !self.rows.iter().any(of);
        for (column, is_absent) in [
            ("SNAPSHOTS", absent(|row| row.snapshots.is_some())),
            ("SHARDS", absent(|row| row.shards.is_some())),
            ("ADDED", absent(|row| row.added_size_in_bytes.is_some())),
            ("EXCLUSIVE", absent(|row| row.exclusive_size_in_bytes.is_some())),
            ("UNREFERENCED", absent(|row| row.unreferenced_size_in_bytes.is_some_and(|bytes| bytes > 0))),
        ] {
            if is_absent {
                table = table.without(column);
            }
        }
        table.render(layout.width)
    }
}

impl FreeView {
    fn text(&self, layout: &Layout) -> String {
        let mut table = Table::new([
            ("FREED OF INDEX", Align::Flexible),
            ("BLOBS", Align::Right),
            ("SIZE", Align::Right),
            ("", Align::Left),
        ]);
        for index in self.indices.iter().take(MAX_FREED_SHOWN) {
            let goes = if index.goes { "in no other snapshot" } else { "" };
            table.row([
                index.index.clone(),
                count(index.blobs),
                layout.units.size(index.size_in_bytes),
                goes.to_owned(),
            ]);
        }
        let mut text = table.render(layout.width);
        if let n @ 1.. = self.indices.len().saturating_sub(MAX_FREED_SHOWN) {
            text += &format!("and {} more (--json has all)\n", counted(n as u64, "index"));
        }
        text += &format!(
            "written anew besides: {} of roots and file tables, {}\n",
            counted(self.replaced_blobs, "blob"),
            layout.units.size(self.replaced_size_in_bytes)
        );
        text
    }
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn cost_text(cost: &Cost) -> String {
    let money = |amount: f64| format!("{amount:.2} {}", cost.currency);
    facts(&[
        ("keeping, a month", money(cost.keep_month)),
        ("copying out", money(cost.copy_out)),
        ("deleting", cost.delete.map_or(String::new(), money)),
        ("saved, a month", cost.saved_month.map_or(String::new(), money)),
    ])
}
