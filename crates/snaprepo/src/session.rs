//! One run: the store, the pool, the signals.

use std::{
    num::NonZeroUsize,
    sync::{Arc, OnceLock},
};

use snaprepo_codec::BlobPath;
use snaprepo_core::{OpenError, Repository};
use snaprepo_store::{Cancel, LocalStore, Location, LocationFault, Meter, Metered, Pool, ReadStore};

use crate::{args::GlobalArgs, explain::Failure, io::Io};

/// Requests at a time, unless somebody says otherwise: measured best for local repositories, warm and cold.
const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(7);

/// What a verb needs to work on a repository.
pub(crate) struct Session {
    /// The location as it was given.
    pub location: String,
    /// The store.
    pub store: Arc<dyn ReadStore>,
    /// The folder of the repository in it.
    pub base: BlobPath,
    /// Threads for waiting.
    pub pool: Pool,
    /// Counts requests.
    pub meter: Meter,
}

impl Session {
    /// Opens the store of a location.
    pub(crate) fn start(location: &str, global: &GlobalArgs, io: &Io) -> Result<Self, Failure> {
        let path = match location.parse::<Location>()? {
            Location::Local(path) => path,
            Location::Remote { scheme, .. } => return Err(LocationFault::Remote { scheme }.into()),
        };
        let base = BlobPath::parse(global.base_path.as_deref().unwrap_or(""))?;
        let opened = LocalStore::open(&path)
            .map_err(|error| Failure::Open { location: location.to_owned(), error: OpenError::Store(error) })?;
        let meter = Meter::default();
        let cancel = if io.handles_signals { signals() } else { Cancel::default() };
        Ok(Self {
            location: location.to_owned(),
            store: Arc::new(Metered::new(Box::new(opened), meter.clone())),
            base,
            pool: Pool::new(global.concurrency.unwrap_or(DEFAULT_CONCURRENCY), cancel),
            meter,
        })
    }

    /// Opens the repository.
    pub(crate) fn open(&self) -> Result<Repository, Failure> {
        Repository::open(&self.store, &self.base, &self.pool)
            .map_err(|error| Failure::Open { location: self.shown_location(), error })
    }

    /// The location with the base path, for messages.
    #[must_use]
    pub(crate) fn shown_location(&self) -> String {
        if self.base.is_root() { self.location.clone() } else { format!("{}/{}", self.location, self.base) }
    }

    /// Threads that check files.
    #[must_use]
    pub(crate) fn width(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.pool.width()).unwrap_or(DEFAULT_CONCURRENCY)
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.pool.cancel().is_cancelled()
    }
}

/// The first Ctrl-C asks to stop at the next safe point; the second ends the process.
fn signals() -> Cancel {
    static CANCEL: OnceLock<Cancel> = OnceLock::new();
    CANCEL
        .get_or_init(|| {
            let cancel = Cancel::default();
            let on_signal = cancel.clone();
            // Without a handler Ctrl-C still ends the process, only less politely.
            let _ = ctrlc::set_handler(move || {
                if on_signal.is_cancelled() {
                    std::process::exit(i32::from(crate::Exit::Interrupted.code()));
                }
                on_signal.cancel();
            });
            cancel
        })
        .clone()
}
