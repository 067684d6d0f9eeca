//! An answer whose headers are here and whose body is on its way.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::BoxStream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use object_store::client::{HttpError, HttpResponse};
use snaprepo_store::RemoteErrorKind;
use tokio::time::timeout;

use super::refusal::{Refusal, Transient};
use crate::waiting::{Slot, Waiting};

/// Holds its place among the requests under way until it is dropped.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: BoxStream<'static, Result<Bytes, HttpError>>,
    waiting: Arc<Waiting>,
    _slot: Slot,
}

impl Answer {
    pub(super) fn new(response: HttpResponse, waiting: Arc<Waiting>, slot: Slot) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body: body.bytes_stream(), waiting, _slot: slot }
    }

    /// The next piece of the body; `None` at its end.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, Refusal> {
        let progress = self.waiting.patience.progress;
        let piece = match timeout(progress, self.body.next()).await {
            Err(_) => return Err(Refusal::transient(RemoteErrorKind::TimedOut { waited: progress }, Transient::Again)),
            Ok(None) => return Ok(None),
            Ok(Some(Err(error))) => return Err(Refusal::of_body(&error)),
            Ok(Some(Ok(piece))) => piece,
        };
        self.waiting.traffic.read(piece.len());
        self.waiting.download.take(piece.len() as u64).await;
        Ok(Some(piece))
    }

    /// The whole body; at most `limit` bytes of it when it is longer.
    pub(crate) async fn whole(&mut self, limit: usize) -> Result<Vec<u8>, Refusal> {
        let expected = self.len().and_then(|len| usize::try_from(len).ok()).unwrap_or(0);
        let mut whole = Vec::with_capacity(expected.min(limit));
        while let Some(piece) = self.piece().await? {
            let room = limit.saturating_sub(whole.len());
            whole.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            if whole.len() >= limit {
                break;
            }
        }
        Ok(whole)
    }

    /// How long the body is, where the store tells.
    pub(crate) fn len(&self) -> Option<u64> {
        self.text(header::CONTENT_LENGTH.as_str())?.parse().ok()
    }

    /// The first byte of the body within the object, and the length of the object, as a partial answer tells.
    pub(crate) fn content_range(&self) -> Option<(u64, u64)> {
        let range = self.text(header::CONTENT_RANGE.as_str())?.trim().strip_prefix("bytes ")?;
        let (span, total) = range.split_once('/')?;
        let (start, _) = span.split_once('-')?;
        Some((start.parse().ok()?, total.parse().ok()?))
    }

    /// Which state of the object this is, if it can be asked for again. Weak ones cannot.
    pub(crate) fn etag(&self) -> Option<HeaderValue> {
        self.headers.get(header::ETAG).filter(|etag| !etag.as_bytes().starts_with(b"W/")).cloned()
    }

    /// When the object was written, in milliseconds since 1970.
    pub(crate) fn modified_millis(&self) -> Option<i64> {
        let text = self.text(header::LAST_MODIFIED.as_str())?;
        Some(chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis())
    }

    /// A header as text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the body says to be a web page.
    pub(crate) fn is_html(&self) -> bool {
        is_html(self.text(header::CONTENT_TYPE.as_str()))
    }

    /// Whether a page for a browser came in place of an object: of a login, a console, a proxy. Object stores say of
    /// every object, web pages among them, which state of it they send. An answer without a body is no page, whatever a
    /// server says of it: some call everything a web page unless told otherwise.
    pub(crate) fn is_page_of_a_stranger(&self) -> bool {
        let has_body = self.status != StatusCode::NO_CONTENT;
        has_body && self.is_html() && !self.headers.contains_key(header::ETAG)
    }
}

pub(super) fn is_html(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"))
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}
