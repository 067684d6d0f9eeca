//! What the program prints, and how it ends: standard output, standard error and exit code together.

use std::fs;

use snaprepo::Exit;
use snaprepo_testkit::fixtures;
use snaprepo_tests::{Output, run, run_wide};

/// Hides where the fixtures are.
fn shown(output: &Output, repository: &str) -> String {
    output.all().replace(repository, "REPO")
}

fn check(name: &str, fixture: &str, args: &[&str], width: usize) {
    let repository = fixtures::named(fixture).repository();
    let repository = repository.to_str().unwrap();
    let mut all = vec![args[0], repository];
    all.extend_from_slice(&args[1..]);
    insta::assert_snapshot!(name, shown(&run_wide(&all, width), repository));
}

const MODERN: &str = "elasticsearch-9.5.3-plain";

#[test]
fn every_verb() {
    check("info", MODERN, &["info"], 100);
    check("list", MODERN, &["list"], 100);
    check("list_details", MODERN, &["list", "--details"], 100);
    check("show", MODERN, &["show", "snap-4"], 100);
    check("status", MODERN, &["status"], 100);
    check("status_one", MODERN, &["status", "snap-3"], 100);
    check("ls", MODERN, &["ls", "latest"], 100);
    check("ls_shard", MODERN, &["ls", "snap-3:logs-2024/0"], 100);
    check("find", MODERN, &["find", "lo*"], 100);
    check("verify", MODERN, &["verify"], 100);
    check("compat", MODERN, &["compat", "--target", "es:9.1"], 100);
    check("list_as_cat", MODERN, &["list", "--format", "cat", "--name", "fs"], 100);
}

#[test]
fn other_writers() {
    check("info_opensearch", "opensearch-2.19.6-hashed-nodeprefix", &["info"], 100);
    check("info_1_7", "elasticsearch-1.7.6-compressed", &["info"], 100);
    check("verify_shallow", "opensearch-2.19.6-shallow", &["verify"], 100);
    check("verify_lost_path_type", "opensearch-3.6.0-damaged-by-2.11.1", &["verify"], 100);
    check("list_opensearch", "opensearch-3.6.0-plain", &["list"], 100);
}

#[test]
fn narrow_and_wide() {
    check("list_narrow", MODERN, &["list"], 60);
    check("find_narrow", MODERN, &["find", "*"], 60);
    check("list_wide", MODERN, &["list"], 200);
}

/// A real 9.2.0 refuses this repository, and says that checksums do not match.
#[test]
fn a_field_that_the_target_does_not_know() {
    let repository = fixtures::named("elasticsearch-8.19.21-plain").repository();
    let asked = |target: &str| run(&["compat", repository.to_str().unwrap(), "latest", "--target", target, "--json"]);
    let refused = asked("es:9.2.0");
    assert_eq!(refused.exit, Exit::Bad);
    assert!(refused.stdout.contains(r#""cause": "unknown-field""#), "{}", refused.stdout);
    assert_eq!(asked("es:9.5.3").exit, Exit::Good);
}

fn message(args: &[&str]) -> (Exit, String) {
    let output = run(args);
    assert_eq!(output.stdout, "", "{args:?}");
    (output.exit, output.stderr)
}

#[test]
fn locations_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let file = folder.path().join("file");
    let (exit, text) = message(&["list", path]);
    assert_eq!((exit, text.replace(path, "PATH").as_str()), (Exit::NotDone, include_str!("program/empty.txt")));
    fs::write(&file, "x").unwrap();
    let (exit, text) = message(&["verify", file.to_str().unwrap()]);
    assert_eq!(exit, Exit::NotDone);
    assert!(text.contains("is not a folder"), "{text}");
    let (_, text) = message(&["list", path]);
    assert!(
        text.contains(
            "is not a snapshot repository: no index-N and no snapshot blob at its root (blobs there: 1, folders: 0)"
        ),
        "{text}"
    );
    let (_, text) = message(&["list", "/nothing/here"]);
    assert!(text.contains("does not exist"), "{text}");
    let (_, text) = message(&["list", "s3://"]);
    assert!(text.contains("needs a bucket behind it"), "{text}");
    let (_, text) = message(&["list", "s3://bucket?endpont=x"]);
    assert!(text.contains("\"endpont\" is no setting of a location: known are preset, endpoint"), "{text}");
    let (_, text) = message(&["list", "s3://key:secret@bucket/base"]);
    assert!(text.contains("carries credentials") && !text.contains("secret"), "{text}");
}

#[test]
fn what_is_not_there() {
    let repository = fixtures::named(MODERN).repository();
    let repository = repository.to_str().unwrap();
    for (args, expected) in [
        (vec!["show", repository, "nothing"], "no snapshot matches \"nothing\" (there are: snap-2, snap-3, snap-4)"),
        (vec!["show", repository, "snap-*"], "\"snap-*\" means 3 snapshots"),
        (vec!["show", repository, "snap-4", "--index", "x"], "snapshot snap-4 has no index \"x\""),
        (vec!["ls", repository, "snap-4:orders/9"], "there is no shard 9"),
        (vec!["verify", repository, "--index", "x"], "no such index \"x\""),
        (vec!["verify", repository, "--sample", "0%"], "would read nothing"),
        (vec!["cat-blob", repository, "../../etc/passwd"], "\"..\" cannot be a blob name"),
        (vec!["list", repository, "--as", "8.1"], "is no known release: write es:8.19 or os:2.19"),
    ] {
        let (exit, text) = message(&args);
        assert_eq!(exit, Exit::NotDone, "{args:?}: {text}");
        assert!(text.contains(expected), "{args:?}: {text}");
    }
    let (exit, text) = message(&["cat-blob", repository, "snap-x.dat"]);
    assert_eq!(exit, Exit::NotDone);
    assert!(text.contains("does not exist"), "{text}");
}

/// What selects nothing must not pass for "intact".
#[test]
fn nothing_to_look_at_is_no_good_news() {
    let repository = fixtures::named(MODERN).repository();
    let repository = repository.to_str().unwrap();
    for args in [
        vec!["verify", repository, "--snapshot", ""],
        vec!["verify", repository, "--snapshot", "all,-all"],
        vec!["verify", repository, "--shard", "9"],
        vec!["verify", repository, "--sample", "1B"],
        vec!["list", repository, ""],
        vec!["list", repository, "@"],
        vec!["verify", repository, "--concurrency", "100000"],
        vec!["compat", repository, "--target", "es:99"],
    ] {
        let (exit, text) = message(&args);
        assert_eq!(exit, Exit::NotDone, "{args:?}: {text}");
    }
    let (exit, text) = message(&["frob", "--json"]);
    let error: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((exit, error["error"]["kind"].as_str()), (Exit::NotDone, Some("usage")));
}

/// A broken blob costs its row, and nothing else.
#[test]
fn a_broken_snapshot_is_one_broken_row() {
    let fixture = fixtures::named(MODERN);
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let uuid = "SH-T7fo9SMu6WY9dkv0wJw";
    fs::write(repository.join(format!("snap-{uuid}.dat")), "").unwrap();
    let path = repository.to_str().unwrap();
    let output = run(&["list", path, "--details"]);
    assert_eq!(output.exit, Exit::Bad);
    insta::assert_snapshot!("list_broken_row", shown(&output, path));
    assert_eq!(run(&["list", path]).exit, Exit::Good, "the root alone is intact");
    insta::assert_snapshot!("verify_broken_snapshot", shown(&run(&["verify", path]), path));
    // A newer root that is garbage: the older one still answers.
    fs::write(repository.join("index-9"), "{\"snapshots\":[").unwrap();
    let output = run(&["list", path]);
    assert_eq!(output.exit, Exit::Bad);
    insta::assert_snapshot!("list_older_root", shown(&output, path));
    fs::remove_file(repository.join("index-4")).unwrap();
    insta::assert_snapshot!("list_no_root", shown(&run(&["list", path]), path));
    insta::assert_snapshot!("verify_no_root", shown(&run(&["verify", path]), path));
}

#[test]
fn any_blob_can_be_looked_into() {
    check("cat_root_latest", MODERN, &["cat-blob", "index.latest"], 100);
    let output =
        run(&["cat-blob", fixtures::named(MODERN).repository().to_str().unwrap(), "snap-SH-T7fo9SMu6WY9dkv0wJw.dat"]);
    assert!(output.stderr.contains("snapshot info"), "{}", output.stderr);
    assert!(
        output.stderr.contains("codec snapshot version 1") && output.stderr.contains("matches"),
        "{}",
        output.stderr
    );
    assert!(output.json()["snapshot"]["name"] == "snap-4");
}

/// The same answer at any width of the pool.
#[test]
fn concurrency_changes_nothing() {
    for name in ["opensearch-3.6.0-damaged-by-2.11.1", "elasticsearch-2.4.6_5.6.16-mixed", MODERN] {
        let repository = fixtures::named(name).repository();
        let answer = |n: &str| run(&["verify", repository.to_str().unwrap(), "--json", "--concurrency", n]).stdout;
        assert_eq!(answer("1"), answer("7"), "{name}");
        assert_eq!(answer("7"), answer("32"), "{name}");
    }
}

#[test]
fn selections() {
    let repository = fixtures::named("elasticsearch-8.17.4-plain").repository();
    let names = |terms: &[&str]| -> String {
        let mut args = vec!["list", repository.to_str().unwrap(), "--ndjson"];
        args.extend_from_slice(terms);
        let output = run(&args);
        let name = |line: &str| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            row["snapshot"].as_str().unwrap().to_owned()
        };
        output.stdout.lines().map(name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&["latest"]), "snap-4");
    assert_eq!(names(&["latest~2"]), "snap-2");
    assert_eq!(names(&["@nightly"]), "snap-2 snap-3");
    assert_eq!(names(&["snap-?,-snap-3"]), "snap-2 snap-4");
    assert_eq!(names(&["L-5xcoL3"]), "snap-2");
    assert_eq!(names(&["all"]), "snap-2 snap-3 snap-4");
}

#[test]
fn completions_and_help() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run(&["completions", shell]).stdout.contains("cat-blob"), "{shell}");
    }
    for verb in ["info", "list", "show", "status", "ls", "find", "verify", "cat-blob", "compat", "completions"] {
        let output = run(&[verb, "--help"]);
        assert_eq!((output.exit, output.stderr.as_str()), (Exit::Good, ""), "{verb}");
    }
    assert_eq!(run(&["nothing"]).exit, Exit::NotDone);
}
