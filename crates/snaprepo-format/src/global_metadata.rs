//! The cluster state beside a snapshot: root `meta-<uuid>.dat` (`docs/format.md`, *Global metadata*).

use serde::{Deserialize, de::IgnoredAny};
use snaprepo_codec::{Fault, value::Value};

use crate::wrapped::{self, Kind};

/// The cluster state, in the order of the blob. May hold secrets in pipelines and settings.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct GlobalMetadata {
    /// Everything below the one outer key.
    #[serde(rename = "meta-data")]
    pub document: Value,
}

impl GlobalMetadata {
    /// Reads the blob.
    ///
    /// # Errors
    /// When it is damaged or not global metadata.
    pub fn parse(blob: &[u8]) -> Result<Self, Fault> {
        wrapped::read(blob, Kind::GlobalMetadata)
    }
}

/// Checks that a blob is whole global metadata, without building it.
///
/// # Errors
/// When it is damaged or not global metadata.
pub fn check(blob: &[u8]) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Shape {
        #[serde(rename = "meta-data")]
        _document: IgnoredAny,
    }
    wrapped::read::<Shape>(blob, Kind::GlobalMetadata).map(|_| ())
}
