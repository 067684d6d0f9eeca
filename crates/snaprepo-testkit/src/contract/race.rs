//! Conditional writes by many at once: exactly one wins, and what is there is his.

use std::{sync::Barrier, thread};

use snaprepo_codec::BlobPath;
use snaprepo_store::{StoreError, StoreErrorKind, WriteStore};

use super::{Trial, below};

/// Writers of one blob.
const N_WRITERS: usize = 32;
/// How often they meet.
const N_ROUNDS: usize = 5;

pub(super) fn check(trial: &mut Trial, store: &dyn WriteStore, folder: &BlobPath) {
    for round in 0..N_ROUNDS {
        let path = below(folder, &format!("round-{round}"));
        let write = |bytes: &[u8]| store.create(&path, bytes);
        let lost = |kind: &StoreErrorKind| matches!(kind, StoreErrorKind::Exists);
        run(trial, store, &path, ["one of 32 writers wins", "a writer who loses learns why"], write, lost);
    }
}

/// Lets all write at once, each bytes of his own. `checks` say what is asked for: one winner, and the right word to all
/// others.
pub(super) fn run(
    trial: &mut Trial,
    store: &dyn WriteStore,
    path: &BlobPath,
    [wins, learns]: [&'static str; 2],
    write: impl Fn(&[u8]) -> Result<(), StoreError> + Sync,
    lost: impl Fn(&StoreErrorKind) -> bool,
) {
    let start = Barrier::new(N_WRITERS);
    let content = |writer: usize| format!("written by {writer}").into_bytes();
    let (start, write) = (&start, &write);
    let results: Vec<_> = thread::scope(|scope| {
        let writes = |writer| {
            move || {
                start.wait();
                write(&content(writer))
            }
        };
        let writers: Vec<_> = (0..N_WRITERS).map(|writer| scope.spawn(writes(writer))).collect();
        writers
            .into_iter()
            .map(|writer| crate::fixtures::must(writer.join().map_err(|_| "it panics"), &"writer"))
            .collect()
    });
    let winners: Vec<usize> = (0..N_WRITERS).filter(|writer| results[*writer].is_ok()).collect();
    trial.equal(wins, path, &winners.len(), &1);
    for error in results.into_iter().filter_map(Result::err) {
        trial.holds(learns, lost(&error.kind), || error.to_string());
    }
    if let (Some(found), [winner]) = (trial.good("what was raced for is read", store.read(path)), &*winners) {
        trial.holds("what is there is the winner's", found == content(*winner), || path.to_string());
    }
}
