//! Uploads in parts.

use std::{collections::BTreeMap, sync::PoisonError};

use super::{Object, Reply, Seen, State, WRITTEN, etag};

/// The parts of each upload, by its name.
#[derive(Default)]
pub(super) struct Uploads {
    n_begun: usize,
    parts: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
}

/// A request about an upload.
pub(super) fn answer(state: &State, seen: &Seen) -> Reply {
    let mut uploads = state.uploads.lock().unwrap_or_else(PoisonError::into_inner);
    let key = seen.path.trim_start_matches("/bucket").trim_start_matches('/').to_owned();
    let Some(id) = seen.query("uploadId") else {
        uploads.n_begun += 1;
        let id = format!("upload-{}", uploads.n_begun);
        uploads.parts.insert(id.clone(), BTreeMap::new());
        return Reply::ok(format!(
            "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
        ));
    };
    let Some(parts) = uploads.parts.get_mut(id) else { return Reply::error(404, "NoSuchUpload") };
    match (seen.method.as_str(), seen.query("partNumber").and_then(|number| number.parse().ok())) {
        ("PUT", Some(number)) => {
            let tag = etag(&seen.body);
            parts.insert(number, seen.body.clone());
            Reply::new(200).header("etag", &tag)
        }
        ("POST", None) => {
            let bytes = parts.values().flatten().copied().collect();
            uploads.parts.remove(id);
            state.objects().insert(key, Object { bytes, modified: WRITTEN });
            Reply::ok("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
        }
        ("DELETE", None) => {
            uploads.parts.remove(id);
            Reply::new(204)
        }
        _ => Reply::error(400, "InvalidRequest"),
    }
}
