//! Takes a change back, as long as nothing is missing that was there.

use std::ops::ControlFlow;

use snaprepo_codec::BlobPath;
use snaprepo_format::{latest, names};
use snaprepo_store::{Pool, StoreError, WriteStore};

use super::{
    apply::{rewritten, shard_table},
    journal::{Former, Journal, Reached},
    plan::Plan,
    publish::{self, ChangeError, Exclusive, moved},
    quarantine::Quarantine,
};

/// What was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undone {
    /// Whether the root had been published.
    pub was_published: bool,
    /// Shard tables that were written for it, and are deleted.
    pub n_tables: u64,
}

/// Takes a change back: the old root is the newest again, and what was written for the new one is deleted. What was
/// deleted comes back from the quarantine, where there is one.
///
/// # Errors
/// When somebody has written since, when blobs are gone, or something cannot be done. Until the new root is deleted the
/// change stands; after that it is taken back.
pub fn undo(
    store: &dyn WriteStore,
    base: &BlobPath,
    plan: &Plan,
    journal: &mut Journal,
    quarantine: Option<Quarantine<'_>>,
    pool: &Pool,
) -> Result<Undone, ChangeError> {
    let head = &plan.head;
    let Former { root: old_root, latest } = journal.former()?;
    let new_root = rewritten(plan, old_root.as_deref())?;
    let (old, new) = (head.repository.generation, head.publishes);
    let new_path = publish::root_blob(base, &format!("index-{new}"))?;
    let old_path = old.map(|old| publish::root_blob(base, &format!("index-{old}"))).transpose()?;
    let was_published = match publish::newest(store, base)? {
        Some(newest) if newest == new => true,
        newest if newest == old => false,
        Some(newest) => {
            return Err(moved(format!("its newest root is {newest}: somebody has written since root {new}")));
        }
        None => return Err(moved(format!("has no root, and the change wrote root {new}"))),
    };
    if was_published && !head.keeps_root() && store.read(&new_path)? != new_root {
        return Err(moved(format!("root {new} is not the one that this change wrote")));
    }
    // From the last step back to the first; each leaves a whole repository.
    if was_published {
        match quarantine {
            Some(quarantine) => quarantine.bring_back(store, plan, pool)?,
            None => all_there(store, plan, old_path.as_ref(), pool)?,
        }
        if pool.cancel().is_cancelled() {
            return Err(moved("was not gone through: interrupted"));
        }
    }
    if head.keeps_root() {
        // A collection, or index.latest alone: there is nothing else to take back.
        renew_latest(store, base, plan, latest.as_deref())?;
        journal.reach(Reached::Undone)?;
        return Ok(Undone { was_published: false, n_tables: 0 });
    }
    if was_published {
        if let (Some(old_path), Some(old_root)) = (&old_path, &old_root) {
            publish::create(store, old_path, old_root, Exclusive::Looked)?;
        }
        renew_latest(store, base, plan, latest.as_deref())?;
    }
    // Tables that the root names go after it; tables that count by their numbers before it.
    let before = if head.tables_first { 0 } else { tables(store, plan)? };
    if was_published {
        delete(store, &new_path)?;
    }
    let n_tables = if head.tables_first { tables(store, plan)? } else { before };
    journal.reach(Reached::Undone)?;
    Ok(Undone { was_published, n_tables })
}

/// Writes `index.latest` as it was, where the change wrote it.
fn renew_latest(
    store: &dyn WriteStore,
    base: &BlobPath,
    plan: &Plan,
    former: Option<&[u8]>,
) -> Result<(), ChangeError> {
    let path = publish::root_blob(base, names::LATEST)?;
    match former {
        _ if !plan.head.renews_latest => {}
        Some(former) => publish::latest(store, base, Some(&latest::encode(plan.head.publishes)), former)?,
        None => {
            delete(store, &path)?;
        }
    }
    Ok(())
}

/// Deletes the tables that were written.
fn tables(store: &dyn WriteStore, plan: &Plan) -> Result<u64, ChangeError> {
    let mut n = 0;
    for table in &plan.tables {
        let Some(to) = &table.to else { continue };
        let folder = BlobPath::parse(&table.folder).map_err(|fault| ChangeError::NotInPlan(fault.to_string()))?;
        n += u64::from(delete(store, &shard_table(&folder, to)?)?);
    }
    Ok(n)
}

/// Whether everything that was to be deleted is still there; the old root is in the journal.
fn all_there(store: &dyn WriteStore, plan: &Plan, old_path: Option<&BlobPath>, pool: &Pool) -> Result<(), ChangeError> {
    let (mut n, mut example, mut failed, mut unreadable) = (0, None, None, None);
    let blobs = plan.blobs()?.map_while(|blob| blob.map_err(|error| unreadable = Some(error)).ok());
    let work = |(path, len_bytes): (BlobPath, u64)| match store.stat(&path) {
        Ok(stat) => (path, Ok(stat.len_bytes == len_bytes)),
        Err(error) if error.is_absence() => (path, Ok(false)),
        Err(error) => (path, Err(error)),
    };
    pool.map(blobs, work, |(path, looked): (BlobPath, Result<bool, StoreError>)| {
        match looked {
            Ok(is_there) if is_there || old_path.is_some_and(|old| is_root_beside(&path, old)) => {}
            Ok(_) => {
                n += 1;
                example.get_or_insert(path);
            }
            Err(error) => {
                failed = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    match (failed, unreadable, example) {
        (Some(error), ..) => Err(error.into()),
        (_, Some(error), _) => Err(error.into()),
        (_, _, Some(example)) => Err(ChangeError::Gone { n, example }),
        _ => Ok(()),
    }
}

/// The old root, which the journal has; or one before it, which nothing needs.
fn is_root_beside(path: &BlobPath, old_path: &BlobPath) -> bool {
    path.parent() == old_path.parent() && path.name().starts_with("index-")
}

/// Whether there was something to delete.
fn delete(store: &dyn WriteStore, path: &BlobPath) -> Result<bool, ChangeError> {
    match store.delete(path) {
        Err(error) if error.is_absence() => Ok(false),
        deleted => Ok(deleted.map(|()| true)?),
    }
}
