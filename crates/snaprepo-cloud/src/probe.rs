//! Asks a store whether it writes only what is absent. Some services take the condition and ignore it: two writers who
//! rely on it then both win, and one of two root generations is gone. So a writer asks first, and promises no more than
//! the answer.

use snaprepo_codec::BlobPath;
use snaprepo_store::{StoreError, StoreErrorKind, WriteStore as _};

use crate::{
    location::Provider,
    presets::Belief,
    store::{CloudStore, is_unsupported},
};

/// What the name of a scratch blob begins with. Who finds one may delete it.
const SCRATCH: &str = "snaprepo-scratch-";
/// Characters of chance behind it.
const CHANCE_LEN: usize = 20;

/// What a store makes of put-if-absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditional {
    /// It refuses to overwrite.
    Honoured,
    /// It overwrites, and says that all is well.
    Ignored,
    /// It refuses the condition itself.
    Unsupported,
}

impl CloudStore {
    /// Asks the store on a scratch key in a folder, which is deleted again: four requests.
    ///
    /// # Errors
    /// When the scratch key cannot be written or deleted. One that could not be deleted is named by the error.
    pub fn probe(&self, folder: &BlobPath) -> Result<Conditional, StoreError> {
        let path = scratch_path(folder);
        match self.create(&path, b"first") {
            Ok(()) => {
                let answer = self.second(&path);
                // A failure to delete counts more than the answer.
                self.delete(&path)?;
                answer
            }
            Err(error) => {
                // It may have been written all the same; if there is nothing, there is nothing to say about it.
                let _ = self.delete(&path);
                if is_unsupported(&error.kind) { Ok(Conditional::Unsupported) } else { Err(error) }
            }
        }
    }

    fn second(&self, path: &BlobPath) -> Result<Conditional, StoreError> {
        match self.create(path, b"second") {
            Ok(()) => Ok(Conditional::Ignored),
            Err(StoreError { kind: StoreErrorKind::Exists, .. }) => Ok(Conditional::Honoured),
            Err(error) if is_unsupported(&error.kind) => Ok(Conditional::Unsupported),
            Err(error) => Err(error),
        }
    }

    /// Whether the store may be believed without being asked: the clouds' own services document the condition. Behind
    /// any other endpoint it has to be [`probe`](Self::probe)d.
    #[must_use]
    pub fn belief(&self) -> Belief {
        let own = self.client().service().site.endpoint.as_ref();
        let host = own.and_then(|url| url.host_str());
        let own_host = match self.provider() {
            Provider::S3 => ".amazonaws.com",
            Provider::Gcs => ".googleapis.com",
            Provider::Azure => ".blob.core.windows.net",
            Provider::Web => return Belief::Asked,
        };
        if host.is_none_or(|host| host.ends_with(own_host)) { Belief::Believed } else { Belief::Asked }
    }
}

/// A name that nobody else has.
pub(crate) fn scratch_path(folder: &BlobPath) -> BlobPath {
    let chance: String = std::iter::repeat_with(fastrand::alphanumeric).take(CHANCE_LEN).collect();
    folder.join(&format!("{SCRATCH}{chance}")).expect("letters and digits are a legal name")
}

#[cfg(test)]
mod tests;
