//! Where a snapshot and its indices can be restored (`docs/format.md`, *Restorability*).
//!
//! The creation version of an *index* decides, not the version that took the snapshot.

use snaprepo_format::{
    engine::{Era, Product, Release, Target, VersionId},
    index_metadata::IndexFacts,
    root::Root,
    shard_paths::ShardPathType,
    snapshot_info::SnapshotState,
};

/// Whether a target can restore something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Restore {
    /// Yes.
    Yes,
    /// Only mounted as a searchable snapshot, or as a read-only archive index; both need a licence.
    MountOrArchive,
    /// Only as a read-only archive index, which needs a licence.
    Archive,
    /// No.
    No,
}

impl Restore {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::MountOrArchive => "mount-or-archive",
            Self::Archive => "archive",
            Self::No => "no",
        }
    }
}

/// Why a target cannot restore something, or only in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The target cannot read the repository at all.
    RepositoryUnreadable,
    /// The other product wrote it, in a way that the target does not take.
    OtherProduct,
    /// A newer release than the target took the snapshot.
    TakenByNewer,
    /// A newer release than the target created the index.
    CreatedByNewer,
    /// The metadata of the index have a field that the target does not know.
    UnknownField,
    /// The release that created the index is too old for the target.
    CreatedTooEarly,
    /// The snapshot is not complete enough: its state says so.
    State,
    /// What decides cannot be read.
    Unknown,
}

impl Cause {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RepositoryUnreadable => "repository-unreadable",
            Self::OtherProduct => "other-product",
            Self::TakenByNewer => "taken-by-newer",
            Self::CreatedByNewer => "created-by-newer",
            Self::UnknownField => "unknown-field",
            Self::CreatedTooEarly => "created-too-early",
            Self::State => "state",
            Self::Unknown => "unknown",
        }
    }
}

/// An answer with its reason; a plain yes has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it can be restored.
    pub restore: Restore,
    /// Why not, or why only so, in one word.
    pub cause: Option<Cause>,
    /// The same as a sentence.
    pub reason: Option<String>,
}

impl Answer {
    /// Nothing stands in the way.
    #[must_use]
    pub fn yes() -> Self {
        Self { restore: Restore::Yes, cause: None, reason: None }
    }

    /// No, and why.
    #[must_use]
    pub fn no(cause: Cause, reason: impl Into<String>) -> Self {
        Self { restore: Restore::No, cause: Some(cause), reason: Some(reason.into()) }
    }

    /// The worse of two answers; the first when they are equally bad.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if other.restore > self.restore { other } else { self }
    }
}

/// Whether a target can read the repository at all.
#[must_use]
pub fn repository(root: &Root, target: Target) -> Answer {
    match (target.product, root.era) {
        (_, Era::Crate) => Answer::no(Cause::RepositoryUnreadable, "the repository is CrateDB's"),
        (Product::OpenSearch, Era::E712) => Answer::no(
            Cause::RepositoryUnreadable,
            "OpenSearch cannot read a root with uuid and cluster_id, which Elasticsearch 7.12 and later write",
        ),
        (Product::OpenSearch, Era::E1 | Era::E2) => {
            Answer::no(Cause::RepositoryUnreadable, "the repository is older than any that OpenSearch reads")
        }
        (Product::Elasticsearch, era) => {
            let first_reader = match era {
                Era::E76 => Release::new(7, 6, 0),
                Era::E79 | Era::Os3 => Release::new(7, 9, 0),
                Era::E712 => Release::new(7, 12, 0),
                Era::E5 => Release::new(5, 0, 0),
                Era::E2 => Release::new(2, 0, 0),
                Era::E1 | Era::Crate => Release::new(1, 0, 0),
            };
            if target.release < first_reader {
                return Answer::no(
                    Cause::RepositoryUnreadable,
                    format!("the root needs Elasticsearch {}.{} or later", first_reader.major, first_reader.minor),
                );
            }
            // Elasticsearch 5 converts a repository of 1.x or 2.x when it first lists it; nothing later reaches that far
            // back. What 5.x makes of the indices in it is another question.
            if matches!(era, Era::E1 | Era::E2) && target.release.major > 5 {
                return Answer::no(
                    Cause::RepositoryUnreadable,
                    "only Elasticsearch up to 5 reads the layout of 1.x and 2.x",
                );
            }
            Answer::yes()
        }
        _ => Answer::yes(),
    }
}

/// Whether a target reads the metadata of an index. Elasticsearch stops at a field that it does not know, and then says
/// that checksums do not match (`docs/format.md`, *Restorability*).
#[must_use]
pub fn index_metadata(facts: &IndexFacts, target: Target) -> Answer {
    // Measured: 9.2.0 refuses what 8.19.21 wrote, and 9.5.3 takes it. Of patches in between nothing is known.
    let Release { major, minor, patch } = target.release;
    let is_too_old = target.product == Product::Elasticsearch && major == 9 && minor <= 2 && patch == 0;
    if facts.has_transport_version && is_too_old {
        return Answer::no(
            Cause::UnknownField,
            format!(
                "its metadata have the field transport_version, which {major}.{minor}.0 does not know: it will say \
                 that checksums do not match; restore into a later patch"
            ),
        );
    }
    Answer::yes()
}

/// Whether a target finds the shard folders of an index. It reads the root all the same: OpenSearch before 2.17 ignores
/// the path types there, lists everything, and refuses what is newer than itself.
#[must_use]
pub fn shard_folders(path_type: ShardPathType, target: Target) -> Answer {
    if target.product == Product::OpenSearch
        && target.release < Release::new(2, 17, 0)
        && path_type != ShardPathType::Fixed
    {
        return Answer::no(
            Cause::RepositoryUnreadable,
            "shard folders are hashed: OpenSearch before 2.17 does not find them, and loses their path type when it writes",
        );
    }
    Answer::yes()
}

/// Whether a target accepts a snapshot, its indices aside.
#[must_use]
pub fn snapshot(state: Option<SnapshotState>, version: Option<VersionId>, target: Target) -> Answer {
    if let Some(state @ (SnapshotState::Failed | SnapshotState::InProgress | SnapshotState::Incompatible)) = state {
        return Answer::no(Cause::State, format!("its state is {}", state.name()));
    }
    let Some(version) = version else { return Answer::yes() };
    if target.product == Product::Elasticsearch && version.product() == Product::OpenSearch {
        return Answer::no(
            Cause::OtherProduct,
            format!("taken by OpenSearch {version}: Elasticsearch restores no snapshot of OpenSearch"),
        );
    }
    // 3.3.2 still lists such snapshots, 3.5.0 refuses their version id. 3.4 was not tried.
    if target.product == Product::OpenSearch
        && target.release >= Release::new(3, 5, 0)
        && version.product() == Product::Elasticsearch
    {
        return Answer::no(
            Cause::OtherProduct,
            format!("taken by Elasticsearch {version}: OpenSearch 3.5 and later read no snapshot of Elasticsearch"),
        );
    }
    if version > target.version() {
        return Answer::no(
            Cause::TakenByNewer,
            format!("taken by {} {version}, which is newer than the target", version.product().name()),
        );
    }
    Answer::yes()
}

/// Whether a target can restore an index, by the version that created it.
#[must_use]
pub fn index(created: Option<VersionId>, target: Target) -> Answer {
    let Some(created) = created else {
        return Answer::no(Cause::Unknown, "its creation version is not recorded");
    };
    let by = format!("created by {} {created}", created.product().name());
    if created > target.version() && (created.product() == target.product || target.product == Product::OpenSearch) {
        return Answer::no(Cause::CreatedByNewer, format!("{by}, which is newer than the target"));
    }
    match target.product {
        Product::Elasticsearch => index_to_elasticsearch(created, target.release, &by),
        Product::OpenSearch => index_to_opensearch(created, target.release, &by),
        Product::CrateDb => Answer::no(Cause::OtherProduct, "CrateDB restores its own snapshots only"),
    }
}

fn index_to_elasticsearch(created: VersionId, target: Release, by: &str) -> Answer {
    if created.product() == Product::OpenSearch {
        return Answer::no(Cause::OtherProduct, format!("{by}: Elasticsearch restores no index of OpenSearch"));
    }
    let release = created.release();
    let archive = |restore, how: &str| Answer {
        restore,
        cause: Some(Cause::CreatedTooEarly),
        reason: Some(format!("{by}: only {how} (needs a licence)")),
    };
    match (target.major, release.major) {
        (9.., 8..) | (8, 7..) | (7, 6..) | (6, 5..) | (5, 2..) | (2, 1..) | (1, _) => {
            // 6.8 and 7.0 were developed side by side.
            if (release.major, release.minor) == (6, 8) && target < Release::new(7, 2, 0) && target.major == 7 {
                return Answer::no(
                    Cause::CreatedTooEarly,
                    format!("{by}: restores into 7.2 and later, not into 7.0 and 7.1"),
                );
            }
            Answer::yes()
        }
        (9.., 7) => archive(Restore::MountOrArchive, "mounted as a searchable snapshot, or as an archive index"),
        (9.., 5 | 6) => archive(Restore::Archive, "as a read-only archive index"),
        (8, 5 | 6) if target >= Release::new(8, 3, 0) => archive(Restore::Archive, "as a read-only archive index"),
        (8, 5 | 6) => {
            Answer::no(Cause::CreatedTooEarly, format!("{by}: 8.3 and later can read it as an archive index"))
        }
        (major, _) => Answer::no(
            Cause::CreatedTooEarly,
            format!("{by}: Elasticsearch {major} reads indices from {}.x on", major.saturating_sub(1)),
        ),
    }
}

fn index_to_opensearch(created: VersionId, target: Release, by: &str) -> Answer {
    let release = created.release();
    let from_elasticsearch = created.product() == Product::Elasticsearch;
    if from_elasticsearch && release >= Release::new(7, 11, 0) {
        return Answer::no(Cause::OtherProduct, format!("{by}: OpenSearch takes indices of Elasticsearch up to 7.10"));
    }
    let oldest = match target.major {
        0 | 1 => VersionId::of_release(Product::Elasticsearch, Release::new(6, 0, 0)).0 - 73,
        2 => VersionId::of_release(Product::Elasticsearch, Release::new(7, 0, 0)).0,
        major => VersionId::of_release(Product::OpenSearch, Release::new(major - 1, 0, 0)).0,
    };
    if created.0 >= oldest {
        return Answer::yes();
    }
    let from = match target.major {
        0 | 1 => "Elasticsearch 6.0".to_owned(),
        2 => "Elasticsearch 7.0".to_owned(),
        major => format!("OpenSearch {}.0", major - 1),
    };
    Answer::no(Cause::CreatedTooEarly, format!("{by}: OpenSearch {} reads indices from {from} on", target.major))
}

#[cfg(test)]
mod tests;
