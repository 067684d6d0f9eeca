//! A store in trouble: whatever goes wrong with requests, the program ends, asks again no more than it may, and takes
//! nothing for damage that it could not read.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use snaprepo::Exit;
use snaprepo_testkit::{bucket::Bucket, fixtures, server::percent_decoded};
use snaprepo_tests::{Output, run_wide};

use crate::buckets::{BLOB, Place, REPO, STORE, first_difference, without_requests};

mod trouble;

use trouble::{Part, Trouble, part_of};

const MODERN: &str = "elasticsearch-9.5.3-plain";
const HASHED: &str = "opensearch-2.19.6-hashed-nodeprefix";
/// Its root tells neither times nor policies.
const UNTIMED: &str = "elasticsearch-6.8.23-plain";
const OLD: &str = "elasticsearch-1.7.6-plain";

/// Every verb that reads, each way that it goes about it.
const VERBS: &[&[&str]] = &[
    &["info", REPO],
    &["list", REPO],
    &["list", REPO, "--details"],
    &["list", REPO, "--format", "cat", "--name", "fs"],
    &["show", REPO, "latest"],
    &["status", REPO, "--incremental"],
    &["ls", REPO, "latest"],
    &["find", REPO, "*"],
    &["diff", REPO, "latest~1", "latest", "--global"],
    &["du", REPO, "--by", "snapshot"],
    &["verify", REPO, "--depth", "metadata"],
    &["verify", REPO, "--depth", "footers", "--json"],
    &["verify", REPO, "--depth", "content"],
    &["verify", REPO, "--format", "es"],
    &["compat", REPO, "--target", "es:9.5"],
    &["cat-blob", REPO, BLOB],
    &["discover", STORE, "--ndjson"],
    &["store", "ls", STORE, "--recursive", "--ndjson"],
    &["store", "du", STORE, "--ndjson"],
    &["store", "stat", REPO, BLOB, "--json"],
    &["store", "get", REPO, BLOB],
];

/// Which requests it goes wrong with, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// With each fifth of them, the first time: asked again, all is well.
    Once,
    /// Every time.
    Always,
}

#[derive(Debug, Clone)]
struct Fault {
    trouble: Trouble,
    when: When,
    /// Of these parts; of all when there are none.
    parts: &'static [Part],
}

/// What a run with a fault gave.
struct Ran {
    output: Output,
    n_requests: usize,
    /// The keys of requests that met the fault.
    hit: BTreeSet<String>,
}

/// How patiently: as little as a healthy server on loopback needs, many times over.
fn settings(fault: &Fault) -> &'static str {
    match (fault.trouble, fault.when) {
        (Trouble::Still, When::Once) => "&progress-timeout=1s&request-timeout=1s&tries=5",
        (Trouble::Still, When::Always) => "&progress-timeout=1s&request-timeout=1s&tries=1",
        // Whoever names a region is not led to another.
        (Trouble::ElsewhereInRegion, _) => "&tries=2&region=us-east-1",
        (_, When::Once) => "&tries=5",
        (_, When::Always) => "&tries=2",
    }
}

fn bucket(place: &Place, fault: &Fault, hit: &Arc<Mutex<BTreeSet<String>>>) -> Bucket {
    let (fault, base, hit) = (fault.clone(), place.base.clone(), Arc::clone(hit));
    let met = Mutex::new(BTreeSet::new());
    let bucket = Bucket::start_with(move |seen, right| {
        if !fault.parts.is_empty() && !fault.parts.contains(&part_of(seen, &base)) {
            return None;
        }
        let what = format!("{} {} {}", seen.method, seen.target, seen.header("range").unwrap_or_default());
        if fault.when == When::Once {
            let mut hasher = DefaultHasher::new();
            what.hash(&mut hasher);
            let is_chosen = hasher.finish().is_multiple_of(5);
            let mut met = met.lock().unwrap();
            // What stands still costs time: three times are enough.
            let is_enough = fault.trouble == Trouble::Still && met.len() > 2;
            if !is_chosen || is_enough || !met.insert(what) {
                return None;
            }
        }
        let reply = fault.trouble.reply(seen, right)?;
        let key = seen.path.trim_start_matches("/bucket").trim_matches('/');
        let place = if key.is_empty() { seen.query("prefix").unwrap_or("").trim_matches('/') } else { key };
        hit.lock().unwrap().insert(place.to_owned());
        Some(reply)
    });
    bucket.put_folder(&place.root, "");
    bucket.pages_of(7)
}

fn ran(place: &Place, verb: &[&str], fault: &Fault) -> Ran {
    let hit = Arc::default();
    let bucket = bucket(place, fault, &hit);
    let output = place.remote(verb, &bucket, settings(fault));
    let hit = hit.lock().unwrap().clone();
    Ran { output, n_requests: bucket.server.seen().len(), hit }
}

/// The answers without any fault, and how many requests each took.
fn healthy(place: &Place, verbs: &[&[&str]]) -> Vec<(Output, usize)> {
    let bucket = Bucket::of_folder(&place.root, "").pages_of(7);
    let answer = |verb: &&[&str]| {
        bucket.server.forget();
        let output = place.remote(verb, &bucket, "");
        (output, bucket.server.seen().len())
    };
    verbs.iter().map(answer).collect()
}

/// Requests that a run may make which makes so many without trouble: its retries, and a look again where a look failed.
fn most_requests(healthy: usize) -> usize {
    let looks = 3;
    (healthy + looks + 100) * 10 / 9 + 1
}

/// What is wrong with an answer, in words; nothing when it is as it should be.
fn judged(verb: &[&str], fault: &Fault, ran: &Ran, healthy: &(Output, usize)) -> Option<String> {
    let (right, n_healthy) = healthy;
    let Ran { output, n_requests, hit } = ran;
    let most = match fault.trouble {
        // A length is asked for once more, and then the blob.
        Trouble::LongerThanAnnounced => 3 * n_healthy,
        // Blobs that are gone may mean that a cluster is at work: verbs start again, up to five times.
        Trouble::Absent => 6 * most_requests(*n_healthy),
        _ => most_requests(*n_healthy),
    };
    if *n_requests > most {
        return Some(format!("{n_requests} requests, {n_healthy} without the fault"));
    }
    if let Ok(answer) = serde_json::from_str::<serde_json::Value>(&output.stdout)
        && let Some(requests) = answer.get("requests")
        && requests["retries"].as_u64().unwrap() > requests["retries_allowed"].as_u64().unwrap()
    {
        return Some(format!("too many retries: {requests}"));
    }
    if without_requests(output) == without_requests(right) {
        let is_healthy = fault.when == When::Once || hit.is_empty() || fault.trouble == Trouble::LongerThanAnnounced;
        // An answer may need less than was asked for: the newest root comes from the listing, not from index.latest.
        return (!is_healthy && verb.starts_with(&["verify"])).then(|| "all is well, it says".to_owned());
    }
    if fault.when == When::Once {
        return Some(first_difference(&output.all(), &right.all()));
    }
    if hit.is_empty() {
        return Some(format!("differs without a fault: {}", first_difference(&output.all(), &right.all())));
    }
    let all = output.all();
    // What does not restore or differs for another reason still does.
    let may_be_bad = matches!(verb.first(), Some(&"compat" | &"diff"));
    let is_bad_anyway = may_be_bad && right.exit == Exit::Bad && output.exit == Exit::Bad;
    if is_bad_anyway {
        return None;
    }
    // What the store says is not there is damage.
    let is_damage = matches!(fault.trouble, Trouble::Absent | Trouble::Archived) && output.exit == Exit::Bad;
    if !is_damage && !matches!(output.exit, Exit::NotDone | Exit::Partly) {
        return Some(format!("exit {}", output.exit.code()));
    }
    if fault.trouble == Trouble::Absent {
        return None;
    }
    if !fault.trouble.words().iter().any(|words| all.contains(words)) {
        return Some("does not name the cause".to_owned());
    }
    let names = hit.iter().filter_map(|key| key.rsplit('/').next()).filter(|name| !name.is_empty());
    if !names.chain(["STORE"]).any(|name| all.contains(name)) {
        return Some("does not name the place".to_owned());
    }
    // No finding: those have a kind, and stand below a line of their own.
    if let Ok(answer) = serde_json::from_str::<serde_json::Value>(&output.stdout)
        && let Some(counts) = answer.get("counts")
        && (counts["error"] != 0 || counts["warning"] != 0)
        && !is_archived(fault, &answer)
    {
        return Some(format!("findings: {}", answer["findings"]));
    }
    let bad = ["damaged", "missing", "lost its root", "checksum", "is empty", "no repository found"];
    bad.iter().find(|bad| all.contains(**bad)).map(|bad| format!("says {bad:?}"))
}

/// Blobs that nobody can read now are findings of a kind of their own, and no damage.
fn is_archived(fault: &Fault, answer: &serde_json::Value) -> bool {
    let found = answer["findings"].as_array().unwrap();
    fault.trouble == Trouble::Archived
        && found
            .iter()
            .filter(|finding| finding["severity"] != "info")
            .all(|finding| finding["kind"] == "blob-archived")
        && found.iter().all(|finding| finding["breaks_restore"] == false)
}

/// Runs every verb on a repository with each of the faults.
fn hold(fixture: &str, verbs: &[&[&str]], faults: &[Fault]) {
    let place = Place::of(fixtures::named(fixture));
    let healthy = healthy(&place, verbs);
    let work: Vec<_> =
        faults.iter().flat_map(|fault| verbs.iter().zip(&healthy).map(move |pair| (fault, pair))).collect();
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        // Most of the time is waiting.
        for part in work.chunks(work.len().div_ceil(24)) {
            let (place, wrong) = (&place, &wrong);
            scope.spawn(move || {
                for (fault, (verb, healthy)) in part {
                    let ran = ran(place, verb, fault);
                    if let Some(reason) = judged(verb, fault, &ran, healthy) {
                        let all = format!("{fixture}: {fault:?} {verb:?}: {reason}\n{}", ran.output.all());
                        wrong.lock().unwrap().push(all);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} answers are wrong:\n{}", wrong.len(), work.len(), wrong.join("\n"));
}

fn faults(when: When, parts: &'static [Part], troubles: &[Trouble]) -> Vec<Fault> {
    troubles.iter().map(|trouble| Fault { trouble: *trouble, when, parts }).collect()
}

use Trouble as T;

/// What passes.
fn passing() -> Vec<Fault> {
    let everywhere = [T::Throttled, T::Failing, T::BadGateway, T::HungUp, T::Cut];
    let mut all = faults(When::Once, &[], &everywhere);
    all.extend(faults(When::Once, &[Part::Listing], &[T::CutDocument, T::ErrorDocument]));
    all
}

/// What stays as it is.
const STAYING: &[Trouble] = &[T::Throttled, T::Failing, T::HungUp, T::Cut, T::Denied, T::Archived, T::Html];

#[test]
fn what_passes_changes_no_answer() {
    hold(MODERN, VERBS, &passing());
    hold(HASHED, VERBS, &passing());
}

#[test]
fn what_passes_changes_no_answer_about_old_repositories() {
    hold(OLD, VERBS, &passing());
}

#[test]
fn nobody_answers_well() {
    for fixture in [MODERN, OLD] {
        hold(fixture, VERBS, &faults(When::Always, &[], STAYING));
        hold(fixture, VERBS, &faults(When::Always, &[], &[T::NoBucket, T::BadGateway]));
    }
}

#[test]
fn data_that_cannot_be_read() {
    for fixture in [MODERN, OLD] {
        hold(fixture, VERBS, &faults(When::Always, &[Part::Data], STAYING));
        hold(fixture, VERBS, &faults(When::Always, &[Part::Data], &[T::LongerThanAnnounced]));
    }
}

#[test]
fn roots_that_cannot_be_read() {
    hold(MODERN, VERBS, &faults(When::Always, &[Part::Root], STAYING));
    hold(MODERN, VERBS, &faults(When::Always, &[Part::Top], STAYING));
}

#[test]
fn snapshots_that_cannot_be_read() {
    for fixture in [MODERN, UNTIMED, OLD] {
        hold(fixture, VERBS, &faults(When::Always, &[Part::SnapshotInfo], STAYING));
    }
}

#[test]
fn other_metadata_that_cannot_be_read() {
    hold(MODERN, VERBS, &faults(When::Always, &[Part::IndexMetadata], STAYING));
    hold(HASHED, VERBS, &faults(When::Always, &[Part::ShardPaths], STAYING));
}

#[test]
fn shards_that_cannot_be_read() {
    for fixture in [MODERN, HASHED, OLD] {
        hold(fixture, VERBS, &faults(When::Always, &[Part::ShardMetadata], STAYING));
    }
}

#[test]
fn listings_that_cannot_be_had() {
    hold(MODERN, VERBS, &faults(When::Always, &[Part::Listing], STAYING));
    let lies = [T::CutDocument, T::ErrorDocument, T::NoToken, T::ToItself, T::InACircle];
    hold(MODERN, VERBS, &faults(When::Always, &[Part::Listing], &lies));
    hold(HASHED, VERBS, &faults(When::Always, &[Part::Listing], &lies));
}

/// A few verbs are enough where each answer costs a second.
#[test]
fn answers_that_stand_still() {
    let verbs: &[&[&str]] = &[
        &["list", REPO, "--details"],
        &["status", REPO, "--incremental"],
        &["verify", REPO, "--depth", "content"],
        &["store", "get", REPO, BLOB],
    ];
    for parts in [&[][..], &[Part::Data], &[Part::SnapshotInfo], &[Part::ShardMetadata], &[Part::Listing]] {
        hold(MODERN, verbs, &faults(When::Always, parts, &[T::Still]));
    }
    hold(MODERN, verbs, &faults(When::Once, &[], &[T::Still]));
}

/// Listed, and not there when it is asked for: whatever that is, it is not well.
#[test]
fn what_is_listed_and_gone() {
    for parts in
        [&[Part::Data][..], &[Part::SnapshotInfo], &[Part::ShardMetadata], &[Part::IndexMetadata], &[Part::Root]]
    {
        hold(MODERN, VERBS, &faults(When::Always, parts, &[T::Absent]));
    }
}

/// The names of the blobs that `verify` misses when the listing has everything but some keys.
fn missed(hidden: impl Fn(&str) -> bool + Send + Sync + 'static, depth: &str) -> (Output, Vec<String>) {
    let place = Place::of(fixtures::named(MODERN));
    let bucket = Bucket::start_with(move |seen, right| {
        let is_listing = seen.query("list-type").is_some();
        is_listing.then(|| {
            let text = String::from_utf8(right.bytes().to_vec()).unwrap();
            let (head, rest) = text.split_once("<Contents>").unwrap_or((&text, ""));
            let shown = rest.split("<Contents>").filter(|entry| !entry.is_empty()).map(|entry| {
                let (entry, tail) = entry.split_once("</Contents>").unwrap();
                let key = percent_decoded(entry.split(['<', '>']).nth(2).unwrap());
                if hidden(&key) { tail.to_owned() } else { format!("<Contents>{entry}</Contents>{tail}") }
            });
            right.clone().body(head.to_owned() + &shown.collect::<String>())
        })
    });
    bucket.put_folder(&place.root, "");
    let output = place.remote(&["verify", REPO, "--depth", depth, "--json"], &bucket.pages_of(7), "");
    let findings = output.json()["findings"].as_array().unwrap().clone();
    let named = findings
        .iter()
        .map(|finding| format!("{} {}", finding["kind"].as_str().unwrap(), finding["blob"].as_str().unwrap_or("-")));
    let named = named.collect();
    (output, named)
}

/// Whatever is needed is asked for by name before it counts as missing: a listing may be older than what it lists.
#[test]
fn what_is_there_and_not_listed() {
    for depth in ["presence", "content"] {
        let (output, named) = missed(|key| key.contains("/0/snap-"), depth);
        assert_eq!((output.exit, named), (Exit::Good, Vec::new()));
        let (output, named) = missed(|key| key.ends_with("/__NFiElDDMSDqIXZRjDuHksg"), depth);
        assert_eq!((output.exit, named), (Exit::Good, Vec::new()));
        let (output, named) = missed(|key| key == "index-4", depth);
        assert_eq!((output.exit, named), (Exit::Good, Vec::new()));
    }
    assert_eq!(missed(|_| false, "content").0.exit, Exit::Good);
}

fn told(name: &str, fixture: &str, verb: &[&str], fault: &Fault) {
    let place = Place::of(fixtures::named(fixture));
    let output = without_requests(&ran(&place, verb, fault).output);
    insta::assert_snapshot!(name, output.all());
}

/// What an operator reads in the middle of the night.
#[test]
fn words() {
    let fault = |trouble, parts| Fault { trouble, when: When::Always, parts };
    let all = &[][..];
    told("slow_down", MODERN, &["list", REPO], &fault(T::Throttled, all));
    told("failing", MODERN, &["list", REPO], &fault(T::Failing, all));
    told("hung_up", MODERN, &["list", REPO], &fault(T::HungUp, all));
    told("denied", MODERN, &["list", REPO], &fault(T::Denied, all));
    told("no_bucket", MODERN, &["list", REPO], &fault(T::NoBucket, all));
    told("login_page", MODERN, &["list", REPO], &fault(T::Html, all));
    told("cut_listing", MODERN, &["list", REPO], &fault(T::CutDocument, &[Part::Listing]));
    told("circle", MODERN, &["discover", REPO], &fault(T::InACircle, &[Part::Listing]));
    told("denied_listing", MODERN, &["list", REPO], &fault(T::Denied, &[Part::Listing]));
    told("expired", MODERN, &["verify", REPO], &fault(T::Expired, all));
    told("requester_pays", MODERN, &["verify", REPO], &fault(T::RequesterPays, all));
    told("clock_skew", MODERN, &["verify", REPO], &fault(T::ClockSkew, all));
    told("archived_root", MODERN, &["list", REPO], &fault(T::Archived, &[Part::Root]));
    told("elsewhere", MODERN, &["list", REPO], &fault(T::ElsewhereInRegion, all));
    told("denied_root", MODERN, &["list", REPO], &fault(T::Denied, &[Part::Root]));
    told("denied_snapshots", MODERN, &["list", REPO, "--details"], &fault(T::Denied, &[Part::SnapshotInfo]));
    told("denied_latest", UNTIMED, &["show", REPO, "latest"], &fault(T::Denied, &[Part::SnapshotInfo]));
    told("denied_show", MODERN, &["show", REPO, "snap-4"], &fault(T::Denied, &[Part::SnapshotInfo]));
    told("denied_info", MODERN, &["info", REPO], &fault(T::Denied, &[Part::SnapshotInfo, Part::Top]));
    told("denied_compat", MODERN, &["compat", REPO, "--target", "es:9.5"], &fault(T::Denied, &[Part::IndexMetadata]));
    told("denied_paths", HASHED, &["status", REPO], &fault(T::Denied, &[Part::ShardPaths]));
    told("denied_data", MODERN, &["verify", REPO, "--newest", "1"], &fault(T::Denied, &[Part::Data]));
    told("archived_data", MODERN, &["verify", REPO, "--newest", "1", "--quiet"], &fault(T::Archived, &[Part::Data]));
    told("denied_discover", MODERN, &["discover", STORE, "--ndjson"], &fault(T::Denied, &[Part::Root]));
    told("denied_json", MODERN, &["list", REPO, "--json"], &fault(T::Denied, all));
}

/// A server without a certificate, and a place where nobody listens.
#[test]
fn no_connection() {
    let bucket = Bucket::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap().to_string();
    drop(listener);
    for (name, endpoint) in
        [("no_tls", bucket.server.url().replace("http:", "https:")), ("nobody", format!("http://{nobody}"))]
    {
        let output = run_wide(&["list", &format!("s3://bucket/base?anonymous=true&tries=2&endpoint={endpoint}")], 200);
        insta::assert_snapshot!(name, output.all().replace(&endpoint, "ENDPOINT"));
    }
}
