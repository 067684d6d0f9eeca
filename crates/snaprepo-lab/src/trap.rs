//! What OpenSearch before 2.17 does to a repository with hashed shard folders: it writes a root without
//! `shard_path_type`, and from then on nobody finds those folders. Their data are still there, and our verification has
//! to say exactly that. The roots are read here as the JSON that they are, not by the code that is judged.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde::Serialize;
use serde_json::Value;

use crate::{Error, Result, case::Written, snaprepo::Snaprepo};

/// The kind of finding that names the damage.
const LOST: &str = "shard-path-type-lost";
/// The kinds that may come with it, for a node that does not find the file tables of an index: when it deletes a
/// snapshot, the tables keep it, or the root no longer names them.
const COMPANIONS: [&str; 2] = ["unknown-snapshot-in-shard-generation", "shard-generation-undefined"];

/// What our verification said about a damaged repository.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// Indices that lost the type of their shard folders and are named.
    pub n_named: usize,
    /// What it said wrongly, or did not say.
    pub objections: Vec<String>,
}

/// Lets our program verify every byte of a repository that was written as case `trap`. Both folders are those that
/// `engine write` left: the one of the trap, and the one that it went on with.
///
/// # Errors
/// When a folder cannot be read, or the program cannot be asked.
pub fn verify(program: &Snaprepo, folder: &Path, from: &Path) -> Result<Verdict> {
    let (hashed, now) = (Root::read(from)?.hashed(), Root::read(folder)?);
    let (store, base_path) = (folder.join("repo"), Written::read(folder)?.repository.base_path);
    let there = below_a_hash(&store, &base_path)?;
    let lost = now.indices.iter().filter(|(id, index)| !index.is_hashed && hashed.contains(*id) && there.contains(*id));
    let lost = lost.map(|(_, index)| index.name.clone()).collect();

    let base_path = (!base_path.is_empty()).then_some(&*base_path);
    let run = program.run_on("verify", &store, base_path, &["--depth", "content", "--json"])?;
    Ok(judged(&lost, &run.json()?, run.code))
}

/// Whether the root in a folder that `engine write` left knows hashed shard folders.
///
/// # Errors
/// When the folder has no root, or one that is no JSON.
pub(crate) fn has_hashed_folders(folder: &Path) -> Result<bool> {
    Ok(!Root::read(folder)?.hashed().is_empty())
}

/// The ids of the indices that have blobs in a hashed shard folder: `…/indices/ID/SHARD/BLOB`, but not in the folder
/// `indices` of the repository. One whose shards all failed has none, and then there is nothing to be lost.
fn below_a_hash(store: &Path, base_path: &str) -> Result<BTreeSet<String>> {
    let fixed = store.join(base_path).join("indices");
    let mut ids = BTreeSet::new();
    for entry in walkdir::WalkDir::new(store) {
        let entry = entry.map_err(|error| Error::Io {
            what: "read",
            path: error.path().unwrap_or(store).to_owned(),
            source: error.into(),
        })?;
        let id = entry.path().ancestors().nth(2).filter(|_| entry.file_type().is_file());
        let id = id.filter(|id| id.parent().is_some_and(|top| top != fixed && top.ends_with("indices")));
        ids.extend(id.and_then(Path::file_name).map(|id| id.to_string_lossy().into_owned()));
    }
    Ok(ids)
}

/// What a root says about its indices, by their ids.
struct Root {
    indices: BTreeMap<String, Index>,
}

struct Index {
    name: String,
    is_hashed: bool,
}

impl Root {
    /// The newest root of a folder that `engine write` left.
    fn read(folder: &Path) -> Result<Self> {
        let not_written = |reason: String| Error::NotWritten { path: folder.to_owned(), reason };
        let top = folder.join("repo").join(Written::read(folder)?.repository.base_path);
        let mut newest: Option<u64> = None;
        for entry in fs::read_dir(&top).map_err(Error::io("read", &top))? {
            let name = entry.map_err(Error::io("read", &top))?.file_name();
            let generation = name.to_str().and_then(|name| name.strip_prefix("index-")?.parse().ok());
            newest = newest.max(generation);
        }
        let newest = newest.ok_or_else(|| not_written("its repository has no root index-N".to_owned()))?;
        let path = top.join(format!("index-{newest}"));
        let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
        let root = serde_json::from_slice(&bytes).map_err(|error| not_written(format!("index-{newest}: {error}")))?;
        Ok(Self::of(&root))
    }

    fn of(root: &Value) -> Self {
        let entries = root.get("indices").and_then(Value::as_object).into_iter().flatten();
        let indices = entries.filter_map(|(name, index)| {
            let is_hashed = index.get("shard_path_type").and_then(Value::as_u64).is_some_and(|kind| kind > 0);
            Some((index.get("id")?.as_str()?.to_owned(), Index { name: name.clone(), is_hashed }))
        });
        Self { indices: indices.collect() }
    }

    /// The ids of the indices whose shard folders are hashed.
    fn hashed(&self) -> BTreeSet<String> {
        self.indices.iter().filter(|(_, index)| index.is_hashed).map(|(id, _)| id.clone()).collect()
    }
}

/// Compares what was lost with what is said. Any other complaint is wrong: a blob below a hash is not missing.
fn judged(lost: &BTreeSet<String>, said: &Value, code: Option<i32>) -> Verdict {
    let mut objections = Vec::new();
    if lost.is_empty() {
        objections.push("the node did no damage".to_owned());
    }
    if code != Some(1) {
        objections.push(format!("verify ended with {code:?}, not with 1"));
    }
    let mut named = BTreeSet::new();
    for finding in said["findings"].as_array().into_iter().flatten() {
        let kind = finding["kind"].as_str().unwrap_or_default();
        let indices = finding["indices"].as_array().into_iter().flatten().filter_map(Value::as_str);
        match kind {
            LOST => named.extend(indices.map(str::to_owned)),
            _ if COMPANIONS.contains(&kind) && indices.clone().all(|index| lost.contains(index)) => {}
            _ if finding["severity"] == "info" => {}
            _ => objections.push(format!("verify claims {kind} of {}", finding["blob"])),
        }
    }
    objections.extend(lost.difference(&named).map(|index| format!("verify does not name the damage to {index}")));
    objections.extend(named.difference(lost).map(|index| format!("verify names {index}, which lost nothing")));
    Verdict { n_named: named.intersection(lost).count(), objections }
}

#[cfg(test)]
mod tests;
