//! The live documents of an index: asked from a node, kept as lines of JSON, compared with each other.
//!
//! A source is kept as the text that the node sent, because a parser would round numbers and drop repeated keys, and a
//! judge must not lose what it judges. Two sources are equal when they differ in nothing but blanks, the order of keys
//! and the spelling of strings and fractions.

mod compare;
mod dump;
mod json;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use compare::{Comparison, compare, compare_content};
pub use dump::dump;

/// All live documents of one index.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// Sorted by id, then by mapping type. Elasticsearch before version 6 may hold one id under several types, and any
    /// engine one id in several shards when documents have their own routing.
    pub documents: Vec<Document>,
    /// Shards that answered no search: their documents are not here.
    pub missing: Vec<MissingShard>,
}

/// A shard whose documents could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingShard {
    /// Its number.
    pub shard: u32,
    /// What the node said.
    pub reason: String,
}

/// A live document. What a release does not tell is `None`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Document {
    /// Its id, unique within an index, a mapping type and a shard.
    pub id: String,
    /// Number of its shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<u32>,
    /// Its mapping type: Elasticsearch before version 7.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its own routing, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing: Option<String>,
    /// How often it was written, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Number of its last write in its shard: Elasticsearch 6.8 and later, OpenSearch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq_no: Option<u64>,
    /// The term of the primary shard that took its last write: as [`seq_no`](Self::seq_no).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_term: Option<u64>,
    /// The source on one line, otherwise as the node sent it; nothing when the index keeps none.
    #[serde(alias = "_source", default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Box<RawValue>>,
}

impl Documents {
    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there is no document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// Documents in the order that this type promises.
    fn sorted(mut documents: Vec<Document>, missing: Vec<MissingShard>) -> Self {
        documents.sort_by(|a, b| a.key().cmp(&b.key()));
        Self { documents, missing }
    }

    /// One line of JSON for each document, each with its line break.
    ///
    /// # Errors
    /// Never for documents that came from a node or from [`parse`](Self::parse).
    pub fn to_lines(&self) -> serde_json::Result<String> {
        let mut lines = String::new();
        for document in &self.documents {
            lines.push_str(&serde_json::to_string(document)?);
            lines.push('\n');
        }
        Ok(lines)
    }

    /// Reads what [`to_lines`](Self::to_lines) wrote; also `_source` in place of `source`.
    ///
    /// # Errors
    /// When a line is not a document.
    pub fn parse(lines: &str) -> serde_json::Result<Self> {
        let documents = lines.lines().map(serde_json::from_str).collect::<serde_json::Result<_>>()?;
        Ok(Self::sorted(documents, Vec::new()))
    }
}

impl Document {
    fn key(&self) -> (&str, &str, u32) {
        (&self.id, self.kind.as_deref().unwrap_or_default(), self.shard.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
