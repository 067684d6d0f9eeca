//! How an operator names a repository (`docs/guides/locations.md`).

use std::{fmt, path::PathBuf, str::FromStr};

/// The place of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A directory: a bare path or `file://`.
    Local(PathBuf),
    /// An object store or web server: scheme and the rest, which the crate of remote stores takes apart.
    Remote {
        /// As it was written: `s3`, `gs`, `az`, `abfs`, `abfss`, `https` or `http`.
        scheme: &'static str,
        /// What stands behind `://`.
        rest: String,
    },
    /// `@name`: a repository of the configuration file.
    Named(String),
}

/// Why a text is no location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationFault {
    /// Nothing was given.
    #[error("the location is empty")]
    Empty,
    /// A scheme that is not known.
    #[error("{scheme}:// is no known kind of location: use a path, file://, s3://, gs://, az:// or https://")]
    UnknownScheme {
        /// The scheme.
        scheme: String,
    },
    /// A URL with a user or password.
    #[error("the location carries credentials: leave them out, they come from the cloud's own configuration")]
    Credentials,
    /// `file://` with a host.
    #[error("file://{host}/… names another machine: use file:///path")]
    FileHost {
        /// The host.
        host: String,
    },
    /// `@` alone.
    #[error("@ needs the name of a repository of the configuration file behind it")]
    NoName,
}

impl FromStr for Location {
    type Err = LocationFault;

    fn from_str(text: &str) -> Result<Self, LocationFault> {
        if text.is_empty() {
            return Err(LocationFault::Empty);
        }
        if let Some(name) = text.strip_prefix('@') {
            return if name.is_empty() { Err(LocationFault::NoName) } else { Ok(Self::Named(name.to_owned())) };
        }
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(Self::Local(text.into())) };
        let scheme = match scheme {
            "file" => {
                let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                if !matches!(host, "" | "localhost") || path.is_empty() {
                    return Err(LocationFault::FileHost { host: host.to_owned() });
                }
                return Ok(Self::Local(path.into()));
            }
            "s3" => "s3",
            "gs" => "gs",
            "az" => "az",
            "abfs" => "abfs",
            "abfss" => "abfss",
            "https" => "https",
            "http" => "http",
            _ => return Err(LocationFault::UnknownScheme { scheme: scheme.to_owned() }),
        };
        let authority = rest.split(['/', '?']).next().unwrap_or(rest);
        // In front of the @ of these two stands the container.
        let may_have_at = scheme.starts_with("abfs") && !authority.contains(':');
        if authority.contains('@') && !may_have_at {
            return Err(LocationFault::Credentials);
        }
        Ok(Self::Remote { scheme, rest: rest.to_owned() })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => path.display().fmt(f),
            Self::Remote { scheme, rest } => write!(f, "{scheme}://{rest}"),
            Self::Named(name) => write!(f, "@{name}"),
        }
    }
}

#[cfg(test)]
mod tests;
