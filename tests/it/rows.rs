//! Which rows `list`, `show` and `ls` have, in which order, and what they say of sizes.

use std::{fs, path::PathBuf};

use serde_json::Value;
use snaprepo::Exit;
use snaprepo_testkit::fixtures;
use snaprepo_tests::{run, shown};

fn path() -> String {
    fixtures::named("elasticsearch-9.5.3-plain").repository().to_str().unwrap().to_owned()
}

/// The names of the snapshots that `list` has with these options.
fn listed(repository: &str, options: &[&str]) -> Vec<String> {
    let args: Vec<&str> = ["list", repository, "--json"].iter().chain(options).copied().collect();
    let answer = run(&args).json();
    let rows = answer["snapshots"].as_array().unwrap().iter();
    rows.map(|row| row["snapshot"].as_str().unwrap().to_owned()).collect()
}

/// What is asked of every fixture, and what the row of a snapshot has to be like then.
type Condition = (&'static [&'static str], fn(&Value) -> bool);

#[test]
fn filters_keep_what_the_blobs_say() {
    const CONDITIONS: [Condition; 4] = [
        (&["--state", "PARTIAL"], |row| row["state"] == "PARTIAL"),
        (&["--state", "success,failed"], |row| row["state"] == "SUCCESS" || row["state"] == "FAILED"),
        (&["--policy", "night*"], |row| row["policy"].as_str().is_some_and(|name| name.starts_with("night"))),
        (&["--metadata", "policy=nightly"], |row| row["metadata"]["policy"] == "nightly"),
    ];
    let mut n_kept = [0; CONDITIONS.len()];
    for fixture in fixtures::all() {
        let repository = fixture.root();
        let base = fixture.base();
        let repository = repository.to_str().unwrap();
        let all = run(&["list", repository, "--base-path", base, "--details", "--json"]).json();
        let all = all["snapshots"].as_array().unwrap();
        for ((options, condition), n_kept) in CONDITIONS.iter().zip(&mut n_kept) {
            let known = all.iter().filter(|row| row["state"] != "INCOMPATIBLE");
            let expected = known.filter(|row| condition(row)).map(|row| row["snapshot"].as_str().unwrap().to_owned());
            let expected: Vec<String> = expected.collect();
            let options: Vec<&str> = ["--base-path", base, "--details"].iter().chain(*options).copied().collect();
            assert_eq!(listed(repository, &options), expected, "{}: {options:?}", fixture.name);
            *n_kept += expected.len();
        }
        // Halves, by a time that is nobody's but the first of the newer half.
        let Some(limit) = all.get(all.len() / 2).and_then(|row| row["start_time"].as_str()) else { continue };
        let names = |options: &[&str]| {
            let options: Vec<&str> = ["--base-path", base, "--details"].iter().chain(options).copied().collect();
            listed(repository, &options)
        };
        let starts = |row: &&Value| row["start_time"].as_str().is_some_and(|start| start < limit);
        let older: Vec<&str> = all.iter().filter(starts).map(|row| row["snapshot"].as_str().unwrap()).collect();
        assert_eq!(names(&["--older-than", limit]), older, "{}", fixture.name);
        assert_eq!(names(&["--newer-than", limit]).len() + older.len(), all.len(), "{}", fixture.name);
    }
    assert!(n_kept.iter().all(|n| *n > 3), "{n_kept:?}");
}

#[test]
fn what_is_damaged_cannot_be_ruled_out() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let top = fs::read_dir(&repository).unwrap().map(|entry| entry.unwrap().path());
    let is_info = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("snap-");
    fs::write(top.filter(is_info).min().unwrap(), "").unwrap();
    let args = ["list", repository.to_str().unwrap(), "--metadata", "no=such", "--details", "--json"];
    let output = run(&args);
    assert_eq!(output.exit, Exit::Bad);
    let rows = output.json()["snapshots"].as_array().unwrap().clone();
    assert!(rows.len() == 1 && rows[0]["error"].is_string());
}

/// A blob that holds another snapshot than the root says must not pass for it.
#[test]
fn a_swapped_blob_is_told() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let path = repository.to_str().unwrap();
    let rows = run(&["list", path, "--json"]).json();
    let blob = |at: usize| repository.join(format!("snap-{}.dat", rows["snapshots"][at]["uuid"].as_str().unwrap()));
    fs::copy(blob(1), blob(0)).unwrap();
    for verb in [&["list", path, "--details"][..], &["show", path, "snap-2"]] {
        let output = run(verb);
        assert_eq!(output.exit, Exit::Bad, "{verb:?}");
        assert!(output.stdout.contains("its blob holds the snapshot snap-3"), "{}", output.stdout);
    }
}

#[test]
fn sizes_are_those_of_du() {
    for name in ["elasticsearch-9.5.3-plain", "elasticsearch-6.8.23-plain", "opensearch-3.6.0-plain"] {
        let path = fixtures::named(name).repository();
        let path = path.to_str().unwrap();
        let du = run(&["du", path, "--by", "snapshot", "--json"]).json();
        let list = run(&["list", path, "--size", "--json"]).json();
        let (rows, expected) = (list["snapshots"].as_array().unwrap(), du["rows"].as_array().unwrap());
        assert_eq!(rows.len(), expected.len());
        for (row, expected) in rows.iter().zip(expected) {
            assert_eq!(row["snapshot"], expected["name"]);
            assert_eq!(row["size_in_bytes"], expected["logical_size_in_bytes"]);
            assert_eq!(row["added_size_in_bytes"], expected["added_size_in_bytes"]);
            assert_eq!(row["exclusive_size_in_bytes"], expected["exclusive_size_in_bytes"]);
        }
        // What a snapshot has of its indices is what it has, but for its own two blobs.
        let show = run(&["show", path, "latest", "--size", "--json"]).json();
        let ls = run(&["ls", path, "latest", "--size", "--json"]).json();
        let sum = |rows: &Value| {
            let rows = rows["indices"].as_array().unwrap().iter();
            rows.map(|row| row["exclusive_size_in_bytes"].as_u64().unwrap()).sum::<u64>()
        };
        let whole = rows.last().unwrap()["exclusive_size_in_bytes"].as_u64().unwrap();
        assert!(sum(&show) == sum(&ls) && sum(&show) < whole && sum(&show) > 0, "{name}");
    }
}

#[test]
fn rows_are_sorted() {
    let path = path();
    let by = |options: &[&str]| listed(&path, options);
    assert_eq!(by(&["--sort", "size"])[0], "snap-2");
    assert_eq!(by(&["--sort", "exclusive"]), ["snap-2", "snap-4", "snap-3"]);
    assert_eq!(by(&["--sort", "name", "--reverse"]), ["snap-4", "snap-3", "snap-2"]);
    assert_eq!(by(&["--sort", "took"])[0], "snap-2");
    assert_eq!(by(&["--sort", "state"])[0], "snap-4");
    assert_eq!(by(&["--sort", "indices"])[0], "snap-4");
}

#[test]
fn what_it_prints() {
    insta::assert_snapshot!("sizes", shown(&["list", "REPO", "--size", "--state", "SUCCESS"], 120));
    insta::assert_snapshot!("narrow", shown(&["list", "REPO", "--size"], 60));
    let columns = ["list", "REPO", "--columns", "uuid,snapshot,metadata,shards"];
    insta::assert_snapshot!("columns", shown(&columns, 100));
    insta::assert_snapshot!("none", shown(&["list", "REPO", "--older-than", "2020-01-01"], 100));
    insta::assert_snapshot!("show", shown(&["show", "REPO", "latest", "--size", "--sort", "size"], 100));
    insta::assert_snapshot!("ls", shown(&["ls", "REPO", "latest", "--size", "--sort", "files"], 100));
    insta::assert_snapshot!("ls_shards", shown(&["ls", "REPO", "latest:orders", "--size"], 100));
    insta::assert_snapshot!("as_cluster", shown(&["list", "REPO", "--format", "es", "--sort", "size"], 100));
    insta::assert_snapshot!("bad_state", shown(&["list", "REPO", "--state", "GREEN"], 100));
    insta::assert_snapshot!("bad_time", shown(&["list", "REPO", "--older-than", "yesterday"], 100));
    insta::assert_snapshot!("bad_metadata", shown(&["list", "REPO", "--metadata", "policy"], 100));
}
