//! Secrets that people paste into locations, and where they belong instead.

use std::fmt;

/// A kind of secret in a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secret {
    /// `user:password@`.
    UserInfo,
    /// An access key of S3, or its secret half.
    AccessKey,
    /// The signature of a signed URL.
    SignedUrl,
    /// A shared access signature of Azure.
    SharedAccess,
    /// The key of an Azure account.
    AccountKey,
    /// A bearer token, or anything called password.
    Token,
}

/// How long the public half of an access key is.
const ACCESS_KEY_ID_LEN: usize = 20;

impl Secret {
    /// What a pair of a query gives away, by its name, or by what its value looks like.
    pub(super) fn of_query(name: &str, value: &str) -> Option<Self> {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        match plain.to_ascii_lowercase().as_str() {
            "sig" | "se" | "sp" | "sv" | "spr" | "skoid" | "sas" | "sastoken" => Some(Self::SharedAccess),
            "accountkey" | "storagekey" | "connectionstring" => Some(Self::AccountKey),
            "key" | "accesskey" | "accesskeyid" | "awsaccesskeyid" | "secret" | "secretkey" | "secretaccesskey"
            | "accesskeysecret" => Some(Self::AccessKey),
            "token" | "sessiontoken" | "securitytoken" | "accesstoken" | "password" | "clientsecret" | "privatekey" => {
                Some(Self::Token)
            }
            other if other.starts_with("xamz") || other.starts_with("xgoog") || other == "signature" => {
                Some(Self::SignedUrl)
            }
            // A proxy or an endpoint is a URL of its own.
            _ if has_user_info(value) => Some(Self::UserInfo),
            _ => looks_like_access_key(value).then_some(Self::AccessKey),
        }
    }

    /// Where the secret belongs: the end of a sentence.
    #[must_use]
    pub fn instead(self) -> &'static str {
        match self {
            Self::UserInfo => "credentials come from the environment or the cloud's own configuration",
            Self::AccessKey => "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with profile=",
            Self::SignedUrl => "a signed URL opens one object only: give the repository and credentials for it",
            Self::SharedAccess => "set AZURE_STORAGE_SAS_TOKEN",
            Self::AccountKey => "set AZURE_STORAGE_KEY",
            Self::Token => "set AWS_SESSION_TOKEN, GOOGLE_OAUTH_ACCESS_TOKEN or AZURE_CLIENT_SECRET",
        }
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserInfo => "a user or password before @",
            Self::AccessKey => "an access key",
            Self::SignedUrl => "the signature of a signed URL",
            Self::SharedAccess => "a shared access signature",
            Self::AccountKey => "an account key",
            Self::Token => "a token or password",
        })
    }
}

/// Whether a value is a URL with a user or a password in it.
fn has_user_info(value: &str) -> bool {
    let authority = value.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    authority.is_some_and(|authority| authority.contains('@'))
}

/// The public half of a key of AWS: by its prefix and length.
fn looks_like_access_key(value: &str) -> bool {
    value.len() == ACCESS_KEY_ID_LEN
        && (value.starts_with("AKIA") || value.starts_with("ASIA"))
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
