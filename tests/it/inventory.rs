//! A repository against listings that others made.

use std::{fmt::Write as _, fs, io::Write as _, path::Path};

use snaprepo::Exit;
use snaprepo_codec::BlobPath;
use snaprepo_store::Entry;
use snaprepo_testkit::fixtures;
use snaprepo_tests::{Output, first_blob, run, store};

/// Paths and lengths of everything below a folder, in no order of names.
fn listed(repository: &Path) -> Vec<(String, u64)> {
    let mut blobs = Vec::new();
    let walked = store(repository).walk(&BlobPath::root(), &mut |path, entry| {
        if let Entry::Blob { len_bytes, .. } = entry {
            blobs.push((path.to_string(), len_bytes));
        }
        true
    });
    walked.unwrap();
    blobs.sort_by_key(|(path, _)| path.bytes().rev().collect::<Vec<_>>());
    blobs
}

/// The same blobs as each program lists them; files of an inventory lie beside its manifest.
fn listings(blobs: &[(String, u64)], folder: &Path) -> [String; 4] {
    let (mut aws, mut sp, mut tsp, mut csv) = (String::new(), String::new(), String::new(), String::new());
    for (path, len_bytes) in blobs {
        writeln!(aws, "2026-11-01 03:04:05 {len_bytes:>10} {path}").unwrap();
        writeln!(sp, "{len_bytes};{path}").unwrap();
        writeln!(tsp, "2026-11-01 03:04:05;{len_bytes};{path}").unwrap();
        writeln!(csv, "\"bucket\",\"{}\",\"v1\",\"true\",\"false\",\"{len_bytes}\"", path.replace('_', "%5F")).unwrap();
        // What was there before, and was deleted.
        writeln!(csv, "\"bucket\",\"{path}\",\"v0\",\"false\",\"false\",\"1\"").unwrap();
    }
    writeln!(tsp, "2026-11-01 03:04:05;-1;indices/").unwrap();
    writeln!(csv, "\"bucket\",\"gone\",\"v2\",\"true\",\"true\",\"\"").unwrap();
    let (first, second) = csv.split_at(csv.match_indices('\n').nth(20).unwrap().0 + 1);
    let data = folder.join("data");
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("one.csv"), first).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(second.as_bytes()).unwrap();
    fs::write(data.join("two.csv.gz"), packed.finish().unwrap()).unwrap();
    let manifest = r#"{"sourceBucket": "bucket", "fileFormat": "CSV", "fileSchema": "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size",
        "files": [{"key": "inventories/bucket/all/data/one.csv"}, {"key": "inventories/bucket/all/data/two.csv.gz"}]}"#;
    [("aws.txt", &*aws), ("sp.txt", &sp), ("tsp.txt", &tsp), ("manifest.json", manifest)].map(|(name, text)| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    })
}

/// The part of an answer that says nothing of the listing itself.
fn answer(output: &Output) -> [serde_json::Value; 4] {
    let answer = output.json();
    ["result", "unreferenced", "findings", "needed_blobs"].map(|key| {
        let mut part = answer[key].clone();
        // Listings of others tell no times, and come in another order.
        for row in part.as_array_mut().into_iter().flatten() {
            row.as_object_mut().unwrap().remove("newest_in_millis");
            row["examples"].as_array_mut().into_iter().for_each(|names| names.sort_by_key(ToString::to_string));
        }
        part
    })
}

#[test]
fn every_listing_gives_the_answer_of_the_store() {
    for name in ["elasticsearch-9.5.3-plain", "elasticsearch-6.8.23_7.10.2-upgraded", "elasticsearch-1.7.6-plain"] {
        let fixture = fixtures::named(name);
        let copy = fixture.copy();
        let repository = fixture.copied_repository(&copy);
        fs::write(repository.join("notes.txt"), "not ours").unwrap();
        let path = repository.to_str().unwrap();
        let by_store = run(&["diff", path, "--listing", "--json"]);
        assert_eq!(by_store.exit, Exit::Bad);
        let folder = tempfile::tempdir().unwrap();
        let blobs = listed(&repository);
        for listing in listings(&blobs, folder.path()) {
            let output = run(&["diff", path, "--listing", &listing, "--json"]);
            assert_eq!(answer(&output), answer(&by_store), "{name}: {listing}");
            assert_eq!(output.json()["listing"]["blobs"], blobs.len());
        }
    }
}

/// An inventory of one fixture with a file that is not ours, by several writers (`testdata/inventory`).
#[test]
fn an_inventory_in_parquet_gives_the_answer_of_the_store() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    fs::write(repository.join("notes.txt"), "not ours").unwrap();
    let path = repository.to_str().unwrap();
    let by_store = run(&["diff", path, "--listing", "--json"]);
    let folder = tempfile::tempdir().unwrap();
    for name in ["arrow-snappy", "duckdb-zstd", "spark-v1"] {
        let file = fixtures::inventory().join(format!("{name}.parquet"));
        let size = fs::copy(&file, folder.path().join("one.parquet")).unwrap();
        let manifest = folder.path().join("manifest.json");
        let text = format!(
            r#"{{"fileFormat": "Parquet", "fileSchema": "message s3.inventory {{}}", "files": [{{"key": "a/one.parquet", "size": {size}}}]}}"#
        );
        fs::write(&manifest, text).unwrap();
        for listing in [&file, &manifest] {
            let output = run(&["diff", path, "--listing", listing.to_str().unwrap(), "--json"]);
            assert_eq!(answer(&output), answer(&by_store), "{}", listing.display());
            assert_eq!(output.json()["listing"]["format"], "s3-inventory");
        }
    }
}

#[test]
fn what_is_listed_and_gone_is_missing_and_what_is_not_listed_is_asked_for() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let path = repository.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut blobs = listed(&repository);
    // Younger than the listing: not listed, and there.
    let data = blobs.iter().position(|(path, _)| path.contains("/__")).unwrap();
    blobs.remove(data);
    let [listing, ..] = listings(&blobs, folder.path());
    assert_eq!(run(&["diff", path, "--listing", &listing]).exit, Exit::Good);
    // Not listed, and not there.
    fs::remove_file(first_blob(&repository.join("indices"), "__").unwrap()).unwrap();
    let [listing, ..] = listings(&listed(&repository), folder.path());
    let output = run(&["diff", path, "--listing", &listing, "--json"]);
    assert_eq!((output.exit, &output.json()["findings"][0]["kind"]), (Exit::Bad, &"missing-blob".into()));
}

/// Nothing of a listing that counts from elsewhere is missing: it is another listing.
#[test]
fn a_listing_of_another_folder_blames_nobody() {
    let repository = fixtures::named("elasticsearch-9.5.3-plain").repository();
    let folder = tempfile::tempdir().unwrap();
    let elsewhere: Vec<_> = listed(&repository).into_iter().map(|(path, len)| (format!("other/{path}"), len)).collect();
    let path = repository.to_str().unwrap();
    let [listing, ..] = listings(&elsewhere, folder.path());
    insta::assert_snapshot!("another_folder", shown(path, &listing, folder.path()));
    let [listing, ..] = listings(&listed(&repository), folder.path());
    let rows = run(&["diff", path, "--listing", &listing, "--ndjson"]);
    assert_eq!(rows.stdout, "{\"result\":\"same\",\"unreadable\":[]}\n");
}

fn shown(repository: &str, listing: &str, folder: &Path) -> String {
    let all = run(&["diff", repository, "--listing", listing]).all();
    all.replace(folder.to_str().unwrap(), "FOLDER").replace(repository, "REPO")
}

#[test]
fn what_it_prints() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    fs::write(repository.join("notes.txt"), "not ours").unwrap();
    fs::remove_file(first_blob(&repository.join("indices"), "__").unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [listing, ..] = listings(&listed(&repository), folder.path());
    let repository = repository.to_str().unwrap();
    insta::assert_snapshot!("damaged", shown(repository, &listing, folder.path()));
    let bad: [(&str, &[u8]); 11] = [
        ("empty", b""),
        ("names_only", b"index-4\nindex.latest\n"),
        ("summary", b"2026-11-01 03:04:05 8 index.latest\n\nTotal Objects: 1\n"),
        ("not_utf8", b"8;index.latest\n8;\xFF\xFE\n"),
        ("twice", b"8;index.latest\n9;index.latest\n"),
        ("no_manifest", b"{\"files\": 1}"),
        ("orc", br#"{"fileFormat": "ORC", "fileSchema": "struct<>", "files": []}"#),
        ("parquet", b"PAR1 and no footer"),
        ("cut", br#"{"fileFormat": "Parquet", "fileSchema": "", "files": [{"key": "data/one.csv", "size": 4}]}"#),
        ("no_file", br#"{"fileFormat": "CSV", "fileSchema": "Bucket, Key, Size", "files": [{"key": "a/../b.csv"}]}"#),
        ("elsewhere", br#"{"fileFormat": "CSV", "fileSchema": "Bucket, Key, Size", "files": []}"#),
    ];
    for (name, text) in bad {
        let path = folder.path().join("listing");
        fs::write(&path, text).unwrap();
        insta::assert_snapshot!(name, shown(repository, path.to_str().unwrap(), folder.path()));
    }
}
