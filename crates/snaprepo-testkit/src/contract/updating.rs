//! Writing in place of one state of a blob: who wants to replace what is not there any more is told so.

use snaprepo_codec::BlobPath;
use snaprepo_store::{StoreErrorKind, WriteStore};

use super::{Trial, Update, below, race};

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
        let Some((_, version)) = trial.good("a blob is read with its state", store.read_version(&path)) else { return };
        let write = |bytes: &[u8]| store.update(&path, bytes, &version);
        let lost = |kind: &StoreErrorKind| matches!(kind, StoreErrorKind::Stale);
        let checks = ["one of 32 who replace a state wins", "who loses learns that the state is gone"];
        race::run(trial, store, &path, checks, write, lost);
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
