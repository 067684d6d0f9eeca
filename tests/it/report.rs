//! The report: one page, its data, and metrics.

use std::{fs, path::Path};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use snaprepo::Exit;
use snaprepo_testkit::fixtures;
use snaprepo_tests::{first_blob, run};

/// Writes all three files, and gives their text.
fn reported(repository: &Path, folder: &Path) -> (snaprepo_tests::Output, [String; 3]) {
    let files = ["page.html", "data.json", "metrics.prom"].map(|name| folder.join(name));
    let [page, data, metrics] = files.clone().map(|path| path.to_str().unwrap().to_owned());
    let output =
        run(&["report", repository.to_str().unwrap(), "-o", &page, "--data", &data, "--metrics-file", &metrics]);
    (output, files.map(|path| fs::read_to_string(path).unwrap()))
}

fn hidden(text: &str, repository: &Path, folder: &Path) -> String {
    text.replace(repository.to_str().unwrap(), "REPO").replace(folder.to_str().unwrap(), "FOLDER")
}

#[test]
fn what_it_writes() {
    let repository = fixtures::named("elasticsearch-9.5.3-plain").repository();
    let folder = tempfile::tempdir().unwrap();
    let (output, [page, data, metrics]) = reported(&repository, folder.path());
    assert_eq!(output.exit, Exit::Good);
    insta::assert_snapshot!("answer", hidden(&output.all(), &repository, folder.path()));
    insta::assert_snapshot!("metrics", metrics.replace("repository=\"repo\"", "repository=\"R\""));
    // The page holds its data, and the digest of them.
    let embedded = page.split_once("id=\"data\">").unwrap().1.split_once("</script>").unwrap().0;
    assert_eq!(embedded, data);
    let digest: String = Sha256::digest(&data).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(page.contains(&digest));
    let (page, _) = page.split_once("<script").unwrap();
    insta::assert_snapshot!("page", hidden(page, &repository, folder.path()).replace(&digest, "DIGEST"));
    // Nothing from elsewhere, and nothing that runs.
    for word in ["http:", "https:", "src=", "url(", "@import", "onload"] {
        assert!(!page.contains(word), "{word}");
    }
    // Made again it is the same, whatever the width.
    let again = reported(&repository, folder.path()).1;
    assert_eq!(again[1], data);
}

#[test]
fn its_numbers_are_those_of_the_other_verbs() {
    let repository = fixtures::named("elasticsearch-6.8.23-plain").repository();
    let folder = tempfile::tempdir().unwrap();
    let (_, [_, data, _]) = reported(&repository, folder.path());
    let data: Value = serde_json::from_str(&data).unwrap();
    let path = repository.to_str().unwrap();
    let verify = run(&["verify", path, "--json"]).json();
    for key in ["counts", "findings", "snapshots", "indices", "checked"] {
        assert_eq!(data["verify"][key], verify[key], "{key}");
    }
    let du = run(&["du", path, "--by", "index", "--json"]).json();
    for key in ["kinds", "unreferenced", "rows", "blobs", "size_in_bytes"] {
        assert_eq!(data["du"][key], du[key], "{key}");
    }
    let last = data["growth"].as_array().unwrap().last().unwrap();
    let added = data["snapshots"].as_array().unwrap().iter().map(|row| row["added_size_in_bytes"].as_u64().unwrap());
    assert_eq!(last["size_in_bytes"].as_u64().unwrap(), added.sum::<u64>());
}

#[test]
fn names_cannot_break_out_of_the_page() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let root = repository.join("index-4");
    let text = fs::read_to_string(&root).unwrap().replace("\"snap-4\"", "\"</script><b onload=x>&\"");
    fs::write(&root, text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (output, [page, _, metrics]) = reported(&repository, folder.path());
    assert_eq!(output.exit, Exit::Bad);
    assert_eq!(page.matches("</script>").count(), 1);
    assert!(!page.contains("<b onload") && page.contains("&lt;b onload=x&gt;&amp;"));
    assert!(metrics.contains("snapshot=\"</script><b onload=x>&\""));
}

#[test]
fn damage_is_told_with_what_to_do() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    fs::remove_file(first_blob(&repository.join("indices"), "__").unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (output, [page, _, metrics]) = reported(&repository, folder.path());
    assert_eq!(output.exit, Exit::Bad);
    assert!(page.contains("missing-blob") && page.contains("bring the blob back"));
    assert!(metrics.contains("depth=\"footers\",result=\"fail\"} 1") && metrics.contains("severity=\"error\"} 1\n"));
}

#[test]
fn nothing_is_written_where_it_does_not_belong() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let root = repository.join("index-4");
    let before = fs::read(&root).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (path, one) = (repository.to_str().unwrap(), folder.path().join("one"));
    let one = one.to_str().unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&root, &link).unwrap();
    for target in [root.to_str().unwrap(), link.to_str().unwrap(), repository.join("new").to_str().unwrap()] {
        let output = run(&["report", path, "-o", one, "--data", target]);
        assert!(output.exit == Exit::NotDone && output.stderr.contains("lies in the repository"), "{}", output.stderr);
    }
    let output = run(&["report", path, "-o", one, "--data", one]);
    assert!(output.exit == Exit::NotDone && output.stderr.contains("cannot hold two"), "{}", output.stderr);
    assert!(fs::read(&root).unwrap() == before && !Path::new(one).exists());
    // A link is followed, and stays one.
    let target = folder.path().join("target");
    fs::write(&target, "old").unwrap();
    let link = folder.path().join("followed");
    std::os::unix::fs::symlink(&target, &link).unwrap();
    assert_eq!(run(&["report", path, "--metrics-file", link.to_str().unwrap()]).exit, Exit::Good);
    assert!(link.is_symlink() && fs::read_to_string(&target).unwrap().starts_with("# HELP"));
}

#[test]
fn nowhere_to_write_is_an_error() {
    let repository = fixtures::named("elasticsearch-9.5.3-plain").repository();
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("no/such/page.html");
    let output = run(&["report", repository.to_str().unwrap(), "-o", nowhere.to_str().unwrap()]);
    assert_eq!(output.exit, Exit::NotDone);
    insta::assert_snapshot!("nowhere", hidden(&output.all(), &repository, folder.path()));
    insta::assert_snapshot!("standard_output", run(&["report", repository.to_str().unwrap(), "-o", "-"]).all());
    insta::assert_snapshot!("no_file", run(&["report", "REPO"]).all());
}
