//! Products, versions and eras: the one table of how the releases differ (`docs/format.md`, *Eras*, *Versions*).

use std::fmt;

/// Bit that marks a version id of OpenSearch.
const OPENSEARCH_BIT: i64 = 0x0800_0000;
/// Lowest version id of Elasticsearch that is a counter of its own (an "index version") and no release number.
const FIRST_INDEX_VERSION: i64 = 8_500_000;

/// A program that writes snapshot repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Product {
    /// Elasticsearch.
    Elasticsearch,
    /// OpenSearch.
    OpenSearch,
    /// CrateDB, a fork with a layout of its own; read only as far as it agrees.
    CrateDb,
}

impl Product {
    /// The product's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Elasticsearch => "Elasticsearch",
            Self::OpenSearch => "OpenSearch",
            Self::CrateDb => "CrateDB",
        }
    }
}

/// A generation of the format, recognised by which blobs exist and which keys the root has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Era {
    /// Elasticsearch 1: names in paths, bare JSON.
    E1,
    /// Elasticsearch 2: names in paths, wrapped blobs.
    E2,
    /// Elasticsearch 5.0 to 7.5: a root, uuids in paths, numbered shard generations.
    E5,
    /// Elasticsearch 7.6 to 7.8: shard generations named by the root.
    E76,
    /// Elasticsearch 7.9 to 7.11, OpenSearch 1.0 to 2.0 or later: deduplicated index metadata.
    E79,
    /// Elasticsearch 7.12 and later: a repository uuid.
    E712,
    /// OpenSearch 2.4 or earlier and later: as 7.9 without `min_version`.
    Os3,
    /// CrateDB.
    Crate,
}

impl Era {
    /// A short name that is stable in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::E1 => "es-1",
            Self::E2 => "es-2",
            Self::E5 => "es-5",
            Self::E76 => "es-7.6",
            Self::E79 => "es-7.9",
            Self::E712 => "es-7.12",
            Self::Os3 => "opensearch-2",
            Self::Crate => "cratedb",
        }
    }

    /// Whether snapshots are listed by a root blob.
    #[must_use]
    pub fn has_root(self) -> bool {
        self >= Self::E5
    }

    /// Whether shard folders hold a table of all snapshots.
    #[must_use]
    pub fn has_shard_generations(self) -> bool {
        self >= Self::E2
    }

    /// Whether the root names the shard generations.
    #[must_use]
    pub fn names_shard_generations(self) -> bool {
        self >= Self::E76
    }
}

/// A numeric version as blobs record it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId(pub i64);

/// A release number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// Major version.
    pub major: u16,
    /// Minor version.
    pub minor: u16,
    /// Patch version.
    pub patch: u16,
}

impl Release {
    /// A release number from its three parts.
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Reads `8.17.4`, `8.17` or `8`; missing parts are 0, text behind a hyphen is ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-').next()?.split('.');
        let major = parts.next()?.parse().ok()?;
        let mut next = || parts.next().map_or(Some(0), |part| part.parse().ok());
        let (minor, patch) = (next()?, next()?);
        parts.next().is_none().then_some(Self { major, minor, patch })
    }

    /// The id that releases up to Elasticsearch 8.10 write.
    #[must_use]
    pub fn classic_id(self) -> i64 {
        i64::from(self.major) * 1_000_000 + i64::from(self.minor) * 10_000 + i64::from(self.patch) * 100 + 99
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Index versions by first release: id, first release that has it, and the text for all releases that share it.
/// Ids between two rows belong to development builds.
const INDEX_VERSIONS: &[(i64, Release, &str)] = &[
    (8_500_003, Release::new(8, 11, 0), "8.11.x"),
    (8_500_008, Release::new(8, 12, 0), "8.12.0"),
    (8_500_010, Release::new(8, 12, 1), "8.12.1-8.12.2"),
    (8_503_000, Release::new(8, 13, 0), "8.13.x"),
    (8_505_000, Release::new(8, 14, 0), "8.14.x"),
    (8_512_000, Release::new(8, 15, 0), "8.15.x"),
    (8_518_000, Release::new(8, 16, 0), "8.16.x"),
    (8_521_000, Release::new(8, 17, 0), "8.17.x"),
    (8_525_000, Release::new(8, 18, 0), "8.18.x"),
    (8_536_000, Release::new(8, 19, 0), "8.19.0-8.19.8"),
    (8_537_000, Release::new(8, 19, 9), "8.19.x"),
    (9_009_000, Release::new(9, 0, 0), "9.0.x"),
    (9_033_000, Release::new(9, 1, 0), "9.1.0-9.1.8"),
    (9_033_001, Release::new(9, 1, 9), "9.1.x"),
    (9_039_001, Release::new(9, 2, 0), "9.2.0-9.2.1"),
    (9_039_002, Release::new(9, 2, 2), "9.2.2"),
    (9_039_003, Release::new(9, 2, 3), "9.2.x"),
    (9_060_000, Release::new(9, 3, 0), "9.3.0-9.3.2"),
    (9_060_001, Release::new(9, 3, 3), "9.3.x"),
    (9_111_000, Release::new(9, 5, 2), "9.5.x"),
];

impl VersionId {
    /// The id that a release of a product writes. For Elasticsearch 8.11 and later, which share ids, the newest known
    /// id that is not newer than the release.
    #[must_use]
    pub fn of_release(product: Product, release: Release) -> Self {
        if product == Product::OpenSearch {
            return Self(release.classic_id() ^ OPENSEARCH_BIT);
        }
        let counter = INDEX_VERSIONS.iter().rev().find(|(_, first, _)| *first <= release).map(|(id, _, _)| *id);
        Self(counter.unwrap_or_else(|| release.classic_id()))
    }

    /// The product that writes such ids. CrateDB's look like those of Elasticsearch.
    #[must_use]
    pub fn product(self) -> Product {
        if self.0 & OPENSEARCH_BIT != 0 { Product::OpenSearch } else { Product::Elasticsearch }
    }

    /// Whether the id is a counter of its own, shared by several releases.
    #[must_use]
    pub fn is_index_version(self) -> bool {
        self.product() == Product::Elasticsearch && self.0 >= FIRST_INDEX_VERSION
    }

    /// The release; for a counter the first release that has it, or the nearest older one that is known.
    #[must_use]
    pub fn release(self) -> Release {
        if self.is_index_version() {
            let row = INDEX_VERSIONS.iter().rev().find(|(id, _, _)| *id <= self.0);
            return row.map_or(Release::new(8, 11, 0), |(_, first, _)| *first);
        }
        let id = self.0 & !OPENSEARCH_BIT;
        let part = |divisor: i64, modulus: i64| u16::try_from(id / divisor % modulus).unwrap_or(0);
        Release::new(part(1_000_000, 1_000), part(10_000, 100), part(100, 100))
    }

    /// The version as people write it: `7.10.2`, `8.17.x`, `9.5.x or newer [9200000]`.
    #[must_use]
    pub fn text(self) -> String {
        if !self.is_index_version() {
            let build = (self.0 & !OPENSEARCH_BIT) % 100;
            let suffix = match build {
                1..=24 => format!("-alpha{build}"),
                26..=49 => format!("-beta{}", build - 25),
                51..=98 => format!("-rc{}", build - 50),
                _ => String::new(),
            };
            return format!("{}{suffix}", self.release());
        }
        match INDEX_VERSIONS.binary_search_by_key(&self.0, |(id, _, _)| *id) {
            Ok(row) => INDEX_VERSIONS.get(row).map_or(String::new(), |(_, _, text)| (*text).to_owned()),
            Err(next) => {
                let name = |row: Option<&(i64, Release, &str)>| row.map(|(_, first, _)| format!("{first}"));
                let older = name(next.checked_sub(1).and_then(|row| INDEX_VERSIONS.get(row)));
                match (older, name(INDEX_VERSIONS.get(next))) {
                    (Some(older), None) => format!("newer than {older} [{}]", self.0),
                    (older, newer) => format!(
                        "between {} and {} [{}]",
                        older.unwrap_or_else(|| "8.10.4".to_owned()),
                        newer.unwrap_or_default(),
                        self.0
                    ),
                }
            }
        }
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// A cluster that somebody wants to restore into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// Its product: Elasticsearch or OpenSearch.
    pub product: Product,
    /// Its release.
    pub release: Release,
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no known release: write es:8.19 or os:2.19")]
pub struct TargetFault {
    /// The text.
    pub text: String,
}

impl std::str::FromStr for Target {
    type Err = TargetFault;

    fn from_str(text: &str) -> Result<Self, TargetFault> {
        let fault = || TargetFault { text: text.to_owned() };
        let (product, release) = text.split_once(':').ok_or_else(fault)?;
        let product = match product {
            "es" | "elasticsearch" => Product::Elasticsearch,
            "os" | "opensearch" => Product::OpenSearch,
            _ => return Err(fault()),
        };
        // "8.19" means the newest patch of that minor version.
        let mut release_text = release.to_owned();
        while release_text.matches('.').count() < 2 {
            release_text.push_str(".99");
        }
        let release = Release::parse(&release_text).ok_or_else(fault)?;
        let is_known = match product {
            Product::OpenSearch => matches!(release.major, 1..=3),
            _ => matches!(release.major, 1 | 2 | 5..=9),
        };
        if is_known { Ok(Self { product, release }) } else { Err(fault()) }
    }
}

impl Target {
    /// The version id that this target compares against.
    #[must_use]
    pub fn version(self) -> VersionId {
        VersionId::of_release(self.product, self.release)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Release { major, minor, patch } = self.release;
        write!(f, "{} {major}", self.product.name())?;
        match (minor, patch) {
            (99, _) => f.write_str(".x"),
            (_, 99) => write!(f, ".{minor}"),
            _ => write!(f, ".{minor}.{patch}"),
        }
    }
}

#[cfg(test)]
mod tests;
