//! Repositories made to harm, and folders that are none: each gives the documented error or finding. Nothing panics,
//! nothing takes work out of proportion; work is counted in requests, never in time.

use std::{fs, path::Path, sync::Arc};

use snaprepo_codec::{
    BlobPath,
    compression::{self, Encoding},
    envelope, smile,
    value::Value,
};
use snaprepo_core::{
    NoObserver, OpenError, Repository,
    verify::{self, Depth, FindingKind, Report, Severity, Verified},
};
use snaprepo_format::Kind;
use snaprepo_store::ReadStore;
use snaprepo_testkit::{
    damage::{Editor, Target},
    doubles::Double,
    fixtures,
};
use snaprepo_tests::{options, pool, store};
use tempfile::TempDir;

/// Requests that verifying this fixture takes, and a little more.
const FEW_REQUESTS: u64 = 1_000;

fn copy() -> TempDir {
    fixtures::named("elasticsearch-9.5.3-plain").copy()
}

/// Verifies, and holds the number of requests down.
fn verified(directory: &Path, depth: Depth) -> Result<Verified, OpenError> {
    let double = Arc::new(Double::of(store(directory)));
    let counted = Arc::clone(&double) as Arc<dyn ReadStore>;
    let verified = verify::verify(&counted, &BlobPath::root(), &options(depth), &pool(), &NoObserver);
    assert!(double.n_requests() <= FEW_REQUESTS, "{} requests", double.n_requests());
    verified
}

fn report(directory: &Path, depth: Depth) -> Report {
    verified(directory, depth).unwrap().unwrap()
}

fn open_error(directory: &Path) -> OpenError {
    Repository::open(&store(directory), &BlobPath::root(), &pool()).err().unwrap()
}

fn kinds(report: &Report) -> Vec<FindingKind> {
    let above = report.findings.iter().filter(|finding| finding.severity > Severity::Info);
    let mut kinds: Vec<_> = above.map(|finding| finding.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn root_file(directory: &Path) -> std::path::PathBuf {
    Target::Root.find(directory).unwrap().file
}

#[test]
fn folders_that_are_no_repository() {
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(open_error(empty.path()), OpenError::Empty));
    fs::write(empty.path().join("notes.txt"), "hello").unwrap();
    assert!(matches!(open_error(empty.path()), OpenError::NotARepository { n_blobs: 1, n_folders: 0 }));
    fs::create_dir(empty.path().join(".encryption-metadata")).unwrap();
    assert!(matches!(open_error(empty.path()), OpenError::Encrypted));
    // A file instead of a folder, and nothing at all.
    assert!(snaprepo_store::LocalStore::open(&empty.path().join("notes.txt")).is_err());
    assert!(snaprepo_store::LocalStore::open(&empty.path().join("nowhere")).is_err());
}

#[test]
fn roots_made_to_harm() {
    let copy = copy();
    let root = root_file(copy.path());
    let good = fs::read(&root).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let future = text.replacen("\"min_version\":\"7.12.0\"", "\"min_version\":\"8.99.0\"", 1);
    fs::write(&root, future).unwrap();
    assert!(matches!(open_error(copy.path()), OpenError::Refused(_)));

    let brackets = vec![b'['; 10 << 20];
    let objects = br#"{"snapshots":"#.iter().copied().chain(vec![b'['; 10 << 20]).collect::<Vec<u8>>();
    let keys = br#"{"x":"#.repeat(1 << 20);
    for bad in [brackets, objects, keys, vec![0; 1 << 20], b"\xef\xbb\xbf".to_vec(), b"   ".to_vec()] {
        fs::write(&root, &bad).unwrap();
        let unopened = verified(copy.path(), Depth::Metadata).unwrap().err().unwrap();
        assert_eq!(unopened.finding.kind, FindingKind::RootUnreadable);
    }

    // Garbage under the newest name, and an older good one.
    fs::write(&root, &good).unwrap();
    fs::write(copy.path().join("index-9223372036854775807"), b"garbage").unwrap();
    let found = report(copy.path(), Depth::Metadata);
    assert_eq!(kinds(&found), [FindingKind::RootUnreadable]);
    assert_eq!(found.findings[0].blob.as_ref().unwrap().as_str(), "index-9223372036854775807");
    assert!(found.unreferenced.is_none());
}

#[test]
fn blobs_that_are_not_what_their_names_say() {
    let copy = copy();
    fs::write(copy.path().join("index.latest"), b"").unwrap();
    assert_eq!(kinds(&report(copy.path(), Depth::Metadata)), [FindingKind::LatestMismatch]);
    fs::remove_file(copy.path().join("index.latest")).unwrap();
    fs::create_dir(copy.path().join("index.latest")).unwrap();
    assert_eq!(kinds(&report(copy.path(), Depth::Metadata)), [FindingKind::LatestMismatch]);
    // A folder with the name of a newer root is no newer root, but somebody has to look at it.
    fs::create_dir(copy.path().join("index-77")).unwrap();
    assert_eq!(
        kinds(&report(copy.path(), Depth::Metadata)),
        [FindingKind::RootUnreadable, FindingKind::LatestMismatch]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_foreign() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let copy = copy();
    let folder = Target::ShardSnapshot.find(copy.path()).unwrap().file.parent().unwrap().to_owned();
    for folder in [copy.path(), &copy.path().join("indices"), &folder] {
        fs::write(folder.join(OsStr::from_bytes(b"snap-\xff\xfe.dat")), b"x").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.join("__AAAAAAAAAAAAAAAAAAAAAA")).unwrap();
    }
    let found = report(copy.path(), Depth::Content);
    assert_eq!(kinds(&found), []);
    assert!(found.findings.iter().any(|finding| finding.kind == FindingKind::ForeignBlobs), "{:#?}", found.findings);
}

#[test]
fn bombs_are_damage() {
    let copy = copy();
    let place = Target::IndexMetadata.find(copy.path()).unwrap();
    let nested = [smile::MARK, &[0x05], &vec![0xf8; 1 << 20]].concat();
    let deep_objects = [smile::MARK, &[0x05], &[0xfa, 0x80, b'a'].repeat(1 << 19)].concat();
    // A long array of references to one long name.
    let zeros = smile::to_vec(&Value::object([("x", Value::Bytes(vec![0; 100 << 20].into()))]));
    let bodies = [
        nested,
        deep_objects,
        compression::encode(&zeros, Encoding::Deflate),
        compression::encode(&zeros, Encoding::Zstd),
    ];
    for body in bodies {
        let blob = envelope::wrap(Kind::IndexMetadata.codec(), &body);
        assert!(blob.len() < 4 << 20, "{}", blob.len());
        fs::write(&place.file, blob).unwrap();
        assert_eq!(kinds(&report(copy.path(), Depth::Content)), [FindingKind::IndexMetadataUnreadable]);
    }
}

#[test]
fn names_cannot_leave_the_repository() {
    let copy = copy();
    let root = root_file(copy.path());
    let editor = Editor::open(copy.path());
    let (snapshots, indices) = (editor.repository().root.snapshots.clone(), editor.repository().root.indices.clone());
    let text = fs::read_to_string(&root).unwrap();
    for evil in ["../../x", "..", ".", "", "a/b", "a\\\\b", "\\u0000"] {
        for victim in [&snapshots[0].uuid, &indices[0].id] {
            fs::write(&root, text.replace(&**victim, evil)).unwrap();
            let found = report(copy.path(), Depth::Content);
            assert!(found.count(Severity::Error) >= 1, "{evil} for {victim}: {:#?}", found.findings);
            // What is wrong is the name in the root.
            let of_name = |finding: &&verify::Finding| finding.message.contains("cannot be a blob name");
            for finding in found.findings.iter().filter(of_name) {
                assert_eq!(finding.blob, found.repository.root_path(), "{evil}: {finding:#?}");
            }
        }
    }
    fs::write(&root, &text).unwrap();

    let list = Target::ShardSnapshot.find(copy.path()).unwrap();
    for (key, evil) in [("physical_name", "../../x"), ("name", "../../x"), ("name", "__../x"), ("physical_name", "")] {
        let editor = Editor::open(copy.path());
        editor.edit(&list.blob, Kind::ShardSnapshot, |list| set_in_files(list, key, &Value::from(evil)));
        assert_eq!(kinds(&report(copy.path(), Depth::Content)), [FindingKind::ShardSnapshotUnreadable], "{key} {evil}");
    }
}

fn set_in_files(document: &mut Value, key: &str, new: &Value) {
    if let Some(Value::Array(files)) = document.get_mut("files") {
        for file in files {
            if let Some(value) = file.get_mut(key) {
                *value = new.clone();
            }
        }
    }
}

#[test]
fn impossible_lengths_take_no_time() {
    let copy = copy();
    let list = Target::ShardSnapshot.find(copy.path()).unwrap();
    for (length, part_size) in
        [(i64::MAX, 1), (i64::MAX, i64::MAX), (i64::MAX, i64::MAX - 1), (0, 1), (1, 0), (1, -1), (-1, 1)]
    {
        let editor = Editor::open(copy.path());
        editor.edit(&list.blob, Kind::ShardSnapshot, |list| {
            set_in_files(list, "length", &Value::Int(length));
            set_in_files(list, "part_size", &Value::Int(part_size));
        });
        for depth in [Depth::Presence, Depth::Content] {
            let found = report(copy.path(), depth);
            assert!(found.count(Severity::Error) >= 1, "{length} {part_size}");
            assert!((found.findings.len() as u64) < FEW_REQUESTS, "{} findings", found.findings.len());
        }
        // Measuring must hold, too.
        let repository = Repository::open(&store(copy.path()), &BlobPath::root(), &pool()).unwrap();
        let _ = snaprepo_core::status::totals(&repository, &pool());
    }
}

#[test]
fn impossible_numbers_of_shards_are_damage() {
    let copy = copy();
    let place = Target::IndexMetadata.find(copy.path()).unwrap();
    for n in ["1000000000", "-1", "0", "", "65537", "x"] {
        let editor = Editor::open(copy.path());
        editor.edit(&place.blob, Kind::IndexMetadata, |document| {
            let Value::Object(members) = document else { panic!("no object") };
            *members[0].1.get_mut("settings").unwrap().get_mut("index.number_of_shards").unwrap() = n.into();
        });
        assert_eq!(kinds(&report(copy.path(), Depth::Metadata)), [FindingKind::IndexMetadataUnreadable], "{n:?}");
    }
}

#[test]
fn a_snapshot_listed_a_million_times_is_read_once() {
    let copy = copy();
    let root = root_file(copy.path());
    let editor = Editor::open(copy.path());
    let uuid = editor.repository().root.snapshots[0].uuid.clone();
    let text = fs::read_to_string(&root).unwrap();
    let listed = format!("\"{uuid}\",").repeat(1_000_000);
    let hostile = text.replace("\"snapshots\":[\"", &format!("\"snapshots\":[{listed}\""));
    assert!(hostile.len() > text.len() + 25_000_000);
    fs::write(&root, hostile).unwrap();
    let found = report(copy.path(), Depth::Content);
    assert!(kinds(&found).contains(&FindingKind::RootDuplicate), "{:?}", kinds(&found));
    let n = found.findings.iter().filter(|finding| finding.kind == FindingKind::RootDuplicate).count();
    assert!(n <= found.repository.root.indices.len(), "{n} findings");
}

/// The list `index` of Elasticsearch 1 and 2 knows what was lost, and may itself be damaged.
#[test]
fn the_list_of_old_repositories_counts() {
    for name in ["elasticsearch-1.7.6-compressed", "elasticsearch-2.4.6-plain"] {
        let fixture = fixtures::named(name);
        let kinds = |damage: &dyn Fn(&Path)| -> Vec<FindingKind> {
            let copy = fixture.copy();
            damage(&fixture.copied_repository(&copy));
            let report =
                snaprepo_tests::verify(&fixture.copied_repository(&copy), &options(Depth::Footers)).unwrap().unwrap();
            let mut kinds: Vec<FindingKind> = report.findings.iter().map(|finding| finding.kind).collect();
            kinds.dedup();
            kinds
        };
        assert_eq!(kinds(&|_| ()), [], "{name}");
        assert_eq!(kinds(&|at| fs::write(at.join("index"), "{").unwrap()), [FindingKind::SnapshotListMismatch]);
        assert_eq!(kinds(&|at| fs::remove_file(at.join("index")).unwrap()), [FindingKind::SnapshotListMismatch]);
        let lost = kinds(&|at| {
            let blobs = ["snapshot-snap-2", "snap-snap-2.dat"];
            assert!(blobs.iter().any(|blob| fs::remove_file(at.join(blob)).is_ok()));
        });
        assert_eq!(lost, [FindingKind::SnapshotInfoUnreadable], "{name}");
    }
}
