//! What an operator types for a repository in a bucket, a container or behind a web server
//! (`docs/guides/locations.md`). Pure: nothing is opened here, and no environment is read.
//!
//! A base path is taken as it stands in the bucket: `s3://` and its kin do not decode `%20`, as the clouds' own tools do
//! not. `https://` does, because browsers do. Everything behind `?` is a setting.

use std::fmt;

use percent_encoding::percent_decode_str;
use snaprepo_codec::BlobPath;

use crate::settings::{Key, Origin, SettingFault, Settings};

mod secrets;

pub use secrets::Secret;

/// Who speaks which protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// Amazon S3 and everything that speaks like it.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
    /// A plain web server: blobs can be read, nothing can be listed or written.
    Web,
}

/// A repository in a remote store, as far as its name tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whose protocol.
    pub provider: Provider,
    /// The bucket or container; for a web server its scheme and authority, as in `https://host:8443`.
    pub container: String,
    /// The folder of the repository in it.
    pub base: BlobPath,
    /// What the location itself says about how to get there.
    pub settings: Settings,
}

/// Why a text is no remote location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetFault {
    /// Another scheme, or none.
    #[error("{scheme:?} is no scheme of a remote store: use s3, gs, az, abfs, abfss, https or http")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// There is no bucket, container or host.
    #[error("{scheme}:// needs a {what} behind it")]
    NoContainer {
        /// The scheme.
        scheme: &'static str,
        /// `bucket`, `container` or `host`.
        what: &'static str,
    },
    /// A secret in a place that ends up in histories, process lists and logs.
    #[error("the location carries a secret ({secret}): leave it out, {}", secret.instead())]
    Secret {
        /// What kind of secret.
        secret: Secret,
    },
    /// A base path that no key can have.
    #[error("{component:?} cannot be part of a base path")]
    Base {
        /// The component.
        component: String,
    },
    /// Percent signs that decode to no text.
    #[error("the path does not decode to UTF-8: write a literal percent sign as %25")]
    NotUtf8,
    /// A setting that does not fit.
    #[error(transparent)]
    Setting(#[from] SettingFault),
}

impl Provider {
    /// What the service calls the thing that holds keys.
    #[must_use]
    pub fn container_word(self) -> &'static str {
        match self {
            Self::S3 | Self::Gcs => "bucket",
            Self::Azure => "container",
            Self::Web => "host",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S3 => "S3",
            Self::Gcs => "Google Cloud Storage",
            Self::Azure => "Azure Blob Storage",
            Self::Web => "web server",
        })
    }
}

impl Target {
    /// Parses a location with its scheme.
    ///
    /// # Errors
    /// When the scheme is none of ours, a part is missing, a setting is unknown, or a secret stands in it.
    pub fn parse(text: &str) -> Result<Self, TargetFault> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        Self::from_parts(scheme, rest)
    }

    /// Parses a location whose scheme was already cut off, as [`snaprepo_store::Location::Remote`] has it.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_parts(scheme: &str, rest: &str) -> Result<Self, TargetFault> {
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = place.split_once('/').unwrap_or((place, ""));
        let mut target = match scheme {
            "s3" => Self::bucket(Provider::S3, "s3", authority, path)?,
            "gs" => Self::bucket(Provider::Gcs, "gs", authority, path)?,
            "az" => Self::bucket(Provider::Azure, "az", authority, path)?,
            "abfs" | "abfss" => Self::abfs(authority, path)?,
            "https" => Self::web("https", authority, path)?,
            "http" => Self::web("http", authority, path)?,
            _ => return Err(TargetFault::Scheme { scheme: scheme.to_owned() }),
        };
        target.add_query(query)?;
        Ok(target)
    }

    fn bucket(provider: Provider, scheme: &'static str, authority: &str, path: &str) -> Result<Self, TargetFault> {
        if authority.contains('@') {
            return Err(TargetFault::Secret { secret: Secret::UserInfo });
        }
        if authority.is_empty() {
            return Err(TargetFault::NoContainer { scheme, what: provider.container_word() });
        }
        Ok(Self { provider, container: authority.to_owned(), base: base(path)?, settings: Settings::default() })
    }

    /// `container@account.dfs.core.windows.net`, as Hadoop and Spark write it; or a container alone.
    fn abfs(authority: &str, path: &str) -> Result<Self, TargetFault> {
        let Some((container, host)) = authority.split_once('@') else {
            return Self::bucket(Provider::Azure, "abfs", authority, path);
        };
        if container.contains(':') {
            return Err(TargetFault::Secret { secret: Secret::UserInfo });
        }
        let mut target = Self::bucket(Provider::Azure, "abfs", container, path)?;
        target.set_azure_host(host)?;
        Ok(target)
    }

    fn web(scheme: &'static str, authority: &str, path: &str) -> Result<Self, TargetFault> {
        if authority.contains('@') {
            return Err(TargetFault::Secret { secret: Secret::UserInfo });
        }
        if authority.is_empty() {
            return Err(TargetFault::NoContainer { scheme, what: Provider::Web.container_word() });
        }
        let path = percent_decode_str(path).decode_utf8().map_err(|_| TargetFault::NotUtf8)?;
        if is_azure_host(authority) {
            let (container, path) = path.split_once('/').unwrap_or((&path, ""));
            let mut target = Self::bucket(Provider::Azure, scheme, container, path)?;
            target.set_azure_host(authority)?;
            return Ok(target);
        }
        let container = format!("{scheme}://{authority}");
        Ok(Self { provider: Provider::Web, container, base: base(&path)?, settings: Settings::default() })
    }

    /// The host of an account names the account, and where its blobs are. The data lake host of an account shows the
    /// same blobs by another protocol.
    fn set_azure_host(&mut self, host: &str) -> Result<(), SettingFault> {
        let (account, domain) = host.split_once('.').unwrap_or((host, ""));
        self.settings.set(Key::Account, account, Origin::Location)?;
        if !domain.is_empty() && domain != "blob.core.windows.net" && domain != "dfs.core.windows.net" {
            let domain = domain.replacen("dfs.", "blob.", 1);
            self.settings.set(Key::Endpoint, &format!("https://{account}.{domain}"), Origin::Location)?;
        }
        Ok(())
    }

    fn add_query(&mut self, query: &str) -> Result<(), TargetFault> {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
            let value = percent_decode_str(value).decode_utf8().map_err(|_| TargetFault::NotUtf8)?;
            if let Some(secret) = Secret::of_query(name, &value) {
                return Err(TargetFault::Secret { secret });
            }
            let key = Key::parse(name)?;
            self.settings.set(key, &value, Origin::Location)?;
        }
        Ok(())
    }
}

/// The location without its settings; it names the same place when it is parsed again.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.provider {
            Provider::S3 => "s3://",
            Provider::Gcs => "gs://",
            Provider::Azure => "az://",
            Provider::Web => "",
        };
        write!(f, "{scheme}{}", self.container)?;
        if self.base.is_root() { Ok(()) } else { write!(f, "/{}", self.base) }
    }
}

fn base(path: &str) -> Result<BlobPath, TargetFault> {
    BlobPath::parse(path).map_err(|fault| TargetFault::Base { component: fault.component })
}

/// Public cloud, the national ones, and accounts with a zone in their name.
fn is_azure_host(authority: &str) -> bool {
    let Some((_, domain)) = authority.split_once('.') else { return false };
    let kind = domain.starts_with("blob.core.") || domain.starts_with("dfs.core.") || domain.contains("blob.storage.");
    kind && [".windows.net", ".chinacloudapi.cn", ".usgovcloudapi.net", ".azure.net"]
        .iter()
        .any(|suffix| domain.ends_with(suffix))
}

#[cfg(test)]
mod tests;
