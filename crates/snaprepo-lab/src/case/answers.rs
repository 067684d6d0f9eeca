//! What the node says about the repository when the story is over.

use serde_json::{Value, json};

use super::stage::Stage;
use crate::{
    Result,
    dialect::{Feature, Request},
    http::{Answer, Method, segment},
    truth,
};

/// The module that verifies repositories; published distributions do not carry it.
const VERIFIER: &str = "snapshot-repo-test-kit";

impl Stage<'_> {
    /// Records all answers; the names of the snapshots in the order of the node's list.
    pub(super) fn record_answers(&mut self) -> Result<Vec<String>> {
        let repository = self.repository();
        self.record("answers/repository", &repository)?;
        let all = self.record("answers/all", &format!("{repository}/_all"))?;
        let snapshots = names(&all)?;
        let lists = [
            (Feature::NotVerbose, "all-not-verbose", format!("{repository}/_all?verbose=false")),
            (Feature::IndexDetails, "all-index-details", format!("{repository}/_all?index_details=true")),
            (Feature::Cat, "cat", format!("/_cat/snapshots/{}?format=json", segment(&self.registration.name))),
        ];
        for (feature, name, path) in lists {
            if self.dialect.has(feature) {
                self.record(&format!("answers/{name}"), &path)?;
            }
        }
        for snapshot in &snapshots {
            let path = format!("{}/_status", self.snapshot_path(snapshot));
            self.record(&format!("answers/status/{}", truth::file_name(snapshot)), &path)?;
        }
        self.verify_integrity()?;
        self.steps.did("reads")?;
        Ok(snapshots)
    }

    fn verify_integrity(&mut self) -> Result<()> {
        if !self.dialect.has(Feature::VerifyIntegrity) || !self.modules()?.iter().any(|module| module == VERIFIER) {
            return Ok(());
        }
        let path = format!("{}/_verify_integrity?verify_blob_contents=true", self.repository());
        let answer = self.send(&Request::empty(Method::Post, path))?;
        self.recorder.answer("answers/verify-integrity", &answer).map(drop)
    }

    fn modules(&self) -> Result<Vec<String>> {
        let nodes = self.http().get("/_nodes/_local/plugins")?;
        let modules = local(&nodes).and_then(|node| node.get("modules")?.as_array()).into_iter().flatten();
        Ok(modules.filter_map(|module| Some(module.get("name")?.as_str()?.to_owned())).collect())
    }

    /// Build, Lucene and JVM of the node, as far as it tells.
    pub(super) fn node_facts(&self) -> Result<Value> {
        let nodes = self.http().get("/_nodes/_local/jvm")?;
        let node = local(&nodes).unwrap_or(&Value::Null);
        // The smallest distributions of Elasticsearch 8 and 9 do not answer this one.
        let root = self.get("/")?;
        let root = if root.is_success() { root.json()? } else { Value::Null };
        let version = root.get("version").unwrap_or(&Value::Null);
        let either = |name: &str| node.get(name).or_else(|| version.get(name)).cloned().unwrap_or(Value::Null);
        let jvm = |name: &str| node.get("jvm").and_then(|jvm| jvm.get(name)).cloned().unwrap_or(Value::Null);
        Ok(json!({
            "build_hash": either("build_hash"),
            "build_type": either("build_type"),
            "build_date": either("build_date"),
            "lucene": either("lucene_version"),
            "jvm": { "version": jvm("version"), "name": jvm("vm_name"), "vendor": jvm("vm_vendor") },
        }))
    }
}

/// The one node in an answer about nodes.
fn local(nodes: &Value) -> Option<&Value> {
    nodes.get("nodes")?.as_object()?.values().next()
}

/// Names of the snapshots in a list. Some releases of version 7 wrap it once more.
fn names(all: &Answer) -> Result<Vec<String>> {
    let value = all.json()?;
    let list = value.get("snapshots").or_else(|| value.pointer("/responses/0/snapshots")).and_then(Value::as_array);
    let names = list.into_iter().flatten().filter_map(|entry| entry.get("snapshot")?.as_str());
    Ok(names.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests;
