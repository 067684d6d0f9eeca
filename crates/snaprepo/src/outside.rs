//! Places outside of a repository that are written to: where journals lie, and where blobs are put before they are
//! deleted. A folder of this machine, or another store.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use snaprepo_cloud::Provider;
use snaprepo_codec::BlobPath;
use snaprepo_core::OpenError;
use snaprepo_store::{LocalStore, WriteStore};

use crate::{
    args::GlobalArgs,
    explain::Failure,
    io::Io,
    place::{self, StorePlace},
    session::{Session, open_remote},
};

/// A folder that can be written to.
pub(crate) struct Outside {
    /// Its store.
    pub store: Arc<dyn WriteStore>,
    /// The folder in it.
    pub base: BlobPath,
    /// The location, as messages and journals name it: a folder of this machine by its whole path.
    pub location: String,
    /// Whether it lies in a store of its own rather than on this machine.
    is_remote: bool,
}

/// Whether a text names a place in a store rather than a folder or a file of this machine.
pub(crate) fn is_remote(text: &str) -> bool {
    text.starts_with('@') || text.contains("://")
}

impl Outside {
    /// Opens a place; a folder of this machine that does not exist is made. `option` is what named it. A place in the
    /// repository of `session` would go with it, or be taken for a part of it.
    pub(crate) fn open(
        location: &str,
        option: &str,
        session: Option<&Session>,
        global: &GlobalArgs,
        io: &Io,
    ) -> Result<Self, Failure> {
        let place = place::elsewhere(location, global, &io.environment)?;
        let inside = || Failure::Usage {
            message: format!("{option} {} lies in the repository's own folder", place.shown),
            hint: Some("it must outlive the repository: name a folder elsewhere"),
        };
        match place.store {
            StorePlace::Directory(path) => {
                let written = |source| Failure::Written { path: path.clone(), source };
                let path = std::path::absolute(&path).map_err(written)?;
                let repository = session.and_then(|session| session.directory.as_deref());
                if repository.is_some_and(|repository| without_links(&path).starts_with(without_links(repository))) {
                    return Err(inside());
                }
                fs::create_dir_all(&path).map_err(written)?;
                let shown = path.display().to_string();
                let store = LocalStore::open(&path)
                    .map_err(|error| Failure::Open { location: shown.clone(), error: OpenError::Store(error) })?;
                Ok(Self { store: Arc::new(store), base: BlobPath::root(), location: shown, is_remote: false })
            }
            StorePlace::Remote(target) => {
                let fault = |fault| Failure::Store { location: place.shown.clone(), fault };
                let opened = open_remote(&target, global, &io.environment).map_err(fault)?;
                if opened.store.provider() == Provider::Web {
                    return Err(Failure::Usage {
                        message: format!("{option} {location}: a web server cannot be written to"),
                        hint: None,
                    });
                }
                let is_inside = |session: &Session| {
                    opened.store.url() == session.place() && place.base.relative_to(&session.base).is_some()
                };
                if session.is_some_and(is_inside) {
                    return Err(inside());
                }
                Ok(Self { store: Arc::new(opened.store), base: place.base, location: place.shown, is_remote: true })
            }
        }
    }

    /// The location of something below.
    pub(crate) fn location_of(&self, path: &BlobPath) -> String {
        let tail = path.relative_to(&self.base).unwrap_or_default();
        if tail.is_root() {
            return self.location.clone();
        }
        match self.location.split_once('?').filter(|_| self.is_remote) {
            Some((place, query)) => format!("{}/{tail}?{query}", place.trim_end_matches('/')),
            None => format!("{}/{tail}", self.location.trim_end_matches('/')),
        }
    }
}

/// Where a folder really is, as far as it exists.
fn without_links(path: &Path) -> PathBuf {
    let existing = path.ancestors().find_map(|ancestor| Some((ancestor, ancestor.canonicalize().ok()?)));
    match existing {
        Some((ancestor, real)) => real.join(path.strip_prefix(ancestor).unwrap_or(Path::new(""))),
        None => path.to_owned(),
    }
}
