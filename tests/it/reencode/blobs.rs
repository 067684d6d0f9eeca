//! Every metadata blob of every fixture, with the kind that its place and its name tell.

use std::fs;

use snaprepo_format::{
    Kind,
    names::{INDICES, IndexBlob, RootBlob, RootFolder, SHARD_PATHS, ShardBlob, shard_folder},
};
use snaprepo_testkit::fixtures::{self, Fixture};

/// What a metadata blob holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Content {
    Root,
    Latest,
    /// Root `index` and `incompatible-snapshots`.
    List,
    ShardPaths,
    SnapshotInfo,
    GlobalMetadata,
    IndexMetadata,
    ShardSnapshot,
    ShallowShardSnapshot,
    ShardGeneration,
}

/// A metadata blob.
pub(super) struct Blob {
    pub(super) content: Content,
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

impl Content {
    /// The kind of a blob that holds a document of its own; `None` for lists in JSON and for `index.latest`.
    pub(super) fn kind(self) -> Option<Kind> {
        match self {
            Self::Root | Self::Latest | Self::List | Self::ShardPaths => None,
            Self::SnapshotInfo => Some(Kind::SnapshotInfo),
            Self::GlobalMetadata => Some(Kind::GlobalMetadata),
            Self::IndexMetadata => Some(Kind::IndexMetadata),
            Self::ShardSnapshot | Self::ShallowShardSnapshot => Some(Kind::ShardSnapshot),
            Self::ShardGeneration => Some(Kind::ShardGeneration),
        }
    }
}

/// Looks at every metadata blob of every fixture, and fails with the blobs at which `look` failed.
pub(super) fn every<T>(look: impl Fn(&Blob) -> Result<T, String>) -> Vec<T> {
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    for fixture in fixtures::all() {
        for blob in blobs(fixture) {
            match look(&blob) {
                Ok(seen) => found.push(seen),
                Err(what) => failed.push(format!("{} {}: {what}", fixture.name, blob.path)),
            }
        }
    }
    assert!(failed.is_empty(), "{} blobs failed, such as\n{}", failed.len(), failed[..failed.len().min(20)].join("\n"));
    found
}

fn blobs(fixture: &'static Fixture) -> impl Iterator<Item = Blob> {
    let root = fixture.root();
    fixtures::files(&root).unwrap().into_iter().filter_map(move |path| {
        let content = content(&path, fixture.base())?;
        let bytes = fs::read(root.join(&path)).unwrap();
        Some(Blob { content, path, bytes })
    })
}

/// What a blob holds, by its path from the root of the store; `None` for data blobs.
fn content(path: &str, base: &str) -> Option<Content> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let folders: Vec<&str> = folder.split('/').filter(|folder| !folder.is_empty()).collect();
    let base: Vec<&str> = base.split('/').filter(|folder| !folder.is_empty()).collect();
    match folders.as_slice() {
        folders if folders == base => root_content(name),
        [above @ .., SHARD_PATHS] if above == base => Some(Content::ShardPaths),
        [above @ .., INDICES, _] if above == base => index_content(name),
        [above @ .., INDICES, _, shard] if holds_shards(above, &base) && shard_folder(shard).is_some() => {
            shard_content(name)
        }
        _ => panic!("{path} is in no folder of a repository"),
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
        other => panic!("{name} is {other:?}"),
    })
}

fn index_content(name: &str) -> Option<Content> {
    match IndexBlob::parse(name) {
        IndexBlob::Metadata(_) | IndexBlob::LegacySnapshot(_) => Some(Content::IndexMetadata),
        other => panic!("{name} is {other:?}"),
    }
}

fn shard_content(name: &str) -> Option<Content> {
    Some(match ShardBlob::parse(name) {
        ShardBlob::Generation(_) => Content::ShardGeneration,
        ShardBlob::Snapshot(_) | ShardBlob::LegacySnapshot(_) => Content::ShardSnapshot,
        ShardBlob::ShallowSnapshot(_) => Content::ShallowShardSnapshot,
        ShardBlob::Data(..) => return None,
        other => panic!("{name} is {other:?}"),
    })
}
