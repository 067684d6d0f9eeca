//! Finds and reads the metadata of one shard.

mod files;

use snaprepo_codec::BlobPath;
use snaprepo_format::{
    root::{IndexIx, ShardGen, SnapshotIx},
    shard_generation::ShardGeneration,
    shard_paths::ShardPathType,
    shard_snapshot::{ShallowShardSnapshot, ShardSnapshot},
};
use snaprepo_store::{StoreError, StoreErrorKind};

pub(crate) use files::Files;

use crate::{
    Repository,
    blob::{self, BlobError},
    folder::{Detail, ShardFolder},
    tree::{IndexTree, Seen},
    unlisted,
};

/// Where the folder of a shard was found.
pub(crate) enum Located {
    /// Where the root says.
    AsRecorded(ShardFolder),
    /// Elsewhere: the root has lost, or never had, the path type that the folder was written with.
    Elsewhere(ShardFolder, ShardPathType),
    /// Nowhere; the path is where the root says.
    Nowhere(BlobPath),
}

impl Located {
    /// The folder, wherever it is.
    pub(crate) fn folder(self) -> Option<ShardFolder> {
        match self {
            Self::AsRecorded(folder) | Self::Elsewhere(folder, _) => Some(folder),
            Self::Nowhere(_) => None,
        }
    }
}

/// Lists the folder of a shard: where the root says, else under the other path types, else where OpenSearch's notes say.
pub(crate) fn locate(
    repository: &Repository,
    index: IndexIx,
    shard: u32,
    detail: Detail,
) -> Result<Located, BlobError> {
    locate_in(repository, None, index, shard, detail)
}

/// As [`locate`], for whoever may have listed the folder of the index before.
pub(crate) fn locate_in(
    repository: &Repository,
    tree: Option<&IndexTree>,
    index: IndexIx,
    shard: u32,
    detail: Detail,
) -> Result<Located, BlobError> {
    let list = |path: &BlobPath| match ShardFolder::list(repository.store(), path, detail) {
        Err(StoreError { kind: StoreErrorKind::CannotList, .. }) => {
            unlisted::shard_folder(repository, index, shard, path, detail)
        }
        listed => listed.map_err(BlobError::from_store),
    };
    let recorded = repository.named(repository.shard_folder(index, shard))?;
    let is_below_index = repository.root.index_entry(index).shard_path_type == ShardPathType::Fixed;
    let found = match tree.filter(|_| is_below_index).map_or(Seen::Unknown, |tree| tree.take(shard)) {
        Seen::Folder(folder) => Some(folder),
        Seen::Absent => None,
        Seen::Unknown => list(&recorded)?,
    };
    if let Some(folder) = found {
        return Ok(Located::AsRecorded(folder));
    }
    // Only OpenSearch has path types, and such a repository has the folder of notes.
    if repository.has_shard_paths().map_err(BlobError::from_store)? {
        let entry = repository.root.index_entry(index);
        for path_type in [ShardPathType::HashedPrefix, ShardPathType::HashedInfix, ShardPathType::Fixed] {
            if path_type == entry.shard_path_type {
                continue;
            }
            let path = repository.named(repository.shard_folder_by(path_type, index, shard))?;
            if let Some(folder) = list(&path)? {
                return Ok(Located::Elsewhere(folder, path_type));
            }
        }
        for (name, note) in repository.shard_path_notes().map_err(BlobError::from_store)? {
            if note.index_id != entry.id {
                continue;
            }
            let folders = match repository.shard_path_note(&name) {
                Err(error) if error.is_finding() => continue,
                // What may lie where the note says must not pass for absent.
                folders => folders?,
            };
            let noted = usize::try_from(shard).ok().and_then(|shard| folders.into_iter().nth(shard));
            if let Some(path) = noted
                && let Some(folder) = list(&path)?
            {
                return Ok(if note.path_type == entry.shard_path_type {
                    Located::AsRecorded(folder)
                } else {
                    Located::Elsewhere(folder, note.path_type)
                });
            }
        }
    }
    Ok(Located::Nowhere(recorded))
}

/// The current table of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Current {
    /// The blob `index-<this>`; the root names it.
    Named(String),
    /// The blob `index-<this>`; the root does not name it, it has the highest number.
    Highest(String),
    /// The root says that there is none, and there is none.
    New,
    /// There should be one, and nobody names one.
    Undefined,
    /// Elasticsearch 1 has no tables.
    NoTables,
}

impl Current {
    /// Decides which table of a folder counts.
    pub(crate) fn of(repository: &Repository, index: IndexIx, shard: u32, folder: &ShardFolder) -> Self {
        let era = repository.era();
        if !era.has_shard_generations() {
            return Self::NoTables;
        }
        let recorded = usize::try_from(shard)
            .ok()
            .and_then(|shard| repository.root.index_entry(index).shard_generations.get(shard));
        match (recorded, folder.highest_numbered_generation()) {
            (Some(ShardGen::Named(name)), _) => Self::Named(name.to_string()),
            (_, Some(number)) => Self::Highest(number.to_string()),
            (Some(ShardGen::New), None) => Self::New,
            (_, None) => Self::Undefined,
        }
    }

    /// The name of the blob.
    pub(crate) fn blob_name(&self) -> Option<String> {
        match self {
            Self::Named(id) | Self::Highest(id) => Some(format!("index-{id}")),
            Self::New | Self::Undefined | Self::NoTables => None,
        }
    }
}

/// Reads the table of a shard.
pub(crate) fn read_generation(
    repository: &Repository,
    folder: &BlobPath,
    name: &str,
) -> Result<ShardGeneration, BlobError> {
    blob::load(repository.store(), &repository.named(folder.join(name))?, ShardGeneration::parse)
}

/// What a shard folder holds for a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ShardContent {
    /// The files.
    Full(ShardSnapshot),
    /// A pointer into a remote store.
    Shallow(ShallowShardSnapshot),
}

/// Reads what a shard folder holds for a snapshot.
pub(crate) fn read_snapshot(
    repository: &Repository,
    folder: &ShardFolder,
    snapshot: SnapshotIx,
) -> Result<ShardContent, BlobError> {
    let name = repository.shard_snapshot_name(snapshot);
    let shallow = format!("shallow-{name}");
    if !folder.has(&name) && folder.has(&shallow) {
        let path = repository.named(folder.path.join(&shallow))?;
        return blob::load(repository.store(), &path, ShallowShardSnapshot::parse).map(ShardContent::Shallow);
    }
    let path = repository.named(folder.path.join(&name))?;
    blob::load(repository.store(), &path, ShardSnapshot::parse).map(ShardContent::Full)
}
