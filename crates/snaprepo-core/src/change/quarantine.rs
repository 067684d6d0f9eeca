//! Blobs that are put elsewhere before they are deleted, and brought back from there.

use std::ops::ControlFlow;

use snaprepo_codec::BlobPath;
use snaprepo_store::{Pool, ReadStore, StoreError, StoreErrorKind, Streamed, WriteStore};

use super::{
    plan::Plan,
    publish::{ChangeError, moved},
};
use crate::{Event, Observer, Phase};

/// A folder of another store, or another folder of the same one.
#[derive(Clone, Copy)]
pub struct Quarantine<'q> {
    /// The store.
    pub store: &'q dyn WriteStore,
    /// The folder that is for one change alone. Blobs have their own paths in it.
    pub folder: &'q BlobPath,
}

impl Quarantine<'_> {
    /// Puts everything there that a plan deletes. What is there already, of the right length, is of a run that was
    /// stopped.
    pub(super) fn fill(
        self,
        from: &dyn WriteStore,
        plan: &Plan,
        pool: &Pool,
        observer: &dyn Observer,
    ) -> Result<(), ChangeError> {
        observer.event(Event::Begin { phase: Phase::Quarantine, total: plan.doomed.n });
        let work = |(path, len_bytes): (BlobPath, u64)| self.put(from, &path, len_bytes);
        each_blob(plan, pool, work, || observer.event(Event::Advance))
    }

    fn put(self, from: &dyn WriteStore, path: &BlobPath, len_bytes: u64) -> Result<(), ChangeError> {
        let to = self.folder.append(path);
        match self.store.stat(&to) {
            Ok(stat) if stat.len_bytes == len_bytes => return Ok(()),
            Ok(_) => return Err(moved(format!("the quarantine has another blob at {to}"))),
            Err(error) if error.is_absence() => {}
            Err(error) => return Err(error.into()),
        }
        match copy(from, path, len_bytes, self.store, &to) {
            // Who deleted it before us has done what we want.
            Err(ChangeError::Store(error)) if error.is_absence() && error.path == *path => Ok(()),
            copied => copied,
        }
    }

    /// Brings back what a plan has deleted. Returns how many blobs.
    pub(super) fn bring_back(self, to: &dyn WriteStore, plan: &Plan, pool: &Pool) -> Result<(), ChangeError> {
        let work = |(path, len_bytes): (BlobPath, u64)| match to.stat(&path) {
            Ok(stat) if stat.len_bytes == len_bytes => Ok(()),
            Ok(_) => Err(moved(format!("{path} is there again, with another length: somebody else wrote it"))),
            Err(error) if error.is_absence() => {
                let kept = self.folder.append(&path);
                match copy(self.store, &kept, len_bytes, to, &path) {
                    Err(ChangeError::Store(error)) if error.is_absence() && error.path == kept => {
                        Err(ChangeError::Gone { n: 1, example: path })
                    }
                    copied => copied,
                }
            }
            Err(error) => Err(error.into()),
        };
        each_blob(plan, pool, work, || {})
    }
}

/// Works on every blob that a plan deletes, until something fails.
fn each_blob(
    plan: &Plan,
    pool: &Pool,
    work: impl Fn((BlobPath, u64)) -> Result<(), ChangeError> + Sync,
    mut done: impl FnMut(),
) -> Result<(), ChangeError> {
    let (mut failed, mut unreadable) = (None, None);
    let blobs = plan.blobs()?.map_while(|blob| blob.map_err(|error| unreadable = Some(error)).ok());
    pool.map(blobs, work, |worked| {
        done();
        match worked {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    match (failed, unreadable) {
        (Some(error), _) => Err(error),
        (None, Some(error)) => Err(error.into()),
        (None, None) => Ok(()),
    }
}

/// Copies a blob of a known length from one store to another.
fn copy(
    from: &(impl ReadStore + ?Sized),
    path: &BlobPath,
    len_bytes: u64,
    to: &dyn WriteStore,
    target: &BlobPath,
) -> Result<(), ChangeError> {
    let mut upload = to.upload(target, len_bytes)?;
    let (mut failed, mut read) = (None, 0_u64);
    let mut sink = |piece: &[u8]| {
        read += piece.len() as u64;
        failed = upload.write(piece).err();
        failed.is_none()
    };
    let streamed = from.stream(path, len_bytes, &mut Vec::new(), &mut sink)?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if let Streamed::OtherLength(found) = streamed {
        return Err(moved(format!("{path} has {found} bytes, and the plan says {len_bytes}")));
    }
    if read != len_bytes {
        return Err(StoreError::new(path, StoreErrorKind::ShortRead).into());
    }
    Ok(upload.finish()?)
}
