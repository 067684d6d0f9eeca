//! One request, before anybody decided how a protocol writes it.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};

use crate::waiting::Kind;

/// A part of an object: from a byte on, to another (which is not part of it) or to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) end: Option<u64>,
}

/// A request to a store.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) kind: Kind,
    pub(crate) method: Method,
    /// The key of an object, as it is; `None` asks the bucket itself.
    pub(crate) key: Option<String>,
    /// Not yet encoded.
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

impl Span {
    /// The whole object.
    pub(crate) const ALL: Self = Self { start: 0, end: None };

    pub(crate) fn is_all(&self) -> bool {
        *self == Self::ALL
    }
}

impl Ask {
    fn new(kind: Kind, method: Method, key: Option<&str>) -> Self {
        let key = key.map(str::to_owned);
        Self { kind, method, key, query: Vec::new(), headers: Vec::new(), body: Bytes::new() }
    }

    /// Reads an object, or a span of it; with an ETag only if it is still that one.
    pub(crate) fn read(key: &str, span: Span, if_match: Option<&HeaderValue>) -> Self {
        let mut ask = Self::new(Kind::Read, Method::GET, Some(key));
        let range = match span {
            Span { start: 0, end: None } => None,
            Span { start, end: None } => Some(format!("bytes={start}-")),
            Span { start, end: Some(end) } => Some(format!("bytes={start}-{}", end.saturating_sub(1))),
        };
        if let Some(range) = range.and_then(|range| HeaderValue::try_from(range).ok()) {
            ask.headers.push((header::RANGE, range));
        }
        if let Some(etag) = if_match {
            ask.headers.push((header::IF_MATCH, etag.clone()));
        }
        ask
    }

    /// Looks at an object.
    pub(crate) fn look(key: &str) -> Self {
        Self::new(Kind::Look, Method::HEAD, Some(key))
    }

    /// Asks the bucket something.
    pub(crate) fn container(kind: Kind, method: Method, query: Vec<(&'static str, String)>) -> Self {
        Self { query, ..Self::new(kind, method, None) }
    }

    /// Writes an object.
    pub(crate) fn write(key: &str, body: Bytes) -> Self {
        Self { body, ..Self::new(Kind::Write, Method::PUT, Some(key)) }
    }

    /// Deletes an object.
    pub(crate) fn delete(key: &str) -> Self {
        Self::new(Kind::Delete, Method::DELETE, Some(key))
    }

    /// Adds a header with a value that is ours, or of a setting; values that no header can have are left out.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// Whether it is asked for a span.
    pub(crate) fn is_ranged(&self) -> bool {
        self.headers.iter().any(|(name, _)| name == header::RANGE)
    }
}
