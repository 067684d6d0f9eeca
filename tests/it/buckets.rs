//! A repository in a bucket is the repository in its folder: the same words, the same exit code, for every fixture, every
//! story and every verb that reads.

use std::{fs, path::PathBuf};

use snaprepo::Exit;
use snaprepo_testkit::{
    bucket::Bucket,
    fixtures::{self, Fixture},
};
use snaprepo_tests::{Output, run_wide};

/// Stands in arguments for the location of the repository.
pub(crate) const REPO: &str = "REPO";
/// The same for that of the store which holds it.
pub(crate) const STORE: &str = "STORE";
/// Stands for a metadata blob of the repository.
pub(crate) const BLOB: &str = "BLOB";

/// What every verb that reads is asked. Where a table would be as wide as the location, the answer is asked for in lines.
const VERBS: &[&[&str]] = &[
    &["info", REPO],
    &["list", REPO],
    &["list", REPO, "--details"],
    &["list", REPO, "--format", "es"],
    &["list", REPO, "--format", "cat", "--name", "fs"],
    &["show", REPO, "latest"],
    &["show", REPO, "latest", "--global"],
    &["status", REPO],
    &["status", REPO, "--incremental"],
    &["ls", REPO, "latest"],
    &["find", REPO, "*"],
    &["status", REPO, "--format", "es"],
    &["verify", REPO, "--format", "es"],
    &["verify", REPO, "--depth", "metadata"],
    &["verify", REPO, "--depth", "presence"],
    &["verify", REPO, "--depth", "footers", "--json"],
    &["verify", REPO, "--depth", "content"],
    &["compat", REPO, "--target", "es:9.5"],
    &["compat", REPO, "--target", "os:3.6", "--json"],
    &["cat-blob", REPO, BLOB],
    &["discover", STORE, "--ndjson"],
    &["store", "ls", STORE, "--ndjson"],
    &["store", "ls", STORE, "--recursive", "--ndjson"],
    &["store", "du", STORE, "--ndjson"],
    &["store", "stat", REPO, BLOB, "--json"],
    &["store", "get", REPO, BLOB],
];

/// A repository in its store.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) root: PathBuf,
    /// The folder of the repository in the store; empty for the root.
    pub(crate) base: String,
}

impl Place {
    pub(crate) fn of(fixture: &'static Fixture) -> Self {
        Self { name: &fixture.name, root: fixture.root(), base: fixture.base().to_owned() }
    }

    /// The first blob at its root that has a document in it.
    fn blob(&self) -> String {
        let names = fs::read_dir(self.root.join(&self.base)).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names.into_iter().find(|name| name.starts_with("snap-") || name.starts_with("snapshot-")).unwrap()
    }

    /// Whether a row of a listing is about a folder that has no file in it.
    fn is_empty_folder(&self, row: &str) -> bool {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let folder = self.root.join(row["name"].as_str().unwrap());
        row["kind"] == "folder" && fixtures::files(&folder).unwrap().is_empty()
    }

    fn slashed_base(&self) -> String {
        if self.base.is_empty() { String::new() } else { format!("/{}", self.base) }
    }

    /// The program on the folder.
    pub(crate) fn local(&self, verb: &[&str]) -> Output {
        let store = self.root.to_str().unwrap().to_owned();
        self.asked(verb, &store, "")
    }

    /// The program on a bucket that has the store, with more settings of the location.
    pub(crate) fn remote(&self, verb: &[&str], bucket: &Bucket, settings: &str) -> Output {
        let query = bucket.location("", &format!("&anonymous=true{settings}"));
        let query = query.strip_prefix("s3://bucket").unwrap();
        self.asked(verb, "s3://bucket", query)
    }

    /// What the program answers, with the words for its places in place of them.
    fn asked(&self, verb: &[&str], store: &str, query: &str) -> Output {
        let repository = format!("{store}{}", self.slashed_base());
        let args: Vec<String> = verb
            .iter()
            .map(|word| match *word {
                REPO => format!("{repository}{query}"),
                STORE => format!("{store}{query}"),
                BLOB => self.blob(),
                word => word.to_owned(),
            })
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = run_wide(&args, 200);
        let shown = |text: &str| match query {
            "" => text.replace(store, STORE),
            query => text.replace(query, "").replace(store, STORE),
        };
        Output { stdout: shown(&output.stdout), stderr: shown(&output.stderr), exit: output.exit }
    }
}

/// An answer without what was asked of the store: the counts, and the line on standard error about them.
pub(crate) fn without_requests(output: &Output) -> Output {
    let stdout = match serde_json::from_str::<serde_json::Value>(&output.stdout) {
        Ok(mut answer) if answer.get("snaprepo").is_some() => {
            answer.as_object_mut().unwrap().remove("requests").unwrap();
            serde_json::to_string_pretty(&answer).unwrap()
        }
        _ => lines(&output.stdout, |line| match line.split_once(" request") {
            Some((count, rest)) if count.chars().all(|digit| digit.is_ascii_digit() || digit == ',') => {
                format!("N request{}\n", rest.trim_start_matches('s'))
            }
            _ => format!("{line}\n"),
        }),
    };
    let stderr =
        lines(&output.stderr, |line| if is_about_requests(line) { String::new() } else { format!("{line}\n") });
    Output { stdout, stderr, exit: output.exit }
}

fn lines(text: &str, each: impl Fn(&str) -> String) -> String {
    text.lines().map(each).collect()
}

/// `2 listings, 14 reads, 1.2 MiB`
fn is_about_requests(line: &str) -> bool {
    let mut parts = line.split(", ").map(|part| part.split_once(' ').unwrap_or_default().1);
    matches!(parts.next(), Some("listing" | "listings")) && matches!(parts.next(), Some("read" | "reads"))
}

/// What a bucket tells of its objects, and no folder of its files.
const ONLY_OF_BUCKETS: &str = ",\"class\":\"STANDARD\"";

/// What differs for a reason, made the same.
fn comparable(place: &Place, verb: &[&str], output: &Output) -> Output {
    let mut output = without_requests(output);
    match verb {
        ["store", "ls", ..] => {
            let all = output.stdout.replace(ONLY_OF_BUCKETS, "");
            // No bucket knows of empty folders.
            let mut rows: Vec<&str> = all.lines().filter(|row| !place.is_empty_folder(row)).collect();
            // A bucket shows folders behind the blobs of each page, a directory has an order of its own; and nothing is
            // kept to be sorted.
            rows.sort_unstable();
            output.stdout = format!("{}\n", rows.join("\n"));
        }
        // Where shards lie outside its folder, a local repository says what it takes for its base path. The location of
        // one in a bucket has said that before.
        ["info", ..] => {
            let base = format!("base path  {}\n", place.base);
            output.stdout = output.stdout.replacen(&base, "", 1);
        }
        _ => {}
    }
    output
}

/// The first line that differs: whole answers are too long to be looked through.
pub(crate) fn first_difference(found: &str, expected: &str) -> String {
    let mut pairs = found.lines().zip(expected.lines()).enumerate();
    match pairs.find(|(_, (found, expected))| found != expected) {
        Some((at, (found, expected))) => format!("line {}:\n{found}\n{expected}", at + 1),
        None => format!("{} and {} lines", found.lines().count(), expected.lines().count()),
    }
}

fn compare(place: &Place) {
    let bucket = Bucket::of_folder(&place.root, "");
    for verb in VERBS {
        let told = place.remote(verb, &bucket, "");
        let (local, mut remote) = (comparable(place, verb, &place.local(verb)), comparable(place, verb, &told));
        if place.base.is_empty() {
            // A repository has the name of its folder, or of the bucket where that is its folder.
            remote.stdout = remote.stdout.replace(": \"bucket\"", ": \"repo\"");
        }
        assert!(remote == local, "{} {verb:?}: {}", place.name, first_difference(&remote.all(), &local.all()));
        let is_raw = matches!(verb, ["store", "ls" | "get", ..]);
        let in_words = is_raw || !verb.iter().any(|word| word.ends_with("json") || *word == "--format");
        let n_told = told.stderr.lines().filter(|line| is_about_requests(line)).count();
        assert!(told.exit == Exit::NotDone || n_told == usize::from(in_words), "{} {verb:?}: {told:?}", place.name);
    }
    let pages = bucket.server.seen().into_iter().filter(|seen| seen.query("continuation-token").is_some());
    assert!(pages.count() > 0, "{}: no listing had a second page", place.name);
}

fn fixtures_of(product: &str, places: usize, place: usize) {
    let chosen = fixtures::all().iter().filter(|fixture| fixture.name.starts_with(product));
    let mut n_compared = 0;
    for fixture in chosen.skip(place).step_by(places) {
        compare(&Place::of(fixture));
        n_compared += 1;
    }
    assert!(n_compared > 15, "{n_compared}");
}

#[test]
fn repositories_of_elasticsearch() {
    fixtures_of("elasticsearch", 2, 0);
}

#[test]
fn more_repositories_of_elasticsearch() {
    fixtures_of("elasticsearch", 2, 1);
}

#[test]
fn repositories_of_opensearch() {
    fixtures_of("opensearch", 2, 0);
}

#[test]
fn more_repositories_of_opensearch() {
    fixtures_of("opensearch", 2, 1);
}

#[test]
fn stories() {
    for story in fixtures::stories() {
        compare(&Place { name: &story.name, root: story.root(), base: story.base() });
    }
}
