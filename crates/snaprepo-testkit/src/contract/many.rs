//! Many blobs: more than a server lists at a time, and more than it deletes at a time.

use std::{collections::BTreeSet, thread};

use snaprepo_codec::BlobPath;
use snaprepo_store::{Entry, StoreError, WriteStore};

use super::{Promises, Trial, below, listing, shown};

/// Requests under way at once.
const WIDTH: usize = 16;

pub(super) fn check(trial: &mut Trial, store: &dyn WriteStore, folder: &BlobPath, promises: &Promises<'_>) {
    let names: Vec<String> = (0..promises.n_many).map(|number| format!("__{number:05} +%\u{fc}")).collect();
    let paths: Vec<BlobPath> = names.iter().map(|name| below(folder, name)).collect();
    let bystander = below(folder, "sub/bystander");
    trial.good("a bystander is written", store.create(&bystander, b"x"));
    all_good(trial, "many blobs are written", &wide(&paths, |path| store.replace(path, path.name().as_bytes())));
    if let Some(found) = trial.good("a folder of many blobs is listed", listing::shown(store, folder)) {
        let found_names: BTreeSet<&String> =
            found.keys().filter(|(_, len)| len.is_some()).map(|(name, _)| name).collect();
        let missing: Vec<&String> = names.iter().filter(|name| !found_names.contains(name)).collect();
        trial.holds("a listing of many blobs is complete", missing.is_empty(), || {
            format!("{} of {} are missing: {}", missing.len(), names.len(), shown(&missing))
        });
        let twice: Vec<_> = found.iter().filter(|(_, n)| **n != 1).collect();
        trial.holds("a listing of many blobs shows each once", twice.is_empty(), || shown(&twice));
        trial.equal("a listing of many blobs shows nothing else", folder, &found.len(), &(names.len() + 1));
    }
    let failures = match promises.delete_many {
        Some(delete_many) => {
            // One that is not there is deleted as wished.
            let all: Vec<BlobPath> = paths.iter().cloned().chain([below(folder, "absent")]).collect();
            delete_many(&all)
        }
        None => wide(&paths, |path| store.delete(path)),
    };
    all_good(trial, "many blobs are deleted", &failures);
    if let Some(left) = trial.good("a folder is listed after many deletes", listing::shown(store, folder)) {
        trial.equal(
            "only what was to be deleted is gone",
            folder,
            &left.into_keys().collect(),
            &vec![("sub".to_owned(), None)],
        );
    }
    trial.good("a bystander is deleted", store.delete(&bystander));
}

/// Deletes whatever is left below the folder of the contract.
pub(super) fn clean(trial: &mut Trial, store: &dyn WriteStore, folder: &BlobPath) {
    let mut paths = Vec::new();
    let walked = store.walk(folder, &mut |path, entry| {
        if matches!(entry, Entry::Blob { .. }) {
            paths.push(folder.append(path));
        }
        true
    });
    trial.good("the folder of the contract is walked", walked);
    all_good(trial, "the samples are deleted", &wide(&paths, |path| store.delete(path)));
}

fn all_good(trial: &mut Trial, check: &'static str, failures: &[StoreError]) {
    if let Some(first) = failures.first() {
        trial.breach(check, &format!("{} failures, the first: {first}", failures.len()));
    }
}

/// Does something with all blobs, some at once; returns the failures.
fn wide(paths: &[BlobPath], each: impl Fn(&BlobPath) -> Result<(), StoreError> + Sync) -> Vec<StoreError> {
    let each = &each;
    thread::scope(|scope| {
        let work = |part: &[BlobPath]| part.iter().filter_map(|path| each(path).err()).collect::<Vec<_>>();
        let parts = paths.chunks(paths.len().div_ceil(WIDTH).max(1));
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        let failures =
            workers.into_iter().map(|worker| crate::fixtures::must(worker.join().map_err(|_| "it panics"), &"worker"));
        failures.flatten().collect()
    })
}
