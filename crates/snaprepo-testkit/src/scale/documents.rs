//! The metadata blobs that are not of a shard: index metadata, snapshot infos, cluster states.

use snaprepo_codec::value::Value;
use snaprepo_format::{Document, Kind, encode};

use super::{
    Scale,
    plan::{Index, Plan},
    shard::WrittenShard,
};

/// Index version of Elasticsearch 8.17.
pub(super) const INDEX_VERSION: i64 = 8_521_000;
/// The lifecycle policy of all snapshots.
pub(super) const POLICY: &str = "hourly";

/// `indices/<id>/meta-<blob>.dat`.
pub(super) fn index(scale: &Scale, plan: &Plan, index: &Index) -> Vec<u8> {
    let first_millis = index.held_by.first().map_or(0, |ix| plan.snapshots[*ix].start_millis);
    let settings = Value::object([
        ("index.creation_date", text(&first_millis)),
        ("index.number_of_replicas", text(&1)),
        ("index.number_of_shards", text(&scale.shards_per_index)),
        ("index.provided_name", text(&index.name)),
        ("index.uuid", text(&index.uuid)),
        ("index.version.created", text(&INDEX_VERSION)),
    ]);
    let field = |kind: &str| Value::object([("type", kind.into())]);
    let properties =
        Value::object([("@timestamp", field("date")), ("message", field("text")), ("host", field("keyword"))]);
    let mapping = Value::object([("_doc", Value::object([("properties", properties)]))]);
    let shards = 0..scale.shards_per_index;
    let in_sync: Vec<(Box<str>, Value)> = shards
        .clone()
        .map(|shard| (shard.to_string().into(), Value::Array(vec![text(&index.shard_seed(shard).uuid())])))
        .collect();
    let unknown = || Value::object([("unknown", Value::Bool(true))]);
    let body = Value::object([
        ("version", 2.into()),
        ("mapping_version", 1.into()),
        ("settings_version", 1.into()),
        ("aliases_version", 1.into()),
        ("routing_num_shards", i64::from(scale.shards_per_index).into()),
        ("state", "open".into()),
        ("settings", settings),
        ("mappings", Value::Array(vec![mapping])),
        ("aliases", Value::object([])),
        ("primary_terms", Value::Array(shards.map(|_| 1.into()).collect())),
        ("in_sync_allocations", Value::Object(in_sync)),
        ("rollover_info", Value::object([])),
        ("mappings_updated_version", INDEX_VERSION.into()),
        ("system", Value::Bool(false)),
        ("timestamp_range", unknown()),
        ("event_ingested_range", unknown()),
    ]);
    wrap(scale, Kind::IndexMetadata, &Value::object([(index.name.as_str(), body)]))
}

/// Root `snap-<uuid>.dat`.
pub(super) fn snapshot(scale: &Scale, plan: &Plan, snapshot: usize, shards: &[Vec<WrittenShard>]) -> Vec<u8> {
    let of = &plan.snapshots[snapshot];
    let mut indices = Vec::new();
    let mut details = Vec::new();
    for ix in &of.indices {
        let index = &plan.indices[*ix];
        let turn = index.held_by.binary_search(&snapshot).unwrap_or(0);
        let size = shards[*ix].iter().map(|shard| shard.bytes[turn]).sum::<u64>();
        let detail = Value::object([
            ("shard_count", i64::from(scale.shards_per_index).into()),
            ("size_in_bytes", size.cast_signed().into()),
            ("max_segments_per_shard", i64::from(scale.segments_per_shard).into()),
        ]);
        indices.push(text(&index.name));
        details.push((index.name.as_str().into(), detail));
    }
    let n_shards = i64::try_from(indices.len()).unwrap_or(0) * i64::from(scale.shards_per_index);
    let info = Value::object([
        ("name", text(&of.name)),
        ("uuid", text(&of.uuid)),
        ("version_id", INDEX_VERSION.into()),
        ("indices", Value::Array(indices)),
        ("data_streams", Value::Array(Vec::new())),
        ("state", "SUCCESS".into()),
        ("include_global_state", Value::Bool(true)),
        ("metadata", Value::object([("policy", POLICY.into())])),
        ("start_time", of.start_millis.into()),
        ("end_time", of.end_millis.into()),
        ("total_shards", n_shards.into()),
        ("successful_shards", n_shards.into()),
        ("failures", Value::Array(Vec::new())),
        ("feature_states", Value::Array(Vec::new())),
        ("index_details", Value::Object(details)),
    ]);
    wrap(scale, Kind::SnapshotInfo, &Value::object([("snapshot", info)]))
}

/// Root `meta-<uuid>.dat`.
pub(super) fn cluster_state(scale: &Scale, plan: &Plan) -> Vec<u8> {
    let settings = Value::object([("cluster.routing.allocation.enable", "all".into())]);
    let state = Value::object([
        ("version", 100.into()),
        ("cluster_uuid", text(&plan.cluster)),
        ("cluster_uuid_committed", Value::Bool(true)),
        ("settings", settings),
        ("templates", Value::object([])),
        ("reserved_state", Value::object([])),
    ]);
    wrap(scale, Kind::GlobalMetadata, &Value::object([("meta-data", state)]))
}

pub(super) fn wrap(scale: &Scale, kind: Kind, document: &Value) -> Vec<u8> {
    encode(document, kind, Document::Wrapped(scale.encoding))
}

/// A value as text, as index settings are.
pub(super) fn text(value: &impl ToString) -> Value {
    value.to_string().as_str().into()
}
