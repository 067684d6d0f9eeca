//! One pass over one generation.

use std::{
    cell::RefCell,
    ops::ControlFlow,
    sync::{Arc, OnceLock, mpsc},
    thread,
};

use hashbrown::HashSet;
use snaprepo_format::root::{IndexIx, SnapshotIx};
use snaprepo_store::{Pool, StoreError};

use super::{
    collect::{Collector, Notes},
    file::{self, FileJob, FileNotes, Place},
    finding::{Finding, FindingKind},
    indices::{self, IndexPlan},
    options::{Depth, Options, Sample},
    order::FolderNotes,
    report::{ClassTally, Report},
    root::{self, Hidden},
    shard::{self, Context, ShardOutcome},
    snapshots::{self, SnapshotFacts},
    unreferenced::{self, Class, Unreferenced},
    verdicts::{Carried, Verdicts},
};
use crate::{
    BlobError, Event, Observer, Phase, Repository, status,
    tree::{Beside, Forest, IndexTree},
};

/// Shard folders whose files wait to be checked while later folders are read already.
const FOLDERS_AHEAD: usize = 16;
/// Files that one thread checks in a row are as many as the store says; but more bytes than these are worth a thread of
/// their own.
const BYTES_AT_ONCE: u64 = 1 << 20;

/// Verifies a repository at the generation that is open.
/// `carried` has verdicts from before, on indices that are out of scope now.
pub(super) fn run(
    repository: &Repository,
    options: &Options,
    carried: &[Carried],
    pool: &Pool,
    observer: &dyn Observer,
) -> Report {
    let mut collector = Collector::new(repository, observer, options.max_findings);
    let (hidden, notes) = root::check(repository);
    collector.take(notes);
    let is_all = options.scope.is_all() && hidden == Hidden::None;

    let in_scope: Vec<SnapshotIx> = (0..)
        .zip(&repository.root.snapshots)
        .filter(|(_, entry)| options.scope.snapshots.as_ref().is_none_or(|uuids| uuids.contains(&entry.uuid)))
        .map(|(ix, _)| ix)
        .collect();
    let (facts, plans, mut forest) = thread::scope(|scope| {
        // A listing that fails tells nothing here: what is needed of it is asked for again, by whoever can say what for.
        let first_look = || if is_all { Forest::of(repository).unwrap_or_default() } else { Forest::default() };
        let forest = scope.spawn(first_look);
        let facts = check_snapshots(repository, &in_scope, pool, &mut collector);
        let plans = check_indices(repository, &in_scope, options, pool, &mut collector);
        (facts, plans, forest.join().unwrap_or_default())
    });
    let sampled = sample_by_bytes(repository, &plans, options, pool);
    let sees_all = is_all && knows_old_snapshots(repository, &facts);
    let n_shards = plans.iter().map(|plan| plan.n_shards() as usize).sum();
    let mut run = ShardRun {
        context: Context { repository, options, facts: &facts, sees_all, lists: pool.share(n_shards) },
        sample: sampled.map_or(options.sample, Sample::PerMillion),
        // What nothing refers to shows in listings only.
        sweeps: sees_all && !repository.scan.by_latest,
        unreferenced: Unreferenced::default(),
        shallow: HashSet::new(),
    };
    run.check(&plans, &forest, pool, &mut collector);
    let ShardRun { sweeps, unreferenced, shallow, .. } = run;
    let swept = (sweeps && !pool.cancel().is_cancelled())
        .then(|| sweep(repository, &plans, forest.top.take(), unreferenced, &mut collector));
    let verdicts = Verdicts { repository, facts: &facts, plans: &plans, shallow: &shallow, carried };
    verdicts.report(&in_scope, swept, sampled, pool, collector)
}

/// In the old eras without a root, a snapshot blob that cannot be read may hold any index.
fn knows_old_snapshots(repository: &Repository, facts: &[SnapshotFacts]) -> bool {
    repository.generation.is_some() || facts.iter().all(|snapshot| snapshot.known)
}

fn check_snapshots(
    repository: &Repository,
    in_scope: &[SnapshotIx],
    pool: &Pool,
    collector: &mut Collector<'_>,
) -> Vec<SnapshotFacts> {
    let observer = begin(collector, Phase::Snapshots, in_scope.len());
    let mut facts = vec![SnapshotFacts::default(); repository.root.snapshots.len()];
    let work = |ix: SnapshotIx| (ix, snapshots::check(repository, ix));
    pool.map(in_scope.iter().copied(), work, |(ix, (fact, notes))| {
        observer.event(Event::Advance);
        if let Some(slot) = usize::try_from(ix).ok().and_then(|at| facts.get_mut(at)) {
            *slot = fact;
        }
        collector.take(notes);
        ControlFlow::Continue(())
    });
    facts
}

fn check_indices(
    repository: &Repository,
    in_scope: &[SnapshotIx],
    options: &Options,
    pool: &Pool,
    collector: &mut Collector<'_>,
) -> Vec<IndexPlan> {
    let chosen: HashSet<SnapshotIx> = in_scope.iter().copied().collect();
    let entries = (0_u32..).zip(&repository.root.indices);
    let items: Vec<(IndexIx, Vec<SnapshotIx>)> = entries
        .filter(|(_, entry)| options.scope.indices.as_ref().is_none_or(|names| names.contains(&entry.name)))
        .map(|(ix, entry)| (ix, entry.snapshots.iter().copied().filter(|ix| chosen.contains(ix)).collect::<Vec<_>>()))
        .filter(|(_, held_by)| !held_by.is_empty() || options.scope.is_all())
        .collect();
    let observer = begin(collector, Phase::Indices, items.len());
    let mut plans = Vec::with_capacity(items.len());
    let share = pool.share(items.len());
    let work = |(index, held_by): (IndexIx, Vec<SnapshotIx>)| indices::check(repository, index, &held_by, &share);
    pool.map(items, work, |(plan, notes)| {
        observer.event(Event::Advance);
        plans.push(plan);
        collector.take(notes);
        ControlFlow::Continue(())
    });
    plans
}

fn begin<'o>(collector: &Collector<'o>, phase: Phase, total: usize) -> &'o dyn Observer {
    let observer = collector.observer();
    observer.event(Event::Begin { phase, total: total as u64 });
    observer
}

/// A sample by bytes becomes a share of the files once the total is known: one table per shard tells it.
fn sample_by_bytes(repository: &Repository, plans: &[IndexPlan], options: &Options, pool: &Pool) -> Option<u32> {
    let Sample::Bytes(wanted) = options.sample else { return None };
    if options.depth < Depth::Footers {
        return None;
    }
    let shards = plans.iter().flat_map(|plan| (0..plan.n_shards()).map(|shard| (plan.index, shard)));
    let mut total = 0_u64;
    pool.map(
        shards.collect::<Vec<_>>(),
        |(index, shard)| status::live_bytes(repository, index, shard),
        |bytes| {
            total = total.saturating_add(bytes);
            ControlFlow::Continue(())
        },
    );
    let share = u128::from(wanted) * 1_000_000 / u128::from(total.max(1));
    Some(u32::try_from(share).unwrap_or(u32::MAX).min(1_000_000))
}

struct ShardRun<'a> {
    context: Context<'a>,
    sample: Sample,
    /// Whether what nothing refers to is counted.
    sweeps: bool,
    unreferenced: Unreferenced,
    shallow: HashSet<(SnapshotIx, IndexIx)>,
}

/// A shard, or what lies beside the shards of an index.
struct Part<'a> {
    plan: &'a IndexPlan,
    shard: Option<u32>,
    /// The folder of the index; shared by its parts, listed by the first of them.
    tree: Option<Arc<OnceLock<Option<IndexTree>>>>,
}

impl Part<'_> {
    fn check(&self, context: &Context<'_>, forest: &Forest) -> ShardOutcome {
        let (repository, plan) = (context.repository, self.plan);
        let tree =
            self.tree.as_ref().and_then(|tree| tree.get_or_init(|| forest.tree(repository, plan.index)).as_ref());
        match self.shard {
            Some(shard) => shard::check(context, plan, tree, shard),
            None => beside(repository, plan, tree),
        }
    }
}

/// Counts what nothing refers to in the folder of an index, outside of its shards.
fn beside(repository: &Repository, plan: &IndexPlan, tree: Option<&IndexTree>) -> ShardOutcome {
    let mut outcome = ShardOutcome::default();
    match unreferenced::sweep_index(repository, plan, tree, false, &mut |_, _| {}) {
        Ok(found) => outcome.unreferenced = found,
        Err(error) => not_counted(error, &mut outcome.notes),
    }
    outcome
}

fn not_counted(error: StoreError, notes: &mut Notes) {
    notes.blob(&BlobError::from_store(error), |error| Finding::of_blob(FindingKind::UnreferencedBlobs, error));
}

/// What travels from the reading of folders to the checking of files.
enum Item {
    Folder(IndexIx, Box<ShardOutcome>),
    Files(Arc<Place>, Vec<FileJob>),
}

/// What comes back from there.
enum Checked {
    Folder(IndexIx, Box<ShardOutcome>),
    /// What came of some files of the folder before.
    Files(Box<FileNotes>),
}

impl ShardRun<'_> {
    /// Folders are read by one pool, their files checked by another; both keep their order.
    fn check(&mut self, plans: &[IndexPlan], forest: &Forest, pool: &Pool, collector: &mut Collector<'_>) {
        let parts = self.parts(plans);
        let observer = begin(collector, Phase::Shards, parts.iter().filter(|part| part.shard.is_some()).count());
        let (sender, receiver) = mpsc::sync_channel(FOLDERS_AHEAD);
        let file_pool = Pool::new(self.context.options.width, pool.cancel().clone());
        let (context, sample) = (&self.context, self.sample);
        let (unreferenced, shallow) = (&mut self.unreferenced, &mut self.shallow);
        thread::scope(|scope| {
            scope.spawn(move || {
                let work = |part: Part<'_>| (part.plan.index, part.check(context, forest));
                pool.map(parts, work, |folder| match sender.send(folder) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                });
            });
            let items = receiver.into_iter().flat_map(|(index, mut outcome): (IndexIx, ShardOutcome)| {
                let mut jobs = std::mem::take(&mut outcome.jobs);
                let place = Arc::new(std::mem::take(&mut outcome.place));
                jobs.retain(|job| is_sampled(&place, job, sample, context.options.seed));
                let batches = batches(jobs, context.repository.store().reads_in_a_row())
                    .into_iter()
                    .map(move |jobs| Item::Files(Arc::clone(&place), jobs));
                std::iter::once(Item::Folder(index, Box::new(outcome))).chain(batches)
            });
            let mut folder = FolderNotes::default();
            file_pool.map(
                items,
                |item| check_item(context, item, &file_pool),
                |checked| {
                    match checked {
                        Checked::Folder(index, outcome) => {
                            (0..outcome.notes.tally.shards).for_each(|_| observer.event(Event::Advance));
                            unreferenced.merge(outcome.unreferenced);
                            shallow.extend(outcome.shallow.into_iter().map(|snapshot| (snapshot, index)));
                            let next = FolderNotes { notes: outcome.notes, parts: outcome.parts, ..Default::default() };
                            std::mem::replace(&mut folder, next).hand_over(collector);
                        }
                        Checked::Files(files) => {
                            let FileNotes { notes, late, n_files } = *files;
                            observer.event(Event::Files { n_files, bytes: notes.tally.content_bytes });
                            folder.late.extend(late);
                            folder.files.append(notes);
                        }
                    }
                    ControlFlow::Continue(())
                },
            );
            folder.hand_over(collector);
        });
    }

    /// Everything that is looked at below the folders of the indices.
    fn parts<'p>(&self, plans: &'p [IndexPlan]) -> Vec<Part<'p>> {
        let scope = &self.context.options.scope;
        let wanted = |shard: &u32| scope.shards.as_ref().is_none_or(|shards| shards.contains(shard));
        let walks = self.context.repository.store().walks_at_once();
        let mut parts = Vec::new();
        for plan in plans {
            let shards = (0..plan.n_shards()).filter(wanted).map(Some).chain(self.sweeps.then_some(None));
            let first = parts.len();
            parts.extend(shards.map(|shard| Part { plan, shard, tree: None }));
            if let Some(parts) = parts.get_mut(first..).filter(|parts| walks && parts.len() > 1) {
                let tree = Arc::default();
                parts.iter_mut().for_each(|part| part.tree = Some(Arc::clone(&tree)));
            }
        }
        parts
    }
}

/// Splits the files of a folder into what is checked by one thread in a row.
fn batches(jobs: Vec<FileJob>, most: usize) -> Vec<Vec<FileJob>> {
    let mut batches: Vec<Vec<FileJob>> = Vec::new();
    let mut bytes = 0_u64;
    for job in jobs {
        bytes = bytes.saturating_add(job.parts.len_bytes);
        match batches.last_mut() {
            Some(batch) if batch.len() < most && bytes <= BYTES_AT_ONCE => batch.push(job),
            _ => {
                bytes = job.parts.len_bytes;
                batches.push(vec![job]);
            }
        }
    }
    batches
}

fn check_item(context: &Context<'_>, item: Item, pool: &Pool) -> Checked {
    thread_local! {
        /// One read buffer per thread: allocating it for each of many small files would cost more than reading them.
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    let (depth, cancel) = (context.options.depth, pool.cancel());
    match item {
        Item::Folder(index, outcome) => Checked::Folder(index, outcome),
        Item::Files(place, jobs) => BUFFER.with_borrow_mut(|buffer| {
            Checked::Files(Box::new(file::check(context.repository, &place, &jobs, depth, cancel, buffer)))
        }),
    }
}

/// Whether the sample has a file: decided by its name and the seed alone.
fn is_sampled(place: &Place, job: &FileJob, sample: Sample, seed: u64) -> bool {
    let number = || {
        let name = job.parts.blob_name(0);
        let text = place.folder.as_str().bytes().chain(name.bytes());
        let hash = text
            .fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        // FNV leaves its high bits better mixed than its low ones.
        hash ^ hash >> 32
    };
    match sample {
        Sample::All | Sample::Bytes(_) => true,
        Sample::PerMillion(share) => number() % 1_000_000 < u64::from(share),
        Sample::Slice { part, of } => number() % u64::from(of.max(1)) == u64::from(part),
    }
}

fn sweep(
    repository: &Repository,
    plans: &[IndexPlan],
    top: Option<Vec<Beside>>,
    mut found: Unreferenced,
    collector: &mut Collector<'_>,
) -> Vec<ClassTally> {
    begin(collector, Phase::Unreferenced, 1).event(Event::Advance);
    let mut notes = Notes::default();
    match unreferenced::sweep(repository, plans, top, false, &mut |_, _| {}) {
        Ok(outside) => found.merge(outside),
        Err(error) => not_counted(error, &mut notes),
    }
    if found.is_younger_than_root() {
        let message = "unreferenced blobs are younger than the newest root";
        let finding = Finding::new(FindingKind::SnapshotMayBeRunning, message);
        notes.find(match repository.root_path() {
            Some(path) => finding.blob(&path),
            None => finding,
        });
    }
    let classes: Vec<ClassTally> = found
        .into_classes()
        .into_iter()
        .map(|mut class| {
            class.examples.iter_mut().for_each(|path| *path = repository.shown(path));
            class
        })
        .collect();
    for class in &classes {
        let kind =
            if class.class == Class::Foreign { FindingKind::ForeignBlobs } else { FindingKind::UnreferencedBlobs };
        let message = format!("{}: {} blob(s), {} bytes", class.class.name(), class.n_blobs, class.bytes);
        let finding = Finding::new(kind, message);
        notes.find(match class.examples.first() {
            Some(example) => finding.blob(&repository.base().append(example)),
            None => finding,
        });
    }
    collector.take(notes);
    classes
}
