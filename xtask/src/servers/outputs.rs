//! The same answers from every server as from a folder: repositories of real engines, read by every verb of the built
//! program.

use std::{fs, path::Path};

use serde_json::Value;
use snaprepo_cloud::CloudStore;
use snaprepo_codec::BlobPath;
use snaprepo_lab::{
    Server,
    accept::copy_tree,
    server::Kind,
    snaprepo::{Run, Snaprepo},
};
use snaprepo_store::{Entry, LocalStore, ReadStore as _, StoreError, WriteStore as _};
use snaprepo_testkit::fixtures::{self, Fixture};

use crate::error::Error;

/// One of each way to lay out a repository: with a root and shard tables, with hashed folders outside of the base path,
/// with numbered tables, without a root, and a damaged one.
const FIXTURES: [&str; 5] = [
    "elasticsearch-9.5.3-plain",
    "opensearch-2.19.6-hashed-nodeprefix",
    "elasticsearch-6.8.23-plain",
    "elasticsearch-1.7.6-compressed",
    "opensearch-3.6.0-damaged-by-2.11.1",
];

/// What is asked; REPO stands for the repository, BLOB for one of its snapshot blobs. What a web server can answer, too,
/// comes first.
const QUESTIONS: [&[&str]; 18] = [
    &["cat-blob", "REPO", "BLOB"],
    &["list", "REPO"],
    &["list", "REPO", "--details"],
    &["show", "REPO", "latest"],
    &["status", "REPO"],
    &["status", "REPO", "--incremental"],
    &["ls", "REPO", "latest"],
    &["find", "REPO", "*"],
    &["compat", "REPO", "--target", "es:9.5"],
    &["diff", "REPO", "latest~1", "latest"],
    &["info", "REPO"],
    &["discover", "REPO"],
    &["diff", "REPO", "--listing"],
    // Nothing is too young, for what we put there is as young as can be.
    &["gc", "REPO", "--window", "0", "--grace", "0"],
    &["du", "REPO", "--by", "snapshot"],
    &["verify", "REPO"],
    &["verify", "REPO", "--depth", "footers"],
    &["verify", "REPO", "--depth", "content"],
];
/// How many of them need no listing.
const N_WITHOUT_LISTING: usize = 10;

/// What a bucket keeps beside its blobs: two versions and a marker of something that was written, replaced and deleted.
fn beside(
    server: &Server,
    snaprepo: &Snaprepo,
    store: &CloudStore,
    container: &str,
    fixture: &Fixture,
) -> Result<Vec<String>, Error> {
    server.keep_versions(container)?;
    let base = BlobPath::parse(fixture.base()).map_err(|fault| Error::Usage { message: fault.to_string() })?;
    let note = base.join("notes.txt").map_err(|fault| Error::Usage { message: fault.to_string() })?;
    let written =
        store.replace(&note, b"1").and_then(|()| store.replace(&note, b"22")).and_then(|()| store.delete(&note));
    let location = server.location(container, fixture.base());
    let answer = snaprepo.run(&["du", &location, "--classes", "--versions", "--json"])?.json()?;
    let number = |pointer: &str| answer.pointer(pointer).and_then(Value::as_u64);
    let counted = answer["classes"].as_array().into_iter().flatten().filter_map(|class| class["blobs"].as_u64());
    let facts = [
        ("the note is written and deleted", written.is_ok()),
        ("every blob has a class", Some(counted.sum::<u64>()) == number("/blobs")),
        ("replaced versions", number("/beside/replaced_versions") == Some(2)),
        ("their bytes", number("/beside/replaced_size_in_bytes") == Some(3)),
        ("delete markers", number("/beside/delete_markers") == Some(1)),
    ];
    let wrong = facts.into_iter().filter(|(_, holds)| !holds);
    Ok(wrong
        .map(|(what, _)| format!("du --classes --versions, {what}: {} {}", answer["classes"], answer["beside"]))
        .collect())
}

/// The folder of a container for a fixture: shard folders may lie beside the repository, at the top.
fn container(at: usize) -> String {
    format!("fixture-{at}")
}

/// Asks a server for all of it; `open` gives the store of a container. Returns what differs.
pub(super) fn check(
    server: &Server,
    snaprepo: &Snaprepo,
    open: &dyn Fn(&str) -> Result<CloudStore, Error>,
) -> Result<Vec<String>, Error> {
    let (here, there) = (snaprepo, &snaprepo.clone().with_variables(server.environment()));
    let mut breaches = Vec::new();
    for (at, name) in FIXTURES.into_iter().enumerate() {
        let fixture = fixtures::named(name);
        let is_web = server.kind() == Kind::Nginx;
        // Without a listing only index.latest leads to a root, and notes about hashed folders are not found.
        let is_plain = |root: &Path| root.join("index.latest").exists() && !root.join("snapshot_shard_paths").exists();
        if is_web && !is_plain(&fixture.repository()) {
            continue;
        }
        let container = container(at);
        server.make_container(&container)?;
        if is_web {
            copy_tree(&fixture.root(), &server.served().join(&container))?;
        } else {
            fill(&open(&container)?, fixture)?;
        }
        let (local, remote) =
            (fixture.repository().to_string_lossy().into_owned(), server.location(&container, fixture.base()));
        let blob = snapshot_blob(&fixture.repository())?;
        let n_questions = if is_web { N_WITHOUT_LISTING } else { QUESTIONS.len() };
        for question in &QUESTIONS[..n_questions] {
            let ask = |program: &Snaprepo, location: &str| {
                let words = question.iter().map(|word| match *word {
                    "REPO" => location,
                    "BLOB" => &blob,
                    word => word,
                });
                program.run(&words.chain(["--json", "--no-cache"]).collect::<Vec<_>>())
            };
            let (expected, found) = (ask(here, &local)?, ask(there, &remote)?);
            if told(&expected, &local) != told(&found, &remote) {
                breaches.push(format!(
                    "{name}: {} answers otherwise: {} is {:?}, {:?}: {}",
                    question.join(" "),
                    found.line,
                    found.code,
                    expected.code,
                    difference(&told(&expected, &local).1, &told(&found, &remote).1),
                ));
            }
        }
        if at == 0 && server.kind().is_s3() {
            breaches.extend(beside(server, there, &open(&container)?, &container, fixture)?);
        }
    }
    Ok(breaches)
}

/// The name of the first snapshot blob of a repository.
fn snapshot_blob(repository: &Path) -> Result<String, Error> {
    let failed = |source| Error::Read { path: repository.to_owned(), source };
    let names = fs::read_dir(repository).map_err(failed)?.map(|entry| entry.map(|entry| entry.file_name()));
    let names = names.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let names = names.iter().filter_map(|name| name.to_str()).filter(|name| name.starts_with("snap"));
    Ok(names.min().unwrap_or_default().to_owned())
}

/// The exit code, and everything that does not say where and how it was read.
fn told(run: &Run, location: &str) -> (Option<i32>, String) {
    let text = if run.stdout.is_empty() { &run.stderr } else { &run.stdout };
    let Ok(mut answer) = serde_json::from_str::<Value>(text) else { return (run.code, text.clone()) };
    if let Some(answer) = answer.as_object_mut() {
        answer.retain(|key, _| key != "requests" && key != "elapsed_ms");
    }
    // An object was written when we wrote it. The base path is only told where the location does not show it.
    without(&mut answer, &["oldest_in_millis", "newest_in_millis", "base_path"]);
    (run.code, format!("{answer:#}").replace(location, "REPO"))
}

fn without(value: &mut Value, keys: &[&str]) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !keys.contains(&key.as_str()));
            fields.values_mut().for_each(|value| without(value, keys));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| without(value, keys)),
        _ => {}
    }
}

/// The first line that differs.
fn difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().map(Some).chain([None]).zip(found.lines().map(Some).chain([None]));
    let other = lines.find(|(expected, found)| expected != found);
    other.map_or_else(String::new, |(expected, found)| {
        format!("{:?} in a folder, {:?} here", expected.unwrap_or("nothing"), found.unwrap_or("nothing"))
    })
}

/// Puts every file of a fixture into a container, roots last: what is younger than its root looks like a snapshot that
/// is being taken.
pub(super) fn fill(store: &CloudStore, fixture: &Fixture) -> Result<(), Error> {
    let failed = |error: StoreError| Error::Usage { message: error.to_string() };
    let local = LocalStore::open(&fixture.root()).map_err(failed)?;
    let mut paths = Vec::new();
    local
        .walk(&BlobPath::root(), &mut |path, entry| {
            if matches!(entry, Entry::Blob { .. }) {
                paths.push(path.clone());
            }
            true
        })
        .map_err(failed)?;
    paths.sort_by_key(|path| path.name().starts_with("index"));
    for path in paths {
        local.read(&path).and_then(|bytes| store.create(&path, &bytes)).map_err(failed)?;
    }
    Ok(())
}
