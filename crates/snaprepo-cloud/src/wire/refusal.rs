//! What it means when a store does not do what it was asked. One place turns statuses, codes of stores and troubles of
//! the network into [`StoreErrorKind`]s.

use std::{error::Error, io, time::Duration};

use http::{HeaderMap, StatusCode, header};
use object_store::client::{HttpError, HttpErrorKind};
use snaprepo_store::{RemoteErrorKind, StoreErrorKind};

use super::answer::is_html;
use crate::{location::Provider, store::xml, waiting::LimitReached};

/// Longest message of a store that is passed on, in characters.
const MAX_MESSAGE: usize = 300;
/// Longest code: those of all stores are a few words without spaces.
const MAX_CODE: usize = 60;

/// Whether it makes sense to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transient {
    /// It will be the same.
    Never,
    /// It may be better next time.
    Again,
    /// It will be better when we ask less.
    Throttled,
}

/// Why a request was not done.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) kind: StoreErrorKind,
    pub(crate) transient: Transient,
    /// When the store wants to be asked again.
    pub(crate) retry_after: Option<Duration>,
    /// In which region the bucket is, if it is elsewhere.
    pub(crate) region: Option<String>,
}

/// The answer to a request that was not done.
pub(crate) struct Denial<'a> {
    pub(crate) provider: Provider,
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    /// As far as it was read; empty for an answer to HEAD.
    pub(crate) body: &'a [u8],
    /// The region that was asked.
    pub(crate) region: &'a str,
    /// Whether an answer to this request has a body at all.
    pub(crate) has_body: bool,
}

impl Refusal {
    pub(crate) fn never(kind: impl Into<StoreErrorKind>) -> Self {
        Self { kind: kind.into(), transient: Transient::Never, retry_after: None, region: None }
    }

    pub(crate) fn transient(kind: impl Into<StoreErrorKind>, transient: Transient) -> Self {
        Self { transient, ..Self::never(kind) }
    }

    /// The same, of a listing: what may not be listed may well be read.
    pub(crate) fn of_listing(self) -> Self {
        match self.kind {
            StoreErrorKind::Denied => Self { kind: RemoteErrorKind::ListingDenied.into(), ..self },
            _ => self,
        }
    }

    /// No answer came.
    pub(crate) fn of_request(error: &HttpError) -> Self {
        if let Some(LimitReached { limit }) = cause(error) {
            return Self::never(RemoteErrorKind::RequestLimit { limit: *limit });
        }
        if let Some(reason) = tls_reason(error) {
            return Self::never(RemoteErrorKind::Tls { reason });
        }
        let reason = deepest(error);
        match error.kind() {
            HttpErrorKind::Connect => Self::transient(RemoteErrorKind::Unreachable { reason }, Transient::Again),
            _ => Self::transient(RemoteErrorKind::BrokenOff { reason }, Transient::Again),
        }
    }

    /// The body of an answer broke off.
    pub(crate) fn of_body(error: &HttpError) -> Self {
        Self::transient(RemoteErrorKind::BrokenOff { reason: deepest(error) }, Transient::Again)
    }

    /// An answer of the store that is no success.
    pub(crate) fn of_answer(denial: &Denial<'_>) -> Self {
        let said = Said::read(denial);
        let retry_after = retry_after(denial.headers);
        let refusal = said.refusal(denial);
        Self { retry_after, ..refusal }
    }
}

/// What the store says about it.
struct Said {
    code: String,
    message: String,
    region: Option<String>,
    class: Option<String>,
    /// Whether the body is an answer of an object store at all.
    is_error_document: bool,
}

impl Said {
    fn read(denial: &Denial<'_>) -> Self {
        let document = xml::error_document(denial.body);
        let is_error_document = document.is_some();
        let document = document.unwrap_or_default();
        let header = |name: &str| denial.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            code: clean(document.code.or_else(|| header("x-ms-error-code")).as_deref().unwrap_or_default(), MAX_CODE),
            message: clean(document.message.as_deref().unwrap_or_default(), MAX_MESSAGE),
            region: header("x-amz-bucket-region").or(document.region),
            class: header("x-amz-storage-class").or_else(|| header("x-ms-access-tier")).or(document.class),
            is_error_document,
        }
    }

    /// Codes first, because they say more than a status; then the status.
    fn refusal(self, denial: &Denial<'_>) -> Refusal {
        let elsewhere = self.region.as_ref().is_some_and(|region| region != denial.region);
        let remote = |kind: RemoteErrorKind| Refusal::never(kind);
        match self.code.as_str() {
            "NoSuchBucket" | "ContainerNotFound" | "ContainerBeingDeleted" => {
                return remote(RemoteErrorKind::NoContainer);
            }
            "InvalidObjectState" | "BlobArchived" | "BlobBeingRehydrated" | "AccessTierNotSupportedForBlobType" => {
                return remote(RemoteErrorKind::Archived { class: clean(&self.class.unwrap_or(self.code), MAX_CODE) });
            }
            // Google's word, two of Azure's, and one that some others have.
            "RetentionPolicyNotMet"
            | "ObjectUnderActiveHold"
            | "BlobImmutableDueToPolicy"
            | "BlobImmutableDueToLegalHold"
            | "ObjectLocked" => return remote(RemoteErrorKind::Retained { rule: self.code }),
            // Amazon has no word of its own for it.
            "AccessDenied" if is_lock(&self.message) => {
                return remote(RemoteErrorKind::Retained { rule: "object lock".to_owned() });
            }
            "ExpiredToken" | "TokenRefreshRequired" | "ExpiredTokenException" => {
                return remote(RemoteErrorKind::ExpiredCredentials);
            }
            "RequestTimeTooSkewed" => return remote(RemoteErrorKind::ClockSkew),
            "AuthenticationFailed" if self.message.contains("time frame") => {
                return remote(RemoteErrorKind::ExpiredCredentials);
            }
            // The last is the word of Versity's gateway for an unknown key.
            "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidToken"
            | "InvalidSecurity"
            | "AuthenticationFailed"
            | "InvalidAuthenticationInfo"
            | "XAdminUserNotFound" => {
                return remote(RemoteErrorKind::BadCredentials { code: self.code });
            }
            "UserProjectMissing" | "UserProjectInvalid" => return remote(RemoteErrorKind::RequesterPays),
            "PermanentRedirect" | "TemporaryRedirect" | "IllegalLocationConstraintException" => {
                return self.wrong_region(denial);
            }
            "AuthorizationHeaderMalformed" if self.region.is_some() => return self.wrong_region(denial),
            "SlowDown"
            | "RequestLimitExceeded"
            | "ServerBusy"
            | "TooManyRequests"
            | "Throttling"
            | "ThrottlingException"
            | "RequestThrottled" => return self.failing(denial, Transient::Throttled),
            "RequestTimeout"
            | "InternalError"
            | "ServiceUnavailable"
            | "OperationTimedOut"
            | "ConditionalRequestConflict"
            | "OperationAborted" => return self.failing(denial, Transient::Again),
            _ => {}
        }
        match denial.status.as_u16() {
            301 | 307 | 308 => self.wrong_region(denial),
            404 | 410 if self.means_absence(denial) => Refusal::never(StoreErrorKind::NotFound),
            404 | 410 if self.code.is_empty() => self.not_a_store(denial),
            403 if elsewhere => self.wrong_region(denial),
            403 if self.message.to_ascii_lowercase().contains("requester pays") => {
                remote(RemoteErrorKind::RequesterPays)
            }
            403 if self.is_foreign(denial) && denial.provider != Provider::Web => self.not_a_store(denial),
            403 => Refusal::never(StoreErrorKind::Denied),
            400 if elsewhere => self.wrong_region(denial),
            401 if denial.provider == Provider::Web => Refusal::never(StoreErrorKind::Denied),
            401 => {
                let code = if self.code.is_empty() { "401".to_owned() } else { self.code };
                remote(RemoteErrorKind::BadCredentials { code })
            }
            409 | 412 => Refusal::never(StoreErrorKind::Exists),
            416 => Refusal::never(StoreErrorKind::ShortRead),
            429 | 503 => self.failing(denial, Transient::Throttled),
            408 | 500 | 502 | 504 => self.failing(denial, Transient::Again),
            501 => remote(RemoteErrorKind::NotOffered { what: "this request" }),
            _ if self.is_foreign(denial) && denial.has_body => self.not_a_store(denial),
            status => {
                let (code, message) = (
                    spaced(&self.code),
                    if self.message.is_empty() { String::new() } else { format!(": {}", self.message) },
                );
                remote(RemoteErrorKind::Refused { status, code, message })
            }
        }
    }

    /// Absence is what a store says in so many words. A status alone may come from anybody on the way, or mean that the
    /// bucket or the key of the caller is unknown: to take it for absence would be to guess.
    fn means_absence(&self, denial: &Denial<'_>) -> bool {
        denial.provider == Provider::Web
            || matches!(
                self.code.as_str(),
                "NoSuchKey" | "NoSuchObject" | "NoSuchUpload" | "BlobNotFound" | "ResourceNotFound" | "NotFound"
            )
    }

    /// Whether somebody else seems to have answered: an object store that says something says it in XML.
    fn is_foreign(&self, denial: &Denial<'_>) -> bool {
        let content_type = denial.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let speaks = denial.has_body && !denial.body.is_empty() && !self.is_error_document;
        denial.provider != Provider::Web && (is_html(content_type) || (speaks && self.code.is_empty()))
    }

    fn not_a_store(&self, denial: &Denial<'_>) -> Refusal {
        let content_type = denial.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = content_type.map_or("no content type", |kind| kind.split(';').next().unwrap_or(kind));
        let what = format!("status {} and {}", denial.status.as_u16(), clean(kind, MAX_CODE));
        Refusal::never(RemoteErrorKind::NotAStore { what })
    }

    fn wrong_region(self, denial: &Denial<'_>) -> Refusal {
        let needed = self.region.filter(|region| region != denial.region);
        let kind = RemoteErrorKind::WrongRegion { given: denial.region.to_owned(), needed: needed.clone() };
        Refusal { region: needed, ..Refusal::never(kind) }
    }

    /// The number of tries is filled in by whoever gives up.
    fn failing(self, denial: &Denial<'_>, transient: Transient) -> Refusal {
        let (status, code) = (denial.status.as_u16(), spaced(&self.code));
        let kind = match transient {
            Transient::Throttled => RemoteErrorKind::Throttled { tries: 1 },
            _ => RemoteErrorKind::Failing { status, code, tries: 1 },
        };
        Refusal::transient(kind, transient)
    }
}

/// As Amazon and those who speak like it put it.
fn is_lock(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("object lock") || message.contains("object is locked") || message.contains("worm protected")
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn spaced(code: &str) -> String {
    if code.is_empty() { String::new() } else { format!(" {code}") }
}

/// One line, no control characters, not too long: it is the text of a stranger.
fn clean(text: &str, max: usize) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    line.chars().filter(|character| !character.is_control()).take(max).collect()
}

/// The first cause of this type.
fn cause<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = inner(error);
    }
    None
}

/// The next cause. The error of the operating system hides the one that it carries: it names only that one's own cause.
fn inner<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    match carried {
        Some(carried) => Some(carried as &(dyn Error + 'static)),
        None => error.source(),
    }
}

/// Alerts and certificates alike: the handshake is where all of them come up.
fn tls_reason(error: &HttpError) -> Option<String> {
    cause::<rustls::Error>(error).map(tls_words)
}

/// The usual troubles in words; of all others, those of the library.
fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError as C;
    let words = match error {
        rustls::Error::InvalidCertificate(C::UnknownIssuer) => {
            "its certificate is signed by nobody that is trusted here"
        }
        rustls::Error::InvalidCertificate(C::Expired | C::ExpiredContext { .. }) => "its certificate has expired",
        rustls::Error::InvalidCertificate(C::NotValidYet | C::NotValidYetContext { .. }) => {
            "its certificate is not valid yet"
        }
        rustls::Error::InvalidCertificate(C::NotValidForName | C::NotValidForNameContext { .. }) => {
            "its certificate is for another host"
        }
        rustls::Error::InvalidCertificate(C::Other(other)) if other.to_string().contains("CaUsedAsEndEntity") => {
            "it shows the certificate of an authority as its own; it needs one that the authority has signed"
        }
        rustls::Error::InvalidMessage(_) => "what answers does not speak TLS",
        other => return clean(&other.to_string(), MAX_MESSAGE),
    };
    words.to_owned()
}

/// The innermost cause: what the others say around it is which library called which.
pub(crate) fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(error) = inner(last) {
        last = error;
    }
    clean(&last.to_string(), MAX_MESSAGE)
}

#[cfg(test)]
mod tests;
