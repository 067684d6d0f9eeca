//! Retention as clusters write it down: the JSON of SLM and SM policies (`docs/guides/retention.md`).

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use serde_json::Value;
use snaprepo_core::{
    retention::{Slm, Sm},
    select::age_millis,
};

/// Longest file of policies, in bytes.
const MAX_LEN: u64 = 16 << 20;

/// What a policy does with its snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Retention {
    /// Elasticsearch.
    Slm(Slm),
    /// OpenSearch.
    Sm(Sm),
}

/// A policy that deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Its id, which its snapshots carry.
    pub name: String,
    /// Names of other snapshots that it deletes, too.
    pub patterns: Vec<String>,
    pub retention: Retention,
}

/// Why policies cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyFault {
    /// The file.
    #[error("{}: {source}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// It is no JSON, or of no known shape.
    #[error("{}: {reason}", .path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Reads policies as a cluster's API returns them: one, or all.
pub(crate) fn read(path: &Path) -> Result<Vec<Policy>, PolicyFault> {
    let failed = |source| PolicyFault::Read { path: path.to_owned(), source };
    let mut text = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_LEN).read_to_end(&mut text).map_err(failed)?;
    let bad = |reason: String| PolicyFault::Shape { path: path.to_owned(), reason };
    let value: Value = serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))?;
    let policies = all(&value).map_err(bad)?;
    if policies.is_empty() {
        return Err(bad("has no policy that deletes".to_owned()));
    }
    Ok(policies)
}

/// The SLM policies in the cluster state of a snapshot; none when it has none that deletes. Those of OpenSearch are no part
/// of it: they lie in an index of their own.
pub(crate) fn of_state(state: &Value) -> Result<Vec<Policy>, String> {
    let policies = state.pointer("/snapshot_lifecycle/policies").filter(|policies| policies.is_object());
    let mut found = Vec::new();
    for (id, of_id) in policies.and_then(Value::as_object).into_iter().flatten() {
        let policy = of_id.get("policy").ok_or_else(|| format!("policy {id} is of no known shape"))?;
        found.extend(slm(id, policy)?);
    }
    Ok(found)
}

fn all(value: &Value) -> Result<Vec<Policy>, String> {
    let unknown = || "is neither the answer of GET _slm/policy nor of GET _plugins/_sm/policies".to_owned();
    let mut found = Vec::new();
    if let Some(policy) = value.get("sm_policy") {
        found.extend(sm(policy)?);
    } else if let Some(policies) = value.get("policies").and_then(Value::as_array) {
        for policy in policies {
            found.extend(sm(policy.get("sm_policy").unwrap_or(policy))?);
        }
    } else {
        let by_id = value.as_object().filter(|by_id| !by_id.is_empty()).ok_or_else(unknown)?;
        for (id, of_id) in by_id {
            found.extend(slm(id, of_id.get("policy").ok_or_else(unknown)?)?);
        }
    }
    Ok(found)
}

/// `None` for a policy without retention.
fn slm(id: &str, policy: &Value) -> Result<Option<Policy>, String> {
    let Some(retention) = policy.get("retention").filter(|retention| !retention.is_null()) else { return Ok(None) };
    let (min_count, max_count) = (number(id, retention, "min_count")?, number(id, retention, "max_count")?);
    let expire_after_millis = age(id, retention, "expire_after")?;
    if min_count == Some(0) || max_count == Some(0) {
        return Err(format!("policy {id}: min_count and max_count are 1 at least"));
    }
    if let (Some(min), Some(max)) = (min_count, max_count)
        && min > max
    {
        return Err(format!("policy {id}: min_count {min} is more than max_count {max}"));
    }
    let retention = Retention::Slm(Slm { min_count, max_count, expire_after_millis });
    Ok(Some(Policy { name: id.to_owned(), patterns: Vec::new(), retention }))
}

/// `None` for a policy that does not delete.
fn sm(policy: &Value) -> Result<Option<Policy>, String> {
    let Some(deletion) = policy.get("deletion").filter(|deletion| !deletion.is_null()) else { return Ok(None) };
    let name = policy.get("name").and_then(Value::as_str).ok_or("an SM policy has no name")?;
    let condition = deletion.get("condition").ok_or_else(|| format!("policy {name}: deletion has no condition"))?;
    let min_count = number(name, condition, "min_count")?.unwrap_or(1);
    let max_count = number(name, condition, "max_count")?;
    let max_age_millis = age(name, condition, "max_age")?;
    if max_age_millis.is_none() && max_count.is_none() {
        return Err(format!("policy {name}: max_age or max_count must be given"));
    }
    if min_count == 0 {
        return Err(format!("policy {name}: min_count is 1 at least"));
    }
    if let Some(max) = max_count.filter(|max| *max <= min_count) {
        return Err(format!("policy {name}: max_count {max} is not more than min_count {min_count}"));
    }
    let patterns = deletion.get("snapshot_pattern").and_then(Value::as_str).unwrap_or_default();
    let patterns =
        patterns.split(',').map(str::trim).filter(|pattern| !pattern.is_empty()).map(str::to_owned).collect();
    let retention = Retention::Sm(Sm { max_age_millis, max_count, min_count });
    Ok(Some(Policy { name: name.to_owned(), patterns, retention }))
}

fn number(policy: &str, of: &Value, key: &str) -> Result<Option<u64>, String> {
    match of.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
            number.map(Some).ok_or_else(|| format!("policy {policy}: {key} is no number: {value}"))
        }
    }
}

/// Ages as the engines write them: `30d`, `12h`, `90m`, `45s`, `500ms`.
fn age(policy: &str, of: &Value, key: &str) -> Result<Option<i64>, String> {
    let bad = |value: &Value| format!("policy {policy}: {key} is no time such as 30d: {value}");
    match of.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let text = value.as_str().ok_or_else(|| bad(value))?;
            let millis = text.strip_suffix("ms").and_then(|number| number.parse().ok());
            millis.or_else(|| age_millis(text)).map(Some).ok_or_else(|| bad(value))
        }
    }
}

#[cfg(test)]
mod tests;
