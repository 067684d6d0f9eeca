//! The one HTTP client: JSON in, JSON out, to a node on loopback. An answer with an error status is an answer, because
//! what a node refuses is as much ground truth as what it does; [`Answer::success`] turns it into an error where only
//! success lets us go on.

use std::time::Duration;

use serde_json::Value;

use crate::{Error, Result};

/// How long an answer may take: the longest real one is the deletion of a shallow snapshot, about a minute.
const LONGEST_ANSWER: Duration = Duration::from_secs(300);
/// How much of a refusal is shown, in characters.
const SHOWN: usize = 600;

/// A client of one node.
#[derive(Debug, Clone)]
pub struct Http {
    agent: ureq::Agent,
    base: String,
}

/// The verbs of the engines' APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Does something.
    Post,
    /// Makes or replaces something.
    Put,
    /// Removes something.
    Delete,
}

/// What a request carries.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    /// Nothing.
    Empty,
    /// One JSON document.
    Json(&'a Value),
    /// Lines of JSON, for `_bulk`; with the last line break.
    Lines(&'a str),
}

/// What a node said.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Method and path, for messages.
    pub request: String,
    /// The status code.
    pub status: u16,
    /// The body exactly as it came.
    pub text: String,
}

impl Http {
    /// A client of the node that listens on this port of loopback.
    #[must_use]
    pub fn new(port: u16) -> Self {
        Self::with_limit(port, LONGEST_ANSWER)
    }

    /// A client that gives up sooner: for a node that may not be ready yet.
    pub(crate) fn with_limit(port: u16, longest_answer: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(longest_answer))
            .build();
        Self { agent: config.into(), base: format!("http://127.0.0.1:{port}") }
    }

    /// The address of the node, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Sends a request; any status is an answer.
    pub fn send(&self, method: Method, path: &str, body: Body<'_>) -> Result<Answer> {
        let request = format!("{} {path}", method.name());
        let no_answer = |reason: ureq::Error| Error::NoAnswer { request: request.clone(), reason: reason.to_string() };
        let message = ureq::http::Request::builder().method(method.name()).uri(format!("{}{path}", self.base));
        let (kind, bytes) = match body {
            Body::Empty => (None, Vec::new()),
            Body::Json(value) => (Some("application/json"), value.to_string().into_bytes()),
            Body::Lines(lines) => (Some("application/x-ndjson"), lines.as_bytes().to_vec()),
        };
        let message = match kind {
            Some(kind) => message.header("content-type", kind),
            None => message,
        };
        let message = message.body(bytes).map_err(|error| no_answer(error.into()))?;
        let mut response = self.agent.run(message).map_err(no_answer)?;
        let status = response.status().as_u16();
        let text = response.body_mut().with_config().limit(u64::MAX).read_to_string().map_err(no_answer)?;
        Ok(Answer { request, status, text })
    }

    /// `GET`, success, JSON.
    pub fn get(&self, path: &str) -> Result<Value> {
        self.send(Method::Get, path, Body::Empty)?.success()?.json()
    }

    /// `POST`, success, JSON.
    pub fn post(&self, path: &str, body: Body<'_>) -> Result<Value> {
        self.send(Method::Post, path, body)?.success()?.json()
    }

    /// `PUT`, success, JSON.
    pub fn put(&self, path: &str, body: Body<'_>) -> Result<Value> {
        self.send(Method::Put, path, body)?.success()?.json()
    }

    /// `DELETE`, success, JSON.
    pub fn delete(&self, path: &str) -> Result<Value> {
        self.send(Method::Delete, path, Body::Empty)?.success()?.json()
    }
}

impl Method {
    /// As it stands in a request.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl Answer {
    /// Whether the node did what it was asked.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// This answer, or an error with the node's words.
    pub fn success(self) -> Result<Self> {
        if self.is_success() {
            return Ok(self);
        }
        Err(Error::Refused {
            request: self.request,
            status: self.status,
            reason: self.text.chars().take(SHOWN).collect(),
        })
    }

    /// The body as JSON; an empty body is `null`.
    pub fn json(&self) -> Result<Value> {
        if self.text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&self.text)
            .map_err(|error| Error::Unexpected { request: self.request.clone(), reason: format!("not JSON: {error}") })
    }
}

/// A name as a segment of a path: everything but letters, digits and `-._~` is escaped.
#[must_use]
pub fn segment(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
