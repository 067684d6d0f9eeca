//! Restoring a snapshot under other names, and comparing the documents.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Given, Refusal, RestoredIndex, RestoredSnapshot, reason};
use crate::{
    Node, Product, Result, documents,
    http::{Body, Http, Method, segment},
    judge::Listed,
    truth,
};

/// How long a restored index may take until its primaries are there; a search would wait longer.
const ALLOCATION: &str = "10s";

/// Restores all indices of a snapshot, compares them with the truth, and deletes them again.
pub(super) fn snapshot(node: &Node, given: &Given<'_>, n: usize, listed: &Listed) -> Result<RestoredSnapshot> {
    let mut restored = RestoredSnapshot {
        snapshot: listed.name.clone(),
        state: listed.state.clone(),
        refused: None,
        indices: Vec::new(),
    };
    if !matches!(listed.state.as_str(), "SUCCESS" | "PARTIAL") {
        return Ok(restored);
    }
    let prefix = format!("r{n}-");
    let before = index_names(node.http())?;
    let unseen = without_node(given, listed)?;
    let indices: String = ["*".to_owned()].into_iter().chain(unseen.iter().map(|index| format!(",-{index}"))).collect();
    let answer = restore(node, given.name, listed, &prefix, &indices)?;
    if !answer.is_success() {
        restored.refused = Some(Refusal { status: answer.status, reason: reason(&answer) });
        return Ok(restored);
    }
    let n_failed = answer.json()?.pointer("/snapshot/shards/failed").and_then(Value::as_u64);
    if n_failed.is_none_or(|n_failed| n_failed > listed.n_failed) {
        let detail = format!("{n_failed:?} shards failed to restore, {} failed when it was taken", listed.n_failed);
        restored.refused = Some(Refusal { status: answer.status, reason: detail });
    }
    let new: BTreeSet<_> = index_names(node.http())?.difference(&before).cloned().collect();
    for index in &listed.indices {
        restored.indices.push(if unseen.contains(index) {
            let detail = Some("it had no node, and was not asked for".to_owned());
            RestoredIndex { index: index.clone(), ok: true, documents: 0, compared: Vec::new(), detail }
        } else if let Some(name) = renamed(index, &prefix).into_iter().find(|name| new.contains(name)) {
            compare(node, given, listed, index, &name)?
        } else {
            RestoredIndex {
                index: index.clone(),
                ok: false,
                documents: 0,
                compared: Vec::new(),
                detail: Some("the restore did not bring it".to_owned()),
            }
        });
    }
    drop_all(node, &new, &prefix)?;
    Ok(restored)
}

/// Indices that had no node when a shallow snapshot of the second kind was taken. Such a snapshot does not look at
/// shards, so its list calls them whole, and there is nothing in the remote store to restore. Only the truth knows.
fn without_node(given: &Given<'_>, listed: &Listed) -> Result<BTreeSet<String>> {
    let mut unseen = BTreeSet::new();
    if let (Some(truth), true) = (given.truth, given.settings["shallow_snapshot_v2"] == "true") {
        for index in &listed.indices {
            if truth::documents(truth, &listed.name, index)?.is_none() {
                unseen.insert(index.clone());
            }
        }
    }
    Ok(unseen)
}

/// Restores indices of a snapshot with a prefix to their names, as far as that is possible.
pub(crate) fn restore(
    node: &Node,
    repository: &str,
    listed: &Listed,
    prefix: &str,
    indices: &str,
) -> Result<crate::http::Answer> {
    let mut body = json!({
        "indices": indices,
        "rename_pattern": "(.+)",
        "rename_replacement": format!("{prefix}$1"),
        "include_global_state": false,
        "include_aliases": false,
        "partial": true,
    });
    // The story of our fixtures makes a shard fail by an allocation rule; the restored index must not keep it.
    if node.release().product == Product::OpenSearch || node.release().version.at_least(2, 0) {
        body["ignore_index_settings"] = json!(["index.routing.allocation.require.box"]);
    }
    let (repository, snapshot) = (segment(repository), segment(&listed.name));
    let path = format!("/_snapshot/{repository}/{snapshot}/_restore?wait_for_completion=true");
    node.http().send(Method::Post, &path, Body::Json(&body))
}

/// The names that a restore may give. A backing index keeps its mark in front when its data stream is in the snapshot,
/// too; in a clone it is not.
fn renamed(index: &str, prefix: &str) -> Vec<String> {
    let marked = index.strip_prefix(".ds-").map(|rest| format!(".ds-{prefix}{rest}"));
    marked.into_iter().chain([format!("{prefix}{index}")]).collect()
}

/// All indices of the cluster, also closed and hidden ones.
pub(crate) fn index_names(http: &Http) -> Result<BTreeSet<String>> {
    let state = http.get("/_cluster/state/metadata")?;
    let indices = state.pointer("/metadata/indices").and_then(Value::as_object);
    Ok(indices.into_iter().flatten().map(|(name, _)| name.clone()).collect())
}

fn compare(node: &Node, given: &Given<'_>, listed: &Listed, index: &str, name: &str) -> Result<RestoredIndex> {
    let mut restored =
        RestoredIndex { index: index.to_owned(), ok: true, documents: 0, compared: Vec::new(), detail: None };
    if !opened(node.http(), name)? {
        restored.ok = listed.failed.iter().any(|failed| failed == index);
        restored.detail = Some("its primary shards were not allocated".to_owned());
        return Ok(restored);
    }
    let found = documents::dump(node.http(), node.release(), name)?;
    restored.documents = found.len();
    let Some(truth) = given.truth else { return Ok(restored) };
    match truth::documents(truth, &listed.name, index)? {
        None => {
            // A shard that failed when the snapshot was taken comes back empty.
            restored.ok = listed.failed.iter().any(|failed| failed == index);
            restored.detail = Some("the truth has no documents of it".to_owned());
        }
        Some(expected) => {
            let comparison = documents::compare(&expected, &found);
            restored.compared = comparison.fields.iter().map(|&field| field.to_owned()).collect();
            restored.ok = comparison.difference.is_none();
            restored.detail = comparison.difference;
        }
    }
    Ok(restored)
}

/// Opens an index that was closed when it was snapshotted; whether its primaries are there.
fn opened(http: &Http, index: &str) -> Result<bool> {
    let name = segment(index);
    let state = http.get(&format!("/_cluster/state/metadata/{name}"))?;
    let is_closed = state.pointer("/metadata/indices").and_then(|indices| indices.get(index)?.get("state")?.as_str());
    if is_closed == Some("close") {
        http.post(&format!("/{name}/_open"), Body::Empty)?;
    }
    let path = format!("/_cluster/health/{name}?wait_for_status=yellow&timeout={ALLOCATION}");
    let answer = http.send(Method::Get, &path, Body::Empty)?;
    Ok(answer.is_success() && answer.json()?["timed_out"] == json!(false))
}

/// Deletes what a restore made: data streams first, because their backing indices cannot be deleted alone.
pub(crate) fn drop_all(node: &Node, indices: &BTreeSet<String>, prefix: &str) -> Result<()> {
    if indices.iter().any(|index| index.starts_with(".ds-")) {
        node.http().delete(&format!("/_data_stream/{}*", segment(prefix)))?;
    }
    for index in indices.iter().filter(|index| !index.starts_with(".ds-")) {
        node.http().delete(&format!("/{}", segment(index)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backing_index_keeps_its_mark() {
        assert_eq!(renamed("orders", "r1-"), ["r1-orders"]);
        assert_eq!(renamed(".ds-app-000001", "r1-"), [".ds-r1-app-000001", "r1-.ds-app-000001"]);
    }
}
