//! Stopped, refused, or left without an answer, at every single effect.

use std::sync::Arc;

use snaprepo_codec::BlobPath;
use snaprepo_core::change::{self, Journal, Quarantine, QuarantinePlace, Stage};
use snaprepo_store::WriteStore;
use snaprepo_testkit::{
    dying::{Death, Dying},
    fixtures,
    memory::MemoryStore,
};
use snaprepo_tests::pool;

use super::{apply, apply_with, base, choices, complaints, content, in_memory, names, open, plan, verified};

/// One of each era and layout.
const FIXTURES: [&str; 7] = [
    "elasticsearch-5.6.16-plain",
    "elasticsearch-6.8.23-compressed",
    "elasticsearch-7.6.2-plain",
    "elasticsearch-9.5.3-plain",
    "opensearch-1.3.20-compressed",
    "opensearch-3.6.0-hashed-infix",
    "elasticsearch-6.8.23_7.10.2-upgraded",
];

/// What a run left behind: the name of the case, the store, its base, the journal and plan, the snapshots before.
struct Left<'l> {
    case: String,
    store: &'l Arc<MemoryStore>,
    base: &'l BlobPath,
    quarantine: Quarantine<'l>,
    journal: Journal,
    plan: change::Plan,
    old_names: &'l [String],
}

/// Runs a deletion that dies at every effect in turn; `check` gets what is left. With `keeps`, what is deleted is put
/// into a quarantine before.
fn for_every_effect(death: Death, keeps: bool, check: &dyn Fn(Left<'_>)) {
    for name in FIXTURES {
        let fixture = fixtures::named(name);
        let base = base(fixture);
        let pristine = in_memory(fixture);
        let choice = choices(&open(&pristine, &base)).swap_remove(0);
        for at in 0.. {
            let store = in_memory(fixture);
            let repository = open(&store, &base);
            let old_names = names(&repository);
            let plan = plan(&repository, &choice).plan.unwrap();
            let former = change::check(&*store, &base, &plan).unwrap();
            let state: Arc<dyn WriteStore> = Arc::new(MemoryStore::new());
            let (folder, kept) = (BlobPath::parse("one/journal").unwrap(), MemoryStore::new());
            let place = QuarantinePlace { location: "elsewhere".to_owned(), folder: "one/journal".to_owned() };
            let place = keeps.then_some(place);
            let mut journal = Journal::begin(Arc::clone(&state), &folder, &plan, &former, place.clone()).unwrap();
            let dying = Dying::new(Arc::clone(&store), death, at);
            let quarantine = Quarantine { store: &kept, folder: &folder };
            let applied = apply_with(&dying, &base, &plan, &mut journal, keeps.then_some(quarantine));
            if dying.n_effects() <= at {
                assert_eq!(applied.unwrap().stage, Stage::Done);
                assert!(at > 5, "{name}: {at}");
                break;
            }
            let (journal, plan) = Journal::open(state, &folder).unwrap();
            assert_eq!(journal.quarantine(), place.as_ref());
            let case = format!("{name}, effect {at}");
            check(Left { case, store: &store, base: &base, quarantine, journal, plan, old_names: &old_names });
        }
    }
}

/// The old or the new snapshots, and nothing wrong with them.
fn is_whole(name: &str, store: &Arc<MemoryStore>, base: &BlobPath, plan: &change::Plan, old_names: &[String]) -> bool {
    let found = names(&open(store, base));
    let mut new_names = old_names.to_vec();
    new_names.retain(|name| !plan.head.removes.iter().any(|removed| removed.name == *name));
    assert!(found == old_names || found == new_names, "{name}: {found:?}");
    let (findings, _) = complaints(&verified(store, base));
    // `index.latest` may lag behind; a table of Elasticsearch 5 to 7.5 may know a snapshot that the root has lost.
    let may_be = |finding: &&String| {
        finding.starts_with("LatestMismatch")
            || (!plan.head.tables_first && finding.starts_with("UnknownSnapshotInShardGeneration"))
    };
    let findings: Vec<_> = findings.iter().filter(|finding| !may_be(finding)).collect();
    assert!(findings.is_empty(), "{name}: {findings:?}");
    found == new_names
}

#[test]
fn a_killed_run_leaves_a_whole_repository_and_is_gone_on_with() {
    for_every_effect(Death::Killed, false, &|left| {
        let Left { case: name, store, base, mut journal, plan, old_names, .. } = left;
        let (name, plan) = (&name, &plan);
        is_whole(name, store, base, plan, old_names);
        let applied = apply(&**store, base, plan, &mut journal).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(applied.stage, Stage::Done, "{name}");
        assert!(is_whole(name, store, base, plan, old_names), "{name}");
        let (findings, _) = complaints(&verified(store, base));
        assert!(findings.is_empty(), "{name}: {findings:?}");
    });
}

#[test]
fn a_refused_or_unanswered_effect_is_made_good() {
    for death in [Death::Refused, Death::AnswerLost] {
        for_every_effect(death, false, &|left| {
            let Left { case: name, store, base, mut journal, plan, old_names, .. } = left;
            let (name, plan) = (&name, &plan);
            is_whole(name, store, base, plan, old_names);
            let applied = apply(&**store, base, plan, &mut journal).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(applied.stage, Stage::Done, "{death:?}, {name}");
            assert!(is_whole(name, store, base, plan, old_names), "{name}");
        });
    }
}

/// Byte for byte, as long as nothing was deleted; and never half.
#[test]
fn what_was_stopped_is_taken_back() {
    for_every_effect(Death::Killed, false, &|left| {
        let Left { case: name, store, base, mut journal, plan, old_names, .. } = left;
        let (name, plan) = (&name, &plan);
        let fixture = fixtures::named(name.split(',').next().unwrap());
        match change::undo(&**store, base, plan, &mut journal, None, &pool()) {
            Ok(_) => {
                assert_eq!(content(&**store), content(&*in_memory(fixture)), "{name}");
                assert!(journal.is_closed());
            }
            Err(change::ChangeError::Gone { .. }) => {
                assert!(is_whole(name, store, base, plan, old_names), "{name}: gone, and not published");
            }
            Err(error) => panic!("{name}: {error}"),
        }
    });
}

/// Byte for byte, wherever it stopped: what was deleted lies elsewhere. Also when all was done.
#[test]
fn with_a_quarantine_everything_is_taken_back() {
    for_every_effect(Death::Killed, true, &|left| {
        let Left { case: name, store, base, quarantine, mut journal, plan, old_names } = left;
        let fixture = fixtures::named(name.split(',').next().unwrap());
        is_whole(&name, store, base, &plan, old_names);
        // It is gone on with, or not: there are blobs of both kinds then.
        if name.len() % 2 == 0 {
            apply_with(&**store, base, &plan, &mut journal, Some(quarantine)).unwrap();
        }
        change::undo(&**store, base, &plan, &mut journal, Some(quarantine), &pool())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(content(&**store), content(&*in_memory(fixture)), "{name}");
        assert!(journal.is_closed());
    });
}
