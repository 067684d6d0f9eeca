//! Carries out a plan.

use std::ops::ControlFlow;

use hashbrown::HashSet;
use snaprepo_codec::{BlobPath, crc};
use snaprepo_format::{
    Uuid,
    names::{self, IndexBlob, RootBlob, RootFolder, ShardBlob},
    root::{self, Removal, Root},
    shard_generation,
    shard_paths::ShardPathsNote,
};
use snaprepo_store::{Pool, StoreError, StoreErrorKind, WriteStore};

use super::{
    journal::{Journal, Reached},
    plan::{Head, Plan, Table},
    publish::{self, ChangeError, Exclusive, moved},
};
use crate::{Event, Observer, Phase, usage::Blobs};

/// Blobs that are handed to a store at once to be deleted.
const DELETED_AT_ONCE: usize = 1_000;
/// More shards than any index has: a plan with more would make a root of any length.
const MAX_SHARDS: u32 = 1 << 16;
/// Failures that are kept to be told.
const MAX_FAILURES: usize = 20;

/// How far a change came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing that anybody sees.
    Before,
    /// The new root is there: what was to go is gone, and some of its blobs may still lie there.
    Published,
    /// Everything.
    Done,
}

/// What was done.
#[derive(Debug)]
pub struct Applied {
    /// How far.
    pub stage: Stage,
    /// Shard tables that were written.
    pub n_tables: u64,
    /// Blobs that were deleted, with those that were gone already.
    pub deleted: Blobs,
    /// Blobs that could not be deleted.
    pub n_failed: u64,
    /// Some of them.
    pub failures: Vec<StoreError>,
    /// Whether somebody asked to stop.
    pub is_interrupted: bool,
}

/// A change under way.
struct Change<'c> {
    store: &'c dyn WriteStore,
    base: BlobPath,
    plan: &'c Plan,
    exclusive: Exclusive,
    pool: &'c Pool,
    observer: &'c dyn Observer,
}

/// Looks whether a plan is one for the repository as it is now, before anything is begun for it. Returns the root that
/// it was made for.
///
/// # Errors
/// When it is not.
pub fn check(store: &dyn WriteStore, base: &BlobPath, plan: &Plan) -> Result<Vec<u8>, ChangeError> {
    let generation = plan.head.repository.generation;
    let newest = publish::newest(store, base)?;
    if newest != Some(generation) {
        let newest = newest.map_or("has no root".to_owned(), |newest| format!("its newest root is {newest}"));
        return Err(moved(format!("{newest}, and the plan was made for root {generation}")));
    }
    let old_root = store.read(&publish::root_blob(base, &format!("index-{generation}"))?)?;
    rewritten(plan, &old_root)?;
    check_names(plan, base, &old_root)?;
    Ok(old_root)
}

/// Carries out a plan, or what is left of one that was stopped. `base` is the folder of the repository.
///
/// # Errors
/// When the repository is not in the state that the plan is for, or something cannot be done. What was done by then
/// stands in the journal, and leaves the repository whole.
pub fn apply(
    store: &dyn WriteStore,
    base: &BlobPath,
    plan: &Plan,
    journal: &mut Journal,
    exclusive: Exclusive,
    pool: &Pool,
    observer: &dyn Observer,
) -> Result<Applied, ChangeError> {
    let change = Change { store, base: base.clone(), plan, exclusive, pool, observer };
    let old_root = journal.old_root()?;
    check_names(plan, base, &old_root)?;
    let head = &plan.head;
    let new_root = rewritten(plan, &old_root)?;
    let is_published = change.is_published(&old_root, &new_root)?;
    let mut applied = Applied {
        stage: if is_published { Stage::Published } else { Stage::Before },
        n_tables: 0,
        deleted: Blobs::default(),
        n_failed: 0,
        failures: Vec::new(),
        is_interrupted: false,
    };
    // A collection publishes nothing: there the root that it was made for is the one that stays.
    if head.tables_first && !is_published {
        applied.n_tables = change.tables()?;
        if change.is_stopped() {
            applied.is_interrupted = true;
            return Ok(applied);
        }
        journal.reach(Reached::Tables)?;
        // Writing them took a while.
        change.is_published(&old_root, &new_root)?;
    }
    if !is_published {
        publish::root(store, base, head.publishes, &new_root, exclusive)?;
    }
    journal.reach(Reached::Root)?;
    applied.stage = Stage::Published;
    if head.renews_latest {
        publish::latest(store, base, head.publishes)?;
    }
    if !head.tables_first && !journal.has_reached(Reached::Deleting) {
        applied.n_tables = change.tables()?;
        if change.is_stopped() {
            applied.is_interrupted = true;
            return Ok(applied);
        }
        journal.reach(Reached::Tables)?;
    }
    journal.reach(Reached::Deleting)?;
    change.deletes(&mut applied)?;
    if applied.n_failed == 0 && !applied.is_interrupted {
        applied.stage = Stage::Done;
        journal.reach(Reached::Done)?;
    }
    Ok(applied)
}

/// The root that a plan makes of another.
pub(super) fn rewritten(plan: &Plan, old_root: &[u8]) -> Result<Vec<u8>, ChangeError> {
    let head = &plan.head;
    let identity = &head.repository;
    if crc::crc32(old_root) != identity.root_crc32 || old_root.len() as u64 != identity.root_bytes {
        return Err(moved(format!("root {} is not the one that the plan was made for", identity.generation)));
    }
    // A collection leaves the root as it is.
    if head.publishes == identity.generation {
        return Ok(old_root.to_vec());
    }
    let mut removal =
        Removal { snapshots: head.removes.iter().map(|removed| &*removed.uuid).collect(), ..Removal::default() };
    if head.tables_first {
        for table in &plan.tables {
            let new = table.to.as_deref().map(Into::into);
            removal.tables.entry(&*table.index).or_default().push((table.shard, new));
        }
    }
    root::without(old_root, &removal).map_err(|fault| moved(format!("root {}: {fault}", identity.generation)))
}

impl Change<'_> {
    fn is_stopped(&self) -> bool {
        self.pool.cancel().is_cancelled()
    }

    /// Whether the new root is there; an error when the repository is in neither state.
    fn is_published(&self, old_root: &[u8], new_root: &[u8]) -> Result<bool, ChangeError> {
        is_published(self.store, &self.base, &self.plan.head, old_root, new_root)
    }

    fn tables(&self) -> Result<u64, ChangeError> {
        let tables = &self.plan.tables;
        let removed: HashSet<&str> = self.plan.head.removes.iter().map(|removed| &*removed.name).collect();
        self.observer.event(Event::Begin { phase: Phase::Tables, total: tables.len() as u64 });
        let (mut n_written, mut failed) = (0, None);
        let work = |table: &Table| self.table(table, &removed);
        self.pool.map(tables, work, |written| {
            self.observer.event(Event::Advance);
            match written {
                Ok(is_written) => n_written += u64::from(is_written),
                Err(error) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        failed.map_or(Ok(n_written), Err)
    }

    /// Writes the new table of a shard, if it gets one.
    fn table(&self, table: &Table, removed: &HashSet<&str>) -> Result<bool, ChangeError> {
        let Some(to) = &table.to else { return Ok(false) };
        let folder = parsed(&table.folder)?;
        let (old, new) = (shard_table(&folder, &table.from)?, shard_table(&folder, to)?);
        let bytes = match self.store.read(&old) {
            // Deleted by a run that came further.
            Err(error) if error.is_absence() && self.store.stat(&new).is_ok() => return Ok(false),
            read => read?,
        };
        let reduced = shard_generation::without(&bytes, removed).map_err(|fault| moved(format!("{old}: {fault}")))?;
        let reduced =
            reduced.ok_or_else(|| moved(format!("{old} has no other snapshots, and the plan says it has")))?;
        publish::create(self.store, &new, &reduced, self.exclusive)?;
        Ok(true)
    }

    /// Deletes what the new root does not need: old roots at the very end, for nothing can be taken back without them.
    fn deletes(&self, applied: &mut Applied) -> Result<(), ChangeError> {
        self.observer.event(Event::Begin { phase: Phase::Deletes, total: self.plan.doomed.n });
        let mut roots = Vec::new();
        let mut unreadable = None;
        let mut blobs = self.plan.blobs()?.map_while(|blob| match blob {
            Ok(blob) => Some(blob),
            Err(error) => {
                unreadable = Some(error);
                None
            }
        });
        let chunks = std::iter::from_fn(|| {
            let mut chunk = Vec::new();
            while chunk.len() < DELETED_AT_ONCE {
                let Some((path, len_bytes)) = blobs.next() else { break };
                let is_root = path.parent().is_some_and(|parent| parent == self.base)
                    && matches!(RootBlob::parse(path.name()), RootBlob::Root(_));
                if is_root { roots.push((path, len_bytes)) } else { chunk.push((path, len_bytes)) }
            }
            (!chunk.is_empty()).then_some(chunk)
        });
        let work = |chunk: Vec<(BlobPath, u64)>| self.delete(&chunk);
        self.pool.map(chunks, work, |(deleted, failures)| {
            self.count(applied, deleted, failures);
            ControlFlow::Continue(())
        });
        applied.is_interrupted = self.is_stopped();
        if let Some(error) = unreadable {
            return Err(error.into());
        }
        if applied.n_failed == 0 && !applied.is_interrupted {
            let (deleted, failures) = self.delete(&roots);
            self.count(applied, deleted, failures);
        }
        Ok(())
    }

    fn count(&self, applied: &mut Applied, deleted: Blobs, failures: Vec<StoreError>) {
        (0..deleted.n).for_each(|_| self.observer.event(Event::Advance));
        applied.deleted = applied.deleted.plus(deleted);
        applied.n_failed += failures.len() as u64;
        let room = MAX_FAILURES.saturating_sub(applied.failures.len());
        applied.failures.extend(failures.into_iter().take(room));
    }

    fn delete(&self, blobs: &[(BlobPath, u64)]) -> (Blobs, Vec<StoreError>) {
        let paths: Vec<BlobPath> = blobs.iter().map(|(path, _)| path.clone()).collect();
        let mut failures = self.store.delete_many(&paths);
        // Gone is gone.
        failures.retain(|error| !matches!(error.kind, StoreErrorKind::NotFound));
        let failed: HashSet<BlobPath> = failures.iter().map(|error| error.path.clone()).collect();
        let deleted = blobs.iter().filter(|(path, _)| !failed.contains(path));
        let deleted = deleted.map(|(_, len_bytes)| Blobs::one(*len_bytes)).fold(Blobs::default(), Blobs::plus);
        (deleted, failures)
    }
}

fn is_published(
    store: &dyn WriteStore,
    base: &BlobPath,
    head: &Head,
    old_root: &[u8],
    new_root: &[u8],
) -> Result<bool, ChangeError> {
    let (old, new) = (head.repository.generation, head.publishes);
    let newest = publish::newest(store, base)?;
    let (is_published, expected) = match newest {
        Some(newest) if newest == new => (true, new_root),
        Some(newest) if newest == old => (false, old_root),
        Some(newest) => {
            return Err(moved(format!("its newest root is {newest}, and the plan was made for root {old}")));
        }
        None => return Err(moved(format!("has no root, and the plan was made for root {old}"))),
    };
    let generation = newest.unwrap_or(old);
    let path = publish::root_blob(base, &format!("index-{generation}"))?;
    if store.read(&path)? != expected {
        return Err(moved(format!("root {generation} is not the one that the plan knows: somebody else wrote it")));
    }
    Ok(is_published)
}

fn parsed(path: &str) -> Result<BlobPath, ChangeError> {
    BlobPath::parse(path).map_err(|fault| ChangeError::NotInPlan(format!("{path:?} is no path: {fault}")))
}

pub(super) fn shard_table(folder: &BlobPath, id: &str) -> Result<BlobPath, ChangeError> {
    let is_id = Uuid::parse(id).is_some() || names::generation(id).is_some();
    let path = folder.join(&format!("index-{id}")).ok().filter(|_| is_id);
    path.ok_or_else(|| ChangeError::NotInPlan(format!("{folder}/index-{id} is no shard table")))
}

/// A plan is a file, and may have been changed: it deletes nothing but what a repository has, and nothing of its newest
/// state.
fn check_names(plan: &Plan, base: &BlobPath, old_root: &[u8]) -> Result<(), ChangeError> {
    let head = &plan.head;
    if parsed(&head.repository.base)? != *base {
        return Err(moved(format!("lies at {base}, and the plan is for one at {}", head.repository.base)));
    }
    let is_collection = head.publishes == head.repository.generation;
    let changes_root = !plan.tables.is_empty() || !head.removes.is_empty() || head.renews_latest;
    if head.publishes < head.repository.generation || (is_collection && changes_root) {
        return Err(ChangeError::NotInPlan("the plan publishes no newer root".to_owned()));
    }
    let root = Root::parse(old_root).map_err(|fault| moved(format!("root {}: {fault}", head.repository.generation)))?;
    let removed: HashSet<&str> = head.removes.iter().map(|removed| &*removed.uuid).collect();
    let uuids = root.snapshots.iter().map(|entry| &*entry.uuid);
    let kept: HashSet<&str> = uuids.filter(|uuid| !removed.contains(uuid)).collect();
    let written: HashSet<BlobPath> = plan
        .tables
        .iter()
        .filter_map(|table| Some((&table.folder, table.to.as_deref()?)))
        .map(|(folder, to)| shard_table(&parsed(folder)?, to))
        .collect::<Result<_, _>>()?;
    for table in &plan.tables {
        let folder = parsed(&table.folder)?;
        shard_table(&folder, &table.from)?;
        let is_its_shard = names::shard_folder(folder.name()) == Some(table.shard) && table.shard < MAX_SHARDS;
        if !is_shard_folder(&folder) || !is_its_shard {
            return Err(ChangeError::NotInPlan(format!("{folder} is no folder of a shard")));
        }
    }
    for blob in plan.blobs()? {
        let (path, _) = blob?;
        if !may_go(&path, base, head, &kept) || written.contains(&path) {
            return Err(ChangeError::NotInPlan(format!("{path} is no blob that a deletion may take")));
        }
    }
    Ok(())
}

fn is_shard_folder(path: &BlobPath) -> bool {
    let mut parts = path.components().rev();
    let (shard, _, indices) = (parts.next(), parts.next(), parts.next());
    shard.and_then(names::shard_folder).is_some() && indices == Some(names::INDICES)
}

fn may_go(path: &BlobPath, base: &BlobPath, head: &Head, kept: &HashSet<&str>) -> bool {
    let is_of_shard = path.parent().is_some_and(|folder| is_shard_folder(&folder))
        && !matches!(ShardBlob::parse(path.name()), ShardBlob::Foreign);
    // Hashed shard folders lie outside of the repository's own folder.
    let Some(rest) = path.relative_to(base) else { return is_of_shard };
    match rest.components().collect::<Vec<_>>()[..] {
        [name] => match RootBlob::parse(name) {
            RootBlob::Root(generation) => generation < head.publishes,
            RootBlob::SnapshotInfo(uuid) | RootBlob::GlobalMetadata(uuid) => !kept.contains(uuid),
            RootBlob::Transient => true,
            _ => false,
        },
        [names::SHARD_PATHS, name] => ShardPathsNote::parse_name(name).is_some(),
        [names::INDICES, _, name] => matches!(IndexBlob::parse(name), IndexBlob::Metadata(_) | IndexBlob::Transient),
        [folder, ..] if RootFolder::parse(folder) == RootFolder::Transient => true,
        _ => is_of_shard,
    }
}
