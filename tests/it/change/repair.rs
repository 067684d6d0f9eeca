//! What is damaged is put right from the repository itself, and verification agrees.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver, Repository,
    change::{self, Damaged, Fences, Journal, Mend, Mended, Part, Plan, Quarantine, Rebuild, Request, Stage, Why},
    verify::{FindingKind, Severity, Verdict},
};
use snaprepo_format::{names::RootBlob, time_of_metadata_blob};
use snaprepo_store::{Entry, LocalStore, ReadStore, WriteStore};
use snaprepo_testkit::{
    damage::{Damage, Disagreement, Editor, Target},
    dying::{Death, Dying},
    fixtures::{self, Fixture},
    ids,
    memory::MemoryStore,
};
use snaprepo_tests::pool;

use super::{apply, base, changeable, complaints, names, open, verified};
use crate::healthy::DAMAGED;

/// Disagreements that a repair undoes.
const MENDED: [Disagreement; 13] = [
    Disagreement::UnknownSnapshotOfIndex,
    Disagreement::EmptyIndex,
    Disagreement::LookupOfUnknownIndex,
    Disagreement::UnusedIdentifier,
    Disagreement::OtherLatest,
    Disagreement::LostPathType,
    Disagreement::UnnamedTable,
    Disagreement::NumberInRoot,
    Disagreement::SnapshotNotInTable,
    Disagreement::UnknownSnapshotInTable,
    Disagreement::FileNotInTable,
    Disagreement::DanglingReference,
    Disagreement::EntryTwiceInTable,
];

fn stored(folder: &Path) -> Arc<MemoryStore> {
    Arc::new(MemoryStore::copy_of(&LocalStore::open(folder).unwrap()).unwrap())
}

pub(super) fn mend(repository: &Repository) -> Mended {
    let mend = Mend {
        parts: &Part::ALL,
        makes_latest: false,
        checks_lists: true,
        window_millis: 0,
        now_millis: 0,
        new_id: &mut ids::new(),
    };
    change::repair(repository, mend, &pool(), &NoObserver).unwrap()
}

fn carry_out(store: &Arc<MemoryStore>, base: &BlobPath, plan: &Plan) {
    let former = change::check(&**store, base, plan).unwrap();
    let state: Arc<dyn WriteStore> = Arc::new(MemoryStore::new());
    let mut journal = Journal::begin(state, &BlobPath::root(), plan, &former, None).unwrap();
    let applied = apply(&**store, base, plan, &mut journal).unwrap();
    assert_eq!((applied.stage, applied.n_failed), (Stage::Done, 0));
}

/// Repairs, and returns what verification still complains about that it did not before the damage.
fn repaired(store: &Arc<MemoryStore>, base: &BlobPath, before: &[String]) -> Result<(), String> {
    let repository = open(store, base);
    let old_names = names(&repository);
    let Mended { plan, refusals, repairs, .. } = mend(&repository);
    let plan = plan.ok_or_else(|| format!("no plan: {refusals:?} {repairs:?}"))?;
    carry_out(store, base, &plan);
    let (mut findings, _) = complaints(&verified(store, base));
    // Legal, and what a number in the root comes to.
    findings.retain(|finding| before.contains(finding) || !finding.starts_with("ShardGenerationFallback"));
    if findings != before {
        return Err(format!("{findings:?}, after {repairs:?}"));
    }
    if names(&open(store, base)) != old_names {
        return Err("it lists other snapshots".to_owned());
    }
    // Once is enough.
    let again = mend(&open(store, base));
    if again.plan.is_some() {
        return Err(format!("it repairs again: {:?}", again.repairs));
    }
    Ok(())
}

#[test]
fn what_disagrees_is_put_right() {
    let (mut n, mut wrong) = (BTreeMap::new(), Vec::new());
    for fixture in changeable() {
        let base = base(fixture);
        let before = complaints(&verified(&super::in_memory(fixture), &base)).0;
        for disagreement in MENDED {
            let copy = fixture.copy();
            let editor = Editor::open(&fixture.copied_repository(&copy));
            if disagreement.make(&editor).is_none() {
                continue;
            }
            editor.keep();
            *n.entry(disagreement).or_insert(0) += 1;
            if let Err(why) = repaired(&stored(copy.path()), &base, &before) {
                wrong.push(format!("{}, {disagreement:?}: {why}", fixture.name));
            }
        }
    }
    println!("{n:?}");
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(n.len(), MENDED.len(), "{n:?}");
}

#[test]
fn a_damaged_table_is_made_anew() {
    let (mut n, mut wrong) = (0, Vec::new());
    for fixture in changeable() {
        let base = base(fixture);
        let before = complaints(&verified(&super::in_memory(fixture), &base)).0;
        for damage in Damage::ALL {
            let copy = fixture.copy();
            let Some(place) = Target::ShardGeneration.find(&fixture.copied_repository(&copy)) else { continue };
            let Some(_damaged) = damage.apply(&place) else { continue };
            n += 1;
            if let Err(why) = repaired(&stored(copy.path()), &base, &before) {
                wrong.push(format!("{}, {damage:?}: {why}", fixture.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {n} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(n > 300, "{n}");
}

/// Every root of a repository.
fn roots(store: &MemoryStore, base: &BlobPath) -> Vec<BlobPath> {
    let mut roots = Vec::new();
    store
        .list(base, &mut |entry| {
            if let Entry::Blob { name, .. } = entry
                && matches!(RootBlob::parse(name), RootBlob::Root(_))
            {
                roots.push(base.join(name).unwrap());
            }
        })
        .unwrap();
    roots
}

/// What a root says, in an order of its own: snapshots, and indices with the metadata of each snapshot.
fn said(repository: &Repository) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let root = &repository.root;
    let mut snapshots: Vec<_> = root
        .snapshots
        .iter()
        .map(|entry| format!("{} {} {:?} {:?}", entry.name, entry.uuid, entry.state, entry.version))
        .collect();
    snapshots.sort();
    let indices = (0..).zip(&root.indices).map(|(ix, entry)| {
        let of = |snapshot: &u32| {
            let name = &root.snapshot_entry(*snapshot).name;
            format!("{name}: {}", root.metadata_blob_id(*snapshot, ix))
        };
        let mut held_by: Vec<String> = entry.snapshots.iter().map(of).collect();
        held_by.sort();
        (format!("{} {} {:?}", entry.name, entry.id, entry.shard_path_type), held_by)
    });
    (snapshots, indices.collect())
}

/// How a root is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// There is none any more, and no `index.latest`.
    Gone,
    /// Its end is gone.
    CutOff,
}

fn rebuilt(fixture: &Fixture, loss: Loss) -> Result<(), String> {
    let base = base(fixture);
    let store = super::in_memory(fixture);
    let original = open(&store, &base);
    let before = complaints(&verified(&store, &base)).0;
    for root in roots(&store, &base) {
        let bytes = store.read(&root).unwrap();
        store.delete(&root).unwrap();
        if loss == Loss::CutOff {
            store.create(&root, &bytes[..bytes.len() / 2]).unwrap();
        }
    }
    if loss == Loss::Gone {
        let _ = store.delete(&base.join("index.latest").unwrap());
    }
    let as_read: Arc<dyn ReadStore> = Arc::clone(&store) as _;
    let request = Rebuild { store: &as_read, base: &base, window_millis: 0, now_millis: 0, new_id: &mut ids::new() };
    let rebuilt = change::rebuild(request, &pool(), &NoObserver).unwrap();
    let Mended { plan, refusals, repairs, .. } = rebuilt.mended;
    // What a node of Elasticsearch 5 has made of Elasticsearch 2 has snapshots without a uuid.
    if original.root.snapshots.iter().any(|entry| entry.uuid == entry.name) {
        assert!(plan.is_none() && refusals.iter().any(|refusal| refusal.why == Why::ReadOnlyEra), "{refusals:?}");
        return Ok(());
    }
    let plan = plan.ok_or_else(|| format!("no plan: {refusals:?} {repairs:?}"))?;
    assert_eq!(plan.doomed.n, 0, "{}: {:?} {repairs:#?}", fixture.name, plan.tables);
    carry_out(&store, &base, &plan);
    let new = open(&store, &base);
    let (findings, _) = complaints(&verified(&store, &base));
    let findings: Vec<_> = findings.into_iter().filter(|finding| !before.contains(finding)).collect();
    if !findings.is_empty() {
        return Err(format!("{findings:?}, after {repairs:?}"));
    }
    if new.era() != original.era() {
        return Err(format!("era {:?}, not {:?}", new.era(), original.era()));
    }
    // The beginning of a root tells who the repository is.
    let has_new_identity = loss == Loss::Gone && original.root.uuid.is_some();
    assert_eq!(rebuilt.recovered.has_new_identity, has_new_identity, "{}", fixture.name);
    assert_eq!(new.root.uuid == original.root.uuid, !has_new_identity, "{}", fixture.name);
    let (ours, theirs) = (said(&new), said(&original));
    if ours.0 != theirs.0 {
        return Err(format!("snapshots {:#?}, not {:#?}", ours.0, theirs.0));
    }
    if ours.1 != theirs.1 {
        return Err(format!("indices {:#?}, not {:#?}", ours.1, theirs.1));
    }
    match repairs.iter().find(|repair| repair.left.is_some()) {
        Some(left) => Err(format!("{left:?}")),
        None => Ok(()),
    }
}

#[test]
fn a_lost_root_is_made_of_what_it_spoke_of() {
    let (mut n, mut wrong) = (0, Vec::new());
    for fixture in changeable() {
        for loss in [Loss::Gone, Loss::CutOff] {
            match rebuilt(fixture, loss) {
                Ok(()) => n += 1,
                Err(why) => wrong.push(format!("{}, {loss:?}: {why}", fixture.name)),
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong, {n} right:\n{}", wrong.len(), wrong.join("\n"));
    assert!(n > 100, "{n}");
}

#[test]
fn what_an_older_node_has_lost_is_put_back() {
    let fixture = fixtures::named(DAMAGED);
    let (base, store) = (base(fixture), super::in_memory(fixture));
    let before = verified(&store, &base);
    assert!(before.findings.iter().any(|finding| finding.kind == FindingKind::ShardPathTypeLost));
    let Mended { plan, refusals, repairs, .. } = mend(&open(&store, &base));
    let plan = plan.unwrap_or_else(|| panic!("{refusals:?}"));
    assert!(repairs.iter().all(|repair| repair.left.is_none()), "{repairs:#?}");
    assert!(repairs.iter().any(|repair| repair.part == Part::ShardPaths));
    carry_out(&store, &base, &plan);
    let after = verified(&store, &base);
    let above: Vec<_> = after.findings.iter().filter(|finding| finding.severity > Severity::Info).collect();
    assert!(above.is_empty(), "{above:#?}");
    assert_eq!(names(&open(&store, &base)), names(&before.repository));
}

#[test]
fn nothing_wrong_is_nothing_to_do() {
    for fixture in changeable() {
        let (base, store) = (base(fixture), super::in_memory(fixture));
        let Mended { plan, refusals, repairs, .. } = mend(&open(&store, &base));
        assert!(
            plan.is_none() && refusals.is_empty() && repairs.is_empty(),
            "{}: {refusals:?} {repairs:?}",
            fixture.name
        );
    }
}

/// A way to damage a repository, and the plan that answers it.
type Case = (fn(&MemoryStore, &BlobPath), fn(&Arc<MemoryStore>, &BlobPath) -> Plan);

fn lose_tables(store: &MemoryStore, _: &BlobPath) {
    let mut tables = Vec::new();
    store
        .walk(&BlobPath::root(), &mut |path, _| {
            let is_in_shard = path.components().any(|part| part == "indices");
            if is_in_shard && path.name().starts_with("index-") {
                tables.push(path.clone());
            }
            true
        })
        .unwrap();
    for table in tables {
        store.replace(&table, b"damaged").unwrap();
    }
}

fn lose_root(store: &MemoryStore, base: &BlobPath) {
    for root in roots(store, base) {
        store.delete(&root).unwrap();
    }
}

fn damage_snapshot(store: &MemoryStore, base: &BlobPath) {
    let mut infos = Vec::new();
    store
        .list(base, &mut |entry| {
            if let Entry::Blob { name, .. } = entry
                && matches!(RootBlob::parse(name), RootBlob::SnapshotInfo(_))
            {
                infos.push(base.join(name).unwrap());
            }
        })
        .unwrap();
    store.replace(&infos[0], b"damaged").unwrap();
}

fn plan_repair(store: &Arc<MemoryStore>, base: &BlobPath) -> Plan {
    mend(&open(store, base)).plan.unwrap()
}

fn plan_root(store: &Arc<MemoryStore>, base: &BlobPath) -> Plan {
    let store: Arc<dyn ReadStore> = Arc::clone(store) as _;
    let request = Rebuild { store: &store, base, window_millis: 0, now_millis: 0, new_id: &mut ids::new() };
    change::rebuild(request, &pool(), &NoObserver).unwrap().mended.plan.unwrap()
}

/// What `drop-broken` asks for.
fn plan_drop(store: &Arc<MemoryStore>, base: &BlobPath) -> Plan {
    let report = verified(store, base);
    let broken: Vec<_> =
        report.snapshots.iter().filter(|of| of.verdict == Verdict::Not).map(|of| of.snapshot).collect();
    assert_eq!(broken.len(), 1);
    report.repository.find_shards().unwrap();
    let fences = Fences { window_millis: 0, checks_lists: true, damaged: Damaged::Stays };
    let request = Request { snapshots: &broken, fences, now_millis: 0, new_id: &mut ids::new() };
    change::delete(&report.repository, request, &pool(), &NoObserver).unwrap().plan.unwrap()
}

/// Killed at every effect: gone on with, or taken back byte for byte.
#[test]
fn what_was_stopped_is_gone_on_with_or_taken_back() {
    const CASES: [Case; 3] = [(lose_tables, plan_repair), (lose_root, plan_root), (damage_snapshot, plan_drop)];
    for name in [
        "elasticsearch-6.8.23-compressed",
        "elasticsearch-7.6.2-plain",
        "elasticsearch-9.5.3-plain",
        "opensearch-3.6.0-hashed-infix",
    ] {
        let (fixture, mut n) = (fixtures::named(name), 0);
        for (damage, plan_of) in CASES {
            for (at, undoes) in (0..).flat_map(|at| [(at, false), (at, true)]) {
                let (base, store) = (base(fixture), super::in_memory(fixture));
                damage(&store, &base);
                let before = super::content(&*store);
                let plan = plan_of(&store, &base);
                let former = change::check(&*store, &base, &plan).unwrap();
                let kept = MemoryStore::new();
                let (state, top): (Arc<dyn WriteStore>, _) = (Arc::new(MemoryStore::new()), BlobPath::root());
                let mut journal = Journal::begin(Arc::clone(&state), &top, &plan, &former, None).unwrap();
                let quarantine = Some(Quarantine { store: &kept, folder: &top });
                let dying = Dying::new(Arc::clone(&store), Death::Killed, at);
                let applied = super::apply_with(&dying, &base, &plan, &mut journal, quarantine);
                if dying.n_effects() <= at {
                    assert_eq!(applied.unwrap().stage, Stage::Done);
                    break;
                }
                n += 1;
                let what = format!("{name}, effect {at}");
                let (mut journal, plan) = Journal::open(state, &top).unwrap();
                if undoes {
                    change::undo(&*store, &base, &plan, &mut journal, quarantine, &pool())
                        .unwrap_or_else(|error| panic!("{what}: {error}"));
                    let after = super::content(&*store);
                    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{what}");
                    assert_eq!(after, before, "{what}");
                } else {
                    super::apply_with(&*store, &base, &plan, &mut journal, quarantine)
                        .unwrap_or_else(|error| panic!("{what}: {error}"));
                    let (findings, _) = complaints(&verified(&store, &base));
                    assert!(findings.is_empty(), "{what}: {findings:?}");
                }
            }
        }
        assert!(n > 10, "{name}: {n}");
    }
}

/// What is damaged and no other snapshot needs goes with its snapshot; the rest lives on.
#[test]
fn a_broken_snapshot_is_dropped_from_every_repository() {
    for fixture in changeable() {
        let (name, base, store) = (&fixture.name, base(fixture), super::in_memory(fixture));
        let before = complaints(&verified(&store, &base)).0;
        let old_names = names(&open(&store, &base));
        damage_snapshot(&store, &base);
        let plan = plan_drop(&store, &base);
        carry_out(&store, &base, &plan);
        let (findings, _) = complaints(&verified(&store, &base));
        assert_eq!(findings, before, "{name}");
        let mut left = old_names;
        left.retain(|name| plan.head.removes.iter().all(|removed| removed.name != *name));
        assert_eq!(names(&open(&store, &base)), left, "{name}");
        assert_eq!(plan.head.removes.len(), 1);
    }
}

/// By this a lost root is told which metadata a snapshot had (`docs/format.md`, *Names*).
#[test]
fn metadata_is_named_when_its_first_snapshot_ends() {
    let (mut n, mut latest) = (0, 0);
    for fixture in changeable() {
        let (base, store) = (base(fixture), super::in_memory(fixture));
        let repository = open(&store, &base);
        let mut first_end: BTreeMap<String, i64> = BTreeMap::new();
        for (index, entry) in (0..).zip(&repository.root.indices) {
            for snapshot in &entry.snapshots {
                let Some((_, blob)) = repository.root.identifier(*snapshot, index) else { continue };
                let end = repository.snapshot_info(*snapshot).unwrap().end_millis;
                let first = first_end.entry(blob.to_owned()).or_insert(end);
                *first = end.min(*first);
            }
        }
        for (blob, end) in first_end {
            let behind = time_of_metadata_blob(&blob).unwrap() - end;
            // The snapshot that first had it may have been deleted since: then it is older.
            assert!(behind < 2_000, "{}: {blob} is {behind} ms behind", fixture.name);
            latest = latest.max(behind);
            n += 1;
        }
    }
    println!("{n} blobs, at most {latest} ms behind");
    assert!(n > 300 && latest > 0, "{n}, {latest}");
}
