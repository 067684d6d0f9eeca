//! What `case.json` says: who wrote a repository, how, and what it holds.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Result};

/// The content of `truth/case.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Written {
    /// Which commands made it.
    pub provenance: String,
    /// The release that wrote last, as in `es:8.19.21`.
    pub release: String,
    /// All releases that wrote, in order.
    pub releases: Vec<String>,
    /// Name of the product: `elasticsearch` or `opensearch`.
    pub product: String,
    /// Version of the product.
    pub version: String,
    /// Build, Lucene and JVM, as far as the node tells.
    pub node: Value,
    /// The name of the case.
    pub case: String,
    /// The seed of the documents.
    pub seed: u64,
    /// How the repository was registered.
    pub repository: Registration,
    /// Settings of the node that the case made.
    pub node_settings: BTreeMap<String, String>,
    /// Whether the node had a remote store.
    pub remote_store: bool,
    /// Snapshots that are there, in the order of the node's list.
    pub snapshots: Vec<String>,
    /// Snapshots that were deleted, in that order.
    pub deleted: Vec<String>,
    /// Seconds until the node was ready.
    pub startup_seconds: f64,
    /// The most memory that the node used, in bytes; 0 where the system does not tell.
    pub peak_rss_bytes: u64,
    /// What the release could not do or refused, and what happened in its place.
    pub notes: Vec<String>,
}

/// How a repository was registered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Registration {
    /// Under which name.
    pub name: String,
    /// Its type: `fs`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its settings without location and base path.
    pub settings: BTreeMap<String, String>,
    /// Where in `repo/` it lies; empty for the root.
    pub base_path: String,
}

impl Written {
    /// Reads `truth/case.json` of a folder that `engine write` left.
    ///
    /// # Errors
    /// [`Error::NotWritten`] when there is no such file or it says something else.
    pub fn read(folder: &Path) -> Result<Self> {
        let not_written = |reason| Error::NotWritten { path: folder.to_owned(), reason };
        let path = folder.join("truth/case.json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(not_written("it has no truth/case.json".to_owned()));
            }
            Err(error) => return Err(Error::io("read", &path)(error)),
        };
        serde_json::from_str(&text).map_err(|error| not_written(format!("truth/case.json: {error}")))
    }
}
