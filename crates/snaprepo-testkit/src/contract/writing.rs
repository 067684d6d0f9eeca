//! Writing: a new blob, one in place of another, and deletes.

use snaprepo_codec::BlobPath;
use snaprepo_store::{StoreErrorKind, WriteStore};

use super::{
    Absent, Create, Promises, Trial, below,
    samples::{NAMES_FOLDER, content, kept},
};

pub(super) fn check(trial: &mut Trial, store: &dyn WriteStore, folder: &BlobPath, promises: &Promises<'_>) {
    new(trial, store, &below(folder, "new"), promises.create);
    new(trial, store, &below(folder, "deep/down/new"), promises.create);
    for name in kept(promises.names_left_out) {
        let path = below(folder, NAMES_FOLDER).join(name);
        new(trial, store, &crate::fixtures::must(path, &name), promises.create);
    }
    replacing(trial, store, &below(folder, "replaced"));
    uploading(trial, store, folder, promises.create);
    deleting(trial, store, folder, promises.absent_delete);
}

fn new(trial: &mut Trial, store: &dyn WriteStore, path: &BlobPath, promise: Create) {
    trial.good("a new blob is written", store.create(path, b"first"));
    let second = store.create(path, b"the second");
    match promise {
        Create::IsHonoured => {
            trial.refused("a second writer is refused", path, second, |kind| matches!(kind, StoreErrorKind::Exists));
            is(trial, "the first writer's bytes stay", store, path, b"first");
        }
        Create::IsIgnored => {
            trial.good("a second writer overwrites", second);
            is(trial, "the second writer's bytes stay", store, path, b"the second");
        }
    }
    trial.good("a blob is deleted", store.delete(path));
    trial.absent("a deleted blob is gone", path, store.read(path));
    trial.absent("a deleted blob cannot be looked at", path, store.stat(path));
}

fn replacing(trial: &mut Trial, store: &dyn WriteStore, path: &BlobPath) {
    let contents = [content(3), content(100_000), Vec::new(), content(1), content(2)];
    for bytes in &contents {
        trial.good("a blob is replaced", store.replace(path, bytes));
        is(trial, "a replaced blob has the new bytes", store, path, bytes);
        let len_bytes = store.stat(path).map(|stat| stat.len_bytes);
        let len_bytes = trial.good("a replaced blob is looked at", len_bytes);
        trial.equal("a replaced blob has the new length", path, &len_bytes, &Some(bytes.len() as u64));
    }
    trial.good("a replaced blob is deleted", store.delete(path));
    trial.good("a deleted blob is written anew", store.create(path, &[]));
    is(trial, "an empty blob is there", store, path, &[]);
    trial.good("an empty blob is deleted", store.delete(path));
}

/// Stores send parts of 8 MiB: blobs at, below and above that, said to be long or not.
fn uploading(trial: &mut Trial, store: &dyn WriteStore, folder: &BlobPath, promise: Create) {
    const PART: usize = 8 << 20;
    for (n, len) in [0, 1, 100_000, PART, PART + 1, 2 * PART + 77].into_iter().enumerate() {
        let path = below(folder, &format!("uploaded/deep/{n}"));
        let (bytes, said) = (content(len), if n % 2 == 0 { len as u64 } else { 0 });
        let uploaded = store.upload(&path, said).and_then(|mut upload| {
            bytes.chunks(1_000_003).try_for_each(|piece| upload.write(piece))?;
            upload.finish()
        });
        trial.good("a blob is uploaded", uploaded);
        is(trial, "an uploaded blob has its bytes", store, &path, &bytes);
        if promise == Create::IsHonoured {
            // Other bytes: the same ones may be taken for those of a write whose answer was lost.
            let again = store.upload(&path, said).and_then(|mut upload| {
                upload.write(b"other")?;
                upload.write(&bytes)?;
                upload.finish()
            });
            let check = "an upload onto a blob is refused";
            trial.refused(check, &path, again, |kind| matches!(kind, StoreErrorKind::Exists));
        }
        trial.good("an uploaded blob is deleted", store.delete(&path));
        let begun = store.upload(&path, said).and_then(|mut upload| upload.write(&bytes));
        trial.good("an upload is begun", begun);
        trial.absent("an upload that was dropped leaves nothing", &path, store.stat(&path));
    }
}

fn deleting(trial: &mut Trial, store: &dyn WriteStore, folder: &BlobPath, promise: Absent) {
    let (near, path) = (below(folder, "near"), below(folder, "nea"));
    trial.good("a neighbour is written", store.create(&near, b"near"));
    match (store.delete(&path), promise) {
        (Ok(()), Absent::IsFine | Absent::IsEither) => {}
        (found, _) => trial.absent("the deletion of an absent blob says so", &path, found),
    }
    is(trial, "a neighbour of what was deleted stays", store, &near, b"near");
    trial.good("a neighbour is deleted", store.delete(&near));
}

fn is(trial: &mut Trial, check: &'static str, store: &dyn WriteStore, path: &BlobPath, expected: &[u8]) {
    if let Some(found) = trial.good(check, store.read(path)) {
        trial.holds(check, found == expected, || format!("{path}: {} other bytes", found.len()));
    }
}
