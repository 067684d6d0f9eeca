//! The root as text: too large for a tree of values.

use std::fmt::{self, Write as _};

use super::{
    documents::{INDEX_VERSION, POLICY},
    plan::Plan,
    shard::WrittenShard,
};

/// Writes the root of era E712, without whitespace, its entries in the order of their uuids: the engines write a hash
/// order.
pub(super) fn encode(plan: &Plan, shards: &[Vec<WrittenShard>]) -> String {
    let mut text = String::new();
    write_root(&mut text, plan, shards).expect("writing into memory does not fail");
    text
}

fn write_root(text: &mut String, plan: &Plan, shards: &[Vec<WrittenShard>]) -> fmt::Result {
    let (repository, cluster) = (plan.repository, plan.cluster);
    write!(text, r#"{{"min_version":"7.12.0","uuid":"{repository}","cluster_id":"{cluster}","snapshots":["#)?;
    let identifiers: Vec<String> = plan.indices.iter().map(super::plan::Index::identifier).collect();
    let ids: Vec<String> = plan.indices.iter().map(|index| index.id.to_string()).collect();
    let mut snapshots: Vec<_> = plan.snapshots.iter().collect();
    snapshots.sort_by_key(|snapshot| snapshot.uuid);
    for (position, snapshot) in snapshots.into_iter().enumerate() {
        let comma = comma(position);
        let (name, uuid) = (&snapshot.name, snapshot.uuid);
        write!(text, r#"{comma}{{"name":"{name}","uuid":"{uuid}","state":1,"index_metadata_lookup":{{"#)?;
        for (position, index) in snapshot.indices.iter().enumerate() {
            write!(text, r#"{}"{}":"{}""#, self::comma(position), ids[*index], identifiers[*index])?;
        }
        let (start, end) = (snapshot.start_millis, snapshot.end_millis);
        write!(text, r#"}},"version":"8.11.0","index_version":{INDEX_VERSION},"start_time_millis":{start},"#)?;
        write!(text, r#""end_time_millis":{end},"slm_policy":"{POLICY}"}}"#)?;
    }
    text.push_str(r#"],"indices":{"#);
    for (position, index) in plan.indices.iter().enumerate() {
        write!(text, r#"{}"{}":{{"id":"{}","snapshots":["#, comma(position), index.name, index.id)?;
        for (position, snapshot) in index.held_by.iter().enumerate() {
            write!(text, r#"{}"{}""#, comma(position), plan.snapshots[*snapshot].uuid)?;
        }
        text.push_str(r#"],"shard_generations":["#);
        for (position, shard) in shards[position].iter().enumerate() {
            write!(text, r#"{}"{}""#, comma(position), shard.generation)?;
        }
        text.push_str("]}");
    }
    text.push_str(r#"},"index_metadata_identifiers":{"#);
    for (position, (index, identifier)) in plan.indices.iter().zip(&identifiers).enumerate() {
        write!(text, r#"{}"{identifier}":"{}""#, comma(position), index.metadata_blob)?;
    }
    text.push_str("}}");
    Ok(())
}

fn comma(position: usize) -> &'static str {
    if position == 0 { "" } else { "," }
}
