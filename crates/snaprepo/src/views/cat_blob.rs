//! The answer of `cat-blob`: a blob decoded.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View};
use crate::output::units::count;

/// A decoded blob.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CatBlobView {
    /// The blob, from the folder of the repository.
    pub blob: String,
    /// What it is by its place and name.
    pub kind: &'static str,
    /// Length.
    pub size_in_bytes: u64,
    /// Codec name of its header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// Version of its codec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec_version: Option<i32>,
    /// How its body is packed: `plain`, `deflate`, `zstd`, `json`, `lzf`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<&'static str>,
    /// The checksum of its footer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<ChecksumView>,
    /// Why it could not be decoded further.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<serde_json::Value>,
}

/// A checksum in both of its forms.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChecksumView {
    /// CRC-32 in hexadecimal.
    pub crc32: String,
    /// The same number in base 36, as file lists record it.
    pub base36: String,
    /// Whether the bytes have it.
    pub matches: bool,
}

impl CatBlobView {
    /// One line about the blob, for standard error.
    #[must_use]
    pub(crate) fn summary(&self) -> String {
        let mut parts = vec![format!("{}: {}", self.blob, self.kind), format!("{} bytes", count(self.size_in_bytes))];
        if let (Some(codec), Some(version)) = (&self.codec, self.codec_version) {
            parts.push(format!("codec {codec} version {version}"));
        }
        parts.extend(self.encoding.map(str::to_owned));
        if let Some(checksum) = &self.checksum {
            let verdict = if checksum.matches { "matches" } else { "does not match the bytes" };
            parts.push(format!("CRC-32 {} (base 36: {}) {verdict}", checksum.crc32, checksum.base36));
        }
        parts.join(" · ") + "\n"
    }
}

impl View for CatBlobView {
    fn text(&self, _: &Layout) -> String {
        match &self.document {
            Some(document) => serde_json::to_string_pretty(document).unwrap_or_default() + "\n",
            None => String::new(),
        }
    }
}
