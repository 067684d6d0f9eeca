//! What changed between snapshots, and whether copies are complete: against a second count, and against the documents
//! that the engines told.

mod document;

use std::{collections::BTreeMap, fs, path::Path};

use snaprepo::Exit;
use snaprepo_codec::{BlobPath, value::Value};
use snaprepo_core::{
    NoObserver, Repository, chronology,
    diff::{self, IndexChange, ShardSide, Side, SnapshotDiff},
    status::{self, Amount, ShardFiles},
};
use snaprepo_format::{Kind, root::SnapshotIx};
use snaprepo_store::{Cancel, Pool};
use snaprepo_testkit::{
    damage::Editor,
    fixtures::{self, Fixture},
    rewrite,
};
use snaprepo_tests::{first_blob, pool, run, shown, store};

fn open(store_root: &Path, base: &str) -> Repository {
    let base = BlobPath::parse(base).unwrap();
    let repository = Repository::open(&store(store_root), &base, &pool()).unwrap();
    repository.find_shards().unwrap();
    repository
}

fn compared(sides: [(&Repository, SnapshotIx); 2]) -> SnapshotDiff {
    let infos = sides.map(|(repository, snapshot)| repository.snapshot_info(snapshot).unwrap());
    let side = |at: usize| Side { repository: sides[at].0, snapshot: sides[at].1, info: &infos[at] };
    diff::snapshots([side(0), side(1)], true, &pool(), &NoObserver)
}

/// Files by index, shard and name, with what tells their content.
type Files = BTreeMap<(String, u32, String), (u64, Option<u32>, Vec<u8>)>;

fn files(repository: &Repository, snapshot: SnapshotIx) -> Files {
    let info = repository.snapshot_info(snapshot).unwrap();
    let mut files = BTreeMap::new();
    for index in repository.indices_of(snapshot) {
        let name = repository.root.index_entry(*index).name.to_string();
        let n_shards = repository.index_facts(snapshot, *index).unwrap().n_shards;
        // Snapshots of version 2 have nothing of their shards here.
        let is_here = |shard: &u32| !info.has_failed(&name, *shard) && info.pinned_timestamp.is_none();
        for shard in (0..n_shards).filter(is_here) {
            let (_, list) = status::files_of_shard(repository, snapshot, *index, shard).unwrap();
            let ShardFiles::Here(list) = list else { continue };
            for file in list.files {
                let writer = file.writer_uuid.map(|uuid| uuid.to_vec()).unwrap_or_default();
                files.insert(
                    (name.clone(), shard, file.physical_name.to_string()),
                    (file.len_bytes, file.checksum, writer),
                );
            }
        }
    }
    files
}

#[test]
fn files_are_those_of_a_second_count() {
    let mut n_kept = 0;
    for fixture in fixtures::all() {
        let repository = open(&fixture.root(), fixture.base());
        let order = chronology::by_start(&repository, &pool()).unwrap();
        for pair in order.windows(2) {
            let (before, after) = (files(&repository, pair[0]), files(&repository, pair[1]));
            let sum = |files: &Files, kept: bool, other: &Files| {
                let chosen = files.iter().filter(|(name, file)| (other.get(*name) == Some(*file)) == kept);
                chosen.fold(Amount::default(), |sum, (_, file)| sum.plus(Amount { files: 1, bytes: file.0 }))
            };
            let diff = compared([(&repository, pair[0]), (&repository, pair[1])]);
            assert!(diff.unreadable.iter().all(Vec::is_empty), "{}", fixture.name);
            // Where a shard failed on one side nothing is said of its files.
            let told = |shard: &diff::ShardDiff| !shard.sides.contains(&ShardSide::Failed);
            if !diff.indices.iter().flat_map(|index| &index.shards).all(told) {
                continue;
            }
            let moves = diff.indices.iter().fold(diff::Moves::default(), |sum, index| sum.plus(index.moves()));
            assert_eq!(moves.added, sum(&after, false, &before), "{}: {pair:?}", fixture.name);
            assert_eq!(moves.removed, sum(&before, false, &after), "{}: {pair:?}", fixture.name);
            assert_eq!(moves.kept, sum(&after, true, &before), "{}: {pair:?}", fixture.name);
            n_kept += moves.kept.files;
        }
    }
    assert!(n_kept > 1_000, "{n_kept}");
}

/// Documents that the engine told when it had restored the snapshot.
fn told(fixture: &Fixture, snapshot: &str) -> BTreeMap<String, u64> {
    let Ok(folder) = fs::read_dir(fixture.truth_folder().join("docs").join(snapshot)) else { return BTreeMap::new() };
    let lines = |path: &Path| fs::read_to_string(path).unwrap().lines().count() as u64;
    let files =
        folder.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "ndjson"));
    files.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), lines(&path))).collect()
}

#[test]
fn documents_are_those_that_the_engines_told() {
    let (mut n_equal, mut n_deleted) = (0, 0);
    for fixture in fixtures::all() {
        let repository = open(&fixture.root(), fixture.base());
        for snapshot in 0..u32::try_from(repository.root.snapshots.len()).unwrap() {
            let told = told(fixture, &repository.root.snapshot_entry(snapshot).name);
            let diff = compared([(&repository, snapshot), (&repository, snapshot)]);
            for index in &diff.indices {
                let (Some(documents), Some(told)) = (index.documents(1), told.get(&*index.name)) else { continue };
                // Lucene counts nested documents by themselves.
                let ix = repository.index_named(&index.name).unwrap();
                let mappings = repository.index_metadata(snapshot, ix).unwrap().document;
                if String::from_utf8(mappings.to_json()).unwrap().contains("\"nested\"") {
                    continue;
                }
                assert_eq!(documents.live, *told, "{}: {} of {snapshot}", fixture.name, index.name);
                n_equal += 1;
                n_deleted += documents.deleted;
            }
        }
    }
    assert!(n_equal > 500 && n_deleted > 100, "{n_equal} {n_deleted}");
}

#[test]
fn a_snapshot_does_not_differ_from_itself_nor_from_its_copy() {
    for fixture in fixtures::all().iter().filter(|fixture| !fixture.name.contains("damaged")) {
        let folder = tempfile::tempdir().unwrap();
        rewrite::repository(&fixture.root(), fixture.base(), folder.path()).unwrap();
        let (ours, theirs) = (open(&fixture.root(), fixture.base()), open(folder.path(), fixture.base()));
        let is_same = |index: &diff::IndexDiff| {
            let is_elsewhere = index.shards.iter().any(|shard| shard.sides.contains(&ShardSide::RemoteStore));
            index.change == IndexChange::Same || index.change == IndexChange::Unknown && is_elsewhere
        };
        for snapshot in 0..u32::try_from(ours.root.snapshots.len()).unwrap() {
            let uuid = &ours.root.snapshot_entry(snapshot).uuid;
            let there = theirs.root.snapshot_by_uuid(uuid).unwrap();
            for other in [(&ours, snapshot), (&theirs, there)] {
                let diff = compared([(&ours, snapshot), other]);
                assert!(diff.indices.iter().all(is_same) && diff.global.is_empty(), "{}: {diff:?}", fixture.name);
            }
        }
        let diff = diff::repositories([&ours, &theirs], &pool(), &NoObserver);
        assert!(diff.only.iter().all(Vec::is_empty), "{}", fixture.name);
        let is_same = |pair: &diff::SnapshotPair| pair.n_differences == 0 && !pair.is_unknown;
        assert!(diff.snapshots.iter().all(is_same), "{}: {diff:?}", fixture.name);
        assert_eq!(diff.snapshots.len(), ours.root.snapshots.len());
    }
}

/// A copy of a fixture, and its path.
fn copy_of(fixture: &Fixture) -> (tempfile::TempDir, String) {
    let copy = fixture.copy();
    let path = fixture.copied_repository(&copy).to_str().unwrap().to_owned();
    (copy, path)
}

fn plain() -> (&'static Fixture, String) {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    (fixture, fixture.repository().to_str().unwrap().to_owned())
}

/// What became of each snapshot, by name.
fn became(answer: &serde_json::Value) -> Vec<(&str, &str, u64)> {
    let rows = answer["snapshots"].as_array().unwrap().iter();
    rows.map(|row| {
        (row["snapshot"].as_str().unwrap(), row["copy"].as_str().unwrap(), row["n_differences"].as_u64().unwrap())
    })
    .collect()
}

#[test]
fn a_copy_that_lacks_a_blob_is_damaged_for_exactly_those_that_need_it() {
    let (fixture, original) = plain();
    let (_folder, copy) = copy_of(fixture);
    let whole = run(&["diff", &original, &copy, "--verify-content", "--json"]);
    assert_eq!(whole.exit, Exit::Good);
    assert_eq!((&whole.json()["complete"], &whole.json()["checked"]), (&true.into(), &"content".into()));
    let editor = Editor::open(Path::new(&copy));
    let shards = editor.shards();
    let with_file = shards.iter().find_map(|shard| {
        let file = shard.lists.iter().flat_map(|(_, _, list)| &list.files).find(|file| {
            file.parts().is_some() && shard.users(file.name).len() < editor.repository().root.snapshots.len()
        })?;
        Some((shard, file))
    });
    let (shard, file) = with_file.unwrap();
    let blob = editor.file(&shard.folder.join(&file.parts().unwrap().blob_name(0)).unwrap());
    fs::remove_file(blob).unwrap();
    let output = run(&["diff", &original, &copy, "--json"]);
    assert_eq!(output.exit, Exit::Bad);
    let users: Vec<String> = shard
        .users(file.name)
        .into_iter()
        .map(|snapshot| editor.repository().root.snapshot_entry(snapshot).name.to_string())
        .collect();
    let answer = output.json();
    for (snapshot, copy, n_differences) in became(&answer) {
        let expected = if users.iter().any(|user| user == snapshot) { "damaged" } else { "same" };
        assert_eq!((copy, n_differences), (expected, 0), "{snapshot}");
    }
    // The other way round the damaged one is the original: nobody asked whether it is whole.
    assert_eq!(run(&["diff", &copy, &original]).exit, Exit::Good);
    assert_eq!(run(&["diff", &copy, &original, "--verify-content"]).exit, Exit::Bad);
}

/// The snapshot that is edited.
fn third(editor: &Editor) -> SnapshotIx {
    let entries = &editor.repository().root.snapshots;
    (0..).zip(entries).find(|(_, entry)| &*entry.name == "snap-3").unwrap().0
}

#[test]
fn what_a_copy_holds_instead_is_told() {
    let (fixture, original) = plain();
    let (_folder, copy) = copy_of(fixture);
    let editor = Editor::open(Path::new(&copy));
    let snapshot = third(&editor);
    let path = editor.repository().snapshot_info_path(snapshot).unwrap();
    editor.edit(&path, Kind::SnapshotInfo, |value| {
        *value.get_mut("snapshot").unwrap().get_mut("end_time").unwrap() = Value::Int(1);
    });
    let path = editor.repository().global_metadata_path(snapshot).unwrap();
    editor.edit(&path, Kind::GlobalMetadata, |value| {
        *value.get_mut("meta-data").unwrap().get_mut("version").unwrap() = Value::Int(1);
    });
    let output = run(&["diff", &original, &copy, "--json"]);
    assert_eq!(output.exit, Exit::Bad);
    assert_eq!(became(&output.json()), [("snap-2", "same", 0), ("snap-3", "different", 2), ("snap-4", "same", 0)]);
    let shown = run(&["diff", &original, &copy]).all().replace(&original, "REPO").replace(&copy, "COPY");
    insta::assert_snapshot!("different", shown);
}

#[test]
fn cluster_states_differ_by_what_is_in_them() {
    let (fixture, _) = plain();
    let (_folder, copy) = copy_of(fixture);
    let editor = Editor::open(Path::new(&copy));
    let snapshot = third(&editor);
    let path = editor.repository().global_metadata_path(snapshot).unwrap();
    editor.edit(&path, Kind::GlobalMetadata, |value| {
        let of = value.get_mut("meta-data").unwrap();
        *of.get_mut("settings").unwrap() = Value::object([("cluster.max_shards_per_node", Value::from("77"))]);
    });
    let output = run(&["diff", &copy, "snap-2", "snap-3", "--global", "--json"]);
    assert_eq!(output.exit, Exit::Bad);
    insta::assert_snapshot!("global_json", serde_json::to_string_pretty(&output.json()["global"]).unwrap());
    let without = run(&["diff", &copy, "snap-2", "snap-3", "--json"]);
    assert_eq!(without.json().get("global"), None);
}

#[test]
fn what_cannot_be_read_is_unknown_and_never_the_same() {
    let (fixture, original) = plain();
    let (_folder, copy) = copy_of(fixture);
    let list = first_blob(&Path::new(&copy).join("indices"), "snap-").unwrap();
    fs::write(&list, "").unwrap();
    let name = list.file_name().unwrap().to_str().unwrap().to_owned();
    let repository = open(Path::new(&original), "");
    let entries = (0..).zip(&repository.root.snapshots);
    let (snapshot, entry) = entries.into_iter().find(|(_, entry)| name.contains(&*entry.uuid)).unwrap();
    assert_eq!(repository.snapshot_info(snapshot).unwrap().name, entry.name);
    let output = run(&["diff", &original, &entry.name, "--with", &copy, "--json"]);
    assert_eq!((output.exit, output.json()["result"].as_str()), (Exit::Bad, Some("unknown")));
    assert_eq!(output.json()["unreadable"].as_array().unwrap().len(), 1);
}

/// What was not reached must not pass for the same.
#[test]
fn who_is_interrupted_calls_nothing_the_same() {
    let (fixture, _) = plain();
    let repository = open(&fixture.root(), fixture.base());
    let cancel = Cancel::default();
    cancel.cancel();
    let stopped = Pool::new(std::num::NonZeroUsize::MIN, cancel);
    let diff = diff::repositories([&repository, &repository], &stopped, &NoObserver);
    assert!(diff.snapshots.len() == 3 && diff.snapshots.iter().all(|pair| pair.is_unknown));
    let info = repository.snapshot_info(0).unwrap();
    let side = Side { repository: &repository, snapshot: 0, info: &info };
    let diff = diff::snapshots([side, side], false, &stopped, &NoObserver);
    assert!(diff.indices.iter().all(|index| index.change != IndexChange::Same));
}

#[test]
fn two_products_have_nothing_in_common() {
    let (_, ours) = plain();
    let fixture = fixtures::named("opensearch-3.6.0-plain");
    let output = run(&["diff", &ours, fixture.repository().to_str().unwrap(), "--json"]);
    assert_eq!(output.exit, Exit::Bad);
    let answer = output.json();
    assert_eq!(answer["other"]["product"], "OpenSearch");
    assert!(became(&answer).iter().all(|(_, copy, _)| matches!(*copy, "missing" | "added")));
}

#[test]
fn what_it_prints() {
    insta::assert_snapshot!("recreated", shown(&["diff", "REPO", "snap-2", "snap-3"], 100));
    insta::assert_snapshot!("narrow", shown(&["diff", "REPO", "snap-2", "snap-4", "--global"], 60));
    insta::assert_snapshot!("itself", shown(&["diff", "REPO", "snap-4", "latest"], 100));
    insta::assert_snapshot!("same_place", shown(&["diff", "REPO", "REPO"], 100));
    insta::assert_snapshot!("global_alone", shown(&["diff", "REPO", "REPO", "--global"], 100));
    insta::assert_snapshot!("content_of_two", shown(&["diff", "REPO", "snap-2", "snap-3", "--verify-content"], 100));
    insta::assert_snapshot!("alone", shown(&["diff", "REPO"], 100));
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().to_str().unwrap();
    insta::assert_snapshot!("empty", shown(&["diff", "REPO", empty], 100).replace(empty, "EMPTY"));
}
