//! Every metadata blob of every fixture, with the kind that its place and its name tell.

use std::fs;

pub(super) use snaprepo_testkit::blobs::Content;
use snaprepo_testkit::fixtures::{self, Fixture};

/// A metadata blob.
pub(super) struct Blob {
    pub(super) content: Content,
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

/// Looks at every metadata blob of every fixture, and fails with the blobs at which `look` failed.
pub(super) fn every<T>(look: impl Fn(&Blob) -> Result<T, String>) -> Vec<T> {
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    for fixture in fixtures::all() {
        for blob in blobs(fixture) {
            match look(&blob) {
                Ok(seen) => found.push(seen),
                Err(what) => failed.push(format!("{} {}: {what}", fixture.name, blob.path)),
            }
        }
    }
    assert!(failed.is_empty(), "{} blobs failed, such as\n{}", failed.len(), failed[..failed.len().min(20)].join("\n"));
    found
}

fn blobs(fixture: &'static Fixture) -> impl Iterator<Item = Blob> {
    let root = fixture.root();
    fixtures::files(&root).unwrap().into_iter().filter_map(move |path| {
        let content = Content::of(&path, fixture.base()).unwrap()?;
        let bytes = fs::read(root.join(&path)).unwrap();
        Some(Blob { content, path, bytes })
    })
}
