//! What a bucket says of its objects, and keeps beside them.

use std::collections::BTreeMap;

use snaprepo_store::StoreError;

use crate::{
    args::DuArgs,
    explain::Failure,
    session::Session,
    views::du::{BesideView, StoredClassRow},
};

/// Classes and tiers from which nothing can be read before it was restored.
const ARCHIVES: [&str; 3] = ["GLACIER", "DEEP_ARCHIVE", "Archive"];
/// Objects of which a listing tells no class have the usual one.
const USUAL: &str = "usual";

/// What is asked of it needs a bucket.
pub(super) fn refuse_folders(args: &DuArgs, session: &Session) -> Result<(), Failure> {
    if (args.classes || args.versions) && session.remote.is_none() {
        return Err(Failure::Usage {
            message: "--classes and --versions are about buckets, and this is a folder".to_owned(),
            hint: Some("folders have neither"),
        });
    }
    Ok(())
}

/// Blobs below the base path by storage class: one more listing of them all.
pub(super) fn classes(session: &Session) -> Result<Vec<StoredClassRow>, Failure> {
    let Some(remote) = &session.remote else { return Ok(Vec::new()) };
    let mut classes: BTreeMap<String, StoredClassRow> = BTreeMap::new();
    let listed = remote.store.stored_blobs(&session.base, &mut |blob| {
        let class = blob.class.unwrap_or_else(|| USUAL.to_owned());
        let is_archive = ARCHIVES.contains(&&*class);
        let row =
            classes.entry(class.clone()).or_insert(StoredClassRow { class, blobs: 0, size_in_bytes: 0, is_archive });
        row.blobs += 1;
        row.size_in_bytes = row.size_in_bytes.saturating_add(blob.len_bytes);
        !session.is_cancelled()
    });
    listed.map_err(|error| failed(session, error))?;
    Ok(classes.into_values().collect())
}

/// Versions that were replaced, markers of deletes, and uploads that were never finished, below the base path.
pub(super) fn beside(session: &Session) -> Result<BesideView, Failure> {
    let mut beside = BesideView::default();
    let Some(remote) = &session.remote else { return Ok(beside) };
    let listed = remote.store.versions(&session.base, &mut |version| {
        if version.is_delete_marker {
            beside.delete_markers += 1;
        } else if !version.is_latest {
            beside.replaced_versions += 1;
            beside.replaced_size_in_bytes = beside.replaced_size_in_bytes.saturating_add(version.blob.len_bytes);
        }
        !session.is_cancelled()
    });
    listed.map_err(|error| failed(session, error))?;
    let listed = remote.store.uploads(&session.base, &mut |upload| {
        beside.unfinished_uploads += 1;
        beside.unfinished_size_in_bytes = beside.unfinished_size_in_bytes.saturating_add(upload.len_bytes);
        !session.is_cancelled()
    });
    listed.map_err(|error| failed(session, error))?;
    Ok(beside)
}

fn failed(session: &Session, error: StoreError) -> Failure {
    Failure::Open { location: session.location_of(&error.path), error: error.into() }
}
