//! Plans in neutral words, and the requests they become.

use serde_json::{Map, Value, json};

use super::{Dialect, Feature, Fields};
use crate::{
    Product,
    http::{Method, segment},
};

/// The mapping type of documents where a release wants one and the story has none.
const TYPE: &str = "doc";

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// Path and query, escaped.
    pub path: String,
    /// The body, if there is one.
    pub body: Option<Value>,
}

/// An index to be made. It has no replicas and is refreshed only on demand.
#[derive(Debug, Clone)]
pub struct IndexPlan {
    /// Its name.
    pub name: String,
    /// How many primary shards it has.
    pub n_shards: u32,
    /// Mapping types and their fields; several only where the release has that. The name of a single one does not matter.
    pub types: &'static [(&'static str, Fields)],
    /// More settings, without `index.` in front.
    pub settings: Vec<(&'static str, Value)>,
    /// Whether its shards find a node. Who makes an index whose shards do not, must not wait for them.
    pub is_allocated: bool,
}

/// A write of one document.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The id.
    pub id: String,
    /// The mapping type, where there are several.
    pub kind: Option<&'static str>,
    /// The routing, if it is not the id.
    pub routing: Option<String>,
    /// What is done.
    pub action: Action,
}

/// What is done to a document.
#[derive(Debug, Clone)]
pub enum Action {
    /// The source is stored, whether the document exists or not.
    Index(Value),
    /// The source is stored; the document must be new.
    Create(Value),
    /// Some fields of the source are replaced.
    Update(Value),
    /// The document goes.
    Delete,
}

/// A snapshot to be taken.
#[derive(Debug, Clone)]
pub struct SnapshotPlan {
    /// Its name.
    pub name: String,
    /// Its indices; `None` for all, also the closed and hidden ones.
    pub indices: Option<Vec<String>>,
    /// Whether it holds the state of the cluster.
    pub has_global_state: bool,
    /// What its creator says about it, where releases store that.
    pub metadata: Option<Value>,
    /// Whether shards may be missing.
    pub is_partial: bool,
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn empty(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), body: None }
    }

    /// A request with JSON.
    #[must_use]
    pub fn json(method: Method, path: impl Into<String>, body: Value) -> Self {
        Self { method, path: path.into(), body: Some(body) }
    }
}

impl Dialect {
    /// Makes an index.
    #[must_use]
    pub fn create_index(self, plan: &IndexPlan) -> Request {
        let mut settings = Map::new();
        settings.insert("number_of_shards".into(), plan.n_shards.into());
        settings.insert("number_of_replicas".into(), 0.into());
        settings.insert("refresh_interval".into(), "-1".into());
        settings.extend(plan.settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let of_type = |fields| json!({ "properties": self.properties(fields) });
        let mappings = match plan.types {
            types if self.has(Feature::ManyTypes) && types.len() > 1 => {
                Value::Object(types.iter().map(|(name, fields)| ((*name).to_owned(), of_type(fields))).collect())
            }
            [(_, fields), ..] if self.has_types() => json!({ TYPE: of_type(fields) }),
            [(_, fields), ..] => of_type(fields),
            [] => json!({}),
        };
        let no_wait = !plan.is_allocated && self.has(Feature::ActiveShards);
        let path = format!("/{}{}", segment(&plan.name), if no_wait { "?wait_for_active_shards=0" } else { "" });
        Request::json(Method::Put, path, json!({ "settings": { "index": settings }, "mappings": mappings }))
    }

    /// The lines of a `_bulk` request.
    #[must_use]
    pub fn bulk(self, index: &str, operations: &[Operation]) -> String {
        let mut lines = String::new();
        for operation in operations {
            let mut target = Map::new();
            target.insert("_index".into(), index.into());
            target.insert("_id".into(), operation.id.as_str().into());
            if self.has_types() {
                target.insert("_type".into(), operation.kind.unwrap_or(TYPE).into());
            }
            if let Some(routing) = &operation.routing {
                let name = if self.has_types() { "_routing" } else { "routing" };
                target.insert(name.into(), routing.as_str().into());
            }
            let (verb, body) = match &operation.action {
                Action::Index(source) => ("index", Some(source.clone())),
                Action::Create(source) => ("create", Some(source.clone())),
                Action::Update(fields) => ("update", Some(json!({ "doc": fields }))),
                Action::Delete => ("delete", None),
            };
            for line in [Some(json!({ verb: target })), body].into_iter().flatten() {
                lines.push_str(&line.to_string());
                lines.push('\n');
            }
        }
        lines
    }

    /// Writes what an index holds in memory to its files, and shows it to searches.
    #[must_use]
    pub fn flush(self, index: &str) -> [Request; 2] {
        let index = segment(index);
        // Without `force`, OpenSearch skips the flush of a shard whose only change is a refresh.
        let force = if self.product == Product::OpenSearch { "?force=true&wait_if_ongoing=true" } else { "" };
        [
            Request::empty(Method::Post, format!("/{index}/_flush{force}")),
            Request::empty(Method::Post, format!("/{index}/_refresh")),
        ]
    }

    /// Merges each shard of an index into one segment.
    #[must_use]
    pub fn merge(self, index: &str) -> Request {
        let verb = if self.has(Feature::ForceMerge) { "_forcemerge" } else { "_optimize" };
        Request::empty(Method::Post, format!("/{}/{verb}?max_num_segments=1", segment(index)))
    }

    /// Takes a snapshot and waits for it.
    #[must_use]
    pub fn snapshot(self, repository: &str, plan: &SnapshotPlan, takes_indices: bool) -> Request {
        let mut body = Map::new();
        // Shallow snapshots of the second kind are taken only when no index is named.
        if takes_indices {
            let indices = plan.indices.as_ref().map_or_else(|| "*".to_owned(), |indices| indices.join(","));
            body.insert("indices".into(), indices.into());
            if plan.indices.is_none() && self.has(Feature::ClosedSnapshots) {
                let which = if self.has(Feature::HiddenIndices) { "all" } else { "open,closed" };
                body.insert("expand_wildcards".into(), which.into());
            }
        }
        body.insert("ignore_unavailable".into(), true.into());
        body.insert("include_global_state".into(), plan.has_global_state.into());
        if plan.is_partial {
            body.insert("partial".into(), true.into());
        }
        if let Some(metadata) = plan.metadata.as_ref().filter(|_| self.has(Feature::SnapshotMetadata)) {
            body.insert("metadata".into(), metadata.clone());
        }
        let path = format!("/_snapshot/{}/{}?wait_for_completion=true", segment(repository), segment(&plan.name));
        Request::json(Method::Put, path, Value::Object(body))
    }

    /// Mappings, settings and aliases of all indices, also the closed and hidden ones.
    #[must_use]
    pub fn all_indices(self) -> &'static str {
        if self.has(Feature::HiddenIndices) { "/*?expand_wildcards=all" } else { "/*?expand_wildcards=open,closed" }
    }

    /// The Lucene segments of all open indices.
    #[must_use]
    pub fn all_segments(self) -> &'static str {
        if self.has(Feature::HiddenIndices) { "/_segments?expand_wildcards=open,hidden" } else { "/_segments" }
    }

    /// The body of a search for all documents of a shard, with everything that the release tells about each.
    #[must_use]
    pub fn search(self, page: usize) -> Value {
        let mut body = json!({ "size": page, "version": true, "query": { "match_all": {} } });
        if self.has(Feature::SortByDoc) {
            body["sort"] = json!(["_doc"]);
        }
        if self.has(Feature::SequenceNumbers) {
            body["seq_no_primary_term"] = json!(true);
        }
        if self.has(Feature::TrackTotalHits) {
            body["track_total_hits"] = json!(true);
        }
        // Elasticsearch 1 tells the routing only when asked, and then the source only when asked.
        if !self.has(Feature::ScrollBody) {
            body["fields"] = json!(["_routing", "_source"]);
        }
        body
    }

    /// Path and body of the request for the next page of a scroll.
    #[must_use]
    pub fn next_page(self, scroll_id: &str) -> (String, Option<Value>) {
        if self.has(Feature::ScrollBody) {
            return ("/_search/scroll".to_owned(), Some(json!({ "scroll": "1m", "scroll_id": scroll_id })));
        }
        (format!("/_search/scroll?scroll=1m&scroll_id={}", segment(scroll_id)), None)
    }

    /// Path and body of the `DELETE` that ends a scroll.
    #[must_use]
    pub fn end_of_pages(self, scroll_id: &str) -> (String, Option<Value>) {
        if self.has(Feature::ScrollBody) {
            return ("/_search/scroll".to_owned(), Some(json!({ "scroll_id": [scroll_id] })));
        }
        (format!("/_search/scroll/{}", segment(scroll_id)), None)
    }
}
