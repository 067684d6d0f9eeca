//! The answers of the verbs that change a repository.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, facts, write_row};
use crate::output::{
    table::{Align, Table},
    units::{clean, count, counted},
};

/// Rows of indices in the text.
const MAX_INDICES: usize = 10;
/// Refusals in the text.
const MAX_REFUSALS: usize = 20;

/// How far a change came, and where it is written down.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Deed {
    /// Whether it was done, as far as `blobs_left` says.
    pub done: bool,
    /// Blobs that could not be deleted; the repository does not need them.
    #[serde(skip_serializing_if = "is_zero")]
    pub blobs_left: u64,
    /// Some of them, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// Blobs that the store retains (object lock); the repository does not need them.
    #[serde(skip_serializing_if = "is_zero")]
    pub blobs_retained: u64,
    /// Folder or URL of the journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
    /// Where the blobs were put before they were deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<String>,
    /// File of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// Whether the store does not refuse to overwrite: then another writer would not be noticed in between.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub store_overwrites: bool,
    /// For the text only: what to type next.
    #[serde(skip)]
    pub next: Option<String>,
}

impl Deed {
    /// Where it is written down.
    pub(super) fn places(&self) -> [(&'static str, String); 3] {
        [
            ("  plan", self.plan.clone().unwrap_or_default()),
            ("  journal", self.journal.clone().unwrap_or_default()),
            ("  quarantine", self.quarantine.clone().unwrap_or_default()),
        ]
    }

    /// What is left to know, and to do.
    pub(super) fn ending(&self, layout: &Layout) -> String {
        let mut text = String::new();
        for left in &self.left {
            text += &format!("{} {}\n", layout.paint("not deleted:"), clean(left));
        }
        if self.blobs_left > self.left.len() as u64 {
            text += &format!("{} could not be deleted\n", counted(self.blobs_left, "blob"));
        }
        if self.blobs_retained > 0 {
            let retained = counted(self.blobs_retained, "blob");
            text += &format!(
                "{retained} retained by the store (object lock): gc collects what is left when that has ended\n"
            );
        }
        if self.store_overwrites {
            text += "note: this store does not refuse to overwrite: another writer at the same moment is not noticed\n";
        }
        if let Some(next) = &self.next {
            text += &format!("{}\n", clean(next));
        }
        text
    }
}

/// What a change does, or has done.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct ChangeView {
    /// How far it came.
    #[serde(flatten)]
    pub deed: Deed,
    /// Snapshots that go.
    pub snapshots: Vec<String>,
    /// Snapshots that stay.
    pub n_kept: u64,
    /// Blobs that are deleted.
    pub blobs: u64,
    /// Their bytes.
    pub size_in_bytes: u64,
    /// Shard tables that are written anew.
    pub tables: u64,
    /// Generation of the root before.
    pub generation: u64,
    /// Generation of the root that is written.
    pub next_generation: u64,
    /// What goes of each index, most bytes first.
    pub indices: Vec<ChangedIndex>,
    /// Blobs of names that no repository gives, in folders that go: they stay.
    pub foreign_blobs: u64,
    /// Why it is not done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<RefusalRow>,
    /// What is damaged and stays as it is, with everything in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_alone: Vec<LeftRow>,
    /// Whether a plan that was made to put something right is carried out. For the text only.
    #[serde(skip)]
    pub mends: bool,
    /// Whether no root is written. For the text only.
    #[serde(skip)]
    pub keeps_root: bool,
    /// Why each snapshot stays or goes, where that was asked for; oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<ExplainedRow>,
}

/// Something that is damaged and stays as it is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LeftRow {
    /// The blob or folder.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

/// Why a snapshot stays or goes.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ExplainedRow {
    /// Name.
    pub snapshot: String,
    /// Start, in milliseconds since 1970, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_in_millis: Option<i64>,
    /// State, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// The policy that took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Whether it stays.
    pub keeps: bool,
    /// Why (docs/guides/retention.md).
    pub reason: &'static str,
}

/// What goes of an index.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChangedIndex {
    /// Name.
    pub index: String,
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub size_in_bytes: u64,
    /// Whether no snapshot holds it any more.
    pub goes: bool,
}

/// Why a change is not done.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RefusalRow {
    /// Which reason (docs/safety.md).
    pub why: &'static str,
    /// The blob or folder that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// In words.
    pub message: String,
    /// The option that lets one go on all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unless: Option<&'static str>,
}

/// What was taken back.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UndoView {
    /// Whether it was done.
    pub done: bool,
    /// Snapshots that are there again.
    pub snapshots: Vec<String>,
    /// Generation of the root that is the newest again; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Whether the newer root had been published.
    pub was_published: bool,
    /// Folder of the journal.
    pub journal: String,
    /// Where deleted blobs come back from, if they were put there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<String>,
}

pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl View for ChangeView {
    fn text(&self, layout: &Layout) -> String {
        let snapshots = counted(self.snapshots.len() as u64, "snapshot");
        let size = layout.units.size(self.size_in_bytes);
        let mut text = if self.mends {
            format!("{}\n", mended(self.deed.done, self.keeps_root, self.next_generation, self.tables))
        } else if self.snapshots.is_empty() && self.blobs > 0 {
            let (done, frees) = if self.deed.done { ("collected", "freed") } else { ("would collect", "frees") };
            format!("{done} {}: {frees} {size}\n", counted(self.blobs, "blob"))
        } else if self.snapshots.is_empty() {
            format!("nothing to delete: {} kept\n", counted(self.n_kept, "snapshot"))
        } else if !self.refusals.is_empty() {
            format!(
                "{} to delete {snapshots}: {}\n",
                layout.paint("not safe"),
                counted(self.refusals.len() as u64, "reason")
            )
        } else if self.deed.done {
            let blobs = counted(self.blobs, "blob");
            format!("deleted {snapshots}, {} kept: freed {size} in {blobs}\n", count(self.n_kept))
        } else {
            let blobs = counted(self.blobs, "blob");
            format!("would delete {snapshots}, keeping {}: frees {size} in {blobs}\n", count(self.n_kept))
        };
        if layout.quiet {
            return text;
        }
        text += &self.explained(layout);
        text += &refused(&self.refusals);
        if !self.left_alone.is_empty() {
            text += &left_alone(&self.left_alone);
        }
        if self.refusals.is_empty() && (self.blobs > 0 || self.mends) {
            text += &self.facts();
            text += &self.indices(layout);
        }
        text += &self.deed.ending(layout);
        text
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        write_row(out, self)
    }
}

impl ChangeView {
    fn facts(&self) -> String {
        let or_none = |n: u64, what: String| if n == 0 { String::new() } else { what };
        let mut all = vec![
            ("  snapshots", self.named()),
            (
                "  root",
                or_none(
                    self.next_generation.abs_diff(self.generation),
                    format!("{} → {}", self.generation, self.next_generation),
                ),
            ),
            ("  shard tables", or_none(self.tables, format!("{} written anew", count(self.tables)))),
            (
                "  foreign",
                or_none(self.foreign_blobs, format!("{} of unknown names stay", counted(self.foreign_blobs, "blob"))),
            ),
        ];
        all.extend(self.deed.places());
        facts(&all)
    }

    fn explained(&self, layout: &Layout) -> String {
        if self.explained.is_empty() {
            return String::new();
        }
        let taken = format!("TAKEN ({})", layout.units.zone_name());
        let mut table = Table::new([
            ("SNAPSHOT", Align::Flexible),
            (&taken, Align::Left),
            ("STATE", Align::Left),
            ("POLICY", Align::Left),
            ("", Align::Left),
            ("BECAUSE", Align::Left),
        ]);
        let dash = || "-".to_owned();
        for row in &self.explained {
            table.row([
                row.snapshot.clone(),
                row.start_in_millis.map_or_else(dash, |start| layout.units.time(start)),
                row.state.map_or_else(dash, str::to_owned),
                row.policy.clone().unwrap_or_else(dash),
                if row.keeps { "stays" } else { "goes" }.to_owned(),
                row.reason.to_owned(),
            ]);
        }
        table.render(layout.width) + "\n"
    }

    fn named(&self) -> String {
        match &self.snapshots[..] {
            [first, .., last] if self.snapshots.len() > 3 => format!("{first} … {last}"),
            few => few.join(", "),
        }
    }

    fn indices(&self, layout: &Layout) -> String {
        let mut table = Table::new([
            ("INDEX", Align::Flexible),
            ("BLOBS", Align::Right),
            ("SIZE", Align::Right),
            ("", Align::Left),
        ]);
        for index in self.indices.iter().take(MAX_INDICES) {
            let fate = if index.goes { "goes" } else { "" };
            table.row([
                index.index.clone(),
                count(index.blobs),
                layout.units.size(index.size_in_bytes),
                fate.to_owned(),
            ]);
        }
        let more = match self.indices.len().saturating_sub(MAX_INDICES) {
            0 => String::new(),
            more => {
                format!("and {}; --json has all\n", counted(more as u64, "more index").replace("indexs", "indices"))
            }
        };
        if self.indices.is_empty() { String::new() } else { table.render(layout.width) + &more }
    }
}

/// What is written to put something right.
fn mended(done: bool, keeps_root: bool, next_generation: u64, tables: u64) -> String {
    let verb = if done { "wrote" } else { "would write" };
    let root = if keeps_root { "index.latest".to_owned() } else { format!("root {next_generation}") };
    match tables {
        0 => format!("{verb} {root}"),
        tables => format!("{verb} {root} and {}", counted(tables, "shard table")),
    }
}

/// What is damaged and stays, one line each.
fn left_alone(rows: &[LeftRow]) -> String {
    let n = counted(rows.len() as u64, "damaged thing");
    let mut text = format!("  {n} left as they are; snaprepo repair may put shard tables right afterwards\n");
    for row in rows.iter().take(MAX_REFUSALS) {
        text += &format!("    {}\n", clean(&format!("{} {}", row.path, row.message)));
    }
    if let more @ 1.. = rows.len().saturating_sub(MAX_REFUSALS) {
        text += &format!("    and {more} more; --json has all\n");
    }
    text
}

/// Why not, one line each.
pub(super) fn refused(refusals: &[RefusalRow]) -> String {
    let mut text = String::new();
    for refusal in refusals.iter().take(MAX_REFUSALS) {
        let place = refusal.path.as_ref().map_or(String::new(), |path| format!("{path} "));
        let unless = refusal.unless.map_or(String::new(), |option| format!(" (unless {option})"));
        text += &format!("  {}: {}\n", refusal.why, clean(&format!("{place}{}{unless}", refusal.message)));
    }
    if let more @ 1.. = refusals.len().saturating_sub(MAX_REFUSALS) {
        text += &format!("  and {more} more; --json has all\n");
    }
    text
}

impl View for UndoView {
    fn text(&self, layout: &Layout) -> String {
        let snapshots = counted(self.snapshots.len() as u64, "snapshot");
        let root = self.generation.map_or("there is no root".to_owned(), |root| format!("root {root} is the newest"));
        let again = if self.snapshots.is_empty() { String::new() } else { format!("{snapshots} there again, ") };
        let mut text = match (self.done, self.was_published) {
            (true, true) => format!("taken back: {again}{root}\n"),
            (true, false) => format!("taken back before it was published: {root}\n"),
            (false, _) => format!("would take back: {again}then {root}\n"),
        };
        if !layout.quiet {
            text += &facts(&[
                ("  snapshots", self.snapshots.join(", ")),
                ("  journal", self.journal.clone()),
                ("  quarantine", self.quarantine.clone().unwrap_or_default()),
            ]);
        }
        if !self.done {
            text += "run again with --yes --no-cluster-writes to do it\n";
        }
        text
    }
}
