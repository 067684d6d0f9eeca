//! `ls`: what a snapshot, an index or a shard holds.

use std::cmp::Reverse;

use snaprepo_codec::base36;
use snaprepo_core::{Repository, status, usage::Usage};
use snaprepo_format::{FileInfo, root::SnapshotIx, snapshot_info::ShardFailure};

use super::{
    Problems, Run, du,
    show::{one_snapshot, share_of},
    status::{index_view, note},
    word,
};
use crate::{
    args::{IndexSort, LsArgs},
    exit::Exit,
    explain::Failure,
    session::Session,
    views::{
        ls::{FileRow, LsView},
        status::{AmountView, IndexStatusView},
    },
};

/// Blobs listed of one file.
const MAX_BLOBS: u64 = 1000;

pub(crate) fn run(run: &mut Run<'_>, args: &LsArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let repository = session.open_for_shards()?;
    let what = What::parse(&repository, &args.what)?;
    let snapshot = one_snapshot(&repository, &session, &what.snapshot)?;
    if args.indices.size && what.index.is_some() {
        return Err(Failure::Usage {
            message: "--size is about indices; shards and files have their sizes anyway".to_owned(),
            hint: Some("snaprepo ls REPO SNAPSHOT --size"),
        });
    }
    let mut problems = Problems::default();
    let mut view = match (&what.index, what.shard) {
        (Some(index), Some(shard)) => files(&repository, snapshot, index, shard)?,
        (index, _) => {
            let usage = if args.indices.size { Some(du::of_snapshots(run, &session, &repository)?) } else { None };
            indices(&repository, &session, snapshot, index.as_deref(), usage.as_ref(), &mut problems)?
        }
    };
    if session.is_cancelled() {
        return Ok(run.interrupted());
    }
    sort(&mut view, args.indices.sort.unwrap_or(IndexSort::Name));
    let exit = problems.exit(run, &session, &repository)?;
    run.reply("ls", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

/// Rows come by name, and shards by number.
fn sort(view: &mut LsView, by: IndexSort) {
    match (view, by) {
        (_, IndexSort::Name) => {}
        (LsView::Indices { indices, .. }, by) => {
            let key =
                |amount: &AmountView| Reverse(if by == IndexSort::Size { amount.size_in_bytes } else { amount.files });
            indices.sort_by_key(|index| key(&index.total));
            indices.iter_mut().for_each(|index| index.shards.sort_by_key(|shard| key(&shard.total)));
        }
        (LsView::Files { files, .. }, IndexSort::Size) => files.sort_by_key(|file| Reverse(file.size_in_bytes)),
        // Each row is one file.
        (LsView::Files { .. }, IndexSort::Files) => {}
    }
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
    usage: Option<&Usage>,
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
    if let Some(usage) = usage {
        problems.add(du::problems(usage));
    }
    let row = |index: &status::IndexStatus| IndexStatusView {
        share: usage.and_then(|usage| share_of(usage, snapshot, index.index)),
        ..index_view(repository, index)
    };
    Ok(LsView::Indices {
        snapshot: repository.root.snapshot_entry(snapshot).name.to_string(),
        indices: status.indices.iter().map(row).collect(),
        shards: only.is_some(),
        unreadable: usage.map_or_else(Vec::new, |usage| du::lacking(repository, usage)),
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
    let info = repository.snapshot_info(snapshot)?;
    let failed = |failure: &&ShardFailure| &*failure.index == name && failure.shard_id == i64::from(shard);
    if let Some(failure) = info.failures.iter().find(failed) {
        let reason = failure.reason.as_deref().unwrap_or("no reason recorded");
        return Err(Failure::Usage {
            message: format!("shard {shard} of {name} failed when the snapshot was taken, and is not in it: {reason}"),
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
