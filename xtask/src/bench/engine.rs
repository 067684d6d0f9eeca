//! The same deletion by a real node and by us, each on its own copy of one repository that the node wrote.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use serde_json::{Value, json};
use snaprepo_lab::{
    Cache, Node, NodeOptions, Release, accept,
    http::{Body, Http},
    snaprepo::Snaprepo,
};

use super::{
    Bench,
    rounds::Measured,
    table::{AtMost, Tables},
};
use crate::error::Error;

/// The newest release that both writes such a repository and reads what we leave of it.
const RELEASE: &str = "es:9.5.3";
const N_SNAPSHOTS: usize = 300;
const N_SHARDS: usize = 50;
/// Documents that are written before each snapshot: some for every shard, mostly.
const N_DOCUMENTS: usize = 100;
const INDEX: &str = "measured";

/// Lets a node write the repository, then deletes every other snapshot with the node and with us, in turns.
pub(super) fn measure(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    let program = Snaprepo::new(bench.snaprepo.clone());
    let node = Node::start(&Cache::open()?, Release::find(RELEASE)?, &NodeOptions::default())?;
    let written = write(&node)?;
    let doomed: Vec<String> = (0..N_SNAPSHOTS).step_by(2).map(name).collect();
    let (mut ours, mut theirs, mut requests) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=bench.n_rounds.min(3) {
        let (of_node, of_us) = (node.repositories().join("of-node"), node.repositories().join("of-us"));
        for copy in [&of_node, &of_us] {
            accept::copy_tree(&written, copy)?;
            node.adopt(copy)?;
        }
        register(node.http(), "of-node", &of_node, false)?;
        let started_at = Instant::now();
        node.http().delete(&format!("/_snapshot/of-node/{}", doomed.join(",")))?;
        let by_node = started_at.elapsed().as_secs_f64();

        let state = tempfile::tempdir().map_err(|source| Error::Write { path: of_us.clone(), source })?;
        let words: Vec<&str> = doomed.iter().map(String::as_str).collect();
        let started_at = Instant::now();
        let answer = program.change("delete", &of_us, None, &words, state.path())?;
        let by_us = started_at.elapsed().as_secs_f64();
        if round > 0 {
            theirs.push(by_node);
            ours.push(by_us);
            requests.push(asked(&answer));
        }
        // What we wrote is ours until then.
        node.adopt(&of_us)?;
        register(node.http(), "of-us", &of_us, true)?;
        compare(node.http())?;
        for (repository, copy) in [("of-node", &of_node), ("of-us", &of_us)] {
            node.http().delete(&format!("/_snapshot/{repository}"))?;
            fs::remove_dir_all(copy).map_err(|source| Error::Write { path: copy.clone(), source })?;
        }
    }
    let (ours, theirs) = (Measured::new("delete", ours), Measured::new(RELEASE, theirs));
    tables.title(&format!("delete: {} of {N_SNAPSHOTS} snapshots of {N_SHARDS} shards", doomed.len()));
    tables.ratio(&ours, &theirs, Some(AtMost(1.0)));
    tables.number(&ours, "s", None);
    tables.number(&theirs, "s", None);
    tables.number(&Measured::new("requests of ours", requests), "", None);
    node.stop()?;
    Ok(())
}

fn name(n: usize) -> String {
    format!("snap-{n:03}")
}

fn register(http: &Http, repository: &str, folder: &Path, readonly: bool) -> Result<(), Error> {
    let body = json!({ "type": "fs", "settings": { "location": folder, "readonly": readonly } });
    http.put(&format!("/_snapshot/{repository}"), Body::Json(&body))?;
    Ok(())
}

/// One index whose shards change from snapshot to snapshot.
fn write(node: &Node) -> Result<PathBuf, Error> {
    let (http, folder) = (node.http(), node.repositories().join("written"));
    register(http, "written", &folder, false)?;
    let settings = json!({ "settings": { "index": { "number_of_shards": N_SHARDS, "number_of_replicas": 0 } } });
    http.put(&format!("/{INDEX}"), Body::Json(&settings))?;
    for n in 0..N_SNAPSHOTS {
        let line = |at: usize| format!("{{\"index\": {{}}}}\n{{\"value\": {}}}\n", n * N_DOCUMENTS + at);
        let lines: String = (0..N_DOCUMENTS).map(line).collect();
        http.post(&format!("/{INDEX}/_bulk"), Body::Lines(&lines))?;
        let body = json!({ "indices": INDEX, "include_global_state": false });
        http.put(&format!("/_snapshot/written/{}?wait_for_completion=true", name(n)), Body::Json(&body))?;
    }
    http.delete("/_snapshot/written")?;
    Ok(folder)
}

/// What is left has to be the same to the node.
fn compare(http: &Http) -> Result<(), Error> {
    let of = |repository: &str| -> Result<Vec<Value>, Error> {
        let answer = http.get(&format!("/_snapshot/{repository}/_all"))?;
        let snapshots = answer.get("snapshots").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(snapshots.into_iter().map(|of| json!([of["snapshot"], of["uuid"], of["state"]])).collect())
    };
    let (theirs, ours) = (of("of-node")?, of("of-us")?);
    if theirs.len() == N_SNAPSHOTS / 2 && theirs == ours {
        return Ok(());
    }
    let (theirs, ours) = (theirs.len(), ours.len());
    Err(Error::Usage { message: format!("the node lists {ours} snapshots of what we left, and {theirs} of its own") })
}

/// All requests that an answer tells of.
fn asked(answer: &Value) -> f64 {
    let counts = ["reads", "lists", "looks", "writes", "deletes"];
    counts.iter().filter_map(|kind| answer.pointer(&format!("/requests/{kind}"))?.as_f64()).sum()
}
