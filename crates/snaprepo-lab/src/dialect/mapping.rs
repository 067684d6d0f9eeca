//! Mappings in neutral words, and as a release wants them.

use serde_json::{Map, Value, json};

use super::{Dialect, Feature};

/// The fields of a mapping by name, in order.
pub type Fields = &'static [(&'static str, Kind)];

/// What kind a field is of.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// One term, exactly as it is.
    Keyword,
    /// Text for people.
    Text,
    /// Text that cannot be searched, of any length.
    Unindexed,
    /// Another kind, which every release calls the same.
    Plain(&'static str),
    /// An object.
    Object(Fields),
    /// Objects that are documents of their own in Lucene.
    Nested(Fields),
}

impl Dialect {
    /// `properties` of a mapping.
    pub(super) fn properties(self, fields: Fields) -> Value {
        let properties = fields.iter().map(|(name, kind)| ((*name).to_owned(), self.field(*kind)));
        Value::Object(properties.collect::<Map<_, _>>())
    }

    fn field(self, kind: Kind) -> Value {
        match (kind, self.has(Feature::Keyword)) {
            (Kind::Keyword, true) => json!({ "type": "keyword" }),
            (Kind::Keyword, false) => json!({ "type": "string", "index": "not_analyzed" }),
            (Kind::Text, true) => json!({ "type": "text" }),
            (Kind::Text, false) => json!({ "type": "string" }),
            (Kind::Unindexed, true) => json!({ "type": "text", "index": false }),
            (Kind::Unindexed, false) => json!({ "type": "string", "index": "no" }),
            (Kind::Plain(name), _) => json!({ "type": name }),
            (Kind::Object(fields), _) => json!({ "properties": self.properties(fields) }),
            (Kind::Nested(fields), _) => json!({ "type": "nested", "properties": self.properties(fields) }),
        }
    }
}
