//! The files of all snapshots of one shard: shard `index-<gen>` (`docs/format.md`, *Shard generation*).
//!
//! Snapshots are named here, not identified by uuid.

use hashbrown::{HashMap, HashSet};
use serde::Deserialize;
use snaprepo_codec::{Fault, FaultKind, compression::Encoding, value::Value};

use crate::{
    direct::Text,
    file::FileInfo,
    ids::{FileName, NameText},
    shard_snapshot::ShardSnapshot,
    wrapped::{self, Document, Kind},
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

/// Writes a table with the entries of some snapshots only, chosen by name, and without the files that only others had.
/// What stays keeps its order and the keys that we do not know; the blob is packed as the old one was.
///
/// `None` when no snapshot is left.
///
/// # Errors
/// When the blob is damaged or not a shard table.
pub fn retaining(blob: &[u8], stays: impl Fn(&str) -> bool) -> Result<Option<Vec<u8>>, Fault> {
    // What cannot be read as a table is not written as one.
    ShardGeneration::parse(blob)?;
    let (mut document, packed) = wrapped::document(blob, Kind::ShardGeneration)?;
    let mut used = HashSet::new();
    if let Some(Value::Object(snapshots)) = document.get_mut("snapshots") {
        snapshots.retain(|(name, _)| stays(name));
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

/// Writes a table from the file lists of all its snapshots, each with the name of its snapshot. By what state the next
/// snapshot would recognise an unchanged shard is not known then: it looks at the files instead.
///
/// # Errors
/// When a list is damaged, is none, or describes a file otherwise than another one does.
pub fn of_lists(lists: &[(&str, &[u8])]) -> Result<Vec<u8>, Fault> {
    let (mut files, mut at) = (Vec::<Value>::new(), HashMap::<Box<str>, usize>::new());
    let (mut snapshots, mut packing) = (Vec::with_capacity(lists.len()), Document::Wrapped(Encoding::Plain));
    for (snapshot, blob) in lists {
        ShardSnapshot::parse(blob)?;
        let (list, packed) = wrapped::document(blob, Kind::ShardSnapshot)?;
        packing = packed;
        let mut names = Vec::new();
        for file in list.get("files").map(Value::elements).unwrap_or_default() {
            let Some(name) = file.get("name").and_then(Value::as_str) else { continue };
            names.push(Value::from(name));
            match at.get(name).and_then(|at| files.get(*at)) {
                Some(known) if known == file => {}
                Some(_) => {
                    let why = format!("{name} is not described in the same way by all snapshots");
                    return Err(Fault::new(0, FaultKind::Document(why)));
                }
                None => {
                    at.insert(name.into(), files.len());
                    files.push(file.clone());
                }
            }
        }
        snapshots.push((Box::<str>::from(*snapshot), Value::object([("files", Value::Array(names))])));
    }
    let document = Value::object([("files", Value::Array(files)), ("snapshots", Value::Object(snapshots))]);
    Ok(wrapped::encode(&document, Kind::ShardGeneration, packing))
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
