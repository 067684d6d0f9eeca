//! What the doctor finds in a healthy store, and in sick ones; and that it leaves nothing behind.

use snaprepo_testkit::{
    bucket::Bucket,
    server::{Reply, Server},
};

use super::*;
use crate::tests::opened;

fn verdicts(checks: &[Check]) -> Vec<(&'static str, Verdict)> {
    checks.iter().map(|check| (check.kind.name(), check.verdict)).collect()
}

fn find(checks: &[Check], kind: CheckKind) -> &Check {
    checks.iter().find(|check| check.kind == kind).unwrap()
}

#[test]
fn a_healthy_store() {
    let bucket = Bucket::start();
    bucket.put("base/index.latest", "12345678");
    bucket.put("base/index-7", "{\"snapshots\":[]} and more");
    let opened = opened(&bucket.location("/base", "&region=us-east-1"));
    let checks = doctor(&opened, WriteTest::Write);
    use Verdict::{Good, Note, Skipped};
    assert_eq!(
        verdicts(&checks),
        [
            ("endpoint", Note),
            ("credentials", Good),
            ("list", Good),
            ("read", Good),
            ("range", Good),
            ("region", Good),
            ("clock", Skipped),
            ("write", Good),
            ("conditional", Good),
            ("delete", Good),
        ]
    );
    assert!(find(&checks, CheckKind::Endpoint).found.ends_with("bucket in the path, not encrypted"));
    assert_eq!(find(&checks, CheckKind::Credentials).found, "the environment (AWS_ACCESS_KEY_ID), …WXYZ");
    assert_eq!(find(&checks, CheckKind::Read).found, "base/index.latest, 8 bytes");
    let mut n = 0;
    opened.store.list(&opened.base, &mut |_| n += 1).unwrap();
    assert_eq!(n, 2, "nothing is left behind");
    assert!(checks.windows(2).all(|pair| pair[0].kind < pair[1].kind));
}

#[test]
fn nothing_is_written_unless_asked_for() {
    let bucket = Bucket::start();
    bucket.put("base/index.latest", "12345678");
    let checks = doctor(&opened(&bucket.location("/base", "")), WriteTest::Leave);
    assert_eq!(find(&checks, CheckKind::Write).verdict, Verdict::Skipped);
    assert!(bucket.server.seen().iter().all(|seen| matches!(seen.method.as_str(), "GET" | "HEAD")));
}

#[test]
fn a_store_that_overwrites_and_one_that_forgets_ranges() {
    let bucket = Bucket::start_with(|seen, _| {
        let conditional = seen.header("if-none-match").is_some();
        if conditional {
            return Some(Reply::new(200));
        }
        (seen.method == "GET" && seen.header("range").is_some()).then(|| Reply::ok("12345678"))
    });
    bucket.put("base/index.latest", "12345678");
    let checks = doctor(&opened(&bucket.location("/base", "")), WriteTest::Write);
    assert_eq!(find(&checks, CheckKind::Conditional).verdict, Verdict::Bad);
    assert_eq!(find(&checks, CheckKind::Range).verdict, Verdict::Note);
    assert!(find(&checks, CheckKind::Range).found.contains("whole blob"));
}

#[test]
fn a_clock_and_a_region_that_are_off() {
    let server = Server::start(|seen| match seen.method.as_str() {
        "HEAD" if seen.path == "/bucket" => Reply::new(200).header("x-amz-bucket-region", "eu-west-1"),
        _ => Reply::ok("<ListBucketResult></ListBucketResult>").header("date", "Mon, 01 Jan 2001 00:00:00 GMT"),
    });
    let location = format!("s3://bucket?endpoint={}&region=us-east-1", server.url());
    let checks = doctor(&opened(&location), WriteTest::Leave);
    assert_eq!(find(&checks, CheckKind::Clock).verdict, Verdict::Bad);
    let region = find(&checks, CheckKind::Region);
    assert_eq!((region.verdict, region.next.as_deref()), (Verdict::Bad, Some("set region=eu-west-1")));
    assert_eq!(find(&checks, CheckKind::List).found, "nothing is there");
}

#[test]
fn who_may_not_list_is_told_so_and_the_rest_is_looked_at() {
    let bucket = Bucket::start_with(|seen, _| {
        (seen.path == "/bucket" && seen.method == "GET").then(|| Reply::error(403, "AccessDenied"))
    });
    bucket.put("base/index.latest", "12345678");
    let checks = doctor(&opened(&bucket.location("/base", "")), WriteTest::Leave);
    let list = find(&checks, CheckKind::List);
    assert_eq!((list.verdict, list.found.as_str()), (Verdict::Bad, "permission denied"));
    assert!(list.next.as_deref().unwrap().contains("--policy"));
    assert_eq!(find(&checks, CheckKind::Read).verdict, Verdict::Good, "index.latest can be read");
}

#[test]
fn a_web_server() {
    let server = Server::start(|seen| match (seen.method.as_str(), seen.header("range")) {
        (_, Some(_)) => Reply::new(206).header("content-range", "bytes 0-7/8").body("12345678"),
        _ => Reply::ok("12345678"),
    });
    let checks = doctor(&opened(&format!("{}/base", server.url())), WriteTest::Write);
    assert_eq!(find(&checks, CheckKind::Write).found, "a web server takes no writes");
    assert_eq!(find(&checks, CheckKind::Read).verdict, Verdict::Good);
    assert!(checks.iter().all(|check| check.kind != CheckKind::Region));
}
