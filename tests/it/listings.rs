//! What a listing tells makes no difference: a store that shows only names is verified with the same result as one that
//! shows lengths, whatever lies in the place of the blobs.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Arc,
};

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver,
    verify::{self, Depth, Options, Report},
};
use snaprepo_store::{BlobStat, Entry, ReadStore, StoreError, Streamed};
use snaprepo_testkit::fixtures;
use snaprepo_tests::{options, pool, store};

/// A store that shows lengths with every listing, and reads blobs by their paths only.
struct Plain(Arc<dyn ReadStore>);

impl ReadStore for Plain {
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        self.0.read(path)
    }

    fn read_range(&self, path: &BlobPath, offset: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        self.0.read_range(path, offset, len)
    }

    fn stream(
        &self,
        path: &BlobPath,
        len_bytes: u64,
        buffer: &mut Vec<u8>,
        sink: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        self.0.stream(path, len_bytes, buffer, sink)
    }

    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError> {
        self.0.stat(path)
    }

    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.0.list(folder, visit)
    }

    fn walk(&self, folder: &BlobPath, visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError> {
        self.0.walk(folder, visit)
    }
}

/// Ways to put something else in the place of a blob, or beside it.
const WAYS: [fn(&Path); 12] = [
    |blob| fs::remove_file(blob).unwrap(),
    |blob| resize(blob, |len| len - 1),
    |blob| resize(blob, |len| len + 1),
    |blob| resize(blob, |_| 0),
    |blob| resize(blob, |len| len.next_multiple_of(4096) + 4096),
    |blob| {
        let mut bytes = fs::read(blob).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::File::create(blob).unwrap().write_all(&bytes).unwrap();
    },
    |blob| {
        fs::remove_file(blob).unwrap();
        fs::create_dir(blob).unwrap();
    },
    |blob| {
        fs::remove_file(blob).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(blob).status().unwrap().success());
    },
    |blob| {
        let moved = blob.with_extension("moved");
        fs::rename(blob, &moved).unwrap();
        symlink(moved.file_name().unwrap(), blob).unwrap();
    },
    |blob| {
        fs::remove_file(blob).unwrap();
        symlink("/etc/passwd", blob).unwrap();
    },
    |blob| copy(blob, &blob.with_extension("part0")),
    |blob| copy(blob, &blob.with_file_name("__AAAAAAAAAAAAAAAAAAAAAA")),
];

fn resize(blob: &Path, len: impl Fn(u64) -> u64) {
    let file = fs::File::options().write(true).open(blob).unwrap();
    file.set_len(len(file.metadata().unwrap().len())).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
}

fn data_blobs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            data_blobs(&path, found);
        } else if path.file_name().unwrap().to_str().unwrap().starts_with("__") {
            found.push(path);
        }
    }
}

/// Everything that a report tells.
fn told(store: &Arc<dyn ReadStore>, options: &Options) -> String {
    let report: Report = verify::verify(store, &BlobPath::root(), options, &pool(), &NoObserver).unwrap().unwrap();
    let Report { outcome, findings, n_findings, failures, n_failures, snapshots, pairs, indices, .. } = &report;
    let (tally, unreferenced) = (&report.tally, &report.unreferenced);
    let verdicts = (outcome, snapshots, pairs, indices);
    format!("{verdicts:#?} {findings:#?} {n_findings:?} {failures:#?} {n_failures} {tally:#?} {unreferenced:#?}")
}

#[test]
fn a_listing_of_names_is_as_good_as_one_with_lengths() {
    for name in ["elasticsearch-1.7.6-plain", "elasticsearch-5.6.16-plain", "elasticsearch-9.5.3-plain"] {
        let fixture = fixtures::named(name);
        for round in 0..=WAYS.len() {
            let copy = fixture.copy();
            let repository = fixture.copied_repository(&copy);
            let mut blobs = Vec::new();
            data_blobs(&repository, &mut blobs);
            blobs.sort();
            // First nothing, then every third blob with another damage each: many at once in one folder.
            for (i, blob) in blobs.iter().enumerate().filter(|(i, _)| round > 0 && i % 3 == round % 3) {
                WAYS[(i / 3 + round) % WAYS.len()](blob);
            }
            let names_only = store(&repository);
            let plain: Arc<dyn ReadStore> = Arc::new(Plain(store(&repository)));
            for max_findings in [3, 10_000] {
                let options = Options { max_findings, ..options(Depth::Content) };
                assert_eq!(told(&names_only, &options), told(&plain, &options), "{name} round {round}");
            }
        }
    }
}
