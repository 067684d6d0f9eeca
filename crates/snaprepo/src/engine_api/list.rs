//! `GET /_snapshot/<repo>/<snapshots>`.

use serde_json::{Value, json};
use snaprepo_core::Repository;
use snaprepo_format::{
    root::SnapshotIx,
    snapshot_info::{ShardFailure, SnapshotInfo},
};

use super::{FailureOrder, Node, Object, put, version_text};
use crate::output::units::rfc_3339;

/// The answer with details, in the order given.
pub(crate) fn verbose(
    node: &Node,
    repository: &Repository,
    infos: &[(SnapshotIx, SnapshotInfo)],
    index_details: bool,
) -> Value {
    let rows = infos.iter().map(|(ix, info)| row(node, repository, *ix, info, index_details)).collect();
    envelope(node, rows)
}

/// The answer of `verbose=false`: from the root alone, by name.
pub(crate) fn not_verbose(node: &Node, repository: &Repository, chosen: &[SnapshotIx]) -> Value {
    let root = &repository.root;
    let mut chosen = chosen.to_vec();
    chosen.sort_by(|a, b| root.snapshot_entry(*a).name.cmp(&root.snapshot_entry(*b).name));
    let row = |ix: &SnapshotIx| {
        let entry = root.snapshot_entry(*ix);
        let mut row = Object::new();
        put(&mut row, "snapshot", &*entry.name);
        put(&mut row, "uuid", &*entry.uuid);
        if node.has_repository() {
            put(&mut row, "repository", node.repository.as_str());
        }
        let mut indices = repository.indices_of(*ix).to_vec();
        if !node.sorts_indices() {
            indices.sort_unstable();
        }
        let names = indices.iter().map(|index| &*root.index_entry(*index).name);
        put(&mut row, "indices", names.collect::<Vec<_>>());
        if node.has_data_streams() {
            put(&mut row, "data_streams", Vec::<Value>::new());
        }
        if let Some(state) = entry.state {
            put(&mut row, "state", state.name());
        }
        Value::Object(row)
    };
    envelope(node, chosen.iter().map(row).collect())
}

fn envelope(node: &Node, rows: Vec<Value>) -> Value {
    let total = rows.len();
    let mut answer = Object::new();
    put(&mut answer, "snapshots", rows);
    if node.has_total() {
        put(&mut answer, "total", total);
        put(&mut answer, "remaining", 0);
    }
    Value::Object(answer)
}

/// One snapshot with details; also part of the verification's log.
pub(crate) fn row(
    node: &Node,
    repository: &Repository,
    ix: SnapshotIx,
    info: &SnapshotInfo,
    index_details: bool,
) -> Value {
    let mut row = Object::new();
    put(&mut row, "snapshot", &*info.name);
    if node.has_uuid() {
        put(&mut row, "uuid", &*repository.root.snapshot_entry(ix).uuid);
    }
    if node.has_repository() {
        put(&mut row, "repository", node.repository.as_str());
    }
    if let Some(version) = info.version {
        put(&mut row, "version_id", version.0);
        put(&mut row, "version", version_text(version));
    }
    if let Some(shallow) = info.shallow.filter(|_| node.has_shallow()) {
        put(&mut row, "remote_store_index_shallow_copy", shallow);
    }
    if let Some(pinned) = info.pinned_timestamp.filter(|_| node.has_shallow()) {
        put(&mut row, "pinned_timestamp", pinned);
    }
    put(&mut row, "indices", texts(&info.indices));
    // Clones of Elasticsearch before 7.14 record none, and an empty map is not shown.
    let details = info.index_details.as_ref().filter(|details| !details.is_empty());
    if let Some(details) = details.filter(|_| index_details && node.has_index_details()) {
        let mut by_index = Object::new();
        for (index, detail) in details {
            let value = json!({
                "shard_count": detail.shard_count,
                "size_in_bytes": detail.size_in_bytes,
                "max_segments_per_shard": detail.max_segments_per_shard,
            });
            put(&mut by_index, index, value);
        }
        put(&mut row, "index_details", by_index);
    }
    if node.has_data_streams() {
        put(&mut row, "data_streams", texts(info.data_streams.as_deref().unwrap_or_default()));
    }
    if let Some(included) = info.include_global_state.filter(|_| node.has_global_state()) {
        put(&mut row, "include_global_state", included);
    }
    if let Some(metadata) = info.metadata.as_ref().filter(|_| node.has_metadata()) {
        put(&mut row, "metadata", serde_json::to_value(metadata).unwrap_or_default());
    }
    put(&mut row, "state", info.state.name());
    if let Some(reason) = &info.reason {
        put(&mut row, "reason", &**reason);
    }
    put(&mut row, "start_time", rfc_3339(info.start_millis));
    put(&mut row, "start_time_in_millis", info.start_millis);
    put(&mut row, "end_time", rfc_3339(info.end_millis));
    put(&mut row, "end_time_in_millis", info.end_millis);
    put(&mut row, "duration_in_millis", info.end_millis.saturating_sub(info.start_millis).max(0));
    put(&mut row, "failures", info.failures.iter().map(|failure| failure_row(node, failure)).collect::<Vec<_>>());
    let shards = json!({
        "total": info.total_shards,
        "failed": info.total_shards.saturating_sub(info.successful_shards),
        "successful": info.successful_shards,
    });
    put(&mut row, "shards", shards);
    if node.has_feature_states() {
        let states = info.feature_states.iter().flatten();
        let states = states.map(|s| json!({ "feature_name": s.feature_name, "indices": texts(&s.indices) }));
        put(&mut row, "feature_states", states.collect::<Vec<_>>());
    }
    Value::Object(row)
}

fn texts(list: &[Box<str>]) -> Vec<&str> {
    list.iter().map(|text| &**text).collect()
}

fn failure_row(node: &Node, failure: &ShardFailure) -> Value {
    let mut row = Object::new();
    put(&mut row, "index", &*failure.index);
    let reason = failure.reason.as_deref();
    match node.failure_order() {
        FailureOrder::ReasonBeforeShard => {
            put(&mut row, "reason", reason);
            put(&mut row, "shard_id", failure.shard_id);
        }
        FailureOrder::WithoutUuid => {
            put(&mut row, "shard_id", failure.shard_id);
            put(&mut row, "reason", reason);
        }
        FailureOrder::WithUuid => {
            put(&mut row, "index_uuid", failure.index_uuid.as_deref().unwrap_or(&failure.index));
            put(&mut row, "shard_id", failure.shard_id);
            put(&mut row, "reason", reason);
        }
    }
    if let Some(node_id) = &failure.node_id {
        put(&mut row, "node_id", &**node_id);
    }
    put(&mut row, "status", failure.status.as_deref());
    Value::Object(row)
}
