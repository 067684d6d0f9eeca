//! The releases there is a recipe for: where each comes from, what it needs, what it can do.

use std::{fmt, str::FromStr};

use crate::{Error, Result};

mod table;

/// Whose engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Product {
    /// Elasticsearch.
    Elasticsearch,
    /// OpenSearch.
    OpenSearch,
}

/// A release number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Major version.
    pub major: u16,
    /// Minor version.
    pub minor: u16,
    /// Patch version.
    pub patch: u16,
}

/// What a product can do from which version on, as far as the distributions of the table carry it.
const FEATURES: &[(Product, u16, u16, &str)] = &[
    (Product::Elasticsearch, 7, 3, "snapshot metadata"),
    (Product::Elasticsearch, 7, 6, "shard generations"),
    (Product::Elasticsearch, 7, 8, "component templates"),
    (Product::Elasticsearch, 7, 10, "clone"),
    (Product::Elasticsearch, 7, 12, "repository uuid"),
    (Product::Elasticsearch, 7, 13, "index details"),
    (Product::OpenSearch, 1, 0, "data streams"),
    (Product::OpenSearch, 1, 0, "clone"),
    (Product::OpenSearch, 2, 10, "zstd metadata"),
    (Product::OpenSearch, 2, 11, "shallow v1"),
    (Product::OpenSearch, 2, 17, "hashed paths"),
    (Product::OpenSearch, 2, 17, "shallow v2"),
];

/// One release with everything needed to run it.
#[derive(Debug)]
pub struct Release {
    /// Whose.
    pub product: Product,
    /// Which.
    pub version: Version,
    /// The version of Lucene inside.
    pub lucene: &'static str,
    /// What is fetched.
    pub artifact: Artifact,
    /// The major versions of the JDK that run it, the best first.
    pub jdks: &'static [u8],
}

/// A file of a public package registry.
#[derive(Debug)]
pub enum Artifact {
    /// A zip file by its Maven coordinates without the version: a whole server, ready to run.
    Zip {
        /// `group:artifact`.
        coordinates: &'static str,
        /// SHA-256 of the file, as hexadecimal digits.
        sha256: &'static str,
    },
    /// The server of Elasticsearch 1, which is a library with dependencies.
    Jars {
        /// `group:artifact:version` and SHA-256 of each jar.
        jars: &'static [(&'static str, &'static str)],
    },
}

impl Version {
    /// A release number from its parts.
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Whether this is at least `major.minor`.
    #[must_use]
    pub fn at_least(self, major: u16, minor: u16) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

impl Product {
    /// Short form, as in `es:8.19.21`.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Elasticsearch => "es",
            Self::OpenSearch => "os",
        }
    }

    /// The name of the product in lower case, as the folder names of `testdata/` begin.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Elasticsearch => "elasticsearch",
            Self::OpenSearch => "opensearch",
        }
    }
}

impl Release {
    /// Finds a release by `es:8.19.21`, `os:2.19.6`, or the shortest unambiguous beginning of the version (`es:8.19`,
    /// the newest that fits).
    ///
    /// # Errors
    /// [`Error::UnknownRelease`].
    pub fn find(name: &str) -> Result<&'static Self> {
        let unknown = || Error::UnknownRelease { name: name.to_owned() };
        let (prefix, version) = name.split_once(':').ok_or_else(unknown)?;
        ALL.iter()
            .rev()
            .filter(|release| release.product.prefix() == prefix)
            .find(|release| {
                let text = release.version.to_string();
                text == version || text.strip_prefix(version).is_some_and(|rest| rest.starts_with('.'))
            })
            .ok_or_else(unknown)
    }

    /// The name of the folder at the top of the distribution, as in `elasticsearch-8.19.21`.
    #[must_use]
    pub fn folder_name(&self) -> String {
        format!("{}-{}", self.product.name(), self.version)
    }

    /// The modules of the JDK that it needs and that smaller runtimes leave out.
    #[must_use]
    pub fn jdk_modules(&self) -> &'static [&'static str] {
        table::jdk_modules(self.product, self.version)
    }

    /// What matters to a repository and not every release can do, in short words, always in the same order.
    #[must_use]
    pub fn features(&self) -> Vec<&'static str> {
        let has = |&&(product, major, minor, _): &&(Product, u16, u16, &str)| {
            product == self.product && self.version.at_least(major, minor)
        };
        FEATURES.iter().filter(has).map(|&(.., feature)| feature).collect()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.product.prefix(), self.version)
    }
}

impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let mut parts = text.split('.').map(|part| part.parse().map_err(|_| ()));
        let mut next = || parts.next().unwrap_or(Err(()));
        let version = Self::new(next()?, next()?, next()?);
        if parts.next().is_some() { Err(()) } else { Ok(version) }
    }
}

/// Every release there is a recipe for, by product and version.
pub const ALL: &[Release] = table::RELEASES;

#[cfg(test)]
mod tests;
