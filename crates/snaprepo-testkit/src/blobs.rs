//! What each blob of a healthy repository holds, by its place and its name alone. Tests look at *every* blob with it; a
//! blob it does not know is an error there, never skipped.

use snaprepo_format::{
    Kind,
    names::{INDICES, IndexBlob, RootBlob, RootFolder, SHARD_PATHS, ShardBlob, shard_folder},
};

/// What a metadata blob holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// `index-N`.
    Root,
    /// `index.latest`.
    Latest,
    /// Root `index` and `incompatible-snapshots`.
    List,
    /// A note of OpenSearch about hashed shard folders.
    ShardPaths,
    /// Root `snap-<uuid>.dat`.
    SnapshotInfo,
    /// Root `meta-<uuid>.dat`.
    GlobalMetadata,
    /// `indices/<id>/meta-<id>.dat`.
    IndexMetadata,
    /// `snap-<uuid>.dat` of a shard.
    ShardSnapshot,
    /// `shallow-snap-<uuid>.dat` of a shard.
    ShallowShardSnapshot,
    /// `index-<generation>` of a shard.
    ShardGeneration,
}

impl Content {
    /// The kind of a blob that holds a document of its own; `None` for lists in JSON and for `index.latest`.
    #[must_use]
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::Root | Self::Latest | Self::List | Self::ShardPaths => None,
            Self::SnapshotInfo => Some(Kind::SnapshotInfo),
            Self::GlobalMetadata => Some(Kind::GlobalMetadata),
            Self::IndexMetadata => Some(Kind::IndexMetadata),
            Self::ShardSnapshot | Self::ShallowShardSnapshot => Some(Kind::ShardSnapshot),
            Self::ShardGeneration => Some(Kind::ShardGeneration),
        }
    }

    /// What a blob holds, by its path from the root of the store and the base path of the repository; `None` for data.
    ///
    /// # Errors
    /// The path, for a blob that is in no place of a repository.
    pub fn of(path: &str, base: &str) -> Result<Option<Self>, String> {
        let foreign = || format!("{path} is in no place of a repository");
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folders: Vec<&str> = folder.split('/').filter(|folder| !folder.is_empty()).collect();
        let base: Vec<&str> = base.split('/').filter(|folder| !folder.is_empty()).collect();
        match folders.as_slice() {
            folders if folders == base => root_content(name).map(Some).ok_or_else(foreign),
            [above @ .., SHARD_PATHS] if above == base => Ok(Some(Self::ShardPaths)),
            [above @ .., INDICES, _] if above == base => index_content(name).map(Some).ok_or_else(foreign),
            [above @ .., INDICES, _, shard] if holds_shards(above, &base) && shard_folder(shard).is_some() => {
                shard_content(name).ok_or_else(foreign)
            }
            _ => Err(foreign()),
        }
    }
}

/// Whether `indices` of this folder may hold shards: the base, or a hash before or behind it.
fn holds_shards(above: &[&str], base: &[&str]) -> bool {
    let hashed = |folder: &str| RootFolder::parse(folder) == RootFolder::Hashed;
    match above {
        above if above == base => true,
        [hash, rest @ ..] if rest == base && hashed(hash) => true,
        [rest @ .., hash] => rest == base && hashed(hash),
        [] => false,
    }
}

fn root_content(name: &str) -> Option<Content> {
    Some(match RootBlob::parse(name) {
        RootBlob::Root(_) => Content::Root,
        RootBlob::Latest => Content::Latest,
        RootBlob::LegacyIndex | RootBlob::Incompatible => Content::List,
        RootBlob::SnapshotInfo(_) | RootBlob::LegacySnapshot(_) => Content::SnapshotInfo,
        RootBlob::GlobalMetadata(_) | RootBlob::LegacyMetadata(_) => Content::GlobalMetadata,
        _ => return None,
    })
}

fn index_content(name: &str) -> Option<Content> {
    match IndexBlob::parse(name) {
        IndexBlob::Metadata(_) | IndexBlob::LegacySnapshot(_) => Some(Content::IndexMetadata),
        _ => None,
    }
}

/// Data blobs have no content of their own kind: the inner nothing.
fn shard_content(name: &str) -> Option<Option<Content>> {
    Some(Some(match ShardBlob::parse(name) {
        ShardBlob::Generation(_) => Content::ShardGeneration,
        ShardBlob::Snapshot(_) | ShardBlob::LegacySnapshot(_) => Content::ShardSnapshot,
        ShardBlob::ShallowSnapshot(_) => Content::ShallowShardSnapshot,
        ShardBlob::Data(..) => return Some(None),
        _ => return None,
    }))
}
