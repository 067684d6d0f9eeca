//! Long listings, in ranges and not, good and bad: the same keys, or an error.

use std::sync::Arc;

use snaprepo_codec::BlobPath;
use snaprepo_store::{Entry, ReadStore as _};
use snaprepo_testkit::{
    bucket::Bucket,
    server::{Reply, Seen},
};

use super::*;
use crate::tests::{opened, path};

/// A bucket of so many indices of three shards, with something around them.
fn bucket_of(
    n_indices: usize,
    n_blobs: usize,
    fault: impl Fn(&Seen, &Reply) -> Option<Reply> + Send + Sync + 'static,
) -> Bucket {
    let bucket = Bucket::start_with(fault).pages_of(500);
    for (index, shard) in (0..n_indices).flat_map(|index| (0..3).map(move |shard| (index, shard))) {
        for blob in 0..n_blobs {
            bucket.put(&format!("base/indices/i{index:04}/{shard}/__{blob}"), "x");
        }
    }
    // A key that is also the name of a folder, and keys on all sides.
    bucket.put(&format!("base/indices/i{:04}/", n_indices - 1), "not a marker");
    for key in ["base/a", "base/indices", "base/indices/loose", "base/snap-1", "base/zz/y/x", "base0", "bas"] {
        bucket.put(key, "x");
    }
    bucket
}

/// The keys that a walk of the folder `base` shows, and what came of it.
fn walked(bucket: &Bucket, most: usize) -> (Vec<String>, Result<(), String>) {
    let store = opened(&bucket.location("", "&tries=2")).store;
    let mut keys = Vec::new();
    let walked = store.walk(&path("base"), &mut |path: &BlobPath, entry| {
        keys.push(match entry {
            Entry::Odd { name, .. } => format!("base/{name}"),
            _ => format!("base/{path}"),
        });
        keys.len() < most
    });
    (keys, walked.map_err(|error| error.kind.to_string()))
}

fn expected(bucket: &Bucket) -> Vec<String> {
    bucket.keys().into_iter().filter(|key| key.starts_with("base/")).collect()
}

fn ranges(bucket: &Bucket) -> usize {
    let starts = bucket.server.seen().into_iter().filter(|seen| {
        seen.query("start-after").is_some()
            && seen.query("delimiter").is_none()
            && seen.query("continuation-token").is_none()
    });
    starts.count()
}

#[test]
fn ranges_are_the_listing() {
    for (n_indices, n_blobs) in [(100, 120), (3, 4_500), (4_000, 2)] {
        let bucket = bucket_of(n_indices, n_blobs, |_, _| None);
        assert_eq!(walked(&bucket, usize::MAX), (expected(&bucket), Ok(())), "{n_indices}");
        let (n, n_pages) = (ranges(&bucket), bucket.keys().len().div_ceil(500));
        assert!(n > 1, "{n_indices}: {n} ranges");
        let n_asked = bucket.server.seen().len();
        assert!(n_asked <= n_pages * 4 / 3 + 8, "{n_indices}: {n_asked} requests for {n_pages} pages");
    }
}

#[test]
fn a_short_listing_has_no_ranges() {
    let bucket = bucket_of(9, 300, |_, _| None);
    assert_eq!(walked(&bucket, usize::MAX), (expected(&bucket), Ok(())));
    assert_eq!(ranges(&bucket), 0);
}

#[test]
fn whoever_has_enough_stops() {
    let bucket = bucket_of(100, 120, |_, _| None);
    let (keys, walked) = walked(&bucket, 20_000);
    assert_eq!((keys.as_slice(), walked), (&expected(&bucket)[..20_000], Ok(())));
}

/// The same request without its start.
fn without_start(seen: &Seen) -> Seen {
    let mut other = seen.clone();
    other.query.retain(|(name, _)| name != "start-after");
    other
}

#[test]
fn a_store_that_begins_elsewhere_is_listed_in_one() {
    let honest = Arc::new(bucket_of(100, 120, |_, _| None));
    let asked = Arc::clone(&honest);
    let bucket = Bucket::start_with(move |seen, _| Some(asked.answer(&without_start(seen))));
    assert_eq!(walked(&bucket, usize::MAX), (expected(&honest), Ok(())));
}

#[test]
fn a_range_that_fails_is_an_error() {
    let denied = bucket_of(100, 120, |seen, _| {
        let is_late = seen.query("start-after").is_some_and(|start| start > "base/indices/i008");
        (is_late && seen.query("delimiter").is_none()).then(|| Reply::error(403, "AccessDenied"))
    });
    let (keys, walked) = walked(&denied, usize::MAX);
    assert!(walked.is_err_and(|error| error.contains("permission denied")));
    assert!(expected(&denied).starts_with(&keys));
}

#[test]
fn folders_of_keys() {
    assert_eq!(folder("base/a/b/c", "base/", 1), Some("base/a/"));
    assert_eq!(folder("base/a/b/c", "base/", 2), Some("base/a/b/"));
    assert_eq!(folder("base/a/b", "base/", 2), None);
    assert_eq!(folder("other/a/b", "base/", 1), None);
}
