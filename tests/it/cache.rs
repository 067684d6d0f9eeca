//! What is kept between runs saves requests, and changes no answer.

use std::{fs, path::Path};

use snaprepo::Exit;
use snaprepo_testkit::fixtures;
use snaprepo_tests::run;

/// The answer without its requests, and these: listings, reads, blobs from the cache.
fn asked(args: &[&str], cache: Option<&Path>) -> (serde_json::Value, [u64; 3]) {
    let cache = cache.map(|folder| folder.to_str().unwrap());
    let with_cache = cache.iter().flat_map(|folder| ["--cache", folder]);
    let args: Vec<&str> = args.iter().copied().chain(["--json"]).chain(with_cache).collect();
    let mut answer = run(&args).json();
    let requests = answer.as_object_mut().unwrap().remove("requests").unwrap();
    (answer, ["lists", "reads", "cached"].map(|name| requests[name].as_u64().unwrap_or(0)))
}

#[test]
fn a_second_run_reads_only_what_can_change() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["elasticsearch-9.5.3-plain", "opensearch-2.19.6-hashed-nodeprefix", "elasticsearch-7.10.2-plain"] {
        let repository = fixtures::named(name).repository();
        let repository = repository.to_str().unwrap();
        for verb in [
            vec!["list", repository, "--details"],
            vec!["show", repository, "latest"],
            vec!["status", repository],
            vec!["status", repository, "--incremental"],
            vec!["find", repository, "*"],
            vec!["ls", repository, "latest"],
            vec!["compat", repository, "--target", "es:9.5"],
        ] {
            let cache =
                folder.path().join(format!("{name}-{}", verb[2..].join("-").replace([':', '*'], "_")) + verb[0]);
            let (expected, alone) = asked(&verb, None);
            let (first, filling) = asked(&verb, Some(&cache));
            let (second, kept) = asked(&verb, Some(&cache));
            assert_eq!((&first, &second), (&expected, &expected), "{name} {verb:?}");
            assert_eq!(filling[0], alone[0], "{name} {verb:?}");
            // A blob that is read twice in one run is kept the first time.
            assert_eq!(filling[1] + filling[2], alone[1], "{name} {verb:?}");
            assert_eq!((kept[0], kept[1] + kept[2]), (alone[0], alone[1]), "{name} {verb:?}");
            if verb[0] == "list" && name.starts_with("elasticsearch") {
                assert_eq!((kept[0], kept[1], kept[2] > 2), (1, 1, true), "{name}: the root, and nothing else");
            }
        }
    }
}

#[test]
fn what_judges_the_store_reads_the_store() {
    let cache = tempfile::tempdir().unwrap();
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let path = repository.to_str().unwrap();
    let with_cache = |args: &[&str]| {
        let args: Vec<&str> = args.iter().copied().chain(["--cache", cache.path().to_str().unwrap()]).collect();
        run(&args)
    };
    assert_eq!(with_cache(&["list", path, "--details"]).exit, Exit::Good);
    fs::write(repository.join("snap-SH-T7fo9SMu6WY9dkv0wJw.dat"), "").unwrap();
    assert_eq!(with_cache(&["list", path, "--details"]).exit, Exit::Good, "kept from before");
    assert_eq!(with_cache(&["list", path, "--details", "--no-cache"]).exit, Exit::Bad);
    assert_eq!(with_cache(&["verify", path]).exit, Exit::Bad);
    let output = with_cache(&["cat-blob", path, "snap-SH-T7fo9SMu6WY9dkv0wJw.dat", "--raw"]);
    assert_eq!(output.stdout, "", "{output:?}");
}

/// Snapshots of Elasticsearch 1 and 2 are named by people: the name of a deleted one can come again.
#[test]
fn names_that_people_gave_are_not_kept() {
    let cache = tempfile::tempdir().unwrap();
    for name in ["elasticsearch-1.7.6-plain", "elasticsearch-2.4.6-plain"] {
        let repository = fixtures::named(name).repository();
        let args = ["list", repository.to_str().unwrap(), "--details"];
        let alone = asked(&args, None).1;
        assert_eq!(asked(&args, Some(cache.path())).1, alone, "{name}");
        assert_eq!(asked(&args, Some(cache.path())).1, alone, "{name}");
    }
}

#[test]
fn a_folder_that_is_none_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let repository = fixtures::named("elasticsearch-9.5.3-plain").repository();
    let output = run(&["list", repository.to_str().unwrap(), "--cache", file.to_str().unwrap()]);
    assert_eq!(output.exit, Exit::NotDone);
    let text = output.stderr.replace(file.to_str().unwrap(), "FILE");
    assert!(text.starts_with("error: --cache FILE: ") && text.contains("--no-cache"), "{text}");
}
