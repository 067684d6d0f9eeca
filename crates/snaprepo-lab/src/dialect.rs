//! What differs between releases in requests: one table of features, and one place that puts neutral plans into the
//! words of a release. Nothing here talks to a node.

mod mapping;
mod request;

use crate::{Product, Release, Version};

pub use mapping::{Fields, Kind};
pub use request::{Action, IndexPlan, Operation, Request, SnapshotPlan};

/// How to talk to one release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    product: Product,
    version: Version,
}

/// Something that not every release knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Mapping types in requests and answers.
    Types,
    /// More than one mapping type in an index.
    ManyTypes,
    /// Fields of type `keyword` and `text`; before, both were `string`.
    Keyword,
    /// `index.codec: best_compression`.
    BestCompression,
    /// `index.soft_deletes.enabled` is off unless it is set.
    SoftDeletesSetting,
    /// `wait_for_active_shards` when an index is made.
    ActiveShards,
    /// `_forcemerge`; before, it was `_optimize`.
    ForceMerge,
    /// Sorting by `_doc`, the cheap order for reading everything.
    SortByDoc,
    /// The search tells sequence numbers and primary terms.
    SequenceNumbers,
    /// A search can be told to count exactly; releases without it always do.
    TrackTotalHits,
    /// The scroll is named in a body; before, in the address.
    ScrollBody,
    /// Index patterns of templates are a list called `index_patterns`; before, one text called `template`.
    IndexPatterns,
    /// Component templates and composable index templates.
    ComposableTemplates,
    /// Ingest pipelines.
    Pipelines,
    /// Data streams. Elasticsearch has them in a module that no published distribution carries.
    DataStreams,
    /// Hidden indices, and `expand_wildcards=hidden`.
    HiddenIndices,
    /// Closed indices can be snapshotted.
    ClosedSnapshots,
    /// Closed indices can be in shallow snapshots; before, their shards fail.
    ClosedShallow,
    /// `metadata` of a snapshot.
    SnapshotMetadata,
    /// `_clone` of a snapshot.
    Clone,
    /// Shallow snapshots of the second kind can be cloned. OpenSearch 2.17 does it, too, but its root then gives the clone
    /// the indices of the newest snapshot.
    CloneShallowV2,
    /// `verbose=false` in the list of snapshots.
    NotVerbose,
    /// `index_details=true` in the list of snapshots.
    IndexDetails,
    /// `_cat/snapshots`.
    Cat,
    /// `_cleanup` of a repository.
    Cleanup,
    /// `_verify_integrity` of a repository, when the node has the module.
    VerifyIntegrity,
    /// `base_path` of a repository of type `fs`.
    BasePath,
    /// Hashed shard folders.
    HashedPaths,
    /// Shard folders are hashed unless a repository says otherwise.
    HashedByDefault,
    /// Several kinds of compression of metadata.
    CompressionType,
    /// Shallow snapshots of the first kind.
    Shallow,
    /// Shallow snapshots of the second kind.
    ShallowV2,
}

/// From which release on a feature is there, `(major, minor)`.
enum Span {
    Never,
    Always,
    Since(u16, u16),
    Before(u16, u16),
    Between((u16, u16), (u16, u16)),
}

impl Span {
    fn holds(&self, version: Version) -> bool {
        match *self {
            Self::Never => false,
            Self::Always => true,
            Self::Since(major, minor) => version.at_least(major, minor),
            Self::Before(major, minor) => !version.at_least(major, minor),
            Self::Between(from, to) => version.at_least(from.0, from.1) && !version.at_least(to.0, to.1),
        }
    }
}

impl Feature {
    /// In words, as in "2.4.6 has no …".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Types => "mapping types",
            Self::ManyTypes => "second mapping type in an index",
            Self::Keyword => "field type `keyword`",
            Self::BestCompression => "codec `best_compression`",
            Self::SoftDeletesSetting => "choice of soft deletes",
            Self::ActiveShards => "`wait_for_active_shards`",
            Self::ForceMerge => "`_forcemerge`",
            Self::SortByDoc => "sorting by `_doc`",
            Self::SequenceNumbers => "sequence numbers",
            Self::TrackTotalHits => "`track_total_hits`",
            Self::ScrollBody => "scroll in a body",
            Self::IndexPatterns => "`index_patterns` in templates",
            Self::ComposableTemplates => "composable templates",
            Self::Pipelines => "ingest pipelines",
            Self::DataStreams => "data streams",
            Self::HiddenIndices => "hidden indices",
            Self::ClosedSnapshots => "snapshots of closed indices",
            Self::ClosedShallow => "shallow snapshots of closed indices",
            Self::SnapshotMetadata => "metadata of snapshots",
            Self::Clone => "clones of snapshots",
            Self::CloneShallowV2 => "sound clones of shallow snapshots of the second kind",
            Self::NotVerbose => "`verbose=false`",
            Self::IndexDetails => "`index_details`",
            Self::Cat => "`_cat/snapshots`",
            Self::Cleanup => "`_cleanup`",
            Self::VerifyIntegrity => "`_verify_integrity`",
            Self::BasePath => "`base_path` of repositories of type `fs`",
            Self::HashedPaths => "hashed shard folders",
            Self::HashedByDefault => "hashed shard folders by default",
            Self::CompressionType => "`compression_type`",
            Self::Shallow => "shallow snapshots",
            Self::ShallowV2 => "shallow snapshots of the second kind",
        }
    }

    /// Elasticsearch, OpenSearch.
    fn spans(self) -> (Span, Span) {
        use Span::{Always, Before, Between, Never, Since};
        match self {
            Self::Types => (Before(7, 0), Never),
            Self::ManyTypes => (Before(6, 0), Never),
            Self::Keyword | Self::ActiveShards | Self::Pipelines => (Since(5, 0), Always),
            Self::BestCompression | Self::ScrollBody => (Since(2, 0), Always),
            Self::SoftDeletesSetting => (Between((6, 5), (7, 0)), Never),
            Self::ForceMerge | Self::SortByDoc | Self::Cat => (Since(2, 1), Always),
            Self::SequenceNumbers => (Since(6, 8), Always),
            Self::TrackTotalHits => (Since(7, 0), Always),
            Self::IndexPatterns => (Since(6, 0), Always),
            Self::ComposableTemplates => (Since(7, 8), Always),
            Self::DataStreams => (Never, Always),
            Self::HiddenIndices => (Since(7, 7), Always),
            Self::ClosedSnapshots => (Since(7, 2), Always),
            Self::SnapshotMetadata => (Since(7, 3), Always),
            Self::Clone => (Since(7, 10), Always),
            Self::CloneShallowV2 => (Never, Since(2, 18)),
            Self::NotVerbose => (Since(5, 5), Always),
            Self::IndexDetails => (Since(7, 13), Never),
            Self::Cleanup => (Since(7, 4), Always),
            Self::VerifyIntegrity => (Since(8, 16), Never),
            Self::BasePath | Self::HashedPaths | Self::ShallowV2 => (Never, Since(2, 17)),
            Self::ClosedShallow => (Never, Since(2, 19)),
            Self::HashedByDefault => (Never, Since(3, 1)),
            Self::CompressionType => (Never, Since(2, 10)),
            Self::Shallow => (Never, Since(2, 11)),
        }
    }
}

impl Dialect {
    /// The dialect of a release.
    #[must_use]
    pub fn of(release: &Release) -> Self {
        Self::new(release.product, release.version)
    }

    /// The dialect of a product and version.
    #[must_use]
    pub fn new(product: Product, version: Version) -> Self {
        Self { product, version }
    }

    /// Whether the release has a feature.
    #[must_use]
    pub fn has(self, feature: Feature) -> bool {
        let (elasticsearch, opensearch) = feature.spans();
        match self.product {
            Product::Elasticsearch => elasticsearch.holds(self.version),
            Product::OpenSearch => opensearch.holds(self.version),
        }
    }

    /// Whether mapping types stand in requests and answers.
    #[must_use]
    pub fn has_types(self) -> bool {
        self.has(Feature::Types)
    }
}

#[cfg(test)]
mod tests;
