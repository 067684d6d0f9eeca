//! Collections that take names out of shard tables first.

use std::{collections::BTreeSet, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver,
    change::{self, Collect, Journal, Stage},
    verify::Class,
};
use snaprepo_format::root::{self, Edit};
use snaprepo_store::{LocalStore, ReadStore, WriteStore};
use snaprepo_testkit::{ids, memory::MemoryStore};
use snaprepo_tests::pool;

use super::{apply, base, changeable, choices, complaints, content, in_memory, journal, open, plan, verified};

const CLASSES: [Class; 6] = [
    Class::OldRoot,
    Class::StaleSnapshot,
    Class::StaleIndex,
    Class::StaleIndexMetadata,
    Class::StaleShardBlob,
    Class::Transient,
];

/// What lies there, but for roots and tables, whose names are new each time.
fn names(store: &MemoryStore) -> BTreeSet<BlobPath> {
    content(store).into_keys().filter(|path| !path.name().starts_with("index-")).collect()
}

/// A root that has forgotten a snapshot, with everything of it still there, comes to what a deletion leaves.
#[test]
fn what_a_root_has_forgotten_is_collected_as_if_it_had_been_deleted() {
    let mut n = 0;
    for fixture in changeable() {
        let (name, base) = (&fixture.name, base(fixture));
        let deleted = in_memory(fixture);
        let repository = open(&deleted, &base);
        let choice = choices(&repository).swap_remove(0);
        let deletion = plan(&repository, &choice).plan.unwrap();
        let old_root = deleted.read(&repository.root_path().unwrap()).unwrap();
        apply(&*deleted, &base, &deletion, &mut journal(&*deleted, &base, &deletion)).unwrap();

        // What has no age is never collected.
        let directory = LocalStore::open(&fixture.root()).unwrap();
        let store = Arc::new(MemoryStore::copy_of(&directory).unwrap().written_at(0));
        let uuids = deletion.head.removes.iter().map(|removed| &*removed.uuid);
        let edit = Edit { snapshots: uuids.collect(), ..Edit::default() };
        let forgetful = root::edited(&old_root, &edit).unwrap();
        store.replace(&repository.root_path().unwrap(), &forgetful).unwrap();
        let forgetful = open(&store, &base);
        let mut new_id = ids::new();
        let collect = Collect {
            classes: &CLASSES,
            grace_millis: 0,
            window_millis: 0,
            now_millis: i64::MAX,
            rewrites_tables: Some(&mut new_id),
        };
        let collected = change::gc(&forgetful, collect, &pool(), &NoObserver).unwrap();
        let plan = collected.plan.unwrap_or_else(|| panic!("{name}: {:?}", collected.refusals));
        let mut journal: Journal = journal(&*store, &base, &plan);
        assert_eq!(apply(&*store, &base, &plan, &mut journal).unwrap().stage, Stage::Done, "{name}");
        n += plan.tables.len();

        let (findings, _) = complaints(&verified(&store, &base));
        let (expected, _) = complaints(&verified(&deleted, &base));
        assert_eq!(findings, expected, "{name}");
        let (ours, theirs) = (names(&store), names(&deleted));
        // Waste from before is gone, too.
        assert!(ours.is_subset(&theirs), "{name}: {:?}", ours.difference(&theirs).collect::<Vec<_>>());
    }
    assert!(n > 100, "{n}");
}
