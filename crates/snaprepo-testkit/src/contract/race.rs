//! Put-if-absent by many at once: exactly one wins, and what is there is his.

use std::{sync::Barrier, thread};

use snaprepo_codec::BlobPath;
use snaprepo_store::{StoreErrorKind, WriteStore};

use super::{Trial, below};

/// Writers of one blob.
const N_WRITERS: usize = 32;
/// How often they meet.
const N_ROUNDS: usize = 5;

pub(super) fn check(trial: &mut Trial, store: &dyn WriteStore, folder: &BlobPath) {
    for round in 0..N_ROUNDS {
        let path = below(folder, &format!("round-{round}"));
        let start = Barrier::new(N_WRITERS);
        let content = |writer: usize| format!("written by {writer}").into_bytes();
        let (start, path_of_all) = (&start, &path);
        let results: Vec<_> = thread::scope(|scope| {
            let write = |writer| {
                move || {
                    start.wait();
                    store.create(path_of_all, &content(writer))
                }
            };
            let writers: Vec<_> = (0..N_WRITERS).map(|writer| scope.spawn(write(writer))).collect();
            writers
                .into_iter()
                .map(|writer| crate::fixtures::must(writer.join().map_err(|_| "it panics"), &"writer"))
                .collect()
        });
        let winners: Vec<usize> = (0..N_WRITERS).filter(|writer| results[*writer].is_ok()).collect();
        trial.equal("one of 32 writers wins", &path, &winners.len(), &1);
        for result in results {
            if let Err(error) = result {
                let lost = matches!(error.kind, StoreErrorKind::Exists);
                trial.holds("a writer who loses learns why", lost, || error.to_string());
            }
        }
        if let (Some(found), [winner]) = (trial.good("what was raced for is read", store.read(&path)), &*winners) {
            trial.holds("what is there is the winner's", found == content(*winner), || path.to_string());
        }
    }
}
