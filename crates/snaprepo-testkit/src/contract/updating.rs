//! Writing in place of one state of a blob: who wants to replace what is not there any more is told so.

use std::{sync::Barrier, thread};

use snaprepo_codec::BlobPath;
use snaprepo_store::{StoreErrorKind, WriteStore};

use super::{Trial, Update, below};

/// Writers who replace the same state.
const N_WRITERS: usize = 32;

pub(super) fn check(trial: &mut Trial, store: &dyn WriteStore, folder: &BlobPath, promise: Update) {
    let path = below(folder, "blob");
    trial.good("a blob to be updated is written", store.create(&path, b"first"));
    let Some((bytes, first)) = trial.good("a blob is read with its state", store.read_version(&path)) else { return };
    trial.equal("a blob read with its state has its bytes", &path, &bytes, &b"first".to_vec());
    trial.good("a state is replaced", store.update(&path, b"second", &first));
    let stale = store.update(&path, b"third, from the first", &first);
    if promise == Update::IsIgnored {
        trial.good("a former state is replaced", stale);
    } else {
        let check = "whoever replaces a former state is refused";
        trial.refused(check, &path, stale, |kind| matches!(kind, StoreErrorKind::Stale));
        let found = trial.good("a blob is read after a refusal", store.read(&path));
        trial.equal("what a refused writer wanted is not there", &path, &found, &Some(b"second".to_vec()));
    }
    if promise == Update::IsOneStep {
        race(trial, store, &path);
    }
    let Some((_, last)) = trial.good("a blob is read with its state", store.read_version(&path)) else { return };
    trial.good("an updated blob is deleted", store.delete(&path));
    if promise != Update::IsIgnored {
        let gone = store.update(&path, b"from nothing", &last).map_err(|error| error.kind);
        let is_refused = matches!(gone, Err(StoreErrorKind::NotFound | StoreErrorKind::Stale));
        trial.holds("a state of a blob that is gone is not replaced", is_refused, || format!("{path}: {gone:?}"));
        trial.absent("what was not replaced is not there", &path, store.read(&path));
    }
}

/// Many replace the same state at once: one wins, and what is there is his.
fn race(trial: &mut Trial, store: &dyn WriteStore, path: &BlobPath) {
    let Some((_, version)) = trial.good("a blob is read with its state", store.read_version(path)) else { return };
    let start = Barrier::new(N_WRITERS);
    let content = |writer: usize| format!("updated by {writer}").into_bytes();
    let (start, version) = (&start, &version);
    let results: Vec<_> = thread::scope(|scope| {
        let write = |writer| {
            move || {
                start.wait();
                store.update(path, &content(writer), version)
            }
        };
        let writers: Vec<_> = (0..N_WRITERS).map(|writer| scope.spawn(write(writer))).collect();
        let joined = |writer: thread::ScopedJoinHandle<'_, _>| {
            crate::fixtures::must(writer.join().map_err(|_| "it panics"), &"writer")
        };
        writers.into_iter().map(joined).collect()
    });
    let winners: Vec<usize> = (0..N_WRITERS).filter(|writer| results[*writer].is_ok()).collect();
    trial.equal("one of 32 who replace a state wins", path, &winners.len(), &1);
    for error in results.into_iter().filter_map(Result::err) {
        let lost = matches!(error.kind, StoreErrorKind::Stale);
        trial.holds("who loses learns that the state is gone", lost, || error.to_string());
    }
    if let (Some(found), [winner]) = (trial.good("what was raced for is read", store.read(path)), &*winners) {
        trial.holds("what is there is the winner's", found == content(*winner), || path.to_string());
    }
}
