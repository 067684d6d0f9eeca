//! Requests and answers, for all protocols alike.
//!
//! ```text
//! Ask ──▶ Service   which URL and headers that is in this protocol, and who signs it
//!     ──▶ Client    a place to wait in, tries, what an answer means
//!     ──▶ Line      the one HTTP client; every request is counted here, whoever makes it
//! Answer / Refusal
//! ```
//! Why not object_store's own `get` and `list`: its paths refuse some keys that stores have, one such key makes a whole
//! listing fail, a listing that is cut off looks complete, and its errors hide what the store said. From it come the
//! credentials of Google and Azure, all signatures, the HTTP client, and bulk deletes.

mod answer;
mod ask;
mod client;
mod connector;
mod line;
mod refusal;
mod service;

pub(crate) use answer::Answer;
pub(crate) use ask::{Ask, Span};
pub(crate) use client::{Client, Tries};
pub(crate) use connector::Connector;
#[cfg(test)]
pub(crate) use connector::choose_tls;
pub(crate) use line::{Skew, http_options};
pub(crate) use refusal::{Refusal, Transient, deepest};
pub(crate) use service::{Auth, Service, Site, no_credentials, no_credentials_from};
