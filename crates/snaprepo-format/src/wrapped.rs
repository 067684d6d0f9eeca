//! From a blob to its document, for every kind of metadata blob.

use serde::de::DeserializeOwned;
use snaprepo_codec::{
    Fault, FaultKind,
    compression::{self, Encoding},
    envelope, lzf, smile,
    value::Value,
};

/// The kinds of metadata blobs that hold one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Root `snap-<uuid>.dat`.
    SnapshotInfo,
    /// Root `meta-<uuid>.dat`.
    GlobalMetadata,
    /// `indices/<id>/meta-<id>.dat`.
    IndexMetadata,
    /// Shard `snap-<uuid>.dat` and `shallow-snap-<uuid>.dat`.
    ShardSnapshot,
    /// Shard `index-<gen>`.
    ShardGeneration,
}

impl Kind {
    /// The codec name in the wrapper.
    #[must_use]
    pub fn codec(self) -> &'static str {
        match self {
            Self::SnapshotInfo | Self::ShardSnapshot => "snapshot",
            Self::GlobalMetadata => "metadata",
            Self::IndexMetadata => "index-metadata",
            Self::ShardGeneration => "snapshots",
        }
    }
}

/// How a blob packs its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// In the wrapper, with this encoding of the body.
    Wrapped(Encoding),
    /// Elasticsearch 1: JSON as it is.
    Json,
    /// Elasticsearch 1: JSON in LZF.
    Lzf,
}

/// Reads a metadata blob into its type: wrapped SMILE, or the bare JSON of Elasticsearch 1.
///
/// # Errors
/// When the wrapper, the body, or the shape of the document is wrong. Offsets inside a compressed body count
/// decoded bytes; offsets of a plain body count from the start of the blob.
pub fn read<T: DeserializeOwned>(blob: &[u8], kind: Kind) -> Result<T, Fault> {
    with_body(blob, kind, |body, _| parse(body))
}

/// Reads a metadata blob into a tree, and tells how it was packed.
///
/// # Errors
/// As [`read`].
pub fn document(blob: &[u8], kind: Kind) -> Result<(Value, Document), Fault> {
    with_body(blob, kind, |body, packed| Ok((parse(body)?, packed)))
}

/// Reads a blob that is bare JSON (roots, shard path notes, everything of Elasticsearch 1), perhaps in LZF.
///
/// # Errors
/// When it is damaged.
pub fn json_document(blob: &[u8]) -> Result<(Value, Document), Fault> {
    if blob.is_empty() {
        return Err(Fault::new(0, FaultKind::Empty));
    }
    if blob.starts_with(lzf::MARK) {
        return Ok((parse(&lzf::decode(blob)?)?, Document::Lzf));
    }
    Ok((parse(blob)?, Document::Json))
}

/// Packs a document the way a blob was packed.
#[must_use]
pub fn encode(document: &Value, kind: Kind, packed: Document) -> Vec<u8> {
    match packed {
        Document::Wrapped(encoding) => {
            envelope::wrap(kind.codec(), &compression::encode(&smile::to_vec(document), encoding))
        }
        // No engine that we write for writes these; JSON is what all of them read.
        Document::Json | Document::Lzf => document.to_json(),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    if body.starts_with(smile::MARK) {
        smile::from_slice(body)
    } else {
        serde_json::from_slice(body).map_err(|error| Fault::from_json(&error, body))
    }
}

fn with_body<T>(blob: &[u8], kind: Kind, parse: impl FnOnce(&[u8], Document) -> Result<T, Fault>) -> Result<T, Fault> {
    match blob.first() {
        None => Err(Fault::new(0, FaultKind::Empty)),
        Some(b'Z') if blob.starts_with(lzf::MARK) => parse(&lzf::decode(blob)?, Document::Lzf),
        Some(b'{' | b' ' | b'\n') => parse(blob, Document::Json),
        Some(b':') if blob.starts_with(smile::MARK) => parse(blob, Document::Json),
        Some(_) => {
            let open = envelope::open(blob, kind.codec())?;
            let place = |fault: Fault| Fault::new(fault.offset.saturating_add(open.header_len), fault.kind);
            let (encoding, body) = compression::decode(open.body).map_err(place)?;
            let parsed = parse(&body, Document::Wrapped(encoding));
            if encoding == Encoding::Plain { parsed.map_err(place) } else { parsed }
        }
    }
}
