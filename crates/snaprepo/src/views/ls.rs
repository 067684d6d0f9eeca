//! The answer of `ls`: indices, shards, or files with their blobs.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{Layout, View, show::shares, status::IndexStatusView, write_row};
use crate::output::{
    table::{Align, Table},
    units::{count, counted},
};

/// What a snapshot, an index or a shard holds.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum LsView {
    /// Indices of a snapshot, or one index with its shards.
    Indices {
        /// Name of the snapshot.
        snapshot: String,
        /// Indices by name.
        indices: Vec<IndexStatusView>,
        /// Whether one index was named: its shards are listed.
        #[serde(skip)]
        shards: bool,
        /// What else could not be read: sizes lack it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        unreadable: Vec<String>,
    },
    /// Files of a shard.
    Files {
        /// Name of the snapshot.
        snapshot: String,
        /// Name of the index.
        index: String,
        /// Shard number.
        shard: u32,
        /// Folder of the blobs, from the folder of the repository.
        folder: String,
        /// Repository with the segments, for a shallow shard.
        #[serde(skip_serializing_if = "Option::is_none")]
        remote_store_repository: Option<String>,
        /// Files by name.
        files: Vec<FileRow>,
    },
}

/// A Lucene file.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FileRow {
    /// Lucene's name for it.
    pub file: String,
    /// Length; missing in a remote store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_in_bytes: Option<u64>,
    /// CRC-32 of its footer in base 36, as recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// The same in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crc32: Option<String>,
    /// Lucene version that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_by: Option<String>,
    /// Whether its bytes are inside the metadata.
    pub inlined: bool,
    /// Its blobs, in order; at most the first thousand.
    pub blobs: Vec<String>,
    /// How many blobs it has.
    pub n_blobs: u64,
}

impl View for LsView {
    fn text(&self, layout: &Layout) -> String {
        match self {
            Self::Indices { indices, shards: false, unreadable, .. } => {
                let mut table = Table::new([
                    ("INDEX", Align::Flexible),
                    ("SHARDS", Align::Right),
                    ("FILES", Align::Right),
                    ("SIZE", Align::Right),
                    ("ADDED", Align::Right),
                    ("EXCLUSIVE", Align::Right),
                ]);
                for index in indices {
                    let n_failed = index.shards.iter().filter(|shard| shard.stage == "failed").count();
                    let shards = match (&index.error, index.shards.len()) {
                        (Some(_), _) => "?".to_owned(),
                        (None, n) if n_failed == 0 => n.to_string(),
                        (None, n) => format!("{} of {n}", n - n_failed),
                    };
                    let size = layout.units.size(index.total.size_in_bytes);
                    let [added, exclusive] = shares(index.share, layout);
                    table.row([index.index.clone(), shards, count(index.total.files), size, added, exclusive]);
                }
                if indices.iter().all(|index| index.share.is_none()) {
                    table = table.without("ADDED").without("EXCLUSIVE");
                }
                table.render(layout.width) + &errors(indices, layout) + &layout.unreadable(unreadable)
            }
            Self::Indices { indices, .. } => {
                let mut table = Table::new([
                    ("INDEX", Align::Flexible),
                    ("SHARD", Align::Right),
                    ("STAGE", Align::Left),
                    ("FILES", Align::Right),
                    ("SIZE", Align::Right),
                    ("SEGMENTS", Align::Right),
                ]);
                for index in indices {
                    for shard in &index.shards {
                        table.row([
                            index.index.clone(),
                            shard.shard.to_string(),
                            shard.stage.to_owned(),
                            count(shard.total.files),
                            layout.units.size(shard.total.size_in_bytes),
                            count(shard.segments),
                        ]);
                    }
                }
                table.render(layout.width) + &errors(indices, layout)
            }
            Self::Files { folder, remote_store_repository, files, .. } => {
                let mut table = Table::new([
                    ("FILE", Align::Left),
                    ("SIZE", Align::Right),
                    ("CHECKSUM", Align::Left),
                    ("BLOBS", Align::Left),
                ]);
                for file in files {
                    let blobs = match (file.inlined, &file.blobs[..], remote_store_repository) {
                        (_, _, Some(repository)) => format!("in remote store {repository}"),
                        (true, [], None) => "inside the metadata".to_owned(),
                        (_, [blob], None) => blob.clone(),
                        (_, [first, ..], None) => format!("{first} … {} parts", file.n_blobs),
                        (false, [], None) => "-".to_owned(),
                    };
                    let size = file.size_in_bytes.map_or_else(|| "-".to_owned(), |size| layout.units.size(size));
                    table.row([
                        file.file.clone(),
                        size,
                        file.checksum.clone().unwrap_or_else(|| "-".to_owned()),
                        blobs,
                    ]);
                }
                table.render(layout.width) + &format!("{} in {folder}\n", counted(files.len() as u64, "file"))
            }
        }
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Indices { indices, .. } => indices.iter().try_for_each(|row| write_row(out, row)),
            Self::Files { files, .. } => files.iter().try_for_each(|row| write_row(out, row)),
        }
    }
}

fn errors(indices: &[IndexStatusView], layout: &Layout) -> String {
    let mut text = String::new();
    for index in indices {
        text += &layout.unreadable(index.error.iter().map(|error| format!("{}: {error}", index.index)));
        let unreadable = index.shards.iter().filter(|shard| shard.stage == "unreadable");
        text +=
            &layout.unreadable(unreadable.map(|shard| {
                format!("{} shard {}: {}", index.index, shard.shard, shard.reason.as_deref().unwrap_or(""))
            }));
    }
    text
}
