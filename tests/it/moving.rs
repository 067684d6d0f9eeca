//! Numbers about all of a repository are those of one generation, whenever another is written while they are gathered.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use snaprepo::Exit;
use snaprepo_testkit::{bucket::Bucket, damage::delete_snapshot, fixtures};
use snaprepo_tests::run_wide;

/// A bucket that has one folder, and after its n-th answer the other.
fn moving(before: &Path, after: &Path, n: usize) -> Arc<Bucket> {
    let (held, seen) = (Arc::new(OnceLock::<Weak<Bucket>>::new()), AtomicUsize::new(0));
    let (shared, next) = (Arc::clone(&held), after.to_owned());
    let bucket = Arc::new(Bucket::start_with(move |_, _| {
        if seen.fetch_add(1, Ordering::SeqCst) == n {
            let bucket = shared.get().and_then(Weak::upgrade).unwrap();
            bucket.keys().iter().for_each(|key| bucket.delete(key));
            bucket.put_folder(&next, "");
        }
        None
    }));
    bucket.put_folder(before, "");
    held.set(Arc::downgrade(&bucket)).unwrap();
    bucket
}

/// The numbers of an answer, without what was asked of the store for them.
fn numbers(verb: &[&str], bucket: &Bucket) -> (Exit, BTreeMap<String, serde_json::Value>) {
    let location = bucket.location("", "&anonymous=true&width=1");
    let args: Vec<&str> = verb.iter().map(|word| if *word == "REPO" { &*location } else { word }).collect();
    let output = run_wide(&args, 200);
    let mut answer: BTreeMap<String, serde_json::Value> =
        output.json().as_object().unwrap().clone().into_iter().collect();
    for beside in ["requests", "repository", "elapsed_in_millis"] {
        answer.remove(beside);
    }
    (output.exit, answer)
}

#[test]
fn a_generation_that_comes_in_the_middle_mixes_no_numbers() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let (before, copy) = (fixture.repository(), fixture.copy());
    delete_snapshot(copy.path(), "snap-3");
    for verb in [
        &["du", "REPO", "--by", "snapshot", "--json"][..],
        &["du", "REPO", "--free", "snap-2", "--json"],
        &["list", "REPO", "--size", "--json"],
    ] {
        let still = Bucket::of_folder(copy.path(), "");
        let expected = numbers(verb, &still);
        assert_eq!(expected.0, Exit::Good);
        let unmoved = moving(&before, copy.path(), usize::MAX);
        let was = numbers(verb, &unmoved);
        let n_requests = unmoved.server.seen().len();
        assert_ne!(was.1, expected.1);
        // A sample of the moments, with the last ones among them: the very last request asks whether it moved.
        for n in (0..n_requests).filter(|n| n % 3 == 0 || n + 4 > n_requests) {
            let found = numbers(verb, &moving(&before, copy.path(), n));
            let right = if n + 1 < n_requests { &expected } else { &was };
            assert_eq!(&found, right, "{verb:?}: after {n} of {n_requests} requests");
        }
    }
}
