//! What a node makes of the indices of a repository, one restore at a time: accepted, or refused in which words. Our
//! `compat` has to say the same before anybody tries.

use std::{collections::BTreeMap, path::Path};

use serde::Serialize;
use serde_json::Value;

use crate::{
    Error, Node, Result,
    accept::{copy_tree, reason, registration, restore},
    http::{Body, Method},
    judge::{self, Listed},
    snaprepo::Snaprepo,
};

/// The name of the registration.
const REGISTRATION: &str = "attempt";
/// Part of every index name that an attempt makes.
const PREFIX: &str = "try-";

/// A node's word and ours about one repository.
#[derive(Debug, Clone, Serialize)]
pub struct Attempts {
    /// The node.
    pub node: String,
    /// Why the node cannot even list the repository, when it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
    /// One restore for each index, from the newest snapshot that has it.
    pub indices: Vec<Attempt>,
}

/// A node's word and ours about one index of one snapshot.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// The snapshot.
    pub snapshot: String,
    /// The index.
    pub index: String,
    /// Why the node refused; nothing when it restored the index whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Our word: `yes`, `no`, `archive`, `mount-or-archive`.
    pub ours: String,
    /// Our reason, by its stable name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Whether both mean the same.
    pub agree: bool,
}

/// Why a node refuses, as far as its words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// The snapshot or the index is newer than the node.
    Newer,
    /// The index is too old for the node.
    TooOld,
    /// The node took the index, but none of its shards: so with closed indices, which it does not look at before.
    Shards,
    /// The node cannot read the repository.
    Unreadable,
    /// The node met something that it does not know, as in metadata of a newer release. Elasticsearch 9 then says that
    /// checksums do not match, because it did not read to the end.
    Unparsed,
    /// Anything else.
    Other,
}

/// Lets a node try to restore every index of a repository, read-only.
///
/// # Errors
/// When the node or our program cannot be asked.
pub fn restores(node: &Node, program: &Snaprepo, store: &Path, base_path: &str, more: &Value) -> Result<Attempts> {
    let mut attempts = Attempts { node: node.release().to_string(), unreadable: None, indices: Vec::new() };
    let top = node.repositories().join(REGISTRATION);
    copy_tree(store, &top)?;
    node.adopt(&top)?;
    let ours = our_word(program, node, store, base_path)?;
    let mut settings = more.as_object().cloned().unwrap_or_default();
    settings.insert("readonly".to_owned(), true.into());
    let body = registration(node.release(), &top, base_path, &settings.into());
    let root = format!("/_snapshot/{REGISTRATION}");
    let registered = node.http().send(Method::Put, &root, Body::Json(&body))?;
    let listed = if registered.is_success() {
        node.http().send(Method::Get, &format!("{root}/_all"), Body::Empty)?
    } else {
        registered
    };
    let list = if listed.is_success() {
        // From 7.11 on a failure of one repository is a part of the answer.
        let answer = listed.json()?;
        attempts.unreadable = answer.pointer("/responses/0/error/reason").and_then(Value::as_str).map(str::to_owned);
        judge::snapshots(&answer)
    } else {
        attempts.unreadable = Some(reason(&listed));
        Vec::new()
    };
    if attempts.unreadable.is_none() && list.is_empty() {
        attempts.unreadable = Some("lists no snapshot".to_owned());
    }
    for (index, snapshot) in newest_of_each(&list) {
        let refused = try_one(node, snapshot, index)?;
        attempts.indices.push(judged(snapshot, index, refused, &ours));
    }
    if let Some(unreadable) = &attempts.unreadable {
        for (snapshot, index) in ours.keys() {
            let snapshot =
                Listed { name: snapshot.clone(), state: String::new(), indices: vec![], n_failed: 0, failed: vec![] };
            attempts.indices.push(judged(&snapshot, index, Some(format!("unreadable: {unreadable}")), &ours));
        }
    }
    node.http().send(Method::Delete, &root, Body::Empty)?;
    std::fs::remove_dir_all(&top).map_err(|source| Error::Io { what: "remove", path: top, source })?;
    Ok(attempts)
}

impl Attempts {
    /// Whether the node and we agree about every index.
    #[must_use]
    pub fn agree(&self) -> bool {
        self.indices.iter().all(|attempt| attempt.agree)
    }

    /// How many indices the node restored.
    #[must_use]
    pub fn n_restored(&self) -> usize {
        self.indices.iter().filter(|attempt| attempt.refused.is_none()).count()
    }
}

/// Our word about each pair of snapshot and index: whether, and the stable name of the reason.
type Word = BTreeMap<(String, String), (String, Option<String>)>;

fn our_word(program: &Snaprepo, node: &Node, store: &Path, base_path: &str) -> Result<Word> {
    let target = node.release().to_string();
    let base_path = (!base_path.is_empty()).then_some(base_path);
    let answer = program.run_on("compat", store, base_path, &["--target", &target, "--json"])?.json()?;
    let mut word = Word::new();
    for row in answer["indices"].as_array().into_iter().flatten() {
        let text = |key: &str| row.get(key).and_then(Value::as_str).map(str::to_owned);
        for snapshot in row["snapshots"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let key = (snapshot.to_owned(), text("index").unwrap_or_default());
            word.insert(key, (text("restore").unwrap_or_default(), text("cause")));
        }
    }
    Ok(word)
}

/// Each index with the newest snapshot that has it whole.
fn newest_of_each(list: &[Listed]) -> BTreeMap<&str, &Listed> {
    let mut newest = BTreeMap::new();
    for snapshot in list.iter().filter(|snapshot| matches!(snapshot.state.as_str(), "SUCCESS" | "PARTIAL")) {
        for index in snapshot.indices.iter().filter(|index| !snapshot.failed.contains(index)) {
            newest.insert(index.as_str(), snapshot);
        }
    }
    newest
}

/// Restores one index under another name and deletes it again; why not, when it does not come back whole.
fn try_one(node: &Node, snapshot: &Listed, index: &str) -> Result<Option<String>> {
    let before = restore::index_names(node.http())?;
    let answer = restore::restore(node, REGISTRATION, snapshot, PREFIX, index)?;
    if !answer.is_success() {
        return Ok(Some(reason(&answer)));
    }
    let new = restore::index_names(node.http())?.difference(&before).cloned().collect();
    restore::drop_all(node, &new, PREFIX)?;
    let answer = answer.json()?;
    let n_failed = answer.pointer("/snapshot/shards/failed").and_then(Value::as_u64);
    Ok((n_failed != Some(0)).then(|| format!("{} shards failed to restore", n_failed.unwrap_or(0))))
}

fn judged(snapshot: &Listed, index: &str, refused: Option<String>, ours: &Word) -> Attempt {
    let (word, cause) = ours.get(&(snapshot.name.clone(), index.to_owned())).cloned().unwrap_or_default();
    let agree = match (&refused, word.as_str()) {
        (None, "yes") => true,
        // A licence may open these ways; a node without one refuses the plain restore.
        (Some(words), "archive" | "mount-or-archive") => class(words) != Class::Newer,
        (Some(words), "no") => cause.as_deref().is_some_and(|cause| means(cause, class(words))),
        _ => false,
    };
    Attempt { snapshot: snapshot.name.clone(), index: index.to_owned(), refused, ours: word, cause, agree }
}

/// Whether our reason is the node's.
fn means(cause: &str, class: Class) -> bool {
    match class {
        // Elasticsearch knows nothing of OpenSearch, whose version ids are higher than any of its own.
        Class::Newer => matches!(cause, "created-by-newer" | "taken-by-newer" | "other-product"),
        Class::TooOld => cause == "created-too-early",
        Class::Shards => matches!(cause, "created-too-early" | "other-product"),
        Class::Unreadable => cause == "repository-unreadable",
        Class::Unparsed => {
            matches!(cause, "created-by-newer" | "taken-by-newer" | "repository-unreadable" | "unknown-field")
        }
        Class::Other => matches!(cause, "other-product" | "not-restorable" | "repository-unreadable"),
    }
}

fn class(words: &str) -> Class {
    let has = |part: &str| words.contains(part);
    if has("must contain OpenSearch mask") || has("Unsupported version [ES") {
        // From 3.5 on OpenSearch reads no snapshot that Elasticsearch took; 3.5 and 3.6 say it each in its way.
        Class::Other
    } else if words.starts_with("unreadable: ") {
        Class::Unreadable
    } else if has("higher than the version") || has("greater than the") || has("newer than") {
        Class::Newer
    } else if has("cannot be upgraded")
        || has("minimum compatible")
        || has("was created before")
        || has("too old")
        || has("below the current version")
    {
        Class::TooOld
    } else if has("must not be null")
        || has("Unexpected field")
        || has("unknown field")
        || has("checksums do not match")
    {
        Class::Unparsed
    } else if has("shards failed to restore") {
        Class::Shards
    } else {
        Class::Other
    }
}
