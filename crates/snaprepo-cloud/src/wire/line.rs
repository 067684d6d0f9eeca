//! The one HTTP client of a store. Every request passes here, those of object_store and of the chain of AWS too: it is
//! counted, paced, and told from which clock the answer comes.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use chrono::DateTime;
use http::header;
use object_store::{
    ClientOptions,
    client::{HttpClient, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService},
};

use crate::waiting::{Kind, Waiting};

/// How long a connection may take to come about. More than a round trip over bad lines, less than a person waits.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an unused connection is kept: stores close theirs after 20 seconds and more, and a request on a closed
/// one costs a try.
const KEEP_IDLE: Duration = Duration::from_secs(15);
/// No answer has told the time yet.
const UNKNOWN: i64 = i64::MIN;

/// How far the clock of the store is ahead of ours, in milliseconds.
#[derive(Debug, Clone)]
pub(crate) struct Skew(Arc<AtomicI64>);

/// Counts, paces and passes on.
pub(crate) struct Line {
    inner: HttpClient,
    waiting: Arc<Waiting>,
    skew: Skew,
    /// What requests are that do not say it themselves: those that others make through us.
    kind: Kind,
}

/// What every client of ours is set to. Timeouts of requests and bodies are our own: the client's would end a large
/// blob that arrives slowly but well.
pub(crate) fn http_options() -> ClientOptions {
    ClientOptions::new()
        .with_timeout_disabled()
        .with_read_timeout_disabled()
        .with_connect_timeout(CONNECT_TIMEOUT)
        .with_pool_idle_timeout(KEEP_IDLE)
        .with_user_agent(http::HeaderValue::from_static(concat!("snaprepo/", env!("CARGO_PKG_VERSION"))))
}

impl Skew {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(UNKNOWN)))
    }

    /// How far the store's clock is ahead of ours, in milliseconds, by the last answer. Dates in answers have whole
    /// seconds, and travel: a second or two mean nothing.
    pub(crate) fn millis(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|millis| *millis != UNKNOWN)
    }

    fn note(&self, response: &HttpResponse) {
        let date = response.headers().get(header::DATE).and_then(|value| value.to_str().ok());
        let theirs = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let ours = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        if let (Some(theirs), Some(ours)) = (theirs, ours.and_then(|ours| i64::try_from(ours.as_millis()).ok())) {
            self.0.store(theirs.timestamp_millis().saturating_sub(ours), Ordering::Relaxed);
        }
    }
}

impl Line {
    pub(crate) fn new(inner: HttpClient, waiting: Arc<Waiting>, skew: Skew, kind: Kind) -> Self {
        Self { inner, waiting, skew, kind }
    }
}

/// The client would show the address of its proxy, with the password.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpService for Line {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let own = request.extensions().get::<Kind>().copied();
        let kind = own.unwrap_or(self.kind);
        let len = u64::try_from(request.body().content_length()).unwrap_or(u64::MAX);
        if own.is_none() {
            // Our own requests have waited already, before their time began to run.
            self.waiting.requests.take(1).await;
        }
        self.waiting.traffic.request(kind, len).map_err(|limit| HttpError::new(HttpErrorKind::Unknown, limit))?;
        let response = self.inner.execute(request).await?;
        self.waiting.traffic.answered();
        if kind != Kind::Other {
            self.skew.note(&response);
        }
        Ok(response)
    }
}
