//! Going on: a snapshot on top that shares files with older ones, a deletion, a cleanup, and our own verification.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{Report, restore};
use crate::{
    Error, Node, Product, Result,
    dialect::Dialect,
    http::{Answer, Body, Method, segment},
    judge::{self, Listed, Registered},
    snaprepo::Snaprepo,
};

/// The snapshot that the node adds.
const ADDED: &str = "accept-added";
/// An index that the repository has never seen.
const NEW_INDEX: &str = "accept-new";

/// Lets the node write: everything of the steps below has to succeed, and the repository has to be whole afterwards.
pub(super) fn go_on(
    node: &Node,
    program: &Snaprepo,
    registered: Registered<'_>,
    list: &[Listed],
    report: &mut Report,
) -> Result<()> {
    let root = format!("/_snapshot/{}", segment(registered.name));
    let newest = list.iter().rev().find(|snapshot| snapshot.state == "SUCCESS");
    let reused = match newest {
        Some(newest) => reuse_an_index(node, registered.name, newest, report)?,
        None => None,
    };
    create(node, NEW_INDEX)?;
    let indices = reused.iter().map(String::as_str).chain([NEW_INDEX]).collect::<Vec<_>>().join(",");
    let body = json!({ "indices": indices, "include_global_state": true });
    let answer = put_snapshot(node, &root, &body)?;
    let state = |answer: &Answer| Some(answer.json().ok()?.pointer("/snapshot/state")?.as_str()?.to_owned());
    let is_complete = state(&answer).as_deref() == Some("SUCCESS");
    if report.step("take a snapshot on top", &answer) && !is_complete {
        report.note("the snapshot on top is complete", false, state(&answer));
    }
    if let Some(index) = &reused {
        shares_files(node, &root, index, report)?;
    }
    if let Some(oldest) = list.first() {
        let promise = promise(program, registered, &oldest.name)?;
        let before = blobs(registered.location)?;
        let answer = node.http().send(Method::Delete, &format!("{root}/{}", segment(&oldest.name)), Body::Empty)?;
        if report.step(&format!("delete {}", oldest.name), &answer) {
            compare_freed(&promise, &before, &blobs(registered.location)?, registered, report);
        }
    }
    if node.release().product == Product::OpenSearch || node.release().version.at_least(7, 4) {
        let answer = node.http().send(Method::Post, &format!("{root}/_cleanup"), Body::Empty)?;
        report.step("clean up", &answer);
    }
    for mut check in judge::listings(program, registered)? {
        check.what = format!("{} afterwards", check.what);
        report.listings.push(check);
    }
    verify(program, registered, report)?;
    for index in reused.iter().map(String::as_str).chain([NEW_INDEX]) {
        node.http().delete(&format!("/{}", segment(index)))?;
    }
    Ok(())
}

/// What `du --free` says that a deletion frees.
fn promise(program: &Snaprepo, registered: Registered<'_>, snapshot: &str) -> Result<Value> {
    let options = ["--free", snapshot, "--json"];
    program.run_on("du", registered.location, registered.base_path, &options)?.json()
}

/// Every file below a folder, with its length.
fn blobs(folder: &Path) -> Result<BTreeMap<PathBuf, u64>> {
    let mut blobs = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder) {
        let failed = |error: walkdir::Error| Error::Io { what: "read", path: folder.to_owned(), source: error.into() };
        let entry = entry.map_err(failed)?;
        if entry.file_type().is_file() {
            let len = entry.metadata().map_err(failed)?.len();
            blobs.insert(entry.into_path(), len);
        }
    }
    Ok(blobs)
}

/// What is gone must be what was promised, to the byte: what only the snapshot needed, and the file tables that were
/// written anew. A node may also have removed what nothing referred to. Roots are left out: how many old ones are kept
/// is a matter of the release.
fn compare_freed(
    promise: &Value,
    before: &BTreeMap<PathBuf, u64>,
    after: &BTreeMap<PathBuf, u64>,
    registered: Registered<'_>,
    report: &mut Report,
) {
    let base = registered.location.join(registered.base_path.unwrap_or_default());
    let generation = |path: &Path| {
        let name = path.file_name()?.to_str()?.strip_prefix("index-")?;
        if path.parent() == Some(&*base) { name.parse::<u64>().ok() } else { None }
    };
    let gone = || before.iter().filter(|(path, _)| !after.contains_key(*path) && generation(path).is_none());
    let freed: u64 = gone().map(|(_, len)| len).sum();
    let root = before.iter().filter_map(|(path, len)| Some((generation(path)?, *len))).max().map_or(0, |(_, len)| len);
    let number = |pointer: &str| promise.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let tables = number("/free/replaced_size_in_bytes").saturating_sub(root);
    let promised = number("/free/size_in_bytes") + tables;
    let classes = promise.pointer("/unreferenced").and_then(Value::as_array);
    let waste: u64 = classes.into_iter().flatten().filter_map(|class| class["size_in_bytes"].as_u64()).sum();
    let is_right = number("/free/blobs") > 0 && freed >= promised && freed - promised <= waste;
    let detail =
        format!("{freed} bytes in {} blobs, {promised} promised, {waste} referred to by nothing", gone().count());
    report.note("the deletion freed what du promised", is_right, Some(detail));
}

/// Restores an index under its own name, so that the next snapshot meets the index again; the name, if that was done.
fn reuse_an_index(node: &Node, repository: &str, newest: &Listed, report: &mut Report) -> Result<Option<String>> {
    let existing = restore::index_names(node.http())?;
    let plain = |index: &&String| {
        !index.starts_with('.') && !newest.failed.contains(index) && !existing.contains(index.as_str())
    };
    let mut candidates = newest.indices.iter().filter(plain).collect::<Vec<_>>();
    // An index of one segment has nothing to merge, so its files stay the same. Only the stories of our fixtures tell
    // which that is: what was written last and at once.
    candidates.sort_by_key(|index| !matches!(index.as_str(), "late" | "zz-after" | "spaet+1"));
    let Some(&index) = candidates.first() else { return Ok(None) };
    let answer = restore::restore(node, repository, newest, "", index)?;
    let what = format!("restore {index} under its own name");
    Ok(report.step(&what, &answer).then(|| index.clone()))
}

fn create(node: &Node, index: &str) -> Result<()> {
    let settings = json!({ "settings": { "index": { "number_of_shards": 1, "number_of_replicas": 0 } } });
    node.http().put(&format!("/{index}"), Body::Json(&settings))?;
    let kind = if Dialect::of(node.release()).has_types() { ", \"_type\": \"doc\"" } else { "" };
    let lines: String = (0..5)
        .map(|n| format!("{{\"index\": {{\"_index\": \"{index}\", \"_id\": \"x{n}\"{kind}}}}}\n{{\"n\": {n}}}\n"))
        .collect();
    node.http().post("/_bulk", Body::Lines(&lines))?;
    node.http().post(&format!("/{index}/_flush"), Body::Empty)?;
    Ok(())
}

fn put_snapshot(node: &Node, root: &str, body: &Value) -> Result<Answer> {
    let path = format!("{root}/{ADDED}?wait_for_completion=true");
    let answer = node.http().send(Method::Put, &path, Body::Json(body))?;
    // Elasticsearch 5 converts a repository of 2.x at its first write, and fails that one request.
    if !answer.is_success() && node.release().version.major == 5 {
        return node.http().send(Method::Put, &path, Body::Json(body));
    }
    Ok(answer)
}

/// How much a snapshot of a restored index found in the repository already. It is told, not demanded: a node may merge
/// the segments of an index that it restored, and then all of its files are new.
fn shares_files(node: &Node, root: &str, index: &str, report: &mut Report) -> Result<()> {
    let status = node.http().get(&format!("{root}/{ADDED}/_status"))?;
    let stats = &status["snapshots"][0]["indices"][index]["stats"];
    let size = |name: &str| stats.get(name)?.get("size_in_bytes")?.as_u64();
    if let (Some(added), Some(total)) = (size("incremental"), size("total")) {
        let what = format!("{index} shares files with older snapshots");
        report.note(&what, true, Some(format!("{added} of {total} bytes were new")));
    }
    Ok(())
}

/// Nothing but info, every byte read.
fn verify(program: &Snaprepo, registered: Registered<'_>, report: &mut Report) -> Result<()> {
    let options = ["--depth", "content", "--json"];
    let run = program.run_on("verify", registered.location, registered.base_path, &options)?;
    let answer = run.json()?;
    let counts = &answer["counts"];
    let is_whole = counts["error"] == json!(0) && counts["warning"] == json!(0) && run.code == Some(0);
    let detail = (!is_whole).then(|| format!("exit {:?}, findings {}", run.code, answer["findings"]));
    report.note("our verification, every byte", is_whole, detail);
    Ok(())
}
