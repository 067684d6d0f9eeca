//! Stores where one listing shows everything below a folder: the same verdicts as where each folder is listed.

use std::sync::Arc;

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver,
    verify::{self, Depth, Report},
};
use snaprepo_store::{LocalStore, Meter, Metered, ReadStore};
use snaprepo_testkit::{fixtures, memory::MemoryStore};
use snaprepo_tests::{options, pool};

/// Everything that a report tells, but for ages: memory has none.
fn told(report: &Report) -> String {
    let classes: Vec<_> = report.unreferenced.iter().flatten().map(|c| (c.class, c.n_blobs, c.bytes)).collect();
    let Report { findings, snapshots, failures, tally, outcome, .. } = report;
    format!("{outcome:?} {tally:#?} {findings:#?} {snapshots:#?} {failures:#?} {classes:#?}")
}

fn report(store: &Arc<dyn ReadStore>, base: &BlobPath, depth: Depth) -> Report {
    verify::verify(store, base, &options(depth), &pool(), &NoObserver).unwrap().unwrap()
}

#[test]
fn one_listing_tells_what_many_do() {
    for fixture in fixtures::all() {
        let local = LocalStore::open(&fixture.root()).unwrap();
        let memory = MemoryStore::copy_of(&local).unwrap();
        let base = BlobPath::parse(fixture.base()).unwrap();
        let (one, many) = (Meter::default(), Meter::default());
        let one_store: Arc<dyn ReadStore> = Arc::new(Metered::new(Box::new(memory), one.clone()));
        let many_store: Arc<dyn ReadStore> = Arc::new(Metered::new(Box::new(local), many.clone()));
        for depth in [Depth::Presence, Depth::Content] {
            let (found, expected) = (report(&one_store, &base, depth), report(&many_store, &base, depth));
            assert_eq!(told(&found), told(&expected), "{} at {depth:?}", fixture.name);
        }
        assert!(one.requests().lists <= many.requests().lists, "{}", fixture.name);
        // OpenSearch 3 hashes the paths of shards from the start: nothing of them lies below `indices`.
        let is_fixed = !fixture.name.starts_with("opensearch-3");
        if is_fixed && fixture.name.ends_with("-plain") && fixture.repository().join("index.latest").exists() {
            // Before, after, the root folder, everything below `indices`; and the notes about hashed folders, where a
            // shard that failed has no folder and OpenSearch may have written it.
            assert!((8..=12).contains(&one.requests().lists), "{}: {}", fixture.name, one.requests().lists);
        }
    }
}
