//! The three answers of a store, and that no scratch key stays.

use snaprepo_testkit::{
    bucket::Bucket,
    server::{Reply, Seen},
};

use super::*;
use crate::tests::{opened, path};

fn probed(fault: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static) -> (Result<Conditional, String>, usize) {
    let bucket = Bucket::start_with(move |seen, _| fault(seen));
    let store = opened(&bucket.location("", "&tries=1")).store;
    let answer = store.probe(&path("base")).map_err(|error| error.kind.to_string());
    let left = bucket
        .server
        .seen()
        .iter()
        .filter(|seen| bucket.get(seen.path.trim_start_matches("/bucket/")).is_some())
        .count();
    (answer, left)
}

#[test]
fn three_answers() {
    assert_eq!(probed(|_| None), (Ok(Conditional::Honoured), 0));
    let ignores = |seen: &Seen| (seen.header("if-none-match").is_some()).then(|| Reply::new(200));
    assert_eq!(probed(ignores), (Ok(Conditional::Ignored), 0));
    let refuses = |seen: &Seen| (seen.header("if-none-match").is_some()).then(|| Reply::error(501, "NotImplemented"));
    assert_eq!(probed(refuses), (Ok(Conditional::Unsupported), 0));
    let denies = |seen: &Seen| (seen.method == "PUT").then(|| Reply::error(403, "AccessDenied"));
    assert_eq!(probed(denies), (Err("permission denied".into()), 0));
}

#[test]
fn what_could_not_be_deleted_is_named() {
    let keeps = |seen: &Seen| (seen.method == "DELETE").then(|| Reply::error(403, "AccessDenied"));
    let bucket = Bucket::start_with(move |seen, _| keeps(seen));
    let error = opened(&bucket.location("", "")).store.probe(&path("base")).unwrap_err();
    assert!(error.path.as_str().starts_with("base/snaprepo-scratch-"), "{error}");
}

#[test]
fn only_the_clouds_themselves_are_believed() {
    let belief = |location: &str| opened(location).store.belief();
    assert_eq!(belief("s3://bucket"), Belief::Believed);
    assert_eq!(belief("s3://bucket?endpoint=https://s3.eu-west-1.amazonaws.com"), Belief::Believed);
    assert_eq!(belief("s3://bucket?endpoint=http://minio:9000"), Belief::Asked);
    assert_eq!(belief("s3://bucket?preset=wasabi&region=x"), Belief::Asked);
    assert_eq!(belief("gs://bucket?endpoint=http://localhost:1&anonymous"), Belief::Asked);
}
