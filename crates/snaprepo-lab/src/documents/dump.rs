//! Asking a node for all live documents of an index: shard by shard, so that each document's shard is known, and page
//! by page through a scroll, which every release has and which knows no upper bound.

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{Document, Documents, MissingShard, json::on_one_line};
use crate::{
    Error, Release, Result,
    dialect::Dialect,
    http::{Answer, Body, Http, Method, segment},
};

/// Documents of one page. Small enough that ordinary test indices need several pages.
const PAGE: usize = 1000;
/// The status of a search that no shard could answer.
const NO_SHARD: u16 = 503;

/// Reads all live documents of one open index. Shards without a primary are named, not waited for.
///
/// A node shows what was refreshed: who has just written, refreshes first.
///
/// # Errors
/// When the index does not exist or is closed, when the node fails in the middle, or when it delivers another number
/// of documents than it counted.
pub fn dump(http: &Http, release: &Release, index: &str) -> Result<Documents> {
    let dialect = Dialect::of(release);
    let (mut documents, mut missing) = (Vec::new(), Vec::new());
    for shard in 0..n_shards(http, index)? {
        match dump_shard(http, dialect, index, shard)? {
            Shard::Read(mut found) => documents.append(&mut found),
            Shard::Missing(reason) => missing.push(MissingShard { shard, reason }),
        }
    }
    Ok(Documents::sorted(documents, missing))
}

enum Shard {
    Read(Vec<Document>),
    Missing(String),
}

fn n_shards(http: &Http, index: &str) -> Result<u32> {
    let path = format!("/{}/_settings", segment(index));
    let settings = http.get(&path)?;
    let n_shards = settings.get(index).and_then(|index| index.pointer("/settings/index/number_of_shards"));
    let n_shards =
        n_shards.and_then(|n| n.as_str().map_or_else(|| n.to_string().parse().ok(), |text| text.parse().ok()));
    n_shards.ok_or_else(|| Error::Unexpected {
        request: format!("GET {path}"),
        reason: format!("no number of shards of `{index}`"),
    })
}

fn dump_shard(http: &Http, dialect: Dialect, index: &str, shard: u32) -> Result<Shard> {
    let path = format!("/{}/_search?scroll=1m&preference=_shards:{shard}", segment(index));
    let mut answer = http.send(Method::Post, &path, Body::Json(&dialect.search(PAGE)))?;
    if answer.status == NO_SHARD {
        return Ok(Shard::Missing(shown(&answer.text)));
    }
    let mut documents = Vec::new();
    loop {
        answer = answer.success()?;
        let page = Page::of(&answer)?;
        if page.shards.failed > 0 || page.shards.successful == 0 {
            clear(http, dialect, page.scroll_id)?;
            return Ok(Shard::Missing(shown(&answer.text)));
        }
        documents.extend(page.hits.hits.iter().map(|hit| hit.document(shard, dialect)));
        let total = page.hits.total();
        let is_last = page.hits.hits.is_empty() || total.is_some_and(|total| documents.len() >= total);
        if is_last {
            if total != Some(documents.len()) {
                let reason = format!("shard {shard}: {} documents came, {total:?} were counted", documents.len());
                return Err(Error::Unexpected { request: answer.request.clone(), reason });
            }
            clear(http, dialect, page.scroll_id)?;
            return Ok(Shard::Read(documents));
        }
        let (path, body) = dialect.next_page(page.scroll_id);
        answer = http.send(Method::Post, &path, body.as_ref().map_or(Body::Empty, Body::Json))?;
    }
}

/// Gives the node back what it holds for the scroll. Not doing so would hold files of the shard for a minute.
fn clear(http: &Http, dialect: Dialect, scroll_id: &str) -> Result<()> {
    let (path, body) = dialect.end_of_pages(scroll_id);
    let answer = http.send(Method::Delete, &path, body.as_ref().map_or(Body::Empty, Body::Json))?;
    // A scroll that has run out by itself is gone already.
    if answer.status == 404 { Ok(()) } else { answer.success().map(drop) }
}

/// The beginning of what a node said.
fn shown(text: &str) -> String {
    text.chars().take(300).collect()
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(rename = "_scroll_id")]
    scroll_id: &'a str,
    #[serde(rename = "_shards")]
    shards: Shards,
    #[serde(borrow)]
    hits: Hits<'a>,
}

#[derive(Deserialize)]
struct Shards {
    successful: u64,
    failed: u64,
}

#[derive(Deserialize)]
struct Hits<'a> {
    /// A number, from version 7 on an object with `value`.
    total: Value,
    #[serde(borrow)]
    hits: Vec<Hit<'a>>,
}

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "_type")]
    kind: Option<String>,
    #[serde(rename = "_routing")]
    routing: Option<String>,
    /// Elasticsearch 1 has the routing here.
    #[serde(default)]
    fields: Map<String, Value>,
    #[serde(rename = "_version")]
    version: Option<u64>,
    #[serde(rename = "_seq_no")]
    seq_no: Option<u64>,
    #[serde(rename = "_primary_term")]
    primary_term: Option<u64>,
    #[serde(rename = "_source", borrow)]
    source: Option<&'a RawValue>,
}

impl<'a> Page<'a> {
    fn of(answer: &'a Answer) -> Result<Self> {
        serde_json::from_str(&answer.text).map_err(|error| Error::Unexpected {
            request: answer.request.clone(),
            reason: format!("not a page of documents: {error}"),
        })
    }
}

impl Hits<'_> {
    fn total(&self) -> Option<usize> {
        let total = self.total.get("value").unwrap_or(&self.total).as_u64()?;
        usize::try_from(total).ok()
    }
}

impl Hit<'_> {
    fn document(&self, shard: u32, dialect: Dialect) -> Document {
        let field = self.fields.get("_routing").and_then(Value::as_str).map(str::to_owned);
        let source = self.source.map(|source| on_one_line(source.get()));
        Document {
            id: self.id.clone(),
            shard: Some(shard),
            // Later releases, 7 among them, say `_doc` for every document.
            kind: self.kind.clone().filter(|_| dialect.has_types()),
            routing: self.routing.clone().or(field),
            version: self.version,
            seq_no: self.seq_no,
            primary_term: self.primary_term,
            source: source.and_then(|source| RawValue::from_string(source).ok()),
        }
    }
}

#[cfg(test)]
mod tests;
