//! The files of all snapshots of one shard: shard `index-<gen>` (`docs/format.md`, *Shard generation*).
//!
//! Snapshots are named here, not identified by uuid.

use hashbrown::{HashMap, HashSet};
use serde::Deserialize;
use snaprepo_codec::{Fault, value::Value};

use crate::{
    direct::Text,
    file::FileInfo,
    ids::{FileName, NameText},
    wrapped::{self, Kind},
};

/// The table of one shard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShardGeneration {
    /// Every file of every snapshot below, once.
    pub files: Vec<FileInfo>,
    /// The snapshots, in the order of the blob (a hash order).
    pub snapshots: Vec<ShardEntry>,
    /// File names that occur twice in `files`.
    pub duplicates: Vec<FileName>,
}

/// One snapshot of the shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardEntry {
    /// Name of the snapshot.
    pub snapshot: Box<str>,
    /// Positions of its files in [`ShardGeneration::files`].
    pub files: Vec<u32>,
    /// Names it refers to that are not in the table.
    pub dangling: Vec<Box<str>>,
    /// State by which the next snapshot recognises an unchanged shard.
    pub shard_state_id: Option<Box<str>>,
}

impl ShardGeneration {
    /// Reads the blob.
    ///
    /// # Errors
    /// When it is damaged or not a shard table.
    pub fn parse(blob: &[u8]) -> Result<Self, Fault> {
        let disk = wrapped::read::<OnDisk>(blob, Kind::ShardGeneration)?;
        let mut by_name = HashMap::with_capacity(disk.files.len());
        let mut duplicates = Vec::new();
        for (position, file) in (0_u32..).zip(&disk.files) {
            if by_name.insert(file.name, position).is_some() {
                duplicates.push(file.name);
            }
        }
        let snapshots = disk.snapshots.into_iter().map(|(snapshot, entry)| {
            let mut files = Vec::with_capacity(entry.files.len());
            let mut dangling = Vec::new();
            for Text(name) in entry.files {
                let position = match &name {
                    NameText::File(name) => by_name.get(name),
                    NameText::Odd(_) => None,
                };
                match position {
                    Some(position) => files.push(*position),
                    None => dangling.push(name.into_text()),
                }
            }
            ShardEntry { snapshot, files, dangling, shard_state_id: entry.shard_state_id }
        });
        Ok(Self { snapshots: snapshots.collect(), files: disk.files, duplicates })
    }

    /// The entry of a snapshot, by name.
    #[must_use]
    pub fn entry(&self, snapshot: &str) -> Option<&ShardEntry> {
        self.snapshots.iter().find(|entry| &*entry.snapshot == snapshot)
    }

    /// The files of an entry.
    pub fn files_of<'a>(&'a self, entry: &'a ShardEntry) -> impl Iterator<Item = &'a FileInfo> {
        entry.files.iter().filter_map(|position| self.files.get(usize::try_from(*position).ok()?))
    }
}

/// Writes a table without the entries of some snapshots, given by name, and without the files that only they had.
/// What stays keeps its order and the keys that we do not know; the blob is packed as the old one was.
///
/// `None` when no snapshot is left.
///
/// # Errors
/// When the blob is damaged or not a shard table.
pub fn without(blob: &[u8], removed: &HashSet<&str>) -> Result<Option<Vec<u8>>, Fault> {
    // What cannot be read as a table is not written as one.
    ShardGeneration::parse(blob)?;
    let (mut document, packed) = wrapped::document(blob, Kind::ShardGeneration)?;
    let mut used = HashSet::new();
    if let Some(Value::Object(snapshots)) = document.get_mut("snapshots") {
        snapshots.retain(|(name, _)| !removed.contains(&**name));
        if snapshots.is_empty() {
            return Ok(None);
        }
        let files = snapshots.iter().filter_map(|(_, entry)| entry.get("files"));
        used.extend(files.flat_map(Value::elements).filter_map(Value::as_str).map(Box::<str>::from));
    }
    if let Some(Value::Array(files)) = document.get_mut("files") {
        files.retain(|file| file.get("name").and_then(Value::as_str).is_none_or(|name| used.contains(name)));
    }
    Ok(Some(wrapped::encode(&document, Kind::ShardGeneration, packed)))
}

#[derive(Deserialize)]
struct OnDisk {
    files: Vec<FileInfo>,
    #[serde(deserialize_with = "crate::root::pairs")]
    snapshots: Vec<(Box<str>, EntryOnDisk)>,
}

#[derive(Deserialize)]
struct EntryOnDisk {
    files: Vec<Text<NameText>>,
    #[serde(default)]
    shard_state_id: Option<Box<str>>,
}
