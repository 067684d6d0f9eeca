//! Answers that break off, stand still, come too late or not at all; and stores that ask us to slow down.

use super::*;

#[test]
fn a_write_whose_answer_was_lost_is_not_taken_for_somebody_elses() {
    // The first put is done, and its answer breaks off.
    let lost = |seen: &Seen| seen.method == "PUT";
    let bucket = Bucket::start_with(first(1, lost, |_| Reply::new(503)));
    let store = opened(&bucket.location("", "")).store;
    store.create(&path("ours"), b"ours").unwrap();
    assert_eq!(bucket.get("ours").unwrap(), b"ours");
    let bucket = Bucket::start_with(first(1, lost, |_| Reply::new(503)));
    bucket.put("theirs", "theirs");
    let store = opened(&bucket.location("", "")).store;
    assert!(matches!(store.create(&path("theirs"), b"ours").unwrap_err().kind, StoreErrorKind::Exists));
    assert_eq!(bucket.get("theirs").unwrap(), b"theirs");
}

#[test]
fn an_answer_that_breaks_off_goes_on_from_the_byte_reached() {
    let bytes = megabytes(3);
    let whole = bytes.clone();
    let is_get = |seen: &Seen| seen.method == "GET" && seen.path == "/bucket/big";
    let bucket = Bucket::start_with(first(2, is_get, |right| right.clone().cut_at(right.bytes().len() / 2)));
    bucket.put("big", bytes);
    let store = opened(&bucket.location("", "")).store;
    assert!(streamed(&store, "big", whole.len()).unwrap() == whole);
    let counts = store.traffic().counts();
    assert_eq!((counts.reads, counts.resumed, counts.retries), (3, 2, 2));
    let asked: Vec<_> = bucket
        .server
        .seen()
        .iter()
        .map(|seen| (seen.header("range").is_some(), seen.header("if-match").map(str::to_owned)))
        .collect();
    assert_eq!(asked[0], (false, None));
    assert_eq!(asked[1], (true, Some(etag(&whole))), "the same state, from the byte reached");
    assert!(counts.bytes_read < 2 * whole.len() as u64, "nothing is read twice that was read well");
}

#[test]
fn a_blob_that_changes_while_it_is_read_is_an_error() {
    let bytes = megabytes(1);
    let len = bytes.len();
    let asked = AtomicU64::new(0);
    let bucket =
        Bucket::start_with(move |seen, right| match (seen.method.as_str(), asked.fetch_add(1, Ordering::SeqCst)) {
            ("GET", 0) => Some(right.clone().cut_at(1000)),
            ("GET", _) => Some(Reply::error(412, "PreconditionFailed")),
            _ => None,
        });
    bucket.put("big", bytes);
    let error = streamed(&opened(&bucket.location("", "")).store, "big", len).unwrap_err();
    assert!(matches!(error.kind, StoreErrorKind::Remote(RemoteErrorKind::Changed)), "{error}");
}

#[test]
fn large_blobs_come_in_ranges_and_in_order_where_a_connection_is_slow() {
    let bytes = megabytes(40);
    let whole = bytes.clone();
    let is_first = |seen: &Seen| seen.header("range") == Some("bytes=0-8388607");
    let is_second = |seen: &Seen| seen.header("range") == Some("bytes=8388608-16777215");
    // The first range shows 100 megabytes a second at most; the second comes last, and is cut.
    let slow = move |right: &Reply| right.clone().slowly(Duration::from_millis(10), 1 << 20);
    let trial = first(u64::MAX, is_first, slow);
    let late = Duration::from_millis(200);
    let cut = first(1, is_second, move |right| right.clone().after(late).cut_at(5_000_000));
    let bucket = Bucket::start_with(move |seen, right| trial(seen, right).or_else(|| cut(seen, right)));
    bucket.put("big", bytes);
    let store = opened(&bucket.location("", "")).store;
    assert!(streamed(&store, "big", whole.len()).unwrap() == whole);
    assert_eq!(store.traffic().counts().reads, 6, "five ranges, and one that was cut in two");
    // A blob of another length is not read at all.
    let other =
        store.stream(&path("big"), whole.len() as u64 + 1, &mut Vec::new(), &mut |_| panic!("not read")).unwrap();
    assert_eq!(other, Streamed::OtherLength(whole.len() as u64));
    // Whoever stops early gets no more.
    let mut n = 0;
    store
        .stream(&path("big"), whole.len() as u64, &mut Vec::new(), &mut |piece| {
            n += piece.len();
            false
        })
        .unwrap();
    assert!(n < whole.len() / 2, "{n}");
}

#[test]
fn large_blobs_are_whole_also_where_a_connection_is_fast() {
    let bucket = Bucket::start();
    let whole = megabytes(33);
    bucket.put("big", whole.clone());
    let store = opened(&bucket.location("", "")).store;
    assert!(streamed(&store, "big", whole.len()).unwrap() == whole);
}

#[test]
fn a_store_without_ranges_is_read_all_the_same() {
    let bucket = Bucket::start_with(|seen, right| {
        (seen.method == "GET" && seen.header("range").is_some() && seen.path != "/bucket").then(|| {
            let _ = right;
            Reply::ok("0123456789").header("etag", "\"x\"")
        })
    });
    bucket.put("blob", "0123456789");
    let store = opened(&bucket.location("", "")).store;
    assert_eq!(store.read_range(&path("blob"), 4, 3).unwrap(), b"456");
    assert!(matches!(store.read_range(&path("blob"), 8, 3).unwrap_err().kind, StoreErrorKind::ShortRead));
}

#[test]
fn a_store_in_trouble_is_asked_again_and_then_no_more() {
    let is_read = |seen: &Seen| seen.method == "GET";
    let bucket = Bucket::start_with(first(3, is_read, |_| Reply::error(503, "SlowDown")));
    bucket.put("blob", "x");
    let store = opened(&bucket.location("", "")).store;
    assert_eq!(store.read(&path("blob")).unwrap(), b"x");
    let counts = store.traffic().counts();
    assert_eq!((counts.reads, counts.retries, counts.throttled), (4, 3, 3));
    let bucket = Bucket::start_with(|_, _| Some(Reply::error(503, "SlowDown")));
    let store = opened(&bucket.location("", "&tries=3")).store;
    let error = store.read(&path("blob")).unwrap_err();
    assert_eq!(error.kind.to_string(), "the store asks to slow down, and still did after 3 tries");
    assert_eq!(store.traffic().counts().reads, 3);
}

#[test]
fn the_retries_of_a_run_end() {
    let server = Server::start(|_| Reply::error(500, "InternalError").header("retry-after", "0"));
    let store = opened(&format!("s3://bucket?endpoint={}&tries=2", server.url())).store;
    let failing = || store.read(&path("x")).unwrap_err().kind.to_string();
    assert_eq!(failing(), "the store failed 2 times, the last time with 500 InternalError");
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| (0..10).for_each(|_| drop(failing())));
        }
    });
    let last: Vec<String> = (0..5).map(|_| failing()).collect();
    assert!(last.iter().any(|error| error.starts_with("the store fails too often: all ")), "{last:?}");
    let counts = store.traffic().counts();
    assert!(counts.retries <= counts.retries_allowed, "{counts:?}");
}

#[test]
fn requests_end_at_their_limit() {
    let bucket = Bucket::start();
    bucket.put("blob", "x");
    let store = opened(&bucket.location("", "&max-requests=2")).store;
    assert!(store.read(&path("blob")).is_ok() && store.read(&path("blob")).is_ok());
    let error = store.read(&path("blob")).unwrap_err();
    assert!(matches!(error.kind, StoreErrorKind::Remote(RemoteErrorKind::RequestLimit { limit: 2 })), "{error}");
    assert_eq!(bucket.server.seen().len(), 2);
}

#[test]
fn answers_that_stand_still_are_given_up() {
    let is_read = |seen: &Seen| seen.method == "GET";
    let slow = Duration::from_secs(5);
    let bucket = Bucket::start_with(first(1, is_read, move |right| right.clone().after(slow)));
    bucket.put("blob", "0123456789");
    let store = opened(&bucket.location("", "&request-timeout=200ms")).store;
    let start = Instant::now();
    assert_eq!(store.read(&path("blob")).unwrap(), b"0123456789");
    assert!(start.elapsed() < slow, "the second try did not wait for the first");
    let bucket = Bucket::start_with(first(1, is_read, move |right| right.clone().slowly(slow, 5)));
    bucket.put("blob", "0123456789");
    let store = opened(&bucket.location("", "&progress-timeout=200ms")).store;
    assert_eq!(store.read(&path("blob")).unwrap(), b"0123456789");
    assert_eq!(store.traffic().counts().resumed, 1);
}

#[test]
fn what_is_slow_but_goes_on_is_not_given_up() {
    let bucket = Bucket::start_with(|seen, right| {
        (seen.method == "GET").then(|| right.clone().slowly(Duration::from_millis(60), 1))
    });
    bucket.put("blob", "0123456789");
    let store = opened(&bucket.location("", "&progress-timeout=300ms&request-timeout=300ms")).store;
    assert_eq!(store.read(&path("blob")).unwrap(), b"0123456789", "600 ms in all, and never 300 without a byte");
}

#[test]
fn a_region_that_nobody_set_is_followed() {
    let moved = |seen: &Seen| !seen.header("authorization").unwrap_or("").contains("/eu-west-1/");
    let bucket = Bucket::start_with(move |seen, _| {
        moved(seen).then(|| {
            Reply::new(400).header("content-type", "application/xml").body(
                "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-west-1</Region></Error>",
            )
        })
    });
    bucket.put("blob", "x");
    let store = opened(&bucket.location("", "")).store;
    assert_eq!(store.read(&path("blob")).unwrap(), b"x");
    assert_eq!(store.traffic().counts().retries, 0, "that is no failure of the store");
    let set = opened(&bucket.location("", "&region=us-east-1")).store;
    let error = set.read(&path("blob")).unwrap_err();
    assert_eq!(error.kind.to_string(), "the bucket is not in region us-east-1 but in eu-west-1");
}

#[test]
fn downloads_keep_their_pace() {
    let bucket = Bucket::start();
    bucket.put("blob", vec![0; 300_000]);
    let store = opened(&bucket.location("", "&limit-download=500kb")).store;
    let start = Instant::now();
    for _ in 0..2 {
        store.read(&path("blob")).unwrap();
    }
    assert!(start.elapsed() > Duration::from_millis(300), "{:?}", start.elapsed());
}

#[test]
fn many_threads_share_one_store() {
    let bucket = Arc::new(Bucket::start());
    bucket.put("blob", "0123456789");
    let store = opened(&bucket.location("", "&width=4")).store;
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(store.read(&path("blob")).unwrap(), b"0123456789");
                }
            });
        }
    });
    assert_eq!(store.traffic().counts().reads, 320);
}

#[test]
fn a_store_that_bears_little_gets_less() {
    let at_once = AtomicU64::new(0);
    let bucket = Bucket::start_with(move |seen, right| {
        if seen.method != "GET" {
            return None;
        }
        let too_many = at_once.fetch_add(1, Ordering::SeqCst) >= 3;
        std::thread::sleep(Duration::from_millis(5));
        at_once.fetch_sub(1, Ordering::SeqCst);
        Some(if too_many { Reply::error(503, "SlowDown") } else { right.clone() })
    });
    bucket.put("blob", "x");
    let store = opened(&bucket.location("", "")).store;
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| (0..10).for_each(|_| assert_eq!(store.read(&path("blob")).unwrap(), b"x")));
        }
    });
    let width = store.client().waiting().width.now();
    assert!(store.traffic().counts().throttled > 0 && width < 64, "{width}");
}

#[test]
fn a_page_for_a_browser_is_no_blob() {
    let page = |_: &Reply| Reply::ok("<!DOCTYPE html><title>Sign in</title>").header("content-type", "text/html");
    let bucket = Bucket::start_with(first(u64::MAX, |seen| seen.path.ends_with("/blob"), page));
    bucket.put("blob", "0123456789");
    let store = opened(&bucket.location("", "")).store;
    let errors = [
        store.read(&path("blob")).unwrap_err(),
        store.read_range(&path("blob"), 1, 2).unwrap_err(),
        streamed(&store, "blob", 10).unwrap_err(),
        store.stat(&path("blob")).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind.to_string(), "what answers there is no object store: it sent a web page");
    }
    // Buckets hold pages for browsers, too; and say in which state they send them.
    let bucket = Bucket::start_with(|_, right| Some(right.clone().header("content-type", "text/html")));
    bucket.put("page", "<html>");
    let store = opened(&bucket.location("", "")).store;
    assert_eq!(streamed(&store, "page", 6).unwrap(), b"<html>");
    assert_eq!(store.stat(&path("page")).unwrap().len_bytes, 6);
    // Some servers call an answer without a body a web page, too.
    store.delete(&path("page")).unwrap();
    assert!(store.read(&path("page")).unwrap_err().is_absence());
}

#[test]
fn one_answer_is_not_believed_about_a_wrong_length() {
    let longer = |right: &Reply| right.clone().header("content-length", "17");
    let is_get = |seen: &Seen| seen.method == "GET";
    let bucket = Bucket::start_with(first(1, is_get, longer));
    bucket.put("blob", "0123456789");
    assert_eq!(streamed(&opened(&bucket.location("", "")).store, "blob", 10).unwrap(), b"0123456789");
    let bucket = Bucket::start_with(first(u64::MAX, is_get, longer));
    bucket.put("blob", "0123456789");
    let store = opened(&bucket.location("", "&tries=2")).store;
    let broken = "the answer of the store broke off: its length is another each time";
    assert_eq!(streamed(&store, "blob", 10).unwrap_err().kind.to_string(), broken);
    let broken = "the answer of the store broke off: the blob is shorter than its answer said";
    assert_eq!(store.read(&path("blob")).unwrap_err().kind.to_string(), broken);
}

/// A store that is asked to delete many and wants it slower is not asked for each of them.
#[test]
fn many_deletes_are_slowed_down_as_one() {
    let is_bulk = |seen: &Seen| seen.method == "POST" && seen.query("delete").is_some();
    let bucket = Bucket::start_with(first(1, is_bulk, |_| Reply::error(503, "SlowDown")));
    let paths: Vec<BlobPath> = (0..500).map(|n| path(&format!("base/{n}"))).collect();
    paths.iter().for_each(|path| bucket.put(path.as_str(), "x"));
    let store = opened(&bucket.location("", "")).store;
    assert!(store.delete_many(&paths).is_empty());
    let methods: Vec<String> = bucket.server.seen().into_iter().map(|seen| seen.method).collect();
    assert_eq!((methods.as_slice(), bucket.keys().len()), (&["POST".to_owned(), "POST".to_owned()][..], 0));
}

/// Who does not know the condition must not be taken for somebody who refuses the write.
#[test]
fn a_store_without_conditional_updates_says_so() {
    let is_conditional = |seen: &Seen| seen.header("if-match").is_some() && seen.method == "PUT";
    for (status, code) in [(400, "InvalidArgument"), (501, "NotImplemented")] {
        let bucket = Bucket::start_with(move |seen, _| is_conditional(seen).then(|| Reply::error(status, code)));
        bucket.put("blob", "old");
        let store = opened(&bucket.location("", "")).store;
        let (_, version) = store.read_version(&path("blob")).unwrap();
        let error = store.update(&path("blob"), b"new", &version).unwrap_err();
        assert!(matches!(error.kind, StoreErrorKind::Remote(RemoteErrorKind::NotOffered { .. })), "{error}");
    }
}
