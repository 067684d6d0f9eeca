//! One object, or a span of it, read to its end whatever happens on the way. An answer that breaks off is gone on with
//! from the byte reached; should the object have been replaced meanwhile, that is an error and never a mixture.

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use snaprepo_store::{RemoteErrorKind, StoreErrorKind};

use crate::wire::{Answer, Ask, Client, Refusal, Span, Transient, Tries};

/// So many bytes make up for a failure: a store that delivers is worth more tries than one that does not.
const FORGIVEN_AFTER: u64 = 1 << 20;

/// An object that is being read.
pub(crate) struct Reader<'c> {
    client: &'c Client,
    key: String,
    /// The next byte.
    at: u64,
    /// Behind the last byte, once it is known.
    end: Option<u64>,
    /// The length of the whole object, where the store tells.
    total: Option<u64>,
    /// Which state of the object we read.
    pin: Pin,
    answer: Option<Answer>,
    /// Bytes of the answer that lie before `at`: the store has not kept to the span.
    skip: u64,
    /// Whether it has not.
    ignores_spans: bool,
    tries: Tries,
    since_failure: u64,
}

/// How a state of an object is known again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Pin {
    etag: Option<HeaderValue>,
    modified_millis: Option<i64>,
}

impl<'c> Reader<'c> {
    /// Begins to read. Its first byte has not arrived yet when this returns, but its headers have.
    pub(crate) async fn open(client: &'c Client, key: &str, span: Span) -> Result<Self, Refusal> {
        Self::open_pinned(client, key, span, None).await
    }

    /// As [`open`](Self::open), in the state of an ETag.
    pub(crate) async fn open_pinned(
        client: &'c Client,
        key: &str,
        span: Span,
        etag: Option<HeaderValue>,
    ) -> Result<Self, Refusal> {
        let mut reader = Self {
            client,
            key: key.to_owned(),
            at: span.start,
            end: span.end,
            total: None,
            pin: Pin { etag, modified_millis: None },
            answer: None,
            skip: 0,
            ignores_spans: false,
            tries: Tries::default(),
            since_failure: 0,
        };
        reader.request(span.is_all()).await?;
        Ok(reader)
    }

    /// The length of the whole object, where the store tells.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// The state that is read, if it can be asked for.
    pub(crate) fn etag(&self) -> Option<HeaderValue> {
        self.pin.etag.clone()
    }

    /// A header of the answer under way.
    pub(crate) fn header(&self, name: &str) -> Option<HeaderValue> {
        self.answer.as_ref()?.headers.get(name).cloned()
    }

    /// Whether the store answers with the whole object when it is asked for a part.
    pub(crate) fn ignores_spans(&self) -> bool {
        self.ignores_spans
    }

    /// Whether the answer says to be a web page.
    pub(crate) fn is_html(&self) -> bool {
        self.answer.as_ref().is_some_and(Answer::is_html)
    }

    /// The next piece, never empty; `None` at the end of the span or object.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            if self.end.is_some_and(|end| self.at >= end) {
                return Ok(None);
            }
            let Some(answer) = &mut self.answer else {
                self.request(false).await?;
                continue;
            };
            let refusal = match answer.piece().await {
                Ok(Some(piece)) => match self.wanted(piece) {
                    Some(piece) => return Ok(Some(piece)),
                    None => continue,
                },
                Ok(None) if self.end.is_none() && self.skip == 0 => {
                    self.end = Some(self.at);
                    continue;
                }
                Ok(None) => Refusal::short(),
                Err(refusal) => refusal,
            };
            // The place is given back before another is waited for.
            self.answer = None;
            self.since_failure = 0;
            self.tries.again(self.client, refusal).await?;
            self.client.waiting().traffic.resumed();
        }
    }

    /// What of a piece of the body is asked for.
    fn wanted(&mut self, mut piece: Bytes) -> Option<Bytes> {
        if self.skip > 0 {
            let skipped = piece.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
            self.skip -= skipped as u64;
            piece = piece.slice(skipped..);
        }
        if let Some(end) = self.end {
            let room = usize::try_from(end.saturating_sub(self.at)).unwrap_or(usize::MAX);
            piece.truncate(room);
        }
        if piece.is_empty() {
            return None;
        }
        self.at += piece.len() as u64;
        self.since_failure += piece.len() as u64;
        if self.since_failure >= FORGIVEN_AFTER {
            self.tries.progress();
        }
        Some(piece)
    }

    /// Asks for what is left; `whole` asks without a span.
    async fn request(&mut self, whole: bool) -> Result<(), Refusal> {
        let again = self.total.is_some() || self.pin.modified_millis.is_some();
        let span = if whole { Span::ALL } else { Span { start: self.at, end: self.end } };
        let ask = Ask::read(&self.key, span, self.pin.etag.as_ref());
        let answer = match self.client.ask_within(&ask, &mut self.tries).await {
            Ok(answer) => answer,
            // The condition on the state does not hold.
            Err(Refusal { kind: StoreErrorKind::Exists, .. }) if self.pin.etag.is_some() => {
                return Err(Refusal::never(RemoteErrorKind::Changed));
            }
            // The blob ends where its answer broke off: it was shorter than it said.
            Err(Refusal { kind: StoreErrorKind::ShortRead, .. }) if again => {
                let reason = "the blob is shorter than its answer said".to_owned();
                return Err(Refusal::transient(RemoteErrorKind::BrokenOff { reason }, Transient::Never));
            }
            // A read has no other condition: this is a lock, a lease, or something that we do not know.
            Err(Refusal { kind: StoreErrorKind::Exists, .. }) => return Err(Refusal::conflict()),
            Err(refusal) => return Err(refusal),
        };
        let total = if answer.status == StatusCode::PARTIAL_CONTENT {
            let (start, total) = answer.content_range().ok_or_else(|| wrong_span("it does not say which"))?;
            // Some answer from an earlier byte, at a border of theirs; that is as good.
            self.skip = self.at.checked_sub(start).ok_or_else(|| wrong_span("it begins too late"))?;
            Some(total)
        } else {
            self.ignores_spans = ask.is_ranged();
            self.skip = self.at;
            answer.len()
        };
        let pin = Pin { etag: answer.etag(), modified_millis: answer.modified_millis() };
        if again && (total != self.total || pin.modified_millis != self.pin.modified_millis) {
            return Err(Refusal::never(RemoteErrorKind::Changed));
        }
        if let (Some(wanted), Some(etag)) = (&self.pin.etag, &pin.etag)
            && wanted != etag
        {
            // The store has not looked at the condition.
            return Err(Refusal::never(RemoteErrorKind::Changed));
        }
        self.pin = Pin { etag: self.pin.etag.take().or(pin.etag), ..pin };
        self.total = total;
        self.end = match (self.end, total) {
            (Some(end), Some(total)) => Some(end.min(total)),
            (end, total) => end.or(total),
        };
        self.answer = Some(answer);
        Ok(())
    }
}

fn wrong_span(reason: &str) -> Refusal {
    let reason = format!("it is another part of the blob: {reason}");
    Refusal::transient(RemoteErrorKind::BrokenOff { reason }, Transient::Never)
}
