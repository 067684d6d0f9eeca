//! Carries out a plan.

use std::ops::ControlFlow;

use hashbrown::HashSet;
use snaprepo_codec::{BlobPath, crc};
use snaprepo_format::{
    Uuid, latest,
    names::{self, IndexBlob, RootBlob, RootFolder, ShardBlob},
    root::{self, Edit, Root},
    shard_generation,
    shard_paths::ShardPathsNote,
};
use snaprepo_store::{Pool, RemoteErrorKind, StoreError, StoreErrorKind, WriteStore};

use super::{
    journal::{Former, Journal, Reached},
    plan::{Head, How, Plan, Table},
    publish::{self, ChangeError, Exclusive, moved},
    quarantine::Quarantine,
};
use crate::{Event, Observer, Phase, hands::Hands, usage::Blobs};

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
    /// Blobs that the store keeps for a time that somebody set. Nothing refers to them any more.
    pub retained: Blobs,
    /// Whether somebody asked to stop.
    pub is_interrupted: bool,
}

/// A change under way.
struct Change<'c> {
    store: &'c dyn WriteStore,
    base: BlobPath,
    plan: &'c Plan,
    /// The root that is published; the old one where none is.
    new_root: Vec<u8>,
    /// The same, read; only where tables are made by it.
    root: Option<Root>,
    exclusive: Exclusive,
    pool: &'c Pool,
    observer: &'c dyn Observer,
    /// Tables that are rewritten at this moment.
    hands: Hands,
}

/// By what means a plan is carried out.
#[derive(Clone, Copy)]
pub struct Means<'m> {
    /// What the store makes of "write it if there is none".
    pub exclusive: Exclusive,
    /// Where blobs are put before they are deleted, if so.
    pub quarantine: Option<Quarantine<'m>>,
}

/// Looks whether a plan is one for the repository as it is now, before anything is begun for it. Returns what it was made
/// for.
///
/// # Errors
/// When it is not.
pub fn check(store: &dyn WriteStore, base: &BlobPath, plan: &Plan) -> Result<Former, ChangeError> {
    let generation = plan.head.repository.generation;
    let newest = publish::newest(store, base)?;
    if newest != generation {
        return Err(moved(format!("{}, and the plan was made for {}", its_root(newest), a_root(generation))));
    }
    let old_root = match generation {
        Some(generation) => Some(store.read(&publish::root_blob(base, &format!("index-{generation}"))?)?),
        None => None,
    };
    let new_root = rewritten(plan, old_root.as_deref())?;
    check_names(plan, base, &new_root)?;
    let latest = match store.read(&publish::root_blob(base, names::LATEST)?) {
        Err(error) if error.is_absence() => None,
        read => Some(read?),
    };
    Ok(Former { root: old_root, latest })
}

fn its_root(newest: Option<u64>) -> String {
    newest.map_or("has no root".to_owned(), |newest| format!("its newest root is {newest}"))
}

fn a_root(generation: Option<u64>) -> String {
    generation.map_or("a repository without a root".to_owned(), |generation| format!("root {generation}"))
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
    means: Means<'_>,
    pool: &Pool,
    observer: &dyn Observer,
) -> Result<Applied, ChangeError> {
    let Former { root: old_root, latest: old_latest } = journal.former()?;
    let head = &plan.head;
    let new_root = rewritten(plan, old_root.as_deref())?;
    let root = check_names(plan, base, &new_root)?;
    let exclusive = means.exclusive;
    let change =
        Change { store, base: base.clone(), plan, new_root, root, exclusive, pool, observer, hands: Hands::default() };
    let is_published = change.is_published(old_root.as_deref())?;
    let mut applied = Applied {
        stage: if is_published { Stage::Published } else { Stage::Before },
        n_tables: 0,
        deleted: Blobs::default(),
        n_failed: 0,
        failures: Vec::new(),
        retained: Blobs::default(),
        is_interrupted: false,
    };
    // Before anything else: should there be no room for it, nothing is changed.
    if let Some(quarantine) = means.quarantine
        && !journal.has_reached(Reached::Quarantined)
        && !journal.has_reached(Reached::Deleting)
    {
        quarantine.fill(store, plan, pool, observer)?;
        if change.is_stopped() {
            applied.is_interrupted = true;
            return Ok(applied);
        }
        journal.reach(Reached::Quarantined)?;
    }
    // A collection publishes nothing: there the root that it was made for is the one that stays.
    if head.tables_first && !is_published {
        applied.n_tables = change.tables()?;
        if change.is_stopped() {
            applied.is_interrupted = true;
            return Ok(applied);
        }
        journal.reach(Reached::Tables)?;
        // Writing them took a while.
        change.is_published(old_root.as_deref())?;
    }
    if !is_published {
        publish::root(store, base, head.publishes, &change.new_root, exclusive)?;
    }
    journal.reach(Reached::Root)?;
    applied.stage = Stage::Published;
    if head.renews_latest {
        publish::latest(store, base, old_latest.as_deref(), &latest::encode(head.publishes))?;
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
pub(super) fn rewritten(plan: &Plan, old_root: Option<&[u8]>) -> Result<Vec<u8>, ChangeError> {
    let head = &plan.head;
    let identity = &head.repository;
    let no_plan = |why: &str| ChangeError::NotInPlan(why.to_owned());
    let Some(old_root) = old_root else {
        let root = head.root.as_ref().filter(|_| identity.generation.is_none());
        return Ok(root.ok_or_else(|| no_plan("the plan has no root for a repository without one"))?.clone().into());
    };
    let name = a_root(identity.generation);
    if crc::crc32(old_root) != identity.root_crc32 || old_root.len() as u64 != identity.root_bytes {
        return Err(moved(format!("{name} is not the one that the plan was made for")));
    }
    // A collection leaves the root as it is.
    if head.keeps_root() {
        return Ok(old_root.to_vec());
    }
    if let Some(root) = &head.root {
        return Ok(root.clone().into());
    }
    let mut edit = Edit { snapshots: head.removes.iter().map(|removed| &*removed.uuid).collect(), ..Edit::default() };
    if head.tables_first {
        for table in &plan.tables {
            let new = table.to.as_deref().map(Into::into);
            edit.tables.entry(&*table.index).or_default().push((table.shard, new));
        }
    }
    root::edited(old_root, &edit).map_err(|fault| moved(format!("{name}: {fault}")))
}

impl Change<'_> {
    fn is_stopped(&self) -> bool {
        self.pool.cancel().is_cancelled()
    }

    /// Whether the new root is there; an error when the repository is in neither state.
    fn is_published(&self, old_root: Option<&[u8]>) -> Result<bool, ChangeError> {
        is_published(self.store, &self.base, &self.plan.head, old_root, &self.new_root)
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
        let new = shard_table(&folder, to)?;
        let written = match (table.how, &table.from) {
            (How::Rebuilt, _) => self.rebuilt(table, &folder)?,
            (how, Some(from)) => {
                let old = shard_table(&folder, from)?;
                let bytes = match self.store.read(&old) {
                    // Deleted by a run that came further.
                    Err(error) if error.is_absence() && self.store.stat(&new).is_ok() => return Ok(false),
                    read => read?,
                };
                let _in_hand = self.hands.take(bytes.len() as u64);
                let known: HashSet<&str> = self.known(table)?.map(|(name, _)| name).collect();
                let stays = |name: &str| match how {
                    How::Known => known.contains(name),
                    _ => !removed.contains(name),
                };
                let reduced = shard_generation::retaining(&bytes, stays);
                let reduced = reduced.map_err(|fault| moved(format!("{old}: {fault}")))?;
                reduced.ok_or_else(|| moved(format!("{old} has no other snapshots, and the plan says it has")))?
            }
            (_, None) => return Err(ChangeError::NotInPlan(format!("{folder} has no table to begin with"))),
        };
        publish::create(self.store, &new, &written, self.exclusive)?;
        Ok(true)
    }

    /// Names and uuids of the snapshots that the new root has for the index of a table.
    fn known<'c>(&'c self, table: &Table) -> Result<impl Iterator<Item = (&'c str, &'c str)>, ChangeError> {
        let root = self.root.as_ref();
        let index = root.and_then(|root| root.indices.iter().find(|entry| *entry.id == *table.index));
        if table.how != How::Without && index.is_none() {
            let why = format!("the plan has a table for index {}, which its root does not have", table.index);
            return Err(ChangeError::NotInPlan(why));
        }
        let held_by = index.into_iter().flat_map(|index| &index.snapshots);
        let entries = held_by.filter_map(move |snapshot| Some(root?.snapshot_entry(*snapshot)));
        Ok(entries.map(|entry| (&*entry.name, &*entry.uuid)))
    }

    /// The table that the file lists of a shard make. A snapshot without a list there has failed for the shard.
    fn rebuilt(&self, table: &Table, folder: &BlobPath) -> Result<Vec<u8>, ChangeError> {
        let mut lists = Vec::new();
        for (name, uuid) in self.known(table)? {
            let path = folder.join(&format!("snap-{uuid}.dat"));
            let path = path.map_err(|fault| ChangeError::NotInPlan(fault.to_string()))?;
            match self.store.read(&path) {
                Err(error) if error.is_absence() => {}
                read => lists.push((name, read?)),
            }
        }
        let lists: Vec<(&str, &[u8])> = lists.iter().map(|(name, list)| (*name, &**list)).collect();
        shard_generation::of_lists(&lists).map_err(|fault| moved(format!("the lists of {folder}: {fault}")))
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

    fn count(&self, applied: &mut Applied, deleted: Blobs, mut failures: Vec<StoreError>) {
        failures.retain(|error| {
            let is_retained = matches!(error.kind, StoreErrorKind::Remote(RemoteErrorKind::Retained { .. }));
            applied.retained.n += u64::from(is_retained);
            !is_retained
        });
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
    old_root: Option<&[u8]>,
    new_root: &[u8],
) -> Result<bool, ChangeError> {
    let (old, new) = (head.repository.generation, head.publishes);
    let newest = publish::newest(store, base)?;
    let (is_published, expected) = match newest {
        Some(newest) if newest == new => (true, Some(new_root)),
        newest if newest == old => (false, old_root),
        newest => {
            return Err(moved(format!("{}, and the plan was made for {}", its_root(newest), a_root(old))));
        }
    };
    let (Some(generation), Some(expected)) = (newest, expected) else { return Ok(is_published) };
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
/// state. Returns the new root.
fn check_names(plan: &Plan, base: &BlobPath, new_root: &[u8]) -> Result<Option<Root>, ChangeError> {
    let head = &plan.head;
    if parsed(&head.repository.base)? != *base {
        return Err(moved(format!("lies at {base}, and the plan is for one at {}", head.repository.base)));
    }
    let is_older = head.repository.generation.is_some_and(|generation| head.publishes < generation);
    let changes_root = !plan.tables.is_empty() || !head.removes.is_empty() || head.root.is_some();
    if is_older || (head.keeps_root() && changes_root) {
        return Err(ChangeError::NotInPlan("the plan publishes no newer root".to_owned()));
    }
    let root = Root::parse(new_root).map_err(|fault| moved(format!("root {}: {fault}", head.publishes)))?;
    let kept: HashSet<&str> = root.snapshots.iter().map(|entry| &*entry.uuid).collect();
    let written: HashSet<BlobPath> = plan
        .tables
        .iter()
        .filter_map(|table| Some((&table.folder, table.to.as_deref()?)))
        .map(|(folder, to)| shard_table(&parsed(folder)?, to))
        .collect::<Result<_, _>>()?;
    for table in &plan.tables {
        let folder = parsed(&table.folder)?;
        table.from.as_ref().map(|from| shard_table(&folder, from)).transpose()?;
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
    drop(kept);
    Ok(plan.tables.iter().any(|table| table.how != How::Without).then_some(root))
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
            RootBlob::Transient | RootBlob::Scratch => true,
            _ => false,
        },
        [names::SHARD_PATHS, name] => ShardPathsNote::parse_name(name).is_some(),
        [names::INDICES, _, name] => matches!(IndexBlob::parse(name), IndexBlob::Metadata(_) | IndexBlob::Transient),
        [folder, ..] if RootFolder::parse(folder) == RootFolder::Transient => true,
        _ => is_of_shard,
    }
}
