//! Any blob, decoded for people: its wrapper, its encoding, its document.

use snaprepo_codec::{
    BlobPath, Fault, compression,
    cursor::Cursor,
    envelope::{self, Header, StreamCheck},
    value::Value,
};
use snaprepo_format::{
    Document, Kind, latest,
    names::{self, IndexBlob, RootBlob, ShardBlob},
    shard_paths::ShardPathsNote,
};

use snaprepo_store::ReadStore;

use crate::BlobError;

/// What a blob is, by its place and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobKind {
    /// `index-N`.
    Root,
    /// `index.latest`.
    Latest,
    /// Bare JSON: `index`, `incompatible-snapshots`, shard path notes.
    Json(&'static str),
    /// A wrapped document, or its bare form in Elasticsearch 1.
    Document(Kind),
    /// A piece of a Lucene file.
    Data,
    /// Of no name that a repository gives.
    Foreign,
}

impl BlobKind {
    /// Recognises a blob by its path from the folder of the repository.
    #[must_use]
    pub fn of(path: &BlobPath) -> Self {
        let components: Vec<&str> = path.components().collect();
        match components[..] {
            [name] => match RootBlob::parse(name) {
                RootBlob::Root(_) => Self::Root,
                RootBlob::Latest => Self::Latest,
                RootBlob::LegacyIndex => Self::Json("snapshot list"),
                RootBlob::Incompatible => Self::Json("incompatible snapshots"),
                RootBlob::SnapshotInfo(_) | RootBlob::LegacySnapshot(_) => Self::Document(Kind::SnapshotInfo),
                RootBlob::GlobalMetadata(_) | RootBlob::LegacyMetadata(_) => Self::Document(Kind::GlobalMetadata),
                RootBlob::Transient | RootBlob::Scratch | RootBlob::Foreign => Self::Foreign,
            },
            [names::SHARD_PATHS, name] if ShardPathsNote::parse_name(name).is_some() => Self::Json("shard paths"),
            [.., names::INDICES, _, name] => match IndexBlob::parse(name) {
                IndexBlob::Metadata(_) | IndexBlob::LegacySnapshot(_) => Self::Document(Kind::IndexMetadata),
                _ => Self::Foreign,
            },
            [.., names::INDICES, _, shard, name] if names::shard_folder(shard).is_some() => {
                match ShardBlob::parse(name) {
                    ShardBlob::Generation(_) => Self::Document(Kind::ShardGeneration),
                    ShardBlob::Snapshot(_) | ShardBlob::ShallowSnapshot(_) | ShardBlob::LegacySnapshot(_) => {
                        Self::Document(Kind::ShardSnapshot)
                    }
                    ShardBlob::Data(..) => Self::Data,
                    ShardBlob::Transient | ShardBlob::Foreign => Self::Foreign,
                }
            }
            _ => Self::Foreign,
        }
    }

    /// The name for people and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Latest => "latest generation",
            Self::Json(name) => name,
            Self::Document(Kind::SnapshotInfo) => "snapshot info",
            Self::Document(Kind::GlobalMetadata) => "global metadata",
            Self::Document(Kind::IndexMetadata) => "index metadata",
            Self::Document(Kind::ShardSnapshot) => "shard snapshot",
            Self::Document(Kind::ShardGeneration) => "shard generation",
            Self::Data => "data",
            Self::Foreign => "foreign",
        }
    }
}

/// A decoded blob.
#[derive(Debug, Clone)]
pub struct DecodedBlob {
    /// What it is.
    pub kind: BlobKind,
    /// Its length in bytes.
    pub len_bytes: u64,
    /// Codec name and version of its header, if it has one.
    pub header: Option<(String, i32)>,
    /// How the body is packed: `plain`, `deflate`, `zstd`, `json`, `lzf`.
    pub encoding: Option<&'static str>,
    /// CRC-32 of its footer, and the one of its bytes.
    pub checksum: Option<(u32, u32)>,
    /// The document, where it has one.
    pub document: Option<Value>,
    /// The decoded body: SMILE, JSON, or the blob itself.
    pub body: Vec<u8>,
    /// Why it could not be decoded further.
    pub fault: Option<Fault>,
}

/// Reads and decodes the blob at `path` below `base`. Damage is told in the result: what can be decoded is.
///
/// # Errors
/// When the blob cannot be read.
pub fn decode(store: &dyn ReadStore, base: &BlobPath, path: &BlobPath) -> Result<DecodedBlob, BlobError> {
    let bytes = store.read(&base.append(path)).map_err(BlobError::from_store)?;
    Ok(decode_bytes(BlobKind::of(path), &bytes))
}

/// Decodes the bytes of a blob.
#[must_use]
pub fn decode_bytes(kind: BlobKind, bytes: &[u8]) -> DecodedBlob {
    let mut decoded = DecodedBlob {
        kind,
        len_bytes: bytes.len() as u64,
        header: None,
        encoding: None,
        checksum: None,
        document: None,
        body: bytes.to_vec(),
        fault: None,
    };
    let header = Header::read(&mut Cursor::new(bytes)).ok();
    decoded.header = header.map(|header| (header.codec.to_owned(), header.version));
    if decoded.header.is_some() {
        let summary = StreamCheck::of(bytes);
        decoded.checksum = summary.footer.ok().map(|footer| (footer.crc, summary.computed));
    }
    let result = match kind {
        BlobKind::Root | BlobKind::Json(_) => snaprepo_format::json_document(bytes).map(Some),
        BlobKind::Latest => latest::parse(bytes).map(|generation| {
            let number = Value::Int(i64::try_from(generation).unwrap_or(i64::MAX));
            Some((number, Document::Json))
        }),
        BlobKind::Document(kind) => snaprepo_format::document(bytes, kind).map(Some),
        BlobKind::Data | BlobKind::Foreign => Ok(None),
    };
    match result {
        Ok(Some((document, packed))) => {
            decoded.encoding = (kind != BlobKind::Latest).then_some(match packed {
                Document::Wrapped(encoding) => encoding.name(),
                Document::Json => "json",
                Document::Lzf => "lzf",
            });
            if let Document::Wrapped(_) = packed {
                decoded.body = unwrapped(bytes).unwrap_or_default();
            }
            decoded.document = Some(document);
        }
        Ok(None) => {}
        Err(fault) => decoded.fault = Some(fault),
    }
    decoded
}

fn unwrapped(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    let open = envelope::open_any(bytes)?;
    compression::decode(open.body).map(|(_, body)| body.into_owned())
}
