//! Reading: whole, in ranges at every border, piece by piece; and what is not there.

use snaprepo_codec::BlobPath;
use snaprepo_store::{ReadStore, StoreError, StoreErrorKind, Streamed};

use super::{
    Folders, Trial, below,
    samples::{self, LENGTHS, NAMES_FOLDER, SIBLINGS},
};

pub(super) fn check(trial: &mut Trial, store: &dyn ReadStore, folder: &BlobPath, left_out: &[&str], folders: Folders) {
    for (path, expected) in samples::all(folder, left_out) {
        if let Some(found) = trial.good("a blob is read", store.read(&path)) {
            trial.holds("a blob has the bytes that were written", found == expected, || {
                format!("{path}: {} bytes, not the {} that were written", found.len(), expected.len())
            });
        }
        if let Some(stat) = trial.good("a blob is looked at", store.stat(&path)) {
            trial.equal("a look tells the length", &path, &stat.len_bytes, &(expected.len() as u64));
        }
    }
    for (name, len) in LENGTHS {
        let path = below(folder, name);
        ranges(trial, store, &path, &samples::content(len));
        streams(trial, store, &path, &samples::content(len));
    }
    absent(trial, store, folder);
    of_folders(trial, store, folder, folders);
}

fn ranges(trial: &mut Trial, store: &dyn ReadStore, path: &BlobPath, bytes: &[u8]) {
    let len = bytes.len();
    let inside =
        [(0, 0), (0, 1), (0, len), (1, len.saturating_sub(1)), (len / 2, 1), (len.saturating_sub(1), 1), (len, 0)];
    for (start, n) in inside.into_iter().filter(|(start, n)| start + n <= len) {
        let what = format!("{path}, {n} bytes from {start} of {len}");
        match store.read_range(path, start as u64, n) {
            Ok(found) => trial.holds("a range has its bytes", found == bytes[start..start + n], || {
                format!("{what}: {} other bytes", found.len())
            }),
            Err(error) => trial.breach("a range is read", &format!("{what}: {error}")),
        }
    }
    let beyond = [(len, 1), (len.saturating_sub(1), 2), (0, len + 1), (len + 1, 1), (len + (1 << 30), 10)];
    for (start, n) in beyond.into_iter().filter(|(start, n)| start + n > len) {
        let what = format!("{path}, {n} bytes from {start} of {len}");
        let found = store.read_range(path, start as u64, n);
        trial.refused("a range that ends behind the blob is refused", &what, found, |kind| {
            matches!(kind, StoreErrorKind::ShortRead)
        });
    }
}

fn streams(trial: &mut Trial, store: &dyn ReadStore, path: &BlobPath, bytes: &[u8]) {
    let (mut buffer, mut found) = (Vec::new(), Vec::new());
    let came = store.stream(path, bytes.len() as u64, &mut buffer, &mut |piece| {
        found.extend_from_slice(piece);
        true
    });
    if let Some(came) = trial.good("a blob is streamed", came) {
        trial.equal("a stream has the length that was said", path, &came, &Streamed::Read);
        trial.holds("a stream has the bytes that were written", found == bytes, || {
            format!("{path}: {} bytes of {}", found.len(), bytes.len())
        });
    }
    let mut n_pieces = 0;
    let other = store.stream(path, bytes.len() as u64 + 1, &mut buffer, &mut |_| {
        n_pieces += 1;
        true
    });
    if let Some(other) = trial.good("a stream of another length is tried", other) {
        let expected = Streamed::OtherLength(bytes.len() as u64);
        trial.equal("a stream tells of another length", path, &other, &expected);
        trial.equal("a stream of another length is not read", path, &n_pieces, &0);
    }
    if bytes.len() > 1 << 20 {
        let mut n_pieces = 0;
        let stopped = store.stream(path, bytes.len() as u64, &mut buffer, &mut |_| {
            n_pieces += 1;
            false
        });
        trial.good("a stream can be stopped", stopped);
        trial.equal("a stream stops when it is told", path, &n_pieces, &1);
    }
}

/// Absence is said in so many words, and by nothing else.
fn absent(trial: &mut Trial, store: &dyn ReadStore, folder: &BlobPath) {
    let paths = [
        below(folder, "absent"),
        below(folder, "absent/absent"),
        below(folder, "absent + % ? # \u{fc}"),
        below(folder, "some/below a blob"),
        below(folder, "som"),
        below(folder, "SOME"),
    ];
    for path in paths {
        trial.absent("a read of what is no blob says so", &path, store.read(&path));
        trial.absent("a look at what is no blob says so", &path, store.stat(&path));
        trial.absent("a range of what is no blob says so", &path, store.read_range(&path, 0, 1));
        trial.absent(
            "a stream of what is no blob says so",
            &path,
            store.stream(&path, 1, &mut Vec::new(), &mut |_| true),
        );
    }
}

/// The name of a folder is no blob.
fn of_folders(trial: &mut Trial, store: &dyn ReadStore, folder: &BlobPath, folders: Folders) {
    let is_right = |error: &StoreError| {
        error.is_absence() || folders == Folders::AreAbsentOrDenied && matches!(error.kind, StoreErrorKind::Denied)
    };
    for path in [below(folder, SIBLINGS[0]), below(folder, NAMES_FOLDER)] {
        let asked = [
            store.read(&path).map(drop),
            store.stat(&path).map(drop),
            store.read_range(&path, 0, 1).map(drop),
            store.stream(&path, 1, &mut Vec::new(), &mut |_| true).map(drop),
        ];
        for found in asked {
            trial.holds("a request for a folder finds no blob", found.as_ref().is_err_and(is_right), || {
                format!("{path}: {found:?}")
            });
        }
    }
}
