//! Deletions, stopped after every step, on every kind of repository.

mod collect;
mod crash;
mod repair;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver, Repository,
    change::{self, Applied, Damaged, Exclusive, Fences, Journal, Means, Plan, Planned, Quarantine, Request, Stage},
    chronology,
    usage::{self, Grouping, Question},
    verify::{self, Class, Depth, FindingKind, Report},
};
use snaprepo_format::root::SnapshotIx;
use snaprepo_store::{Entry, LocalStore, ReadStore, WriteStore};
use snaprepo_testkit::{
    fixtures::{self, Fixture},
    ids,
    memory::MemoryStore,
};
use snaprepo_tests::{options, pool};

/// All blobs and their bytes.
type Content = BTreeMap<BlobPath, Vec<u8>>;

fn base(fixture: &Fixture) -> BlobPath {
    BlobPath::parse(fixture.base()).unwrap()
}

fn in_memory(fixture: &Fixture) -> Arc<MemoryStore> {
    Arc::new(MemoryStore::copy_of(&LocalStore::open(&fixture.root()).unwrap()).unwrap())
}

fn open(store: &Arc<MemoryStore>, base: &BlobPath) -> Repository {
    let store: Arc<dyn ReadStore> = Arc::clone(store) as _;
    let repository = Repository::open(&store, base, &pool()).unwrap();
    repository.find_shards().unwrap();
    repository
}

fn content(store: &dyn ReadStore) -> Content {
    let mut content = Content::new();
    store
        .walk(&BlobPath::root(), &mut |path, entry| {
            if matches!(entry, Entry::Blob { .. }) {
                content.insert(path.clone(), store.read(path).unwrap());
            }
            true
        })
        .unwrap();
    content
}

fn plan(repository: &Repository, snapshots: &[SnapshotIx]) -> Planned {
    let fences = Fences { window_millis: 0, checks_lists: true, damaged: Damaged::Refuses };
    let request = Request { snapshots, fences, now_millis: 0, new_id: &mut ids::new() };
    change::delete(repository, request, &pool(), &NoObserver).unwrap()
}

/// Begins a journal in a store of its own.
fn journal(store: &dyn WriteStore, base: &BlobPath, plan: &Plan) -> Journal {
    let former = change::check(store, base, plan).unwrap();
    Journal::begin(Arc::new(MemoryStore::new()), &BlobPath::root(), plan, &former, None).unwrap()
}

fn apply(store: &dyn WriteStore, base: &BlobPath, plan: &Plan, journal: &mut Journal) -> Result<Applied, String> {
    apply_with(store, base, plan, journal, None)
}

fn apply_with(
    store: &dyn WriteStore,
    base: &BlobPath,
    plan: &Plan,
    journal: &mut Journal,
    quarantine: Option<Quarantine<'_>>,
) -> Result<Applied, String> {
    let means = Means { exclusive: Exclusive::Kept, quarantine };
    change::apply(store, base, plan, journal, means, &pool(), &NoObserver).map_err(|error| error.to_string())
}

fn verified(store: &Arc<MemoryStore>, base: &BlobPath) -> Report {
    let store: Arc<dyn ReadStore> = Arc::clone(store) as _;
    verify::verify(&store, base, &options(Depth::Content), &pool(), &NoObserver).unwrap().unwrap()
}

/// What verify says that somebody has to look at; and the blobs that nothing refers to, but for older roots.
fn complaints(report: &Report) -> (Vec<String>, (u64, u64)) {
    let findings = report.findings.iter().filter(|finding| finding.kind != FindingKind::UnreferencedBlobs);
    let findings = findings.map(|finding| format!("{:?}: {}", finding.kind, finding.message)).collect();
    let waste = report.unreferenced.iter().flatten().filter(|class| class.class != Class::OldRoot);
    (findings, waste.fold((0, 0), |(n, bytes), class| (n + class.n_blobs, bytes + class.bytes)))
}

/// Fixtures that may be changed: whole, and of an era that has roots.
fn changeable() -> impl Iterator<Item = &'static Fixture> {
    fixtures::all().iter().filter(|fixture| {
        let name = &fixture.name;
        !name.contains("damaged")
            && !name.contains("shallow")
            && !name.starts_with("elasticsearch-1.")
            && !name.contains("-2.4.6-")
    })
}

/// Sets of snapshots that are deleted: each alone, all but the newest, all.
fn choices(repository: &Repository) -> Vec<Vec<SnapshotIx>> {
    let by_start = chronology::by_start(repository, &pool()).unwrap();
    let mut choices: Vec<Vec<SnapshotIx>> = by_start.iter().map(|snapshot| vec![*snapshot]).collect();
    choices.push(by_start.split_last().map(|(_, older)| older.to_vec()).unwrap_or_default());
    choices.push(by_start);
    choices.retain(|choice| !choice.is_empty());
    choices.dedup();
    choices
}

fn names(repository: &Repository) -> Vec<String> {
    let mut names: Vec<_> = repository.root.snapshots.iter().map(|entry| entry.name.to_string()).collect();
    names.sort();
    names
}

#[test]
fn what_stays_is_whole_and_what_goes_was_promised() {
    let mut n = 0;
    for fixture in changeable() {
        let (name, base) = (&fixture.name, base(fixture));
        let pristine = in_memory(fixture);
        let repository = open(&pristine, &base);
        let before = complaints(&verified(&pristine, &base));
        for choice in choices(&repository) {
            let store = in_memory(fixture);
            let repository = open(&store, &base);
            let planned = plan(&repository, &choice);
            let plan = planned.plan.unwrap_or_else(|| panic!("{name}: {:?}", planned.refusals));
            let old = content(&*store);
            let promised = promised(&repository, &choice);
            let mut journal = journal(&*store, &base, &plan);
            let applied = apply(&*store, &base, &plan, &mut journal).unwrap();
            assert_eq!((applied.stage, applied.n_failed), (Stage::Done, 0), "{name}");
            assert_eq!(applied.deleted, plan.doomed, "{name}");

            // (1) The survivors, and nothing else; nothing missing, and no more waste than before.
            let after = open(&store, &base);
            let removed: Vec<&str> = plan.head.removes.iter().map(|removed| &*removed.name).collect();
            let mut expected = names(&repository);
            expected.retain(|name| !removed.contains(&&**name));
            assert_eq!(names(&after), expected, "{name}");
            assert_eq!(after.root.uuid, repository.root.uuid);
            assert_eq!(after.era(), if after.root.indices.is_empty() { after.era() } else { repository.era() });
            let (findings, waste) = complaints(&verified(&store, &base));
            assert_eq!(findings, before.0, "{name} without {removed:?}");
            // (2) What du promised, to the byte: with tables and the root that others take the place of.
            // Waste in the folders of an index that goes is gone with it.
            let waste = (before.1.0 - waste.0, before.1.1 - waste.1);
            let expected = (promised.0 + waste.0, promised.1 + waste.1);
            assert_eq!(freed(&old, &store), expected, "{name} without {removed:?}");
            n += 1;
        }
    }
    assert!(n > 200, "{n}");
}

/// Blobs and bytes that `du --free` promises, without what is written anew; and the tables and roots that are replaced.
fn promised(repository: &Repository, choice: &[SnapshotIx]) -> (u64, u64) {
    let by_start = chronology::by_start(repository, &pool()).unwrap();
    let groups = (0..).zip(&repository.root.snapshots).map(|(ix, _)| u32::from(choice.contains(&ix))).collect();
    let grouping = Grouping::new(groups, &by_start);
    let question = Question { groupings: &[grouping], ..Question::default() };
    let usage = usage::measure(repository, question, &pool(), &NoObserver).unwrap();
    let share = usage.shares[0].get(1).copied().unwrap_or_default();
    (share.exclusive.n, share.exclusive.bytes)
}

/// Blobs and bytes that are gone, but for tables and roots that others took the place of.
fn freed(old: &Content, store: &Arc<MemoryStore>) -> (u64, u64) {
    let new = content(&**store);
    let folders: BTreeSet<BlobPath> = new.keys().filter_map(BlobPath::parent).collect();
    let gone = old.iter().filter(|(path, _)| !new.contains_key(*path));
    let is_replaced = |path: &BlobPath| {
        path.name().starts_with("index-") && path.parent().is_some_and(|folder| folders.contains(&folder))
    };
    gone.filter(|(path, _)| !is_replaced(path)).fold((0, 0), |(n, bytes), (_, blob)| (n + 1, bytes + blob.len() as u64))
}
