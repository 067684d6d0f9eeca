//! The answer of `show`: one snapshot, one index in it, or the cluster state in it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, facts};
use crate::output::{
    table::{Align, Table},
    units::{clean, count, counted, duration},
};

/// One snapshot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ShowView {
    /// Name.
    pub snapshot: String,
    /// Uuid.
    pub uuid: String,
    /// State.
    pub state: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Product that took it.
    pub product: &'static str,
    /// Version that took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Start, RFC 3339 in UTC.
    pub start_time: String,
    /// Start, milliseconds since 1970.
    pub start_time_in_millis: i64,
    /// End, RFC 3339 in UTC.
    pub end_time: String,
    /// End, milliseconds since 1970.
    pub end_time_in_millis: i64,
    /// Shards that it should have.
    pub total_shards: i64,
    /// Shards that it has.
    pub successful_shards: i64,
    /// Shards that it lacks.
    pub failures: Vec<FailureView>,
    /// Whether it holds the cluster state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_global_state: Option<bool>,
    /// What its creator attached to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<serde_json::Value>,
    /// Data streams.
    pub data_streams: Vec<String>,
    /// Features whose indices it holds.
    pub feature_states: Vec<FeatureView>,
    /// Shallow: its segments are in a remote store.
    pub shallow: bool,
    /// All files.
    pub total: super::status::AmountView,
    /// Files that it added.
    pub incremental: super::status::AmountView,
    /// Indices by name.
    pub indices: Vec<IndexRow>,
    /// What else could not be read: sizes lack it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// What a snapshot alone has of an index.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct ShareView {
    /// Blobs that no older snapshot needs.
    pub added_size_in_bytes: u64,
    /// Blobs that no other snapshot needs: deleting this one alone frees them.
    pub exclusive_size_in_bytes: u64,
}

/// A shard that a snapshot lacks.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FailureView {
    /// Index.
    pub index: String,
    /// Shard.
    pub shard: i64,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The indices of one feature.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FeatureView {
    /// Name.
    pub feature: String,
    /// Indices.
    pub indices: Vec<String>,
}

/// One index of a snapshot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct IndexRow {
    /// Name.
    pub index: String,
    /// Shards; missing when the metadata cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_shards: Option<u64>,
    /// Shards that failed.
    pub n_failed: u64,
    /// Files.
    pub files: u64,
    /// Their lengths.
    pub size_in_bytes: u64,
    /// Segments.
    pub segments: u64,
    /// What it alone has; only with `--size`.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub share: Option<ShareView>,
    /// What cannot be read of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl View for ShowView {
    fn text(&self, layout: &Layout) -> String {
        let took = u64::try_from(self.end_time_in_millis.saturating_sub(self.start_time_in_millis)).unwrap_or(0);
        let first = format!(
            "{} · {} · {} · {} of {} shards\n",
            self.snapshot,
            layout.paint(self.state),
            layout.units.size(self.total.size_in_bytes),
            self.successful_shards,
            self.total_shards,
        );
        if layout.quiet {
            return first;
        }
        let features: Vec<&str> = self.feature_states.iter().map(|feature| feature.feature.as_str()).collect();
        let mut text = first;
        text += &facts(&[
            ("uuid", self.uuid.clone()),
            (
                "taken",
                format!(
                    "{} {}, took {}",
                    layout.units.time(self.start_time_in_millis),
                    layout.units.zone_name(),
                    duration(took)
                ),
            ),
            ("by", format!("{} {}", self.product, self.version.as_deref().unwrap_or("of unknown version"))),
            ("reason", self.reason.clone().unwrap_or_default()),
            (
                "cluster state",
                match self.include_global_state {
                    Some(true) => "included (--global shows it)".to_owned(),
                    Some(false) => "not included".to_owned(),
                    None => String::new(),
                },
            ),
            ("metadata", self.metadata.as_ref().map_or(String::new(), ToString::to_string)),
            ("data streams", self.data_streams.join(", ")),
            ("features", features.join(", ")),
            ("data", if self.shallow { "in a remote store (shallow snapshot)".to_owned() } else { String::new() }),
            (
                "added",
                format!(
                    "{} in {}",
                    layout.units.size(self.incremental.size_in_bytes),
                    counted(self.incremental.files, "file")
                ),
            ),
        ]);
        text.push('\n');
        let mut table = Table::new([
            ("INDEX", Align::Flexible),
            ("SHARDS", Align::Right),
            ("FILES", Align::Right),
            ("SIZE", Align::Right),
            ("SEGMENTS", Align::Right),
            ("ADDED", Align::Right),
            ("EXCLUSIVE", Align::Right),
        ]);
        for row in &self.indices {
            let shards = match (row.n_shards, row.n_failed) {
                (None, _) => "?".to_owned(),
                (Some(n), 0) => n.to_string(),
                (Some(n), failed) => format!("{} of {n}", n.saturating_sub(failed)),
            };
            let size = layout.units.size(row.size_in_bytes);
            let [added, exclusive] = shares(row.share, layout);
            table.row([row.index.clone(), shards, count(row.files), size, count(row.segments), added, exclusive]);
        }
        if self.indices.iter().all(|row| row.share.is_none()) {
            table = table.without("ADDED").without("EXCLUSIVE");
        }
        text += &table.render(layout.width);
        let error = |row: &IndexRow| row.error.as_ref().map(|error| format!("{}: {error}", row.index));
        text += &layout.unreadable(&self.unreadable);
        text += &layout.unreadable(self.indices.iter().filter_map(error));
        for failure in &self.failures {
            let reason = failure.reason.as_deref().unwrap_or("no reason recorded");
            text += &format!("failed: {}\n", clean(&format!("{} shard {}: {reason}", failure.index, failure.shard)));
        }
        text
    }
}

/// What a snapshot added and alone has of an index, in words.
pub(super) fn shares(share: Option<ShareView>, layout: &Layout) -> [String; 2] {
    let shown = |bytes: fn(&ShareView) -> u64| {
        share.as_ref().map_or_else(|| "-".to_owned(), |share| layout.units.size(bytes(share)))
    };
    [shown(|share| share.added_size_in_bytes), shown(|share| share.exclusive_size_in_bytes)]
}

/// A document of a snapshot: index metadata, or the cluster state.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DocumentView {
    /// Name of the snapshot.
    pub snapshot: String,
    /// Name of the index; missing for the cluster state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    /// The blob, from the folder of the repository.
    pub blob: String,
    /// The document, as the blob has it.
    pub document: serde_json::Value,
}

impl View for DocumentView {
    fn text(&self, _: &Layout) -> String {
        let mut text = serde_json::to_string_pretty(&self.document).unwrap_or_default();
        text.push('\n');
        text
    }
}
