//! `incompatible-snapshots`: snapshots that Elasticsearch 5.2 to 7.3 could not read (`docs/format.md`, *Layout*).

use serde::Deserialize;
use snaprepo_codec::{Fault, value::Value};

/// Reads the names.
///
/// # Errors
/// When the blob is not the JSON that the engines write.
pub fn parse(blob: &[u8]) -> Result<Vec<Box<str>>, Fault> {
    #[derive(Deserialize)]
    struct OnDisk {
        #[serde(rename = "incompatible-snapshots")]
        entries: Vec<Value>,
    }
    let disk: OnDisk = serde_json::from_slice(blob).map_err(|error| Fault::from_json(&error, blob))?;
    // Objects with a name; bare text for snapshots from before Elasticsearch 5.
    let name = |entry: &Value| entry.as_str().or_else(|| entry.get("name")?.as_str()).map(Into::into);
    Ok(disk.entries.iter().filter_map(name).collect())
}
