//! Comparing two sets of documents: the first difference, by name.

use std::cmp::Ordering;

use super::{Document, Documents, json::first_difference};

/// How much of a value is shown in a difference, in characters.
const SHOWN: usize = 120;

/// What came out of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Names of the fields that were compared for every document. The id is always compared; a field that a release
    /// does not tell for every document of both sides is not, except the routing, which documents may lack.
    pub fields: Vec<&'static str>,
    /// The first difference in words: document, field, both values.
    pub difference: Option<String>,
}

/// A field of a document as text.
struct Field {
    name: &'static str,
    /// Whether documents may lack it although the release tells it.
    is_optional: bool,
    value: fn(&Document) -> Option<String>,
}

const ROUTING: Field = Field { name: "routing", is_optional: true, value: |document| document.routing.clone() };
const VERSION: Field =
    Field { name: "version", is_optional: false, value: |document| document.version.map(|n| n.to_string()) };

/// In the order in which a document is looked at.
const FIELDS: [Field; 6] = [
    Field { name: "type", is_optional: false, value: |document| document.kind.clone() },
    ROUTING,
    VERSION,
    Field { name: "seq_no", is_optional: false, value: |document| document.seq_no.map(|n| n.to_string()) },
    Field { name: "primary_term", is_optional: false, value: |document| document.primary_term.map(|n| n.to_string()) },
    Field { name: "shard", is_optional: false, value: |document| document.shard.map(|n| n.to_string()) },
];

/// Compares everything that both sides tell. Right for an index and its restored self.
#[must_use]
pub fn compare(expected: &Documents, found: &Documents) -> Comparison {
    compare_fields(expected, found, &FIELDS)
}

/// Compares id, routing, version and source. Right for the same documents in two releases, which may number shards,
/// writes and terms otherwise.
#[must_use]
pub fn compare_content(expected: &Documents, found: &Documents) -> Comparison {
    compare_fields(expected, found, &[ROUTING, VERSION])
}

fn compare_fields(expected: &Documents, found: &Documents, fields: &[Field]) -> Comparison {
    let tells = |field: &&Field| {
        let all = |documents: &[Document]| documents.iter().all(|document| (field.value)(document).is_some());
        field.is_optional || (all(&expected.documents) && all(&found.documents))
    };
    let fields: Vec<&Field> = fields.iter().filter(tells).collect();
    let names = ["id"].into_iter().chain(fields.iter().map(|field| field.name)).chain(["source"]).collect();
    Comparison { fields: names, difference: missing(found).or_else(|| difference(expected, found, &fields)) }
}

/// Documents that nobody could read are no match, whatever was expected.
fn missing(found: &Documents) -> Option<String> {
    let shard = found.missing.first()?;
    Some(format!("shard {} did not answer: {}", shard.shard, shard.reason))
}

fn difference(expected: &Documents, found: &Documents, fields: &[&Field]) -> Option<String> {
    let (mut wanted, mut got) = (expected.documents.iter().peekable(), found.documents.iter().peekable());
    loop {
        let order = match (wanted.peek(), got.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(wanted), Some(got)) => wanted.id.cmp(&got.id),
        };
        match order {
            Ordering::Less => return wanted.next().map(|document| format!("document {}: not found", name(document))),
            Ordering::Greater => {
                return got.next().map(|document| format!("document {}: not expected", name(document)));
            }
            Ordering::Equal => {
                let (wanted, got) = (wanted.next()?, got.next()?);
                if let Some(difference) = difference_of(wanted, got, fields) {
                    return Some(format!("document {}: {difference}", name(wanted)));
                }
            }
        }
    }
}

fn difference_of(expected: &Document, found: &Document, fields: &[&Field]) -> Option<String> {
    let shown = |value: Option<String>| value.map_or_else(|| "nothing".to_owned(), |value| shortened(&value));
    let differs = |field: &&Field| {
        let (expected, found) = ((field.value)(expected), (field.value)(found));
        (expected != found).then(|| format!("{}: expected {}, found {}", field.name, shown(expected), shown(found)))
    };
    fields.iter().find_map(differs).or_else(|| source_difference(expected, found))
}

fn source_difference(expected: &Document, found: &Document) -> Option<String> {
    let (expected, found) = (expected.source.as_deref(), found.source.as_deref());
    match (expected, found) {
        (None, None) => None,
        (Some(_), None) => Some("source: not found".to_owned()),
        (None, Some(_)) => Some("source: not expected".to_owned()),
        (Some(expected), Some(found)) => {
            let place = first_difference(expected.get(), found.get())?;
            Some(format!(
                "source{place}: expected {}, found {}",
                shortened(&value_at(expected.get(), &place)),
                shortened(&value_at(found.get(), &place))
            ))
        }
    }
}

/// The value at a place that [`first_difference`] named; the whole when it cannot be reached by simple keys.
fn value_at(text: &str, place: &str) -> String {
    let pointer = place.replace(['.', '['], "/").replace(']', "");
    let value = serde_json::from_str::<serde_json::Value>(text).ok();
    match value.as_ref().map(|value| value.pointer(&pointer)) {
        Some(Some(value)) => value.to_string(),
        Some(None) => "nothing".to_owned(),
        None => text.to_owned(),
    }
}

fn name(document: &Document) -> String {
    let id = shortened(&document.id);
    document.kind.as_ref().map_or_else(|| id.clone(), |kind| format!("{kind}/{id}"))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
