//! `cat-blob`: any blob, decoded.

use snaprepo_codec::{BlobPath, base36};
use snaprepo_core::{OpenError, Problem, cat};

use super::{Run, word};
use crate::{
    exit::Exit,
    explain::Failure,
    views::cat_blob::{CatBlobView, ChecksumView},
};

pub(crate) fn run(run: &mut Run<'_>, location: &str, path: &str, raw: bool) -> Result<Exit, Failure> {
    let session = run.session(location)?;
    let path = BlobPath::parse(path)?;
    // A damaged repository that does not open must still be looked into.
    let repository = match session.open() {
        Ok(repository) => Some(repository),
        Err(Failure::Open { error: OpenError::Store(error), location }) => {
            return Err(Failure::Open { location, error: OpenError::Store(error) });
        }
        Err(_) => None,
    };
    let (store, base) = match &repository {
        Some(repository) => (repository.store(), repository.base()),
        None => (&*session.store, &session.base),
    };
    let decoded = cat::decode(store, base, &path).map_err(|error| match error.problem {
        Problem::Absent(_) => Failure::Missing(error),
        _ => Failure::Blob(error),
    })?;
    let exit = if decoded.fault.is_some() { Exit::Bad } else { Exit::Good };
    if raw {
        run.io.answer(&decoded.body)?;
        return Ok(exit);
    }
    let view = CatBlobView {
        blob: path.to_string(),
        kind: decoded.kind.name(),
        size_in_bytes: decoded.len_bytes,
        codec: decoded.header.as_ref().map(|(codec, _)| codec.clone()),
        codec_version: decoded.header.as_ref().map(|(_, version)| *version),
        encoding: decoded.encoding,
        checksum: decoded.checksum.map(|(recorded, computed)| ChecksumView {
            crc32: format!("{recorded:08x}"),
            base36: base36::encode(recorded.into()),
            matches: recorded == computed,
        }),
        error: decoded.fault.map(|fault| fault.to_string()),
        document: decoded.document.as_ref().and_then(|document| serde_json::to_value(document).ok()),
    };
    if !run.global.json && !run.global.ndjson {
        run.io.error_text(&view.summary());
        if let Some(error) = &view.error {
            run.io.error_text(&format!("damaged: {error}\n"));
        }
    }
    run.reply("cat-blob", &session, repository.as_ref(), word(exit), view)?;
    Ok(exit)
}
