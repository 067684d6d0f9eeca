//! Who we are to a store, found the way each cloud's own tools find it; and what may be said about that.
//!
//! ```text
//! AWS    environment, profile (keys, SSO, process, role), web identity, container, instance   aws-config
//!        then, if asked for, a role on top of it
//! Google a token, a service account, application default credentials, the instance             object_store
//! Azure  a token, a key, a signature, a client, a workload, the instance, its command line     object_store
//! ```
//! Secrets never leave this room: no type here shows one in its `Debug`, and reports have the last four characters of
//! a key's public half at most.

use std::{fmt, time::SystemTime};

mod aws;
mod azure;
mod bridge;
mod connection_string;
mod gcp;

pub(crate) use aws::{AwsKeys, region_of_profile};
pub(crate) use azure::{AzureKeys, account_of_environment};
pub(crate) use gcp::GcpTokens;

/// How much of the public half of a key is shown: enough to tell two of them apart, useless to anybody else.
const HINT_LEN: usize = 4;

/// Which credentials are in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialReport {
    /// Where they come from: a fragment such as `the environment (AWS_ACCESS_KEY_ID)`.
    pub source: String,
    /// Whom they name, as far as that is no secret: `…WXYZ`, an e-mail address of a service account, an account.
    pub identity: Option<String>,
    /// When they stop to be good, where that is known.
    pub expires_at: Option<SystemTime>,
}

/// Why credentials cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialFault {
    /// Two halves of a pair, of which one is missing.
    #[error("{present} is set, and {missing} is not")]
    Half {
        /// The variable that is set.
        present: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// The chosen kind needs a variable.
    #[error("credentials of the kind {kind} need {missing} in the environment")]
    Missing {
        /// The kind.
        kind: &'static str,
        /// The variable.
        missing: &'static str,
    },
    /// A value that is no credential.
    #[error("{variable} does not hold what it should: {reason}")]
    Value {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it, without its value.
        reason: &'static str,
    },
    /// A file of credentials that is of no use.
    #[error("the credentials in {file} cannot be used: {reason}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Text of which nothing is shown.
#[derive(Clone)]
pub(crate) struct Hidden(pub(crate) String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl CredentialReport {
    pub(crate) fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), identity: None, expires_at: None }
    }

    pub(crate) fn with_identity(self, identity: Option<String>) -> Self {
        Self { identity, ..self }
    }

    /// No credentials, on purpose.
    pub(crate) fn anonymous() -> Self {
        Self::new("none (anonymous)")
    }
}

/// The last characters of a public name of a key.
pub(crate) fn hint(name: &str) -> Option<String> {
    let n_chars = name.chars().count();
    // A short name would be shown as a whole, or nearly so.
    let tail: String = name.chars().skip(n_chars.saturating_sub(HINT_LEN)).collect();
    (n_chars >= 2 * HINT_LEN).then(|| format!("…{tail}"))
}

/// Whether a header can carry it; signers take that for granted.
pub(crate) fn fits_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
