//! Finds repositories below a folder: by the names in it, one level after the other.

use std::{ops::ControlFlow, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_format::names::{RootBlob, RootFolder};
use snaprepo_store::{Entry, Pool, ReadStore, StoreError};

use crate::{OpenError, Repository};

/// Most folders of one level that are looked into: the memory for their names is bounded by this.
pub const MAX_FOLDERS_OF_LEVEL: usize = 100_000;

/// What was come across.
#[derive(Debug)]
pub enum Found {
    /// A folder that looks like a repository; perhaps it does not open.
    Repository(BlobPath, Box<Result<Repository, OpenError>>),
    /// A folder that could not be looked into.
    Unlisted(StoreError),
    /// A level had more folders than are looked into; this many were left out.
    TooMany(usize),
}

/// One folder, looked into.
struct Looked {
    /// What is in it that may be a repository of its own, or hold some.
    folders: Vec<BlobPath>,
    /// Whether it has the blobs of a root.
    is_root: bool,
}

/// Looks for repositories in `top` and at most `depth` levels below it, and shows what it finds, the higher ones first,
/// each level in the order of the listing. It does not look inside of repositories.
pub fn discover(
    store: &Arc<dyn ReadStore>,
    top: &BlobPath,
    depth: u32,
    pool: &Pool,
    each: &mut dyn FnMut(Found) -> ControlFlow<()>,
) {
    let mut level = vec![top.clone()];
    for left in (0..=depth).rev() {
        let mut next = Vec::new();
        let mut n_left_out = 0_usize;
        let mut stopped = false;
        let work = |folder: BlobPath| {
            let looked = look(&**store, &folder);
            let opened =
                looked.as_ref().is_ok_and(|looked| looked.is_root).then(|| Repository::open(store, &folder, pool));
            (folder, looked, opened)
        };
        pool.map(std::mem::take(&mut level), work, |(folder, looked, opened)| {
            let shown = match (looked, opened) {
                (_, Some(opened)) => each(Found::Repository(folder, Box::new(opened))),
                (Err(error), None) => each(Found::Unlisted(error)),
                (Ok(looked), None) => {
                    let room = MAX_FOLDERS_OF_LEVEL.saturating_sub(next.len());
                    n_left_out = n_left_out.saturating_add(looked.folders.len().saturating_sub(room));
                    next.extend(looked.folders.into_iter().take(room));
                    ControlFlow::Continue(())
                }
            };
            stopped |= shown.is_break();
            shown
        });
        if left > 0 && n_left_out > 0 && each(Found::TooMany(n_left_out)).is_break() {
            return;
        }
        if stopped || left == 0 || next.is_empty() || pool.cancel().is_cancelled() {
            return;
        }
        level = next;
    }
}

fn look(store: &dyn ReadStore, folder: &BlobPath) -> Result<Looked, StoreError> {
    let mut looked = Looked { folders: Vec::new(), is_root: false };
    store.list(folder, &mut |entry| match entry {
        Entry::Blob { name, .. } => {
            looked.is_root |= matches!(
                RootBlob::parse(name),
                RootBlob::Root(_) | RootBlob::Latest | RootBlob::SnapshotInfo(_) | RootBlob::LegacySnapshot(_)
            );
        }
        // Hashed folders of shards lie beside repositories, a million of them.
        Entry::Folder { name } if RootFolder::parse(name) == RootFolder::Hashed => {}
        Entry::Folder { name } => looked.folders.extend(folder.join(name)),
        Entry::Odd { .. } => {}
    })?;
    looked.folders.sort_unstable();
    Ok(looked)
}
