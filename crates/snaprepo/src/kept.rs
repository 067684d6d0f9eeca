//! What is kept between runs: which blobs, and in which folder.

use std::path::PathBuf;

use snaprepo_cloud::Environment;
use snaprepo_codec::envelope::StreamCheck;
use snaprepo_format::names;
use snaprepo_store::{Cache, Keeps};

use crate::{args::GlobalArgs, explain::Failure, io::Io};

/// Metadata blobs whose names are identities, and whose footers fit their bytes.
pub(crate) const KEEPS: Keeps = Keeps {
    by_name: names::is_written_once,
    by_bytes: |bytes| {
        let found = StreamCheck::of(bytes);
        found.footer.is_ok_and(|footer| footer.crc == found.computed)
    },
};

/// Opens the cache of a run. Local repositories have one only when it is asked for.
pub(crate) fn open(
    global: &GlobalArgs,
    is_remote: bool,
    io: &mut Io,
) -> Result<Option<std::sync::Arc<Cache>>, Failure> {
    if global.no_cache {
        return Ok(None);
    }
    let folder = match &global.cache {
        Some(folder) => folder.clone(),
        None => match usual_folder(&io.environment).filter(|_| is_remote) {
            Some(folder) => folder,
            None => return Ok(None),
        },
    };
    match Cache::open(&folder) {
        Ok(cache) => Ok(Some(std::sync::Arc::new(cache))),
        Err(source) if global.cache.is_some() => Err(Failure::Cache { folder, source }),
        Err(error) => {
            let folder = folder.display();
            io.error_text(&format!("note: nothing is kept between runs: {folder}: {error} (--cache, --no-cache)\n"));
            Ok(None)
        }
    }
}

/// Where the platform keeps caches.
fn usual_folder(environment: &Environment) -> Option<PathBuf> {
    let folder = match environment.get("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None if cfg!(windows) => environment.get("LOCALAPPDATA")?.into(),
        None if cfg!(target_os = "macos") => PathBuf::from(environment.get("HOME")?).join("Library/Caches"),
        None => PathBuf::from(environment.get("HOME")?).join(".cache"),
    };
    Some(folder.join("snaprepo").join("blobs"))
}
