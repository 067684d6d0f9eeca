//! Requests of our own to a server: to make containers, and to see what a server really keeps.

use std::time::Duration;

use jiff::Timestamp;

use super::{GCS_TOKEN, Kind, Server, sign};
use crate::{Error, Result, http::segment};

/// How long an answer may take.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);
/// How much of a refusal is shown, in characters.
const SHOWN: usize = 300;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    pub(super) method: &'static str,
    pub(super) container: String,
    pub(super) key: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// What a server said.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Method and path, for messages.
    pub request: String,
    /// The status code.
    pub status: u16,
    /// Names in lower case, and values as far as they are text.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub text: String,
}

impl Ask {
    /// A request about a blob; about the container when the key is empty, about the server when both are.
    #[must_use]
    pub fn new(method: &'static str, container: &str, key: &str) -> Self {
        let (container, key) = (container.to_owned(), key.to_owned());
        Self { method, container, key, query: Vec::new(), body: String::new() }
    }

    /// With one more parameter. They are sent in the order of their names.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: &str) -> Self {
        self.query.push((name, value.to_owned()));
        self.query.sort();
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, text: &str) -> Self {
        text.clone_into(&mut self.body);
        self
    }

    /// The path, escaped, behind what comes before it.
    pub(super) fn path(&self, before: &str) -> String {
        let mut path = before.to_owned();
        for part in self.container.split('/').chain(self.key.split('/')).filter(|part| !part.is_empty()) {
            path.push('/');
            path.push_str(&segment(part));
        }
        if path == before {
            path.push('/');
        }
        path
    }

    pub(super) fn query_text(&self) -> String {
        let pairs: Vec<String> =
            self.query.iter().map(|(name, value)| format!("{}={}", segment(name), segment(value))).collect();
        pairs.join("&")
    }
}

impl Answer {
    /// The value of a header; the name is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| &**value)
    }

    /// This answer, or an error with the server's words.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub fn success(self) -> Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let reason = self.text.chars().take(SHOWN).collect();
        Err(Error::Refused { request: self.request, status: self.status, reason })
    }
}

/// See [`Server::ask`].
pub(super) fn ask(server: &Server, ask: &Ask) -> Result<Answer> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .timeout_global(Some(LONGEST_ANSWER))
        .build();
    let agent: ureq::Agent = config.into();
    let host = format!("127.0.0.1:{}", server.port);
    let headers = match server.kind {
        Kind::Versitygw | Kind::Moto => sign::aws(ask, &host, Timestamp::now()),
        Kind::Gcs => vec![("authorization", format!("Bearer {GCS_TOKEN}"))],
        Kind::Azurite => sign::azure(ask, Timestamp::now()),
        Kind::Nginx => Vec::new(),
    };
    let path = ask.path("");
    let request = format!("{} {path}", ask.method);
    let no_answer = |reason: ureq::Error| Error::NoAnswer { request: request.clone(), reason: reason.to_string() };
    let query = if ask.query.is_empty() { String::new() } else { format!("?{}", ask.query_text()) };
    let endpoint = server.endpoint();
    let uri = format!("{endpoint}{path}{query}");
    let message = ureq::http::Request::builder().method(ask.method).uri(uri);
    let message = headers.iter().fold(message, |message, (name, value)| message.header(*name, value));
    // A body of no bytes is sent with its length, which Azure wants to see.
    let message = message.body(ask.body.clone()).map_err(|error| no_answer(error.into()))?;
    let mut response = agent.run(message).map_err(no_answer)?;
    let header = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let (status, headers) = (response.status().as_u16(), response.headers().iter().filter_map(header).collect());
    let bytes = response.body_mut().read_to_vec().map_err(no_answer)?;
    Ok(Answer { request: request.clone(), status, headers, text: String::from_utf8_lossy(&bytes).into_owned() })
}
