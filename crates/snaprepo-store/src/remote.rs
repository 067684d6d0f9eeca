//! What can go wrong between us and a remote store, in words of ours. Each has its next step: an operator at night sees
//! one line, and must know from it whom to call.

use std::time::Duration;

/// Why a remote store did not do what was asked. None of these says that a blob is absent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteErrorKind {
    /// The blob lies in a storage class that cannot be read at once.
    #[error("is archived (class {class}) and cannot be read before it is restored")]
    Archived {
        /// The storage class, or what the store calls it.
        class: String,
    },
    /// The store asked to slow down, and still did so after every try.
    #[error("the store asks to slow down, and still did after {tries} tries")]
    Throttled {
        /// How often it was asked.
        tries: u32,
    },
    /// The store failed, and still did so after every try.
    #[error("the store failed {tries} times, the last time with {status}{code}")]
    Failing {
        /// The status of its last answer.
        status: u16,
        /// The store's own word, after a space; empty without one.
        code: String,
        /// How often it was asked.
        tries: u32,
    },
    /// The run has asked again too often for its size.
    #[error("the store fails too often: all {allowed} retries of this run are used up")]
    RetriesUsedUp {
        /// How many there were.
        allowed: u64,
    },
    /// The run may make no more requests.
    #[error("the limit of {limit} requests is reached")]
    RequestLimit {
        /// The limit.
        limit: u64,
    },
    /// The credentials were good once.
    #[error("the credentials have expired")]
    ExpiredCredentials,
    /// The store does not know the credentials, or they do not fit together.
    #[error("the store does not accept the credentials ({code})")]
    BadCredentials {
        /// The store's own word.
        code: String,
    },
    /// No credentials were found where they were looked for.
    #[error("no credentials could be had: {reason}")]
    NoCredentials {
        /// What was tried.
        reason: String,
    },
    /// What may be read may not be listed.
    #[error("permission denied to list it")]
    ListingDenied,
    /// The bucket lies elsewhere.
    #[error("the bucket is not in region {given}{}", needed.as_ref().map(|region| format!(" but in {region}")).unwrap_or_default())]
    WrongRegion {
        /// The region that was asked.
        given: String,
        /// The right one, where the store tells.
        needed: Option<String>,
    },
    /// Whoever asks has to pay, and did not say that he would.
    #[error("the bucket wants its requests paid by whoever makes them")]
    RequesterPays,
    /// The clocks are too far apart for signatures.
    #[error("the clock of this machine is too far from that of the store")]
    ClockSkew,
    /// The certificate of the other side cannot be trusted, or no connection came about.
    #[error("no trusted connection: {reason}")]
    Tls {
        /// The word of the TLS library.
        reason: String,
    },
    /// Nobody answers at the address.
    #[error("the store cannot be reached: {reason}")]
    Unreachable {
        /// The word of the network.
        reason: String,
    },
    /// The answer did not begin, or stood still.
    #[error("the store did not answer for {waited:?}")]
    TimedOut {
        /// How long it was waited for.
        waited: Duration,
    },
    /// The answer broke off, and could not be gone on with.
    #[error("the answer of the store broke off: {reason}")]
    BrokenOff {
        /// The word of the network.
        reason: String,
    },
    /// The blob was replaced while it was read in pieces.
    #[error("was changed while it was read")]
    Changed,
    /// Something else answers at the address.
    #[error("what answers there is no object store: it sent {what}")]
    NotAStore {
        /// What it sent.
        what: String,
    },
    /// There is no bucket of this name.
    #[error("the bucket or container does not exist")]
    NoContainer,
    /// A listing that is not complete, although the store says so.
    #[error("the listing is not complete: {reason}")]
    BrokenListing {
        /// What is wrong with it.
        reason: String,
    },
    /// An answer that is none to what was asked.
    #[error("the answer of the store makes no sense: {reason}")]
    Senseless {
        /// What is wrong with it.
        reason: String,
    },
    /// The store keeps the blob for a time that somebody set, and deletes it for nobody.
    #[error("is retained by the store ({rule})")]
    Retained {
        /// The store's own word.
        rule: String,
    },
    /// The store does not do this at all.
    #[error("the store does not offer {what}")]
    NotOffered {
        /// What was wanted.
        what: &'static str,
    },
    /// Anything else that the store refuses.
    #[error("the store refuses with {status}{code}{message}")]
    Refused {
        /// The status of its answer.
        status: u16,
        /// The store's own word, after a space; empty without one.
        code: String,
        /// The store's own sentence, after a colon; empty without one.
        message: String,
    },
}

impl RemoteErrorKind {
    /// What to do about it: a fragment without a full stop. `None` where the error says it all.
    #[must_use]
    pub fn next_step(&self) -> Option<String> {
        let step = match self {
            Self::Archived { .. } => {
                "restore the objects of the repository to a class that can be read, then run again"
            }
            Self::Throttled { .. } => "run again with fewer requests at once (width=) or a second (limit-requests=)",
            Self::Failing { .. } | Self::RetriesUsedUp { .. } => {
                "look at the state of the service, then run again; tries= sets how often a request is made"
            }
            Self::RequestLimit { .. } => "raise max-requests=, or ask for less",
            Self::ExpiredCredentials => "renew them (log in again, or fetch a new session token), then run again",
            Self::BadCredentials { .. } => "snaprepo doctor shows which credentials are used, and from where",
            Self::NoCredentials { .. } => {
                "set the credentials of the cloud in the environment, name a profile, or say anonymous=true"
            }
            Self::ListingDenied => {
                "reading alone is not enough: let the credentials list, too; snaprepo doctor LOCATION --policy list prints what they need"
            }
            Self::WrongRegion { needed: Some(region), .. } => return Some(format!("set region={region}")),
            Self::WrongRegion { needed: None, .. } => "set region= to the region of the bucket",
            Self::RequesterPays => "set requester-pays=true (S3) or user-project= (Google) if you agree to pay",
            Self::ClockSkew => "set the clock of this machine",
            Self::Tls { .. } => "give the certificates of a private authority with ca-file=, and look at the host name",
            Self::Unreachable { .. } => "look at endpoint= and region=, and whether a proxy= is needed",
            Self::TimedOut { .. } => "look at the network; request-timeout= and progress-timeout= set how long to wait",
            Self::NotAStore { .. } => "look at endpoint=: a console, a proxy or a login page answers there",
            Self::NoContainer => "look at the name of the bucket, at endpoint= and at path-style=",
            Self::BrokenOff { .. } | Self::Changed | Self::BrokenListing { .. } | Self::Senseless { .. } => "run again",
            Self::Retained { .. } => "it can be deleted when its retention has ended",
            Self::NotOffered { .. } | Self::Refused { .. } => return None,
        };
        Some(step.to_owned())
    }
}
