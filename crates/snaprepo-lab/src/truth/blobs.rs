//! The files below a folder, and what changed between two looks at them.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// Bytes of a digest that are kept: enough to tell whether a blob is the same.
const DIGEST_LEN: usize = 8;

/// All files below a folder by path, with `/` between folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blobs(BTreeMap<String, Blob>);

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blob {
    /// Its length.
    pub len_bytes: u64,
    /// The first 16 hexadecimal digits of its SHA-256.
    pub sha256: String,
}

/// What happened to the files of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Files that were not there before.
    pub added: BTreeMap<String, Blob>,
    /// Files that are gone.
    pub removed: Vec<String>,
    /// Files with another content: before and after.
    pub changed: BTreeMap<String, [Blob; 2]>,
}

impl Blobs {
    /// Reads all files below a folder; none when there is no such folder. A file that goes away meanwhile is left out.
    ///
    /// # Errors
    /// When something cannot be read for another reason.
    pub fn of(root: &Path) -> Result<Self> {
        let mut blobs = BTreeMap::new();
        for entry in walkdir::WalkDir::new(root) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.io_error().is_some_and(is_gone) => continue,
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    return Err(Error::Io { what: "read", path, source: error.into() });
                }
            };
            if !entry.file_type().is_file() {
                continue;
            }
            let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
            let path = path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
            match fs::read(entry.path()) {
                Ok(bytes) => {
                    let len_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    blobs.insert(path, Blob { len_bytes, sha256: digest(&bytes) });
                }
                Err(error) if is_gone(&error) => {}
                Err(source) => return Err(Error::Io { what: "read", path: entry.into_path(), source }),
            }
        }
        Ok(Self(blobs))
    }

    /// What happened since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Change {
        let mut change = Change::default();
        for (path, blob) in &self.0 {
            match before.0.get(path) {
                None => drop(change.added.insert(path.clone(), blob.clone())),
                Some(old) if old != blob => drop(change.changed.insert(path.clone(), [old.clone(), blob.clone()])),
                Some(_) => {}
            }
        }
        change.removed = before.0.keys().filter(|path| !self.0.contains_key(*path)).cloned().collect();
        change
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The first hexadecimal digits of the SHA-256.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(DIGEST_LEN).map(|byte| format!("{byte:02x}")).collect()
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}
