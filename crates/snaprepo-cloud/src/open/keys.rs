//! The credentials of an open store, of whatever kind, and what may be said about them.

use std::{fmt, sync::Arc};

use http::HeaderValue;

use crate::{
    credentials::{AwsKeys, AzureKeys, CredentialFault, CredentialReport, GcpTokens, fits_header},
    settings::Environment,
    wire::{Refusal, no_credentials, no_credentials_from},
};

const USER: &str = "SNAPREPO_WEB_USER";
const PASSWORD: &str = "SNAPREPO_WEB_PASSWORD";
const TOKEN: &str = "SNAPREPO_WEB_TOKEN";

/// Who signs the requests of a store.
pub(crate) enum Keys {
    /// Nobody.
    Anonymous,
    /// A header that is always the same.
    Header(HeaderValue, CredentialReport),
    /// Keys of AWS.
    Aws(Arc<AwsKeys>),
    /// Tokens of Google.
    Gcs(GcpTokens),
    /// Any of Azure's kinds.
    Azure(AzureKeys),
}

impl Keys {
    /// Which credentials they are; fetches them when that has not happened yet.
    pub(crate) async fn report(&self) -> Result<CredentialReport, Refusal> {
        match self {
            Self::Anonymous => Ok(CredentialReport::anonymous()),
            Self::Header(_, report) => Ok(report.clone()),
            Self::Aws(keys) => keys.report().await.map_err(|error| no_credentials(&error)),
            Self::Gcs(tokens) => match tokens.tokens.get_credential().await {
                Ok(_) => Ok(tokens.report.clone()),
                Err(error) => Err(no_credentials_from(&tokens.report.source, &error)),
            },
            Self::Azure(keys) => keys.report().await.map_err(|error| no_credentials(&error)),
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Header(..) => "Header",
            Self::Aws(_) => "Aws",
            Self::Gcs(_) => "Gcs",
            Self::Azure(_) => "Azure",
        })
    }
}

/// What a web server asks for: a user and password, a token, or nothing.
pub(super) fn of_web(environment: &Environment) -> Result<Keys, CredentialFault> {
    let (value, report) = match (environment.get(TOKEN), environment.get(USER), environment.get(PASSWORD)) {
        (Some(token), ..) if !fits_header(token) => {
            let reason = "a token has no spaces and no line breaks";
            return Err(CredentialFault::Value { variable: TOKEN, reason });
        }
        (Some(token), ..) => (format!("Bearer {token}"), CredentialReport::new(format!("a token ({TOKEN})"))),
        (None, Some(user), Some(password)) => {
            let report = CredentialReport::new(format!("a password ({PASSWORD})"));
            (basic(user, password), report.with_identity(Some(user.to_owned())))
        }
        (None, Some(_), None) => return Err(CredentialFault::Half { present: USER, missing: PASSWORD }),
        (None, None, Some(_)) => return Err(CredentialFault::Half { present: PASSWORD, missing: USER }),
        (None, None, None) => return Ok(Keys::Anonymous),
    };
    let reason = "no header can carry it";
    let mut value = HeaderValue::try_from(value).map_err(|_| CredentialFault::Value { variable: TOKEN, reason })?;
    value.set_sensitive(true);
    Ok(Keys::Header(value, report))
}

fn basic(user: &str, password: &str) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}
