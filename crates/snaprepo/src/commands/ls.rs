//! `ls`: what a snapshot, an index or a shard holds.

use snaprepo_codec::base36;
use snaprepo_core::{Repository, status};
use snaprepo_format::{FileInfo, root::SnapshotIx};

use super::{
    Problems, Run,
    show::one_snapshot,
    status::{index_view, note},
    word,
};
use crate::{
    exit::Exit,
    explain::Failure,
    session::Session,
    views::ls::{FileRow, LsView},
};

/// Blobs listed of one file.
const MAX_BLOBS: u64 = 1000;

pub(crate) fn run(run: &mut Run<'_>, location: &str, what: &str) -> Result<Exit, Failure> {
    let session = run.session(location)?;
    let repository = session.open_for_shards()?;
    let what = What::parse(&repository, what)?;
    let snapshot = one_snapshot(&repository, &session, &what.snapshot)?;
    let mut problems = Problems::default();
    let view = match (&what.index, what.shard) {
        (Some(index), Some(shard)) => files(&repository, snapshot, index, shard)?,
        (index, _) => indices(&repository, &session, snapshot, index.as_deref(), &mut problems)?,
    };
    let exit = problems.exit(run, &session, &repository)?;
    run.reply("ls", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

/// `SNAPSHOT[:INDEX[/SHARD]]`.
struct What {
    snapshot: String,
    index: Option<String>,
    shard: Option<u32>,
}

impl What {
    fn parse(repository: &Repository, text: &str) -> Result<Self, Failure> {
        // A snapshot name may hold a colon: the whole text counts first.
        let is_name = repository.root.snapshots.iter().any(|entry| &*entry.name == text);
        let Some((snapshot, rest)) = text.split_once(':').filter(|_| !is_name) else {
            return Ok(Self { snapshot: text.to_owned(), index: None, shard: None });
        };
        let (snapshot, rest) = match text
            .match_indices(':')
            .rev()
            .find(|(at, _)| repository.root.snapshots.iter().any(|entry| *entry.name == text[..*at]))
        {
            Some((at, _)) => (&text[..at], &text[at + 1..]),
            None => (snapshot, rest),
        };
        let Some((index, shard)) = rest.split_once('/') else {
            return Ok(Self { snapshot: snapshot.to_owned(), index: Some(rest.to_owned()), shard: None });
        };
        let shard = shard.parse().map_err(|_| Failure::Usage {
            message: format!("{shard:?} is no shard number"),
            hint: Some("write SNAPSHOT:INDEX/0"),
        })?;
        Ok(Self { snapshot: snapshot.to_owned(), index: Some(index.to_owned()), shard: Some(shard) })
    }
}

fn no_index(repository: &Repository, snapshot: SnapshotIx, name: &str) -> Failure {
    Failure::Usage {
        message: format!("snapshot {} has no index {name:?}", repository.root.snapshot_entry(snapshot).name),
        hint: Some("snaprepo ls REPO SNAPSHOT lists its indices"),
    }
}

fn indices(
    repository: &Repository,
    session: &Session,
    snapshot: SnapshotIx,
    only: Option<&str>,
    problems: &mut Problems,
) -> Result<LsView, Failure> {
    let mut status = status::of_snapshot(repository, &session.pool, snapshot)?;
    if let Some(name) = only {
        status.indices.retain(|index| &*repository.root.index_entry(index.index).name == name);
        if status.indices.is_empty() {
            return Err(no_index(repository, snapshot, name));
        }
    }
    status.indices.iter().for_each(|index| note(index, problems));
    Ok(LsView::Indices {
        snapshot: repository.root.snapshot_entry(snapshot).name.to_string(),
        indices: status.indices.iter().map(|index| index_view(repository, index)).collect(),
        shards: only.is_some(),
    })
}

fn files(repository: &Repository, snapshot: SnapshotIx, name: &str, shard: u32) -> Result<LsView, Failure> {
    let held = |ix: &u32| repository.root.index_entry(*ix).snapshots.contains(&snapshot);
    let index = repository.index_named(name).filter(held).ok_or_else(|| no_index(repository, snapshot, name))?;
    let n_shards = repository.index_facts(snapshot, index)?.n_shards;
    if shard >= n_shards {
        return Err(Failure::Usage {
            message: format!("index {name} has {n_shards} shard(s), counted from 0: there is no shard {shard}"),
            hint: None,
        });
    }
    let (folder, content) = status::files_of_shard(repository, snapshot, index, shard)?;
    let mut remote_store_repository = None;
    let mut files: Vec<FileRow> = match content {
        status::ShardFiles::Here(content) => content.files.iter().map(file_row).collect(),
        status::ShardFiles::RemoteStore(content) => {
            remote_store_repository = content.remote_store_repository.map(String::from);
            content.file_names.into_iter().map(|file| remote_row(String::from(file))).collect()
        }
    };
    files.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(LsView::Files {
        snapshot: repository.root.snapshot_entry(snapshot).name.to_string(),
        index: name.to_owned(),
        shard,
        folder: repository.shown(&folder).to_string(),
        remote_store_repository,
        files,
    })
}

fn file_row(file: &FileInfo) -> FileRow {
    let parts = file.parts();
    let n_blobs = parts.map_or(0, |parts| parts.n_parts);
    FileRow {
        file: file.physical_name.to_string(),
        size_in_bytes: Some(file.len_bytes),
        checksum: file.checksum.map(|crc| base36::encode(crc.into())),
        crc32: file.checksum.map(|crc| format!("{crc:08x}")),
        written_by: file.written_by.as_deref().map(str::to_owned),
        inlined: file.inlined().is_some(),
        blobs: parts.iter().flat_map(|parts| (0..n_blobs.min(MAX_BLOBS)).map(|i| parts.blob_name(i))).collect(),
        n_blobs,
    }
}

fn remote_row(file: String) -> FileRow {
    FileRow {
        file,
        size_in_bytes: None,
        checksum: None,
        crc32: None,
        written_by: None,
        inlined: false,
        blobs: Vec::new(),
        n_blobs: 0,
    }
}
