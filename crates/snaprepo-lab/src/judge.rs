//! What a node and our program say about the same repository, compared field by field and in field order.
//!
//! The exceptions are named where they are made; each is something that the node takes from its own memory and that no
//! blob holds.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::{
    Product, Release, Result,
    http::{Body, Http, Method, segment},
    snaprepo::Snaprepo,
};

/// A repository as a node has it registered.
#[derive(Debug, Clone, Copy)]
pub struct Registered<'a> {
    /// The node.
    pub http: &'a Http,
    /// Its release.
    pub release: &'static Release,
    /// The name of the registration.
    pub name: &'a str,
    /// The same repository as our program is pointed to it.
    pub location: &'a Path,
    /// `--base-path`, where shard folders lie outside of the repository.
    pub base_path: Option<&'a str>,
}

/// One question and how the two answers compare.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// The question.
    pub what: String,
    /// How the answers compare.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How two answers compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The same.
    Equal,
    /// Not the same.
    Different {
        /// Where the first difference is, and both sides of it.
        difference: String,
    },
    /// The node refused to answer, so there is nothing to compare.
    Refused {
        /// The node's words, shortened.
        reason: String,
    },
}

impl Check {
    /// Whether the answers are the same.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.outcome == Outcome::Equal
    }
}

/// Maps whose keys come in a hash order of the writer's memory.
const UNORDERED: [&str; 3] = ["metadata", "index_details", "indices"];
/// How much of a refusal is kept, in characters.
const SHOWN: usize = 400;

/// Asks both for every list and every status they know, and compares.
///
/// # Errors
/// When one of them cannot be asked at all.
pub fn listings(program: &Snaprepo, registered: Registered<'_>) -> Result<Vec<Check>> {
    let Registered { http, release, name, .. } = registered;
    let (root, version) = (format!("/_snapshot/{}", segment(name)), release.version);
    let elasticsearch = release.product == Product::Elasticsearch;
    let mut checks = Vec::new();
    let mut ask = |what: &str, path: &str, arguments: &[&str]| -> Result<Option<Value>> {
        let answer = http.send(Method::Get, path, Body::Empty)?;
        if !answer.is_success() {
            let reason = answer.text.chars().take(SHOWN).collect();
            checks.push(Check { what: what.to_owned(), outcome: Outcome::Refused { reason } });
            return Ok(None);
        }
        let theirs = answer.json()?;
        let ours = ours(program, registered, arguments)?;
        let outcome =
            match first_difference(&strip(ours, arguments, release), &strip(theirs.clone(), arguments, release)) {
                None => Outcome::Equal,
                Some(difference) => Outcome::Different { difference },
            };
        checks.push(Check { what: what.to_owned(), outcome });
        Ok(Some(theirs))
    };
    let list = ask("list", &format!("{root}/_all"), &["list", "--format", "es"])?;
    if !elasticsearch || version.at_least(5, 5) {
        let path = format!("{root}/_all?verbose=false");
        ask("list, verbose=false", &path, &["list", "--format", "es", "--no-details"])?;
    }
    if elasticsearch && version.at_least(7, 13) {
        let path = format!("{root}/_all?index_details=true");
        ask("list, index_details=true", &path, &["list", "--format", "es", "--index-details"])?;
    }
    if !elasticsearch || version.at_least(2, 1) {
        let path = format!("/_cat/snapshots/{}?format=json", segment(name));
        ask("_cat/snapshots", &path, &["list", "--format", "cat", "--json"])?;
    }
    for snapshot in list.as_ref().map(snapshots).unwrap_or_default() {
        let path = format!("{root}/{}/_status", segment(&snapshot.name));
        ask(&format!("status {}", snapshot.name), &path, &["status", &snapshot.name, "--format", "es"])?;
    }
    Ok(checks)
}

/// One snapshot of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: String,
    /// The indices in it.
    pub indices: Vec<String>,
    /// How many shards failed when it was taken.
    pub n_failed: u64,
    /// The indices of those shards.
    pub failed: Vec<String>,
}

/// The snapshots of a list, in both shapes that engines have given it.
#[must_use]
pub fn snapshots(list: &Value) -> Vec<Listed> {
    let array = list.get("snapshots").or_else(|| list.pointer("/responses/0/snapshots"));
    let texts = |value: Option<&Value>, key: Option<&str>| -> Vec<String> {
        let items = value.and_then(Value::as_array).into_iter().flatten();
        let text =
            |item: &Value| key.map_or(Some(item), |key| item.get(key)).and_then(Value::as_str).map(str::to_owned);
        items.filter_map(text).collect()
    };
    array
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|snapshot| Listed {
            name: snapshot["snapshot"].as_str().unwrap_or_default().to_owned(),
            state: snapshot["state"].as_str().unwrap_or_default().to_owned(),
            indices: texts(snapshot.get("indices"), None),
            n_failed: snapshot.pointer("/shards/failed").and_then(Value::as_u64).unwrap_or(0),
            failed: texts(snapshot.get("failures"), Some("index")),
        })
        .collect()
}

fn ours(program: &Snaprepo, registered: Registered<'_>, arguments: &[&str]) -> Result<Value> {
    let node = registered.release.to_string();
    let mut options = arguments[1..].to_vec();
    options.extend(["--as", &node, "--name", registered.name]);
    program.run_on(arguments[0], registered.location, registered.base_path, &options)?.json()
}

/// Leaves out what no blob holds.
fn strip(mut answer: Value, arguments: &[&str], release: &Release) -> Value {
    if release.product != Product::Elasticsearch {
        return answer;
    }
    let snapshots = answer.get_mut("snapshots").and_then(Value::as_array_mut);
    for snapshot in snapshots.into_iter().flatten() {
        // The root lists snapshots per index; the node turns that around in a map whose order changes with each start
        // of its Java machine.
        if let (true, Some(indices)) = (arguments.contains(&"--no-details"), snapshot.get_mut("indices")) {
            indices.as_array_mut().into_iter().for_each(|names| names.sort_by_key(ToString::to_string));
        }
        // Before 7.0 a failed shard resets the times of its snapshot's status, depending on the hash order of a map.
        let failed = snapshot.pointer("/shards_stats/failed").and_then(Value::as_u64).unwrap_or(0);
        if let (..7, 1.., Some(stats)) = (release.version.major, failed, snapshot.get_mut("stats")) {
            stats.as_object_mut().into_iter().for_each(|stats| {
                stats.shift_remove("start_time_in_millis");
                stats.shift_remove("time_in_millis");
            });
        }
    }
    answer
}

/// The first place where two answers differ, with both sides; the order of keys counts, but where it is a hash order.
#[must_use]
pub fn first_difference(ours: &Value, theirs: &Value) -> Option<String> {
    difference(ours, theirs, "", "")
}

fn difference(ours: &Value, theirs: &Value, key: &str, place: &str) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys = [a.keys().collect::<Vec<_>>(), b.keys().collect()];
            if UNORDERED.contains(&key) || place.contains("/metadata/") {
                keys.iter_mut().for_each(|keys| keys.sort());
            }
            if keys[0] != keys[1] {
                return Some(format!("keys at {place}: ours {:?}, the node's {:?}", keys[0], keys[1]));
            }
            a.iter().find_map(|(key, value)| difference(value, &b[key], key, &format!("{place}/{key}")))
        }
        (Value::Array(a), Value::Array(b)) => {
            if a.len() != b.len() {
                return Some(format!("length of {place}: ours {}, the node's {}", a.len(), b.len()));
            }
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(i, (a, b))| difference(a, b, key, &format!("{place}/{i}")))
        }
        // The text for a version id comes from a table inside the node that answers.
        _ if key == "version" && theirs.as_str().is_some_and(is_shared_version) => None,
        // So it does in Elasticsearch 2, which takes 1.7.6 for a version in the making.
        _ if key == "version" && theirs.as_str().is_some_and(|text| is_in_the_making(ours, text)) => None,
        _ if ours == theirs => None,
        _ => Some(format!("at {place}: ours {ours}, the node's {theirs}")),
    }
}

/// From 8.11 on, several releases share one version id.
fn is_shared_version(text: &str) -> bool {
    text.starts_with("8.") || text.starts_with("9.") || text.chars().all(|character| character.is_ascii_digit())
}

/// Whether this is the version that we say, with the mark of one that is not released yet.
fn is_in_the_making(ours: &Value, text: &str) -> bool {
    text.strip_suffix("-SNAPSHOT").is_some_and(|text| ours == text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named_with_its_place() {
        let ours = json!({"a": 1, "b": [{"c": 2}]});
        assert_eq!(first_difference(&ours, &ours), None);
        let theirs = json!({"a": 1, "b": [{"c": 3}]});
        assert_eq!(first_difference(&ours, &theirs).unwrap(), "at /b/0/c: ours 2, the node's 3");
    }

    #[test]
    fn the_order_of_keys_counts_but_in_hash_maps() {
        let (ours, theirs) = (json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}));
        assert!(first_difference(&ours, &theirs).is_some());
        assert_eq!(first_difference(&json!({ "indices": ours }), &json!({ "indices": theirs })), None);
    }

    #[test]
    fn a_version_in_the_making_is_the_version() {
        let check = |theirs, expected| {
            let (ours, theirs) = (json!({ "version": "1.7.6" }), json!({ "version": theirs }));
            assert_eq!(first_difference(&ours, &theirs).is_none(), expected);
        };
        check("1.7.6-SNAPSHOT", true);
        check("1.7.5-SNAPSHOT", false);
        assert!(first_difference(&json!({ "version": 1 }), &json!({ "version": 2 })).is_some());
    }

    #[test]
    fn both_shapes_of_a_list_are_read() {
        let snapshot = json!({"snapshot": "a", "state": "PARTIAL", "indices": ["x", "y"],
            "failures": [{"index": "y"}], "shards": {"failed": 1}});
        let expected = Listed {
            name: "a".into(),
            state: "PARTIAL".into(),
            indices: vec!["x".into(), "y".into()],
            n_failed: 1,
            failed: vec!["y".into()],
        };
        assert_eq!(snapshots(&json!({ "snapshots": [snapshot] })), std::slice::from_ref(&expected));
        assert_eq!(snapshots(&json!({ "responses": [{ "snapshots": [snapshot] }] })), [expected]);
    }
}
