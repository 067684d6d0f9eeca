//! What takes how much room, against a second count that knows nothing of file tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use snaprepo::Exit;
use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver, Repository, chronology,
    usage::{self, Grouping, Question, Usage},
};
use snaprepo_format::{FileName, root::SnapshotIx, shard_snapshot::ShardSnapshot};
use snaprepo_store::{Cancel, Entry, LocalStore, Pool, ReadStore};
use snaprepo_testkit::{
    fixtures::{self, Fixture},
    memory::MemoryStore,
    scale::{Repeated, Scale},
};
use snaprepo_tests::{first_blob, pool, run, shown};

fn open(store: &Arc<dyn ReadStore>, fixture: &Fixture) -> Repository {
    let repository = Repository::open(store, &BlobPath::parse(fixture.base()).unwrap(), &pool()).unwrap();
    repository.find_shards().unwrap();
    repository
}

fn local(fixture: &Fixture) -> Arc<dyn ReadStore> {
    Arc::new(LocalStore::open(&fixture.root()).unwrap())
}

fn measure(repository: &Repository, groupings: &[Grouping]) -> Usage {
    usage::measure(repository, Question { groupings, shards: true, ..Question::default() }, &pool(), &NoObserver)
        .unwrap()
}

/// Fixtures of which every blob is known; the damaged one lies where its root does not say.
fn whole() -> impl Iterator<Item = &'static Fixture> {
    fixtures::all().iter().filter(|fixture| !fixture.name.contains("damaged"))
}

#[test]
fn every_byte_counts_once() {
    for fixture in whole() {
        let (mut n, mut bytes) = (0, 0);
        let counted = local(fixture).walk(&BlobPath::root(), &mut |_, entry| {
            if let Entry::Blob { len_bytes, .. } = entry {
                n += 1;
                bytes += len_bytes;
            }
            true
        });
        counted.unwrap();
        let usage = measure(&open(&local(fixture), fixture), &[]);
        assert!(usage.unreadable.is_empty() && usage.n_missing == 0, "{}: {usage:?}", fixture.name);
        let needed = usage.kinds.total();
        let waste = usage.unreferenced.iter().fold((0, 0), |(n, bytes), of| (n + of.n_blobs, bytes + of.bytes));
        assert_eq!((needed.n + waste.0, needed.bytes + waste.1), (n, bytes), "{}", fixture.name);
        let vector = fixture.vector();
        assert_eq!(waste, (vector.unref_blobs, vector.unref_bytes), "{}", fixture.name);
        let shards = usage.shards.iter().map(|shard| shard.kinds.data.bytes).sum::<u64>();
        assert_eq!(shards, usage.kinds.data.bytes, "{}", fixture.name);
    }
}

/// Every blob that each snapshot needs, from file lists and names alone.
fn needs(repository: &Repository, fixture: &Fixture) -> BTreeMap<SnapshotIx, BTreeSet<String>> {
    let store = local(fixture);
    let mut all: Vec<(String, String)> = Vec::new();
    let walked = store.walk(&BlobPath::root(), &mut |path, _| {
        all.push((path.parent().unwrap_or_default().to_string(), path.to_string()));
        true
    });
    walked.unwrap();
    let mut needs = BTreeMap::new();
    for (ix, _) in (0_u32..).zip(&repository.root.snapshots) {
        let mut of: BTreeSet<String> = BTreeSet::new();
        for path in [repository.snapshot_info_path(ix), repository.global_metadata_path(ix)] {
            of.insert(path.unwrap().to_string());
        }
        for index in repository.indices_of(ix) {
            of.insert(repository.index_metadata_path(ix, *index).unwrap().to_string());
            // OpenSearch's notes of hashed paths have the id of their index in their names.
            let id = &*repository.root.index_entry(*index).id;
            let notes = all.iter().map(|(_, path)| path).filter(|path| path.contains("snapshot_shard_paths/"));
            of.extend(notes.filter(|path| path.contains(id)).cloned());
            for shard in 0..20 {
                let folder = repository.shard_folder(*index, shard).unwrap();
                let list = folder.join(&repository.shard_snapshot_name(ix)).unwrap();
                let Ok(bytes) = store.read(&list) else { continue };
                of.insert(list.to_string());
                for file in ShardSnapshot::parse(&bytes).unwrap().files {
                    if let (FileName::Data(_), Some(parts)) = (file.name, file.parts()) {
                        of.extend(
                            (0..parts.n_parts).map(|part| folder.join(&parts.blob_name(part)).unwrap().to_string()),
                        );
                    }
                }
            }
        }
        let known: BTreeSet<&String> = all.iter().map(|(_, path)| path).collect();
        of.retain(|path| known.contains(path));
        needs.insert(ix, of);
    }
    needs
}

/// Tables go when no snapshot has their shard any more.
fn tables(
    repository: &Repository,
    fixture: &Fixture,
    needs: &BTreeMap<SnapshotIx, BTreeSet<String>>,
) -> Vec<(String, BTreeSet<SnapshotIx>)> {
    let mut tables = Vec::new();
    for (index, entry) in (0_u32..).zip(&repository.root.indices) {
        for shard in 0..20 {
            let folder = repository.shard_folder(index, shard).unwrap();
            let users: BTreeSet<SnapshotIx> = entry
                .snapshots
                .iter()
                .copied()
                .filter(|ix| {
                    let list = folder.join(&repository.shard_snapshot_name(*ix)).unwrap().to_string();
                    needs[ix].contains(&list)
                })
                .collect();
            if users.is_empty() {
                continue;
            }
            let recorded = entry.shard_generations.get(shard as usize);
            let mut names = Vec::new();
            let _ = local(fixture).list(&folder, &mut |listed| {
                if let Entry::Blob { name, .. } = listed
                    && let Some(id) = name.strip_prefix("index-")
                {
                    names.push(id.to_owned());
                }
            });
            let named = recorded.and_then(|of| match of {
                snaprepo_format::root::ShardGen::Named(name) => Some(name.to_string()),
                _ => None,
            });
            let highest = || names.iter().filter_map(|name| name.parse::<u64>().ok()).max().map(|n| n.to_string());
            if let Some(id) = named.or_else(highest) {
                tables.push((folder.join(&format!("index-{id}")).unwrap().to_string(), users));
            }
        }
    }
    tables
}

/// What every set of snapshots alone needs, counted twice.
#[test]
fn what_goes_with_any_set_of_snapshots() {
    let mut n_sets = 0;
    for fixture in whole().filter(|fixture| !fixture.name.contains("shallow")) {
        let store = local(fixture);
        let repository = open(&store, fixture);
        let needs = needs(&repository, fixture);
        let tables = tables(&repository, fixture, &needs);
        let by_start = chronology::by_start(&repository, &pool()).unwrap();
        let n = u32::try_from(repository.root.snapshots.len()).unwrap();
        let len = |path: &str| store.stat(&BlobPath::parse(path).unwrap()).unwrap().len_bytes;
        for set in 1_u32..1 << n.min(4) {
            let goes = |ix: SnapshotIx| ix < 4 && set >> ix & 1 == 1;
            let staying: BTreeSet<&String> =
                needs.iter().filter(|(ix, _)| !goes(**ix)).flat_map(|(_, of)| of).collect();
            let mut freed: BTreeSet<&String> =
                needs.iter().filter(|(ix, _)| goes(**ix)).flat_map(|(_, of)| of).collect();
            freed.retain(|path| !staying.contains(*path));
            freed.extend(tables.iter().filter(|(_, users)| users.iter().all(|ix| goes(*ix))).map(|(path, _)| path));
            let expected = (freed.len() as u64, freed.iter().map(|path| len(path)).sum::<u64>());

            let groups = (0..n).map(|ix| u32::from(goes(ix))).collect();
            let usage = measure(&repository, &[Grouping::new(groups, &by_start)]);
            let found = usage.shares[0][1].exclusive;
            assert_eq!((found.n, found.bytes), expected, "{} without {set:b}", fixture.name);
            n_sets += 1;
        }
        // Alone, as groups of one.
        let usage = measure(&repository, &[Grouping::single(&by_start)]);
        let added: u64 = usage.shares[0].iter().map(|share| share.added.bytes).sum();
        let all = usage.kinds.total().bytes - usage.root.bytes;
        assert!(added <= all, "{}: {added} of {all}", fixture.name);
    }
    assert!(n_sets > 200, "{n_sets}");
}

/// What a snapshot needs beside data is missed, too.
#[test]
fn metadata_that_is_gone_is_missing() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let root = fs::read_dir(fixture.repository()).unwrap().map(|entry| entry.unwrap().file_name());
    let root: Vec<String> = root.map(|name| name.into_string().unwrap()).collect();
    for (prefix, is_of_root) in [("snap-", true), ("meta-", true), ("snap-", false)] {
        let copy = fixture.copy();
        let blob = match root.iter().find(|name| is_of_root && name.starts_with(prefix)) {
            Some(name) => copy.path().join(name),
            None => first_blob(&copy.path().join("indices"), prefix).unwrap(),
        };
        fs::remove_file(&blob).unwrap();
        let output = run(&["du", copy.path().to_str().unwrap(), "--json"]);
        assert_eq!((output.exit, &output.json()["missing_blobs"]), (Exit::Bad, &1.into()), "{}", blob.display());
    }
}

#[test]
fn one_listing_tells_the_same() {
    for fixture in whole() {
        let store = local(fixture);
        let memory: Arc<dyn ReadStore> = Arc::new(MemoryStore::copy_of(&*store).unwrap());
        let (here, there) = (open(&store, fixture), open(&memory, fixture));
        let grouping = [Grouping::single(&chronology::by_start(&here, &pool()).unwrap())];
        let (here, there) = (measure(&here, &grouping), measure(&there, &grouping));
        assert_eq!(
            (here.kinds, here.logical, here.shares),
            (there.kinds, there.logical, there.shares),
            "{}",
            fixture.name
        );
        assert_eq!((here.indices, here.shards), (there.indices, there.shards), "{}", fixture.name);
    }
}

/// Rows, and behind them what is no row.
#[test]
fn rows_end_with_what_was_asked_beside() {
    let repository = fixtures::named("elasticsearch-9.5.3-plain").repository();
    let path = repository.to_str().unwrap();
    let lines = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let output = run(&[&["du", path, "--by", "snapshot", "--ndjson"], arguments].concat());
        output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let (plain, freed) = (lines(&[]), lines(&["--free", "snap-2"]));
    assert_eq!((plain.len(), freed.len()), (3, 4));
    assert_eq!(plain, freed[..3]);
    let whole = run(&["du", path, "--free", "snap-2", "--json"]).json();
    assert_eq!(freed[3], serde_json::json!({ "free": whole["free"] }));
}

#[test]
fn what_it_prints() {
    insta::assert_snapshot!("all", shown(&["du", "REPO"], 100));
    for by in ["snapshot", "index", "data-stream", "policy", "age", "month", "shard"] {
        insta::assert_snapshot!(format!("by_{by}"), shown(&["du", "REPO", "--by", by], 60));
    }
    insta::assert_snapshot!("free", shown(&["du", "REPO", "--free", "all,-latest:1"], 100));
    insta::assert_snapshot!("free_one", shown(&["du", "REPO", "--free", "@nightly", "--by", "policy", "--bytes"], 100));
}

#[test]
fn prices_and_what_they_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.toml");
    let path = file.to_str().unwrap();
    fs::write(&file, "currency = \"USD\"\nstorage-per-gb-month = 23000\nreads-per-1000 = 1\n").unwrap();
    insta::assert_snapshot!("prices", shown(&["du", "REPO", "--free", "snap-2", "--prices", path], 100));
    fs::write(&file, "currency = \"USD\"\nstorage-per-gb-moth = 23\n").unwrap();
    insta::assert_snapshot!("typo", shown(&["du", "REPO", "--prices", path], 100).replace(path, "FILE"));
}

#[test]
fn damage_is_told_and_nothing_invented() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let path = repository.to_str().unwrap();
    let table = first_blob(&repository.join("indices"), "index-").unwrap();
    fs::write(&table, "").unwrap();
    let output = run(&["du", path, "--json"]);
    assert_eq!(output.exit, Exit::Bad);
    let answer = output.json();
    // The file lists tell the same, and what cannot be told apart counts as needed.
    assert_eq!(answer["unreadable"].as_array().unwrap().len(), 1);
    assert_eq!(answer["missing_blobs"], 0);
    fs::remove_file(first_blob(&repository.join("indices"), "__").unwrap()).unwrap();
    let answer = run(&["du", path, "--json"]).json();
    assert_eq!(answer["missing_blobs"], 1);
}

/// Nobody knows who alone needs what while the files of some snapshot are not known.
#[test]
fn gaps_make_no_promise() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let by_start = chronology::by_start(&open(&local(fixture), fixture), &pool()).unwrap();
    let exclusive = |usage: &Usage| usage.shares[0].iter().map(|share| share.exclusive.bytes).collect::<Vec<_>>();
    let grouping = [Grouping::single(&by_start)];
    let whole = measure(&open(&local(fixture), fixture), &grouping);
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let table = first_blob(&repository.join("indices"), "index-").unwrap();
    fs::write(&table, "").unwrap();
    let measured = |path: &Path| {
        let store: Arc<dyn ReadStore> = Arc::new(LocalStore::open(path).unwrap());
        measure(&open(&store, fixture), &grouping)
    };
    let by_lists = measured(copy.path());
    assert_eq!((by_lists.unreadable.len(), by_lists.unreadable[0].is_damage), (1, true));
    assert_eq!(by_lists.kinds.data, whole.kinds.data, "the lists tell the same");
    fs::write(first_blob(table.parent().unwrap(), "snap-").unwrap(), "").unwrap();
    let with_gap = measured(copy.path());
    assert_eq!(with_gap.unreadable.len(), 2);
    assert!(exclusive(&with_gap).iter().zip(exclusive(&whole)).all(|(gap, whole)| *gap <= whole));
    assert!(exclusive(&with_gap).iter().sum::<u64>() < exclusive(&whole).iter().sum());
    // An index of which nothing is known.
    fs::write(first_blob(&repository.join("indices"), "meta-").unwrap(), "").unwrap();
    assert_eq!(run(&["du", repository.to_str().unwrap(), "--json"]).exit, Exit::Bad);
    assert!(measured(copy.path()).unreadable.iter().any(|unread| unread.path.name().starts_with("meta-")));
}

/// What is not there is not freed by anything.
#[test]
fn missing_blobs_take_no_room() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let path = repository.to_str().unwrap();
    let before = run(&["du", path, "--free", "all", "--json"]).json();
    let blob = first_blob(&repository.join("indices"), "__").unwrap();
    let len_bytes = fs::metadata(&blob).unwrap().len();
    fs::remove_file(&blob).unwrap();
    let after = run(&["du", path, "--free", "all", "--json"]).json();
    let freed = |answer: &serde_json::Value| answer["free"]["size_in_bytes"].as_u64().unwrap();
    assert_eq!(freed(&before) - freed(&after), len_bytes);
    assert_eq!(after["missing_blobs"], 1);
    // Where there is no number for it, it is told in words.
    let list = run(&["list", path, "--size"]);
    assert!(list.exit == Exit::Bad && list.stdout.contains("1 needed blob missing"), "{}", list.stdout);
    // A whole folder.
    let folder = blob.parent().unwrap();
    fs::remove_dir_all(folder).unwrap();
    let output = run(&["du", path, "--json"]);
    let unreadable = output.json()["unreadable"].to_string();
    assert!(output.exit == Exit::Bad && unreadable.contains("the folder of the shard does not exist"), "{unreadable}");
}

/// The newest root may refer to anything; an older one is all that is left to answer from.
#[test]
fn an_older_root_calls_nothing_unreferenced() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    fs::write(repository.join("index-5"), "{").unwrap();
    fs::write(repository.join("snap-AAAAAAAAAAAAAAAAAAAAAA.dat"), "of the newest root").unwrap();
    let path = repository.to_str().unwrap();
    for verb in [&["du", path, "--free", "all", "--json"][..], &["ls", path, "latest"], &["show", path, "latest"]] {
        let output = run(verb);
        assert_eq!(output.exit, Exit::Bad, "{verb:?}");
        assert!(output.stderr.contains("damaged: index-5") && output.stderr.contains("that of index-4"), "{verb:?}");
    }
    let answer = run(&["du", path, "--free", "all", "--json"]).json();
    assert!(answer["unreferenced"].as_array().unwrap().is_empty() && answer.get("free").is_none());
    let original = fixture.repository();
    let output = run(&["diff", original.to_str().unwrap(), path, "--json"]);
    assert_eq!((output.exit, &output.json()["complete"]), (Exit::Bad, &false.into()));
}

/// The store of the benchmark lists what its tables say, and no more.
#[test]
fn the_store_of_the_benchmark_is_a_whole_repository() {
    let scale = Scale { n_indices: 3, shards_per_index: 2, n_snapshots: 7, ..Scale::ten_million_blobs() };
    let store = Repeated::new(scale).unwrap();
    let n_blobs = store.n_blobs();
    let store: Arc<dyn ReadStore> = Arc::new(store);
    let repository = Repository::open(&store, &BlobPath::root(), &pool()).unwrap();
    let by_start = chronology::by_start(&repository, &pool()).unwrap();
    let usage = measure(&repository, &[Grouping::single(&by_start)]);
    assert_eq!(usage.kinds.total().n, n_blobs);
    assert!(usage.unreferenced.is_empty() && usage.unreadable.is_empty() && usage.n_missing == 0);
    // Six shards: each snapshot but the first adds a segment of one data blob, and a file list.
    let later = by_start.iter().skip(1).map(|snapshot| usage.shares[0][usize::try_from(*snapshot).unwrap()]);
    assert_eq!(later.map(|share| share.added.n).collect::<Vec<_>>(), [6 * 2 + 2; 6]);
}

/// What would refer to a blob may not have been read yet.
#[test]
fn who_is_interrupted_calls_nothing_unreferenced() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let repository = open(&local(fixture), fixture);
    let cancel = Cancel::default();
    cancel.cancel();
    let question = Question { ..Question::default() };
    let usage =
        usage::measure(&repository, question, &Pool::new(std::num::NonZeroUsize::MIN, cancel), &NoObserver).unwrap();
    assert!(usage.is_interrupted && usage.unreferenced.is_empty());
}
