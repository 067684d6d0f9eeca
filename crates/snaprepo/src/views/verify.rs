//! The answer of `verify`: a verdict, findings, and what to do.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, write_row};
use crate::output::{
    table::{Align, Table},
    units::{clean, count, counted, duration},
};

/// Verdicts shown in text before the rest is summed up.
const MAX_SHOWN_VERDICTS: usize = 20;
/// Names shown of a long list.
const MAX_SHOWN_NAMES: usize = 4;

/// What verification found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct VerifyView {
    /// How deep: `metadata`, `presence`, `footers`, `content`.
    pub depth: &'static str,
    /// Number of findings by severity.
    pub counts: Counts,
    /// The findings, the worst first.
    pub findings: Vec<FindingView>,
    /// What could not be read: errors, not findings.
    pub errors: Vec<ErrorView>,
    /// Number of reads that failed; of no more than `--max-findings` the error is kept.
    pub n_errors: u64,
    /// A verdict for each snapshot, oldest first.
    pub snapshots: Vec<SnapshotVerdictView>,
    /// For each index: how many snapshots hold it, and from how many it can be restored.
    pub indices: Vec<IndexVerdictView>,
    /// Indices in snapshots that cannot be completely restored.
    pub not_restorable: Vec<PairVerdictView>,
    /// How much was looked at.
    pub checked: Checked,
    /// Blobs that nothing refers to, by class; missing when only a part was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreferenced: Option<Vec<UnreferencedView>>,
    /// Whether the store lists nothing (a web server), so that only what is referred to was looked for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unlisted: bool,
    /// The sample that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleView>,
    /// The newest generation at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_generation: Option<u64>,
    /// For the text only.
    #[serde(skip)]
    pub heading: String,
    /// For the text only.
    #[serde(skip)]
    pub location: String,
    /// For the text only: now, for ages.
    #[serde(skip)]
    pub now_millis: i64,
    /// For the text only: whether all that is wrong is that blobs lie in an archive.
    #[serde(skip)]
    pub only_archived: bool,
    /// For the text only: requests and time.
    #[serde(skip)]
    pub closing: String,
    /// For the text only: the answer in one word.
    #[serde(skip)]
    pub result: &'static str,
}

/// The last line of `--ndjson`.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    result: &'a str,
    counts: Counts,
    snapshots: &'a [SnapshotVerdictView],
}

/// Findings by severity.
#[derive(Debug, Default, Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct Counts {
    /// Damage.
    pub error: u64,
    /// Disagreements that stop no restore.
    pub warning: u64,
    /// Legal, and worth knowing.
    pub info: u64,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FindingView {
    /// What it is: one of the names in docs/json.md, never renamed.
    pub kind: &'static str,
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// The blob, from the folder of the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// The byte where it was noticed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// What should be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Names of the snapshots it concerns.
    pub snapshots: Vec<String>,
    /// Names of the indices it concerns.
    pub indices: Vec<String>,
    /// The shard it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<u32>,
    /// The Lucene file it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whether the named snapshots, or the named index in them, cannot be completely restored because of it.
    pub breaks_restore: bool,
    /// One line.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<&'static str>,
}

/// Something that could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ErrorView {
    /// The blob or folder.
    pub path: String,
    /// Why.
    pub message: String,
}

/// The verdict on a snapshot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SnapshotVerdictView {
    /// Name.
    pub snapshot: String,
    /// Uuid.
    pub uuid: String,
    /// State.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// `restorable`, `partly`, `not`, or `unknown` (the data are elsewhere, or could not be read).
    pub verdict: &'static str,
    /// What decides that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<CauseView>,
    /// Indices that were looked at.
    pub n_indices: u64,
    /// Those that can be completely restored.
    pub n_restorable: u64,
}

/// What decides a verdict.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct CauseView {
    /// The kind of the finding that decides, or `failed-shards`, `state`, `remote-store`, `other-repository`,
    /// `unread`, `not-reached`.
    pub kind: &'static str,
    /// Its blob.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// One line.
    pub message: String,
}

/// The verdict on an index over all snapshots.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct IndexVerdictView {
    /// Name.
    pub index: String,
    /// Snapshots that hold it.
    pub total_snapshot_count: u64,
    /// Those from which it can be completely restored.
    pub restorable_snapshot_count: u64,
}

/// The verdict on an index in a snapshot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PairVerdictView {
    /// Name of the snapshot.
    pub snapshot: String,
    /// Name of the index.
    pub index: String,
    /// `partly`, `not` or `unknown`.
    pub verdict: &'static str,
    /// What decides that.
    pub cause: CauseView,
    /// Shards of the index; 0 when not known.
    pub n_shards: u32,
    /// Shards that cannot be restored.
    pub n_broken: u32,
}

/// How much was looked at.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Checked {
    /// Snapshot blobs.
    pub snapshots: u64,
    /// Indices.
    pub indices: u64,
    /// Pairs of snapshot and index.
    pub index_snapshots: u64,
    /// Shard folders.
    pub shards: u64,
    /// File lists.
    pub shard_snapshots: u64,
    /// Distinct files with blobs.
    pub files: u64,
    /// Their blobs.
    pub blobs: u64,
    /// Their bytes.
    pub size_in_bytes: u64,
    /// Distinct files inside the metadata.
    pub inlined_files: u64,
    /// Files whose footer was read.
    pub footers: u64,
    /// Files whose content was read.
    pub contents: u64,
    /// Bytes of these contents.
    pub content_bytes: u64,
}

/// Blobs of one class that nothing refers to.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UnreferencedView {
    /// `old-root`, `stale-snapshot`, `stale-index`, `stale-index-metadata`, `stale-shard-blob`, `transient`, `foreign`.
    pub class: &'static str,
    /// How many.
    pub n_blobs: u64,
    /// Their bytes.
    pub size_in_bytes: u64,
    /// When the oldest was written, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_in_millis: Option<i64>,
    /// When the newest was written, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_in_millis: Option<i64>,
    /// Some of them.
    pub examples: Vec<String>,
}

/// The sample that was read.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SampleView {
    /// As it was asked for.
    pub sample: String,
    /// What decided which files it has.
    pub seed: u64,
}

impl View for VerifyView {
    fn text(&self, layout: &Layout) -> String {
        let mut text = self.answer(layout);
        if layout.quiet {
            return text;
        }
        if !self.snapshots.is_empty() || self.result == "pass" {
            text.push_str(&self.scope(layout));
        }
        text.push_str(&self.finding_blocks(layout));
        text.push_str(&self.error_blocks(layout));
        text.push_str(&self.verdicts(layout));
        text.push_str(&self.leftovers(layout));
        text += &format!("\n{}\n", self.closing);
        text
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        self.findings.iter().try_for_each(|row| write_row(out, row))?;
        write_row(out, &Summary { result: self.result, counts: self.counts, snapshots: &self.snapshots })
    }
}

impl VerifyView {
    /// The first lines: what can be restored, what is broken.
    fn answer(&self, layout: &Layout) -> String {
        let n = |verdict: &str| self.snapshots.iter().filter(|row| row.verdict == verdict).count() as u64;
        let total = self.snapshots.len() as u64;
        let word = match self.result {
            "pass" if n("unknown") > 0 => "nothing broken:",
            "pass" => "intact:",
            "fail" if self.counts.error == 0 => "warnings:",
            "fail" if self.only_archived => "archived:",
            "fail" => "damaged:",
            "inconclusive" => "inconclusive:",
            _ => "interrupted:",
        };
        let mut text =
            format!("{} {} of {} restorable", layout.paint(word), count(n("restorable")), counted(total, "snapshot"));
        for (verdict, words) in [("partly", "in part"), ("not", "not at all"), ("unknown", "cannot be told from here")]
        {
            if n(verdict) > 0 {
                text += &format!(", {} {words}", count(n(verdict)));
            }
        }
        if self.unlisted {
            text += " (nothing can be listed here: unreferenced blobs were not looked for)";
        } else if self.unreferenced.is_none() && self.result == "pass" {
            text += " (only a part was verified)";
        }
        if self.n_errors > 0 {
            text += &format!(" ({} failed)", counted(self.n_errors, "read"));
        }
        text += &format!("   {}\n", self.heading);
        if layout.quiet {
            return text;
        }
        if self.counts.error + self.counts.warning > 0 {
            let (errors, warnings) = (counted(self.counts.error, "error"), counted(self.counts.warning, "warning"));
            text += &format!("found: {errors}, {warnings}\n");
        }
        text
    }

    /// What could not be read. A store in trouble says the same of everything: the reason stands once, with some of
    /// the names.
    fn error_blocks(&self, layout: &Layout) -> String {
        let mut by_message: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for error in &self.errors {
            by_message.entry(&error.message).or_default().push(&error.path);
        }
        let mut text = String::new();
        for (message, paths) in by_message {
            let (error, message) = (layout.paint("error:"), clean(message));
            if let [path] = paths[..] {
                text += &format!("\n  {error} {message}  {}\n", clean(path));
                continue;
            }
            text += &format!("\n  {error} {message}  {} times\n", count(paths.len() as u64));
            for path in paths.iter().take(MAX_SHOWN_NAMES) {
                text += &format!("    {}\n", clean(path));
            }
            if let n @ 1.. = paths.len().saturating_sub(MAX_SHOWN_NAMES) {
                text += &format!("    and {} more (--json has all)\n", count(n as u64));
            }
        }
        if let n @ 1.. = self.n_errors.saturating_sub(self.errors.len() as u64) {
            text += &format!("\n  … and {} more failed reads (--max-findings)\n", count(n));
        }
        text
    }

    fn scope(&self, layout: &Layout) -> String {
        let how = match self.depth {
            "metadata" => "metadata read and compared; files not looked at".to_owned(),
            "presence" => "presence and length of every blob".to_owned(),
            "footers" => format!("footers of {} read", counted(self.checked.footers, "file")),
            _ => format!(
                "every byte of {} read ({})",
                counted(self.checked.contents, "file"),
                layout.units.size(self.checked.content_bytes)
            ),
        };
        let sample =
            self.sample.as_ref().map_or(String::new(), |s| format!(" · sample {} with seed {}", s.sample, s.seed));
        format!(
            "checked: {} · {} · {} · {} in {} · {how}{sample}\n",
            counted(self.checked.snapshots, "snapshot"),
            counted(self.checked.indices, "index"),
            counted(self.checked.shards, "shard"),
            layout.units.size(self.checked.size_in_bytes),
            counted(self.checked.blobs, "blob"),
        )
    }

    fn finding_blocks(&self, layout: &Layout) -> String {
        let mut text = String::new();
        let shown = self.findings.iter().filter(|finding| finding.severity != "info" || !is_tallied(finding.kind));
        for finding in shown {
            let mut place: Vec<String> = finding.indices.clone();
            place.extend(finding.shard.map(|shard| format!("shard {shard}")));
            place.extend(finding.file.as_ref().map(|file| format!("file {file}")));
            let at = finding.offset.map_or(String::new(), |offset| format!(" (byte {offset})"));
            let place = if place.is_empty() { String::new() } else { format!("   {}", clean(&place.join(" "))) };
            let severity = layout.paint(finding.severity);
            text += &format!("\n  {severity} {}{place}\n", finding.kind);
            text += &format!("    {}\n", clean(&finding.message));
            if let Some(blob) = &finding.blob {
                text += &format!("    blob    {}{at}\n", clean(blob));
            }
            if !finding.snapshots.is_empty() {
                let word = if finding.breaks_restore { "breaks" } else { "in" };
                text += &format!("    {word:<7} {}\n", clean(&names(&finding.snapshots)));
            }
            if let Some(next) = finding.next {
                text += &format!("    next    {}\n", next.replace("REPO", &self.location));
            }
        }
        let all = self.counts.error + self.counts.warning + self.counts.info;
        let kept = self.findings.len() as u64;
        if all > kept {
            text += &format!("\n  … and {} more findings (--max-findings)\n", count(all - kept));
        }
        text
    }

    fn verdicts(&self, layout: &Layout) -> String {
        let bad: Vec<&SnapshotVerdictView> = self.snapshots.iter().filter(|row| row.verdict != "restorable").collect();
        if bad.is_empty() {
            return String::new();
        }
        let mut table = Table::new([
            ("SNAPSHOT", Align::Flexible),
            ("RESTORABLE", Align::Left),
            ("INDICES", Align::Right),
            ("BECAUSE", Align::Flexible),
        ]);
        for row in bad.iter().take(MAX_SHOWN_VERDICTS) {
            let because = row.cause.as_ref().map_or(String::new(), |cause| cause.message.clone());
            let indices = format!("{} of {}", row.n_restorable, row.n_indices);
            table.row([row.snapshot.clone(), row.verdict.to_owned(), indices, because]);
        }
        let mut text = format!("\n{}", table.render(layout.width));
        if bad.len() > MAX_SHOWN_VERDICTS {
            text += &format!("… and {} more (--json has all)\n", bad.len() - MAX_SHOWN_VERDICTS);
        }
        text
    }

    fn leftovers(&self, layout: &Layout) -> String {
        let Some(classes) = self.unreferenced.as_ref().filter(|classes| !classes.is_empty()) else {
            return String::new();
        };
        let mut text = String::new();
        for class in classes {
            let age = class.newest_in_millis.map_or(String::new(), |newest| {
                format!(", newest {} old", duration(u64::try_from(self.now_millis.saturating_sub(newest)).unwrap_or(0)))
            });
            let word = if class.class == "foreign" { "foreign" } else { "unreferenced" };
            let example = class.examples.first().map_or(String::new(), |example| format!("   {}", clean(example)));
            text += &format!(
                "\n{word}: {}, {} ({}{age}){example}",
                counted(class.n_blobs, "blob"),
                layout.units.size(class.size_in_bytes),
                class.class,
            );
        }
        text.push('\n');
        text
    }
}

/// Findings that the lines at the end show better.
fn is_tallied(kind: &str) -> bool {
    matches!(kind, "unreferenced-blobs" | "foreign-blobs")
}

fn names(all: &[String]) -> String {
    let shown = all.iter().take(MAX_SHOWN_NAMES).cloned().collect::<Vec<_>>().join(", ");
    match all.len().checked_sub(MAX_SHOWN_NAMES) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}
