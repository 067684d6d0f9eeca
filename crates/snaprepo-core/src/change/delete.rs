//! Plans the deletion of snapshots (`docs/format.md`, *Writing order*): nothing is written here.

use std::{collections::BTreeMap, io, ops::ControlFlow};

use hashbrown::HashSet;
use snaprepo_codec::{BlobPath, crc};
use snaprepo_format::{
    Uuid,
    engine::Era,
    names::{self, IndexBlob, ShardBlob},
    root::{IndexIx, SnapshotIx},
};
use snaprepo_store::{Entry, Pool, StoreError};

use super::{
    fence::{self, Damaged, Fences, Refusal, Why},
    plan::{Draft, Head, How, Identity, Plan, Removed, Table, VERSION},
    publish::{ChangeError, moved, next},
    root_folder::{Aged, RootFolder, younger},
    shard::{self, OneShard},
    survey::{self, Surveyed},
};
use crate::{BlobError, Event, Observer, Phase, Repository, usage::Blobs};

/// What is asked for.
pub struct Request<'r> {
    /// Snapshots that go.
    pub snapshots: &'r [SnapshotIx],
    /// What stands in the way.
    pub fences: Fences,
    /// Now, in milliseconds since 1970.
    pub now_millis: i64,
    /// Names for new shard tables: each another one.
    pub new_id: &'r mut dyn FnMut() -> Uuid,
}

/// A plan, or why there is none.
#[derive(Debug)]
pub struct Planned {
    /// What will be done; `None` when something stands in the way.
    pub plan: Option<Plan>,
    /// What does.
    pub refusals: Vec<Refusal>,
    /// By index, in the order of the root: what goes of those that lose something.
    pub indices: BTreeMap<IndexIx, (Blobs, Fate)>,
    /// Blobs of names that no repository gives, in folders that go: they stay.
    pub n_foreign: u64,
    /// What is damaged and stays as it is, where that was asked for: path and words.
    pub left: Vec<(BlobPath, String)>,
    /// Whether somebody asked to stop: then there is no plan.
    pub is_interrupted: bool,
}

impl Planned {
    /// Notes what stands in the way; where what is damaged stays as it is, that does not.
    fn refuse(&mut self, refusals: Vec<Refusal>, damaged: Damaged) {
        for refusal in refusals {
            match &refusal.path {
                Some(path) if damaged == Damaged::Stays && refusal.is_damage() => {
                    self.left.push((path.clone(), refusal.message));
                }
                _ => self.refusals.push(refusal),
            }
        }
    }
}

/// What becomes of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Some snapshot still holds it.
    Stays,
    /// No snapshot holds it any more.
    Goes,
}

/// A plan while it is made.
struct Planning<'p> {
    repository: &'p Repository,
    removed: HashSet<SnapshotIx>,
    fences: Fences,
    pool: &'p Pool,
    observer: &'p dyn Observer,
    draft: Draft,
    planned: Planned,
    /// The youngest blob that nothing refers to, of all that was looked at.
    youngest: Option<Aged>,
    root_millis: Option<i64>,
}

/// Plans the deletion of snapshots.
///
/// # Errors
/// When something cannot be listed or read that says nothing of the repository: what does is a [`Refusal`].
pub fn delete(
    repository: &Repository,
    request: Request<'_>,
    pool: &Pool,
    observer: &dyn Observer,
) -> Result<Planned, ChangeError> {
    let Request { snapshots, fences, now_millis, new_id } = request;
    let mut planning = Planning {
        repository,
        removed: snapshots.iter().copied().collect(),
        fences,
        pool,
        observer,
        draft: Draft::new()?,
        planned: Planned {
            plan: None,
            refusals: fence::of_root(repository),
            indices: BTreeMap::new(),
            n_foreign: 0,
            left: Vec::new(),
            is_interrupted: false,
        },
        youngest: None,
        root_millis: None,
    };
    let Some(generation) = repository.generation.filter(|_| planning.planned.refusals.is_empty()) else {
        return Ok(planning.planned);
    };
    let head = head(repository, generation, snapshots, now_millis)?;
    let mut refusals = Vec::new();
    let surveyed = survey::survey(repository, &planning.removed, pool, observer, &mut refusals);
    planning.planned.refuse(refusals, fences.damaged);
    planning.shallow_snapshots();
    planning.shards(&surveyed, new_id)?;
    planning.beside(&surveyed)?;
    planning.root_folder(&head)?;
    planning.finish(head)
}

fn head(
    repository: &Repository,
    generation: u64,
    snapshots: &[SnapshotIx],
    now_millis: i64,
) -> Result<Head, ChangeError> {
    let path = repository.root_path().ok_or_else(|| moved("has no root"))?;
    let root = repository.store().read(&path)?;
    let removed = |snapshot: &SnapshotIx| {
        let entry = repository.root.snapshot_entry(*snapshot);
        Removed { name: entry.name.to_string(), uuid: entry.uuid.to_string() }
    };
    Ok(Head {
        plan: VERSION,
        command: "delete".to_owned(),
        repository: Identity {
            uuid: repository.root.uuid.as_deref().map(str::to_owned),
            base: repository.base().as_str().to_owned(),
            generation: Some(generation),
            root_crc32: crc::crc32(&root),
            root_bytes: root.len() as u64,
        },
        made_at_in_millis: now_millis,
        removes: snapshots.iter().map(removed).collect(),
        publishes: next(generation)?,
        renews_latest: repository.scan.has_latest,
        tables_first: repository.era() != Era::E5,
        root: None,
    })
}

impl Planning<'_> {
    /// Snapshots of OpenSearch whose data are pinned in a remote store have no blobs for their shards at all.
    fn shallow_snapshots(&mut self) {
        let mut removed: Vec<SnapshotIx> = self.removed.iter().copied().collect();
        removed.sort_unstable();
        let repository = self.repository;
        let read = |snapshot: SnapshotIx| (snapshot, repository.snapshot_info(snapshot));
        let stays = self.fences.damaged == Damaged::Stays;
        let refusals = &mut self.planned.refusals;
        self.pool.map(removed, read, |(snapshot, info)| {
            match info {
                Ok(info) if info.pinned_timestamp.is_some() => {
                    let name = &repository.root.snapshot_entry(snapshot).name;
                    let message = format!(
                        "snapshot {name} has its data in a remote store, pinned by time, which only a cluster releases"
                    );
                    refusals.push(Refusal::new(Why::Shallow, message));
                }
                // What is damaged is deleted like the rest; its pins, if it had any, nobody can tell.
                Ok(_) => {}
                Err(error) if error.is_finding() && (repository.era() != Era::Os3 || stays) => {}
                Err(error) => refusals.push(Refusal::unreadable(error)),
            }
            ControlFlow::Continue(())
        });
    }

    /// Every shard of every index that loses something.
    fn shards(&mut self, surveyed: &[Surveyed], new_id: &mut dyn FnMut() -> Uuid) -> Result<(), ChangeError> {
        let (repository, removed, fences) = (self.repository, &self.removed, self.fences);
        let n_shards = |of: &Surveyed| {
            let recorded = repository.root.index_entry(of.index).shard_generations.len();
            of.n_shards.max(u32::try_from(recorded).unwrap_or(0))
        };
        let items = || {
            let touched = surveyed.iter().filter(|of| of.goes);
            touched.flat_map(|of| (0..n_shards(of)).map(move |shard| (of, shard)))
        };
        self.observer.event(Event::Begin { phase: Phase::Shards, total: items().count() as u64 });
        let work = |(of, shard): (&Surveyed, u32)| {
            let one = if of.stays {
                shard::part(repository, removed, of.index, shard, fences)
            } else {
                shard::whole(repository, of.index, shard)
            };
            (of.index, of.stays, shard, one)
        };
        let mut failed = None;
        let (draft, planned, youngest, observer) =
            (&mut self.draft, &mut self.planned, &mut self.youngest, self.observer);
        self.pool.map(items(), work, |(index, stays, shard, one)| {
            observer.event(Event::Advance);
            let OneShard { folder, table, doomed, n_foreign, youngest: of_shard, refusals } = one;
            planned.refuse(refusals, fences.damaged);
            planned.n_foreign += n_foreign;
            let mut bytes = Blobs::default();
            for (name, len_bytes) in doomed {
                bytes.add(Blobs::one(len_bytes));
                if let Err(error) =
                    folder.join(&name).map_err(io::Error::other).and_then(|path| draft.doom(&path, len_bytes))
                {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            count(&mut planned.indices, index, bytes, stays);
            if let Some((age, path)) = of_shard.and_then(|(age, name)| Some((age, folder.join(&name).ok()?))) {
                younger(youngest, Some(age), path);
            }
            if let Some(old) = table.filter(|_| stays) {
                let id = match old.highest.filter(|_| repository.era() == Era::E5) {
                    Some(highest) => highest.saturating_add(1).to_string(),
                    None => new_id().to_string(),
                };
                draft.tables.push(Table {
                    index: repository.root.index_entry(index).id.to_string(),
                    shard,
                    folder: folder.to_string(),
                    from: Some(old.id),
                    to: old.is_needed.then_some(id),
                    how: How::Without,
                });
            }
            ControlFlow::Continue(())
        });
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    /// What lies beside the shards of these indices.
    fn beside(&mut self, surveyed: &[Surveyed]) -> Result<(), ChangeError> {
        let repository = self.repository;
        let touched: Vec<&Surveyed> = surveyed.iter().filter(|of| of.goes).collect();
        let mut listed = Vec::new();
        self.pool.map(
            touched,
            |of| (of, beside(repository, of)),
            |of| {
                listed.push(of);
                ControlFlow::Continue(())
            },
        );
        for (of, beside) in listed {
            let (doomed, n_foreign) = beside?;
            self.planned.n_foreign += n_foreign;
            let mut bytes = Blobs::default();
            for (path, len_bytes) in doomed {
                bytes.add(Blobs::one(len_bytes));
                self.draft.doom(&path, len_bytes)?;
            }
            count(&mut self.planned.indices, of.index, bytes, of.stays);
        }
        Ok(())
    }

    /// Blobs of the snapshots themselves, and older roots; the open one goes last.
    fn root_folder(&mut self, head: &Head) -> Result<(), ChangeError> {
        let uuids: HashSet<&str> = head.removes.iter().map(|removed| &*removed.uuid).collect();
        let folder = RootFolder::look(self.repository, &uuids)?;
        let roots = folder.doomed_roots(self.repository);
        for (path, len_bytes) in folder.of_snapshots.iter().map(|(path, len)| (path, *len)).chain(roots) {
            self.draft.doom(path, len_bytes)?;
        }
        self.root_millis = folder.root_millis;
        if let Some((age, path)) = folder.youngest {
            younger(&mut self.youngest, Some(age), path);
        }
        Ok(())
    }

    fn finish(mut self, head: Head) -> Result<Planned, ChangeError> {
        let refusals = &mut self.planned.refusals;
        refusals.extend(fence::young(self.youngest.as_ref(), self.root_millis, self.fences.window_millis));
        refusals.extend(fence::moved_on(self.repository)?);
        self.planned.is_interrupted = self.pool.cancel().is_cancelled();
        if self.planned.refusals.is_empty() && !self.planned.is_interrupted {
            self.planned.plan = Some(self.draft.finish(head)?);
        }
        Ok(self.planned)
    }
}

fn count(indices: &mut BTreeMap<IndexIx, (Blobs, Fate)>, index: IndexIx, blobs: Blobs, stays: bool) {
    let fate = if stays { Fate::Stays } else { Fate::Goes };
    indices.entry(index).or_insert((Blobs::default(), fate)).0.add(blobs);
}

type Beside = (Vec<(BlobPath, u64)>, u64);

/// Metadata that only snapshots that go use; of an index that goes as a whole, everything of a known name.
fn beside(repository: &Repository, of: &Surveyed) -> Result<Beside, ChangeError> {
    let folder = repository.named(repository.index_folder(of.index))?;
    let (mut doomed, mut folders, mut n_foreign) = (Vec::new(), Vec::new(), 0);
    let listed = repository.store().list(&folder, &mut |entry| match entry {
        Entry::Blob { name, len_bytes, .. } => {
            let is_metadata = matches!(IndexBlob::parse(name), IndexBlob::Metadata(_));
            let goes = if of.stays { of.doomed_metadata.iter().any(|doomed| doomed == name) } else { is_metadata };
            if let (true, Ok(path)) = (goes, folder.join(name)) {
                doomed.push((path, len_bytes));
            } else if !is_metadata {
                n_foreign += 1;
            }
        }
        Entry::Folder { name } => folders.push(name.to_owned()),
        Entry::Odd { .. } => n_foreign += 1,
    });
    absent_is_empty(listed)?;
    if of.stays {
        return Ok((doomed, 0));
    }
    let n_known =
        of.n_shards.max(u32::try_from(repository.root.index_entry(of.index).shard_generations.len()).unwrap_or(0));
    for name in folders {
        match names::shard_folder(&name) {
            Some(shard) if shard < n_known => {}
            // Of a shard that no snapshot has.
            Some(_) => {
                let Ok(path) = folder.join(&name) else { continue };
                absent_is_empty(repository.store().list(&path, &mut |entry| match entry {
                    Entry::Blob { name, len_bytes, .. } if !matches!(ShardBlob::parse(name), ShardBlob::Foreign) => {
                        doomed.extend(path.join(name).ok().map(|path| (path, len_bytes)));
                    }
                    _ => n_foreign += 1,
                }))?;
            }
            None => n_foreign += 1,
        }
    }
    doomed.sort();
    if repository.has_shard_paths()? {
        let id = &repository.root.index_entry(of.index).id;
        for (name, note) in repository.shard_path_notes()? {
            if note.index_id == *id {
                let path =
                    repository.named(repository.blob(names::SHARD_PATHS).and_then(|folder| folder.join(&name)))?;
                let len_bytes = repository.store().stat(&path).map_err(BlobError::from_store)?.len_bytes;
                doomed.push((path, len_bytes));
            }
        }
    }
    Ok((doomed, n_foreign))
}

fn absent_is_empty(listed: Result<(), StoreError>) -> Result<(), StoreError> {
    match listed {
        Err(error) if error.is_absence() => Ok(()),
        listed => listed,
    }
}
