//! The store as a whole, against a small S3 that answers well, badly, late, half, or not at all.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use snaprepo_store::{OddEntry, RemoteErrorKind};
use snaprepo_testkit::{
    bucket::{Bucket, etag},
    contract::{self, Absent, Promises},
    server::{Reply, Seen, Server},
};

use super::*;
use crate::tests::{opened, path};

mod trouble;

/// A megabyte in which every byte tells its place, more or less.
fn megabytes(n: usize) -> Vec<u8> {
    (0..n << 20).map(|at| u8::try_from((at ^ (at >> 8) ^ (at >> 16)) & 0xff).unwrap()).collect()
}

/// Answers with `reply` to the first `n` requests that `which` chooses.
fn first(
    n: u64,
    which: impl Fn(&Seen) -> bool + Send + Sync + 'static,
    reply: impl Fn(&Reply) -> Reply + Send + Sync + 'static,
) -> impl Fn(&Seen, &Reply) -> Option<Reply> + Send + Sync + 'static {
    let done = AtomicU64::new(0);
    move |seen, right| (which(seen) && done.fetch_add(1, Ordering::SeqCst) < n).then(|| reply(right))
}

fn streamed(store: &CloudStore, name: &str, len: usize) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    let end = store.stream(&path(name), len as u64, &mut Vec::new(), &mut |piece| {
        bytes.extend_from_slice(piece);
        true
    })?;
    assert_eq!(end, Streamed::Read);
    Ok(bytes)
}

#[test]
fn keeps_the_contract_of_stores() {
    let bucket = Bucket::start().pages_of(1_000);
    let store = opened(&bucket.location("", "")).store;
    let delete_many = |paths: &[BlobPath]| store.delete_many(paths);
    let promises =
        Promises { absent_delete: Absent::IsFine, delete_many: Some(&delete_many), ..Promises::object_store() };
    assert_eq!(contract::check(&store, &path("a folder/of+ours %"), &promises), []);
    assert_eq!(bucket.keys(), [""; 0]);
}

#[test]
fn reads_ranges_streams_and_looks() {
    let bucket = Bucket::start();
    bucket.put("base/blob", "0123456789");
    bucket.put("base/empty", "");
    let store = opened(&bucket.location("", "")).store;
    assert_eq!(store.read(&path("base/blob")).unwrap(), b"0123456789");
    assert_eq!(store.read(&path("base/empty")).unwrap(), b"");
    assert_eq!(store.read_range(&path("base/blob"), 4, 6).unwrap(), b"456789");
    assert_eq!(store.read_range(&path("base/blob"), 10, 0).unwrap(), b"");
    for (offset, len) in [(5, 6), (10, 1), (11, 0), (u64::MAX, 1)] {
        let error = store.read_range(&path("base/blob"), offset, len).unwrap_err();
        assert!(matches!(error.kind, StoreErrorKind::ShortRead), "{offset} {len}: {error}");
    }
    assert_eq!(streamed(&store, "base/blob", 10).unwrap(), b"0123456789");
    let other = store.stream(&path("base/blob"), 11, &mut Vec::new(), &mut |_| panic!("not read")).unwrap();
    assert_eq!(other, Streamed::OtherLength(10));
    let stat = store.stat(&path("base/blob")).unwrap();
    assert_eq!((stat.len_bytes, stat.modified_millis), (10, Some(1_795_255_200_000)));
    assert!(store.read(&path("base/none")).unwrap_err().is_absence());
    assert!(store.stat(&path("base/none")).unwrap_err().is_absence());
    assert!(matches!(store.read(&BlobPath::root()).unwrap_err().kind, StoreErrorKind::IsFolder));
    let nowhere = opened(&bucket.location("", "").replace("bucket?", "other?")).store;
    let error = nowhere.read(&path("base/blob")).unwrap_err();
    assert!(!error.is_absence(), "a bucket that does not exist is no blob that does not: {error}");
    assert!(!nowhere.stat(&path("base/blob")).unwrap_err().is_absence());
}

#[test]
fn every_legal_name_is_written_read_and_listed() {
    let names = [
        "a b",
        "a+b",
        "a%20b",
        "a%2Fb",
        "a&b=c",
        "a?b",
        "a#b",
        "ü",
        "日本",
        "a'b",
        "a\"b",
        "(a)[b]{c}",
        "a~b",
        "a*b:c",
        "a;b,c",
        "@",
        "$!",
        "^|`",
        "<>",
        "...",
        ".hidden",
        "-_",
        " lead",
        "trail ",
        "\u{1}\u{7f}",
        "tab\there",
        "😀",
        "~",
    ];
    let bucket = Bucket::start();
    let store = opened(&bucket.location("", "")).store;
    for name in names {
        let path = path("odd").join(name).unwrap();
        store.create(&path, name.as_bytes()).unwrap();
        assert_eq!(bucket.get(path.as_str()).as_deref(), Some(name.as_bytes()), "{name:?}");
        assert_eq!(store.read(&path).unwrap(), name.as_bytes(), "{name:?}");
        assert_eq!(store.stat(&path).unwrap().len_bytes, name.len() as u64, "{name:?}");
    }
    let mut listed = Vec::new();
    store
        .list(&path("odd"), &mut |entry| match entry {
            Entry::Blob { name, .. } => listed.push(name.to_owned()),
            other => panic!("{other:?}"),
        })
        .unwrap();
    let mut walked = Vec::new();
    store
        .walk(&BlobPath::root(), &mut |path, _| {
            walked.push(path.name().to_owned());
            true
        })
        .unwrap();
    let mut expected = names.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(walked, expected, "in the order of bytes");
    listed.sort();
    assert_eq!(listed, expected);
    let failures = store.delete_many(&expected.iter().map(|name| path("odd").join(name).unwrap()).collect::<Vec<_>>());
    assert!(failures.is_empty());
    assert_eq!(bucket.get("odd/\u{1}\u{7f}"), None, "also what object_store does not take");
}

#[test]
fn keys_that_no_path_can_name_are_shown_as_odd() {
    let bucket = Bucket::start();
    for key in ["f/a", "f//b", "f/./c", "f/sub/d", "f/sub/../e", "f/back\\slash", "f/full/", "f/mangled\u{fffd}"] {
        bucket.put(key, "x");
    }
    for marker in ["f/", "f/sub/", "f/empty/"] {
        bucket.put(marker, "");
    }
    let store = opened(&bucket.location("", "")).store;
    let mut listed = Vec::new();
    store
        .list(&path("f"), &mut |entry| {
            listed.push(match entry {
                Entry::Blob { name, .. } => format!("blob {name}"),
                Entry::Folder { name } => format!("folder {name}"),
                Entry::Odd { name, what } => {
                    format!("odd {name} {}", if what == OddEntry::NotUtf8 { "mangled" } else { "key" })
                }
            });
        })
        .unwrap();
    listed.sort();
    assert_eq!(
        listed,
        [
            "blob a",
            "folder empty",
            "folder full",
            "folder sub",
            "odd ./ key",
            "odd / key",
            "odd back\\slash key",
            "odd mangled\u{fffd} mangled",
        ]
    );
    let mut walked = Vec::new();
    store
        .walk(&path("f"), &mut |path, entry| {
            walked.push(match entry {
                Entry::Odd { name, .. } => format!("odd {name}"),
                _ => path.to_string(),
            });
            true
        })
        .unwrap();
    walked.sort();
    let odd = ["odd ./c", "odd /b", "odd back\\slash", "odd full/", "odd mangled\u{fffd}", "odd sub/../e"];
    assert_eq!(walked, ["a"].iter().chain(&odd).chain(&["sub/d"]).copied().collect::<Vec<_>>());
    let mut n = 0;
    store
        .walk(&path("f"), &mut |_, _| {
            n += 1;
            n < 2
        })
        .unwrap();
    assert_eq!(n, 2, "stops when told to");
}

#[test]
fn visitors_and_sinks_may_use_the_store() {
    let bucket = Bucket::start();
    for key in ["f/a", "f/b", "f/c", "f/d"] {
        bucket.put(key, key);
    }
    let store = opened(&bucket.location("", "&width=2")).store;
    let mut read = Vec::new();
    store
        .list(&path("f"), &mut |entry| {
            if let Entry::Blob { name, .. } = entry {
                read.push(store.read(&path("f").join(name).unwrap()).unwrap());
            }
        })
        .unwrap();
    store
        .walk(&path("f"), &mut |path, _| {
            read.push(store.read(&BlobPath::parse("f").unwrap().append(path)).unwrap());
            true
        })
        .unwrap();
    store
        .stream(&path("f/a"), 3, &mut Vec::new(), &mut |_| {
            read.push(store.read(&path("f/b")).unwrap());
            true
        })
        .unwrap();
    assert_eq!(read.len(), 9);
}

#[test]
fn writes_and_deletes() {
    let bucket = Bucket::start();
    let location =
        bucket.location("", "&storage-class=STANDARD_IA&encryption=aws:kms&kms-key=key-1&requester-pays=yes");
    let store = opened(&location).store;
    store.create(&path("a"), b"one").unwrap();
    assert!(matches!(store.create(&path("a"), b"two").unwrap_err().kind, StoreErrorKind::Exists));
    store.replace(&path("a"), b"three").unwrap();
    assert_eq!(bucket.get("a").unwrap(), b"three");
    let put = bucket.server.seen().into_iter().find(|seen| seen.method == "PUT").unwrap();
    assert_eq!(put.header("x-amz-storage-class"), Some("STANDARD_IA"));
    assert_eq!(put.header("x-amz-server-side-encryption"), Some("aws:kms"));
    assert_eq!(put.header("x-amz-server-side-encryption-aws-kms-key-id"), Some("key-1"));
    assert_eq!(put.header("x-amz-request-payer"), Some("requester"));
    store.delete(&path("a")).unwrap();
    assert_eq!(bucket.get("a"), None);
}

#[test]
fn many_deletes_are_few_requests() {
    let bucket = Bucket::start();
    let paths: Vec<BlobPath> = (0..2500).map(|n| path(&format!("many/{n}"))).collect();
    for path in &paths {
        bucket.put(path.as_str(), "x");
    }
    let store = opened(&bucket.location("", "")).store;
    assert!(store.delete_many(&paths).is_empty());
    assert_eq!(store.traffic().counts().deletes, 3);
    assert!(paths.iter().all(|path| bucket.get(path.as_str()).is_none()));
}

#[test]
fn what_a_store_retains_is_told_apart() {
    let locked = "<Error><Code>AccessDenied</Code><Message>Access Denied because object protected by object lock.\
                  </Message></Error>";
    for (code, body) in
        [("", locked.to_owned()), ("RetentionPolicyNotMet", String::new()), ("ObjectLocked", String::new())]
    {
        let bucket = Bucket::start_with(move |seen, _| {
            let is_of_it = seen.method == "DELETE" && seen.path.ends_with("/kept");
            // Many at once are not done at all: each is asked for again.
            let is_bulk = seen.method == "POST" && seen.query("delete").is_some();
            let refusal = || {
                let refused = Reply::error(403, code);
                if body.is_empty() { refused } else { refused.body(body.as_str()) }
            };
            (is_of_it || is_bulk).then(refusal)
        });
        bucket.put("kept", "x");
        bucket.put("other", "x");
        let store = opened(&bucket.location("", "")).store;
        let failures = store.delete_many(&[path("kept"), path("other")]);
        let [StoreError { path: kept, kind: StoreErrorKind::Remote(RemoteErrorKind::Retained { .. }), .. }] =
            &failures[..]
        else {
            panic!("{code}: {failures:?}");
        };
        assert_eq!(kept.as_str(), "kept");
    }
}

/// Small blobs go as they are, large ones in parts; what is dropped is aborted.
#[test]
fn uploads_go_in_parts_when_they_are_long() {
    let parts = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&parts);
    let bucket = Bucket::start_with(move |seen, _| match (seen.method.as_str(), seen.query("uploadId")) {
        ("POST", None) if seen.query("uploads").is_some() => {
            let body = "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>";
            Some(Reply::ok(body.to_owned()))
        }
        ("PUT", Some(_)) => {
            counted.fetch_add(1, Ordering::SeqCst);
            Some(Reply::new(200).header("etag", "\"part<1>\""))
        }
        ("POST", Some(_)) => {
            let body = String::from_utf8_lossy(&seen.body).into_owned();
            assert!(body.contains("<PartNumber>3</PartNumber><ETag>&quot;part&lt;1&gt;&quot;</ETag>"), "{body}");
            Some(Reply::ok("<Error><Code>InternalError</Code><Message>too late</Message></Error>".to_owned()))
        }
        ("DELETE", Some(_)) => {
            counted.fetch_add(100, Ordering::SeqCst);
            Some(Reply::new(204))
        }
        _ => None,
    });
    let store = opened(&bucket.location("", "")).store;
    let mut small = store.upload(&path("small"), 0).unwrap();
    small.write(&megabytes(8)).unwrap();
    small.finish().unwrap();
    assert_eq!((bucket.get("small").unwrap().len(), parts.load(Ordering::SeqCst)), (8 << 20, 0));
    // A status of success is no success yet.
    let mut large = store.upload(&path("large"), 0).unwrap();
    large.write(&megabytes(17)).unwrap();
    let error = large.finish().unwrap_err();
    assert!(error.to_string().contains("too late"), "{error}");
    assert_eq!(parts.load(Ordering::SeqCst), 103, "three parts, and one that was given up");
    let mut dropped = store.upload(&path("dropped"), 0).unwrap();
    dropped.write(&megabytes(9)).unwrap();
    drop(dropped);
    assert_eq!(parts.load(Ordering::SeqCst), 204);
    assert!(bucket.get("dropped").is_none());
}

#[test]
fn deletes_that_fail_have_each_its_reason() {
    let bucket = Bucket::start_with(|seen, _| match seen.method.as_str() {
        "POST" => Some(Reply::error(501, "NotImplemented")),
        "DELETE" if seen.path.ends_with("locked") => Some(Reply::error(403, "AccessDenied")),
        _ => None,
    });
    for key in ["a", "locked", "c"] {
        bucket.put(key, "x");
    }
    let store = opened(&bucket.location("", "")).store;
    let failures = store.delete_many(&[path("a"), path("locked"), path("c")]);
    let failures: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert_eq!(failures, ["locked: permission denied"]);
    assert_eq!((bucket.get("a"), bucket.get("c")), (None, None));
}

#[test]
fn a_web_server_is_read_and_nothing_else() {
    let server = Server::start(|seen| match (seen.method.as_str(), seen.path.as_str()) {
        ("HEAD", _) => Reply::new(405),
        ("GET", "/re po/index.latest") if seen.header("range").is_some() => {
            Reply::new(206).header("content-range", "bytes 0-0/8").body("1")
        }
        ("GET", "/re po/index.latest") => {
            assert_eq!(seen.target, "/re%20po/index.latest");
            Reply::ok("12345678").header("content-type", "text/html")
        }
        ("GET", "/re po/login") => Reply::ok("<!DOCTYPE html><p>who are you").header("content-type", "text/html"),
        _ => Reply::new(404).header("content-type", "text/html").body("<html>gone</html>"),
    });
    let opened = opened(&format!("{}/re%20po", server.url()));
    let at = |name: &str| opened.base.join(name).unwrap();
    let store = &opened.store;
    assert_eq!(store.read(&at("index.latest")).unwrap(), b"12345678", "whatever the server calls it");
    assert_eq!(store.stat(&at("index.latest")).unwrap().len_bytes, 8, "a server without HEAD");
    assert!(store.read(&at("none")).unwrap_err().is_absence());
    let error = store.read(&at("login")).unwrap_err();
    assert_eq!(error.kind.to_string(), "what answers there is no object store: it sent a web page");
    assert!(matches!(store.list(&opened.base, &mut |_| ()).unwrap_err().kind, StoreErrorKind::CannotList));
    assert!(matches!(store.walk(&opened.base, &mut |_, _| true).unwrap_err().kind, StoreErrorKind::CannotList));
    assert!(matches!(store.create(&at("x"), b"").unwrap_err().kind, StoreErrorKind::Denied));
    assert!(matches!(store.replace(&at("x"), b"").unwrap_err().kind, StoreErrorKind::Denied));
    assert!(matches!(store.delete(&at("x")).unwrap_err().kind, StoreErrorKind::Denied));
    assert_eq!(store.delete_many(&[at("x")]).len(), 1);
}
