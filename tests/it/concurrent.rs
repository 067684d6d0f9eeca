//! Stores that refuse, and repositories that change while they are verified: no false alarm, and no false comfort.

use std::{num::NonZeroUsize, path::Path, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver, OpenError, Repository,
    verify::{self, Depth, FindingKind, Options, Outcome, Report, Severity, Verdict},
};
use snaprepo_store::{Cancel, Pool, ReadStore};
use snaprepo_testkit::{
    damage::{Damage, Target, delete_snapshot},
    doubles::{Double, Refusal},
    fixtures::{self, Fixture},
};
use snaprepo_tests::{options, store};

const ELASTICSEARCH: &str = "elasticsearch-9.5.3-plain";

fn fixture() -> &'static Fixture {
    fixtures::named(ELASTICSEARCH)
}

fn verified(store: &Arc<dyn ReadStore>, depth: Depth) -> Report {
    verified_as(store, &options(depth))
}

fn verified_as(store: &Arc<dyn ReadStore>, options: &Options) -> Report {
    // One thread: the k-th request is always the same.
    let pool = Pool::new(NonZeroUsize::MIN, Cancel::default());
    let options = Options { width: NonZeroUsize::MIN, ..options.clone() };
    verify::verify(store, &BlobPath::root(), &options, &pool, &NoObserver).unwrap().unwrap()
}

fn above_info(report: &Report) -> Vec<FindingKind> {
    report.findings.iter().filter(|finding| finding.severity > Severity::Info).map(|finding| finding.kind).collect()
}

#[test]
fn what_may_not_be_read_is_unknown_and_not_broken() {
    let repository = fixture().repository();
    let targets = [
        (Target::Latest, Depth::Metadata),
        (Target::SnapshotInfo, Depth::Metadata),
        (Target::GlobalMetadata, Depth::Metadata),
        (Target::IndexMetadata, Depth::Metadata),
        (Target::ShardGeneration, Depth::Metadata),
        (Target::ShardSnapshot, Depth::Metadata),
        (Target::DataBlob, Depth::Footers),
        (Target::DataBlob, Depth::Content),
    ];
    let before = verified(&store(&repository), Depth::Content);
    for (target, depth) in targets {
        for refusal in [Refusal::Denied, Refusal::Io] {
            let place = target.find(&repository).unwrap();
            let double: Arc<dyn ReadStore> =
                Arc::new(Double::of(store(&repository)).refuse(place.blob.as_str(), refusal, 0));
            let report = verified(&double, depth);
            let what = format!("{target:?} {refusal:?}");
            assert_eq!(above_info(&report), [], "{what}");
            assert_eq!(report.outcome, Outcome::Inconclusive, "{what}");
            assert!(report.n_failures >= 1, "{what}");
            assert!(report.failures.iter().all(|failure| failure.path == place.blob), "{what}: {:?}", report.failures);
            for pair in &report.pairs {
                let is_of_place = place.snapshots.contains(&pair.snapshot) && place.index == Some(pair.index);
                let was = before.pairs.iter().find(|was| (was.snapshot, was.index) == (pair.snapshot, pair.index));
                match was {
                    Some(was) => assert_eq!(pair, was, "{what}"),
                    None => assert!(is_of_place && pair.verdict == Verdict::Unknown, "{what}: {pair:?}"),
                }
            }
            let depends = |ix: &u32| place.snapshots.contains(ix) && target != Target::GlobalMetadata;
            for snapshot in report.snapshots.iter().filter(|verdict| depends(&verdict.snapshot)) {
                assert_ne!(snapshot.verdict, Verdict::Restorable, "{what}");
            }
        }
    }
}

#[test]
fn a_folder_that_may_not_be_listed_is_no_missing_folder() {
    let repository = fixture().repository();
    let place = Target::ShardSnapshot.find(&repository).unwrap();
    let folder = place.blob.parent().unwrap();
    let double: Arc<dyn ReadStore> =
        Arc::new(Double::of(store(&repository)).refuse(folder.as_str(), Refusal::Denied, 0));
    let report = verified(&double, Depth::Presence);
    assert_eq!((above_info(&report), report.outcome), (vec![], Outcome::Inconclusive));
    assert_eq!(report.failures[0].path, folder);
    let unknown =
        report.pairs.iter().filter(|pair| pair.verdict == Verdict::Unknown && Some(pair.index) == place.index);
    assert!(unknown.count() >= 1);
    // Nobody may call unreferenced what lies in folders that nobody could look into.
    let tallies = report.unreferenced.unwrap();
    assert!(tallies.iter().all(|tally| !tally.examples.iter().any(|path| path.relative_to(&folder).is_some())));
}

#[test]
fn a_refused_root_is_an_error() {
    let repository = fixture().repository();
    let root = Target::Root.find(&repository).unwrap().blob;
    for refusal in [Refusal::Denied, Refusal::Io] {
        let double: Arc<dyn ReadStore> = Arc::new(Double::of(store(&repository)).refuse(root.as_str(), refusal, 0));
        let opened = Repository::open(&double, &BlobPath::root(), &snaprepo_tests::pool());
        assert!(matches!(opened, Err(OpenError::Blob(_))));
    }
}

/// The fixture, and the same repository after its cluster has deleted a snapshot.
fn before_and_after() -> (tempfile::TempDir, Arc<dyn ReadStore>, Arc<dyn ReadStore>) {
    let copy = fixture().copy();
    delete_snapshot(copy.path(), "snap-3");
    let (before, after) = (store(&fixture().repository()), store(copy.path()));
    (copy, before, after)
}

#[test]
fn the_repository_after_a_delete_is_intact() {
    let (_copy, _, after) = before_and_after();
    let report = verified(&after, Depth::Content);
    assert_eq!((above_info(&report), report.outcome), (vec![], Outcome::Pass), "{:#?}", report.findings);
    assert_eq!(report.unreferenced.unwrap(), []);
}

#[test]
fn a_delete_in_the_middle_is_no_damage() {
    let (_copy, before, after) = before_and_after();
    let counter = Arc::new(Double::of(Arc::clone(&before)));
    let expected = verified(&after, Depth::Footers);
    verified(&(Arc::clone(&counter) as Arc<dyn ReadStore>), Depth::Footers);
    let n_requests = counter.n_requests();
    assert!(n_requests > 100, "{n_requests}");
    let (mut n_moved, mut n_told) = (0, 0);
    for n in 0..=n_requests {
        let double: Arc<dyn ReadStore> = Arc::new(Double::of(Arc::clone(&before)).become_after(n, Arc::clone(&after)));
        let report = verified(&double, Depth::Footers);
        assert_eq!((above_info(&report), report.outcome), (vec![], Outcome::Pass), "after {n} requests");
        assert!(report.n_failures == 0, "after {n} requests: {:?}", report.failures);
        if report.repository.generation == expected.repository.generation {
            n_moved += 1;
            n_told += u64::from(report.findings.iter().any(|finding| finding.kind == FindingKind::GenerationMoved));
            // What was not looked at again has the verdicts of the first look.
            let verdicts = |report: &Report| -> Vec<_> {
                let name = |ix| report.repository.root.snapshot_entry(ix).name.clone();
                let verdicts = report.snapshots.iter();
                verdicts.map(|v| (name(v.snapshot), v.verdict, v.n_indices, v.n_restorable)).collect()
            };
            assert_eq!(verdicts(&report), verdicts(&expected), "after {n} requests");
        }
    }
    assert!(n_moved + 1 >= n_requests, "{n_moved} of {n_requests}");
    // Only what was opened after the move has nothing to tell.
    assert!(n_told + 10 >= n_moved, "{n_told} of {n_moved}");
}

#[test]
fn a_root_that_is_just_being_published_is_no_damage() {
    let copy = fixture().copy();
    std::fs::copy(copy.path().join("index-4"), copy.path().join("index-5")).unwrap();
    let report = verified(&store(copy.path()), Depth::Content);
    assert_eq!((above_info(&report), report.outcome), (vec![], Outcome::Pass));
    assert!(report.findings.iter().any(|finding| finding.kind == FindingKind::LatestMismatch));
    std::fs::remove_file(copy.path().join("index-4")).unwrap();
    assert_eq!(above_info(&verified(&store(copy.path()), Depth::Content)), [FindingKind::LatestMismatch]);
}

#[test]
fn a_latest_that_is_just_being_written_anew_is_not_missing() {
    let copy = fixture().copy();
    std::fs::remove_file(copy.path().join("index.latest")).unwrap();
    let counter = Arc::new(Double::of(store(&fixture().repository())));
    verified(&(Arc::clone(&counter) as Arc<dyn ReadStore>), Depth::Metadata);
    for n in 0..counter.n_requests() {
        let double = Double::of(store(&fixture().repository())).become_after(n, store(copy.path()));
        let report = verified(&(Arc::new(double) as Arc<dyn ReadStore>), Depth::Metadata);
        assert_eq!((above_info(&report), report.outcome), (vec![], Outcome::Pass), "after {n} requests");
    }
    // What is listed and cannot be found at all is damage.
    let double = Double::of(store(&fixture().repository())).refuse("index.latest", Refusal::Vanished, 0);
    let report = verified(&(Arc::new(double) as Arc<dyn ReadStore>), Depth::Metadata);
    assert_eq!(above_info(&report), [FindingKind::LatestMismatch]);
}

#[test]
fn damage_is_still_found_when_the_repository_moves() {
    let (copy, _, after) = before_and_after();
    // The same shard is damaged before and after.
    let place = Target::DataBlob.find(copy.path()).unwrap();
    let damaged_before = fixture().copy();
    let _damaged = Damage::Missing.apply(&place).unwrap();
    std::fs::remove_file(damaged_before.path().join(place.blob.as_str())).unwrap();
    for n in [10, 40, 80] {
        let double: Arc<dyn ReadStore> =
            Arc::new(Double::of(store(damaged_before.path())).become_after(n, Arc::clone(&after)));
        let report = verified(&double, Depth::Presence);
        assert_eq!(above_info(&report), [FindingKind::MissingBlob], "after {n} requests");
        assert_eq!(report.outcome, Outcome::Fail);
        assert!(report.pairs.iter().any(|pair| pair.verdict > Verdict::Unknown));
    }
}

#[test]
fn a_repository_that_never_rests_ends_inconclusive() {
    let (copy, _, after) = before_and_after();
    let place = Target::DataBlob.find(copy.path()).unwrap();
    let damaged_before = fixture().copy();
    let _damaged = Damage::Missing.apply(&place).unwrap();
    std::fs::remove_file(damaged_before.path().join(place.blob.as_str())).unwrap();
    let double = Arc::new(Double::of(store(damaged_before.path())).alternate_with(after));
    // Opening lists once, and asking for the newest generation lists again: every look finds it moved. A look at a
    // part of the repository lists no third time, in search of leftovers.
    let mut options = options(Depth::Presence);
    options.scope.shards = Some((0..10).collect());
    let report = verified_as(&(Arc::clone(&double) as Arc<dyn ReadStore>), &options);
    assert_eq!(report.outcome, Outcome::Inconclusive, "{:#?}", report.findings);
    assert!(report.unreferenced.is_none());
    assert!(double.n_requests() < 5_000, "{}", double.n_requests());
}

#[test]
fn a_root_that_is_always_gone_when_it_is_read_is_an_error_and_no_finding() {
    let copy = fixture().copy();
    let root = Target::Root.find(copy.path()).unwrap();
    // An older root lies about, which must not be taken for the newest.
    std::fs::copy(&root.file, copy.path().join("index-0")).unwrap();
    let vanish = |n_answered| -> Arc<dyn ReadStore> {
        Arc::new(Double::of(store(copy.path())).refuse(root.blob.as_str(), Refusal::Vanished, n_answered))
    };
    let pool = snaprepo_tests::pool();
    let verified = verify::verify(&vanish(0), &BlobPath::root(), &options(Depth::Metadata), &pool, &NoObserver);
    assert!(matches!(verified, Err(OpenError::Blob(_))));
    assert!(Repository::open(&vanish(1), &BlobPath::root(), &pool).is_ok());
}

#[test]
fn without_a_listing_the_latest_hint_opens_the_repository() {
    let double: Arc<dyn ReadStore> = Arc::new(Double::of(store(&fixture().repository())).without_listing());
    let repository = Repository::open(&double, &BlobPath::root(), &snaprepo_tests::pool()).unwrap();
    assert_eq!(repository.generation, fixture().vector().generation);
    let nowhere: Arc<dyn ReadStore> =
        Arc::new(Double::of(store(Path::new(&fixture().repository()))).without_listing().refuse(
            "index.latest",
            Refusal::Vanished,
            0,
        ));
    assert!(Repository::open(&nowhere, &BlobPath::root(), &snaprepo_tests::pool()).is_err());
}
