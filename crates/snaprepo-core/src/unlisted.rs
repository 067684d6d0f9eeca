//! The folder of a shard in a store that lists nothing (a web server): what the repository refers to is asked for by
//! name. What nothing refers to stays unseen.

use hashbrown::HashSet;
use snaprepo_codec::BlobPath;
use snaprepo_format::{
    DataName, FileInfo, FileName,
    root::{IndexIx, ShardGen},
};
use snaprepo_store::StoreError;

use crate::{
    Repository,
    blob::BlobError,
    folder::{Detail, ShardFolder},
    shard::{self, ShardContent},
};

/// Asks for everything in a shard folder that the root, the file table and the file lists name; `None` when nothing of
/// it is there.
pub(crate) fn shard_folder(
    repository: &Repository,
    index: IndexIx,
    shard: u32,
    path: &BlobPath,
    detail: Detail,
) -> Result<Option<ShardFolder>, BlobError> {
    let mut asking =
        Asking { repository, detail, seen: HashSet::new(), folder: ShardFolder::without_listing(path.clone()) };
    let entry = repository.root.index_entry(index);
    for snapshot in &entry.snapshots {
        let name = repository.shard_snapshot_name(*snapshot);
        if !asking.metadata(&name)? {
            asking.metadata(&format!("shallow-{name}"))?;
        }
    }
    let recorded = usize::try_from(shard).ok().and_then(|shard| entry.shard_generations.get(shard));
    let table = match recorded {
        Some(ShardGen::Named(id)) => Some(format!("index-{id}")),
        _ => None,
    };
    let has_table = match &table {
        Some(name) => asking.metadata(name)?,
        None => false,
    };
    asking.folder.sort();
    // A blob that cannot be read is somebody else's to complain about: here it only names nothing.
    let table = table.filter(|_| has_table).and_then(|name| shard::read_generation(repository, path, &name).ok());
    match table {
        Some(table) => asking.files(&table.files)?,
        None => {
            for snapshot in &entry.snapshots {
                if let Ok(ShardContent::Full(content)) = shard::read_snapshot(repository, &asking.folder, *snapshot) {
                    asking.files(&content.files)?;
                }
            }
        }
    }
    asking.folder.sort();
    let folder = asking.folder;
    Ok((!folder.data.is_empty() || !folder.others.is_empty()).then_some(folder))
}

struct Asking<'a> {
    repository: &'a Repository,
    detail: Detail,
    seen: HashSet<DataName>,
    folder: ShardFolder,
}

impl Asking<'_> {
    /// Whether a metadata blob is there.
    fn metadata(&mut self, name: &str) -> Result<bool, BlobError> {
        let stat = self.folder.stat(self.repository.store(), name, None).map_err(BlobError::from_store)?;
        if stat.is_some() {
            self.folder.add_blob(name, stat);
        }
        Ok(stat.is_some())
    }

    fn files(&mut self, files: &[FileInfo]) -> Result<(), BlobError> {
        for file in files {
            let (FileName::Data(name), Some(parts)) = (file.name, file.parts()) else { continue };
            if !self.seen.insert(name) {
                continue;
            }
            // Who reads the only part of a file learns whether it is there, and how long it is.
            if parts.n_parts == 1 && self.detail == Detail::Names {
                self.folder.add_blob(&parts.blob_name(0), None);
                continue;
            }
            self.parts((0..parts.n_parts).map(|part| parts.blob_name(part))).map_err(BlobError::from_store)?;
        }
        Ok(())
    }

    /// Asks for parts until one is absent: a damaged list may claim any number of them.
    fn parts(&mut self, names: impl Iterator<Item = String>) -> Result<(), StoreError> {
        for name in names {
            let Some(stat) = self.folder.stat(self.repository.store(), &name, None)? else { break };
            self.folder.add_blob(&name, Some(stat));
        }
        Ok(())
    }
}
