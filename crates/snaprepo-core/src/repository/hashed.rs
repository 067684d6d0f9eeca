//! Where hashed shard folders of OpenSearch are: what its notes tell, and what lies above the base path.

use std::sync::Arc;

use snaprepo_codec::BlobPath;
use snaprepo_format::{
    engine::Era,
    names,
    shard_paths::{self, ShardPathType, ShardPathsNote},
};
use snaprepo_store::{Entry, StoreError};

use super::Repository;
use crate::{
    OpenError,
    blob::{self, BlobError},
    scan,
};

/// Levels above the base path that are searched for hashed shard folders.
const MAX_BASE_LEVELS: usize = 8;
/// Indices whose hashed shard folders are looked for.
const MAX_PROBED_INDICES: usize = 16;

impl Repository {
    /// The notes of OpenSearch about hashed shard folders: blob name and content of the name.
    ///
    /// # Errors
    /// When their folder exists and cannot be listed.
    pub fn shard_path_notes(&self) -> Result<Vec<(String, ShardPathsNote)>, StoreError> {
        let mut notes = Vec::new();
        if let Ok(folder) = self.blob(names::SHARD_PATHS) {
            let listed = self.store.list(&folder, &mut |entry| {
                if let Entry::Blob { name, .. } = entry
                    && let Some(note) = ShardPathsNote::parse_name(name)
                {
                    notes.push((name.to_owned(), note));
                }
            });
            match listed {
                Err(error) if !error.is_absence() => return Err(error),
                _ => {}
            }
        }
        notes.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(notes)
    }

    /// Tells of each of these notes its name, and how long it is, in bytes.
    pub(crate) fn each_shard_path_note(&self, each: &mut dyn FnMut(&str, u64)) -> Result<(), StoreError> {
        if self.has_shard_paths()?
            && let Ok(folder) = self.blob(names::SHARD_PATHS)
        {
            self.store.list(&folder, &mut |entry| {
                if let Entry::Blob { name, len_bytes, .. } = entry {
                    each(name, len_bytes);
                }
            })?;
        }
        Ok(())
    }

    /// Reads one such note: the folder of each shard.
    pub(crate) fn shard_path_note(&self, name: &str) -> Result<Vec<BlobPath>, BlobError> {
        let path = self.named(self.blob(names::SHARD_PATHS).and_then(|folder| folder.join(name)))?;
        blob::load(self.store(), &path, shard_paths::parse_note)
    }

    /// Whether OpenSearch has left notes about hashed shard folders.
    pub(crate) fn has_shard_paths(&self) -> Result<bool, StoreError> {
        if let Some(known) = self.scan.has_shard_paths.or_else(|| self.has_shard_paths.get().copied()) {
            return Ok(known);
        }
        // Only OpenSearch leaves them.
        let is_opensearch = matches!(self.era(), Era::E79 | Era::Os3);
        let found = is_opensearch && scan::has_shard_paths(&*self.store, &self.base)?;
        Ok(*self.has_shard_paths.get_or_init(|| found))
    }

    /// Learns where the shard folders are, for verbs that look into them: hashed ones may carry a node's prefix.
    ///
    /// # Errors
    /// When OpenSearch's notes, which tell the prefix, are there and cannot be read.
    pub fn find_shards(&self) -> Result<(), OpenError> {
        if self.root.indices.iter().any(|index| index.shard_path_type != ShardPathType::Fixed) {
            self.set_shard_prefix()?;
        }
        Ok(())
    }

    /// OpenSearch's notes tell the prefix; without notes the plain hash is looked for.
    fn set_shard_prefix(&self) -> Result<&str, OpenError> {
        if let Some(known) = self.shard_prefix.get() {
            return Ok(known);
        }
        let mut prefix = String::new();
        let notes = if self.has_shard_paths()? { self.shard_path_notes()? } else { Vec::new() };
        for (name, note) in notes {
            let folders = match self.shard_path_note(&name) {
                Ok(folders) => folders,
                Err(error) if error.is_finding() => continue,
                Err(error) => return Err(OpenError::Blob(error)),
            };
            if let Some(folder) = folders.first() {
                let hash = shard_paths::hash(&note.index_id, 0);
                let found = folder.components().find_map(|component| component.strip_suffix(hash.as_str()));
                found.unwrap_or("").clone_into(&mut prefix);
                // One note is enough.
                break;
            }
        }
        Ok(self.shard_prefix.get_or_init(|| prefix))
    }

    /// Where the prefix is not known yet and cannot be read, the folder is not found without it: whoever looks for it
    /// asks for the notes again, and tells.
    pub(super) fn shard_prefix(&self) -> &str {
        self.set_shard_prefix().unwrap_or("")
    }

    /// Hashed shard folders may lie above the base path: then the root of the store is moved up to where they are.
    /// Notes that are there and cannot be read must not pass for none.
    pub(super) fn find_hashed_folders(&mut self) -> Result<(), OpenError> {
        let is_recorded = self.root.indices.iter().any(|index| index.shard_path_type == ShardPathType::HashedPrefix);
        let is_possible = is_recorded || self.scan.has_shard_paths != Some(false);
        if !self.base.is_root() || !is_possible || self.store.parent().is_none() {
            return Ok(());
        }
        // The trap of an older node: the root has lost the types, the notes still have them.
        let notes = if self.has_shard_paths()? { self.shard_path_notes()? } else { Vec::new() };
        let noted = notes.iter().map(|(_, note)| (note.index_id.clone(), note.path_type));
        let recorded = self.root.indices.iter().map(|index| (index.id.clone(), index.shard_path_type));
        let mut hashed: Vec<(Box<str>, ShardPathType)> =
            noted.chain(recorded).filter(|(_, path_type)| *path_type == ShardPathType::HashedPrefix).collect();
        hashed.dedup();
        if hashed.is_empty() {
            return Ok(());
        }
        let prefix = self.set_shard_prefix()?.to_owned();
        // An index whose shards all failed has no folder: a few are tried.
        for (id, _) in hashed.iter().take(MAX_PROBED_INDICES) {
            if self.climb_to_hashed_folder(&prefix, id) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Moves the root of the store up to where a hashed folder lies beside the base path.
    fn climb_to_hashed_folder(&mut self, prefix: &str, index_id: &str) -> bool {
        let component = format!("{prefix}{}", shard_paths::hash(index_id, 0));
        let mut store = Arc::clone(&self.store);
        let mut base = self.base.clone();
        for _ in 0..=MAX_BASE_LEVELS {
            let probe = BlobPath::root()
                .join(&component)
                .and_then(|folder| folder.append(&base).join(names::INDICES))
                .and_then(|folder| folder.join(index_id));
            let mut n_entries = 0;
            if probe.is_ok_and(|probe| store.list(&probe, &mut |_| n_entries += 1).is_ok()) && n_entries > 0 {
                self.store = store;
                self.base = base;
                return true;
            }
            let Some((parent, name)) = store.parent() else { return false };
            let Ok(longer) = BlobPath::root().join(&name) else { return false };
            base = longer.append(&base);
            store = Arc::from(parent);
        }
        false
    }
}
