//! One run: the store, the pool, the signals.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use snaprepo_cloud::{Environment, Key, OpenFault, Opened, Origin, Target};
use snaprepo_codec::BlobPath;
use snaprepo_core::{
    OpenError, Repository,
    select::{self, SelectFault},
};
use snaprepo_format::root::SnapshotIx;
use snaprepo_store::{Cache, Cached, Cancel, LocalStore, Meter, Metered, Pool, ReadStore};

use crate::{
    args::GlobalArgs,
    explain::Failure,
    io::Io,
    kept,
    output::page::RequestCounts,
    place::{self, Place, StorePlace},
};

/// Requests at a time, unless somebody says otherwise: measured best for local repositories, warm and cold.
const LOCAL_CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(7);
/// The same for stores behind a network, where waiting is most of the time (`docs/performance.md`).
const REMOTE_CONCURRENCY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(31);

/// What a verb needs to work on a repository.
pub(crate) struct Session {
    /// The location as it was given, or what a name stands for.
    pub location: String,
    /// The store.
    pub store: Arc<dyn ReadStore>,
    /// The same, when it is remote, with what only remote stores have.
    pub remote: Option<Opened>,
    /// The directory, when it is one.
    pub directory: Option<PathBuf>,
    /// The folder of the repository in it.
    pub base: BlobPath,
    /// Now, in milliseconds since 1970.
    pub now_millis: i64,
    /// The end of that which the location does not show.
    below: BlobPath,
    /// Blobs kept from earlier runs.
    cache: Option<Arc<Cache>>,
    /// Threads for waiting.
    pub pool: Pool,
    /// Counts requests.
    meter: Meter,
}

impl Session {
    /// Opens the store of a location.
    pub(crate) fn start(repo: &str, global: &GlobalArgs, io: &mut Io) -> Result<Self, Failure> {
        let Place { shown, store, base, below, notes } = place::find(repo, global, &io.environment)?;
        for note in notes {
            io.error_text(&format!("note: {note}\n"));
        }
        let mut concurrency = global.concurrency;
        let mut directory = None;
        let (opened, remote): (Box<dyn ReadStore>, _) = match store {
            StorePlace::Directory(path) => {
                let opened = LocalStore::open(&path)
                    .map_err(|error| Failure::Open { location: shown.clone(), error: OpenError::Store(error) })?;
                directory = Some(path);
                (Box::new(opened), None)
            }
            StorePlace::Remote(target) => {
                let opened = open_remote(&target, global, &io.environment)
                    .map_err(|fault| Failure::Store { location: shown.clone(), fault })?;
                let width = opened.settings.number(Key::Width).and_then(|width| usize::try_from(width).ok());
                concurrency = width.and_then(NonZeroUsize::new).or(Some(REMOTE_CONCURRENCY));
                (Box::new(opened.store.clone()), Some(opened))
            }
        };
        let cache = kept::open(global, remote.is_some(), io)?;
        let meter = Meter::default();
        let cancel = if io.handles_signals { signals() } else { Cancel::default() };
        Ok(Self {
            location: shown,
            store: Arc::new(Metered::new(opened, meter.clone())),
            remote,
            directory,
            base,
            now_millis: io.now_millis,
            below,
            cache,
            pool: Pool::new(concurrency.unwrap_or(LOCAL_CONCURRENCY), cancel),
            meter,
        })
    }

    /// What was asked of the store so far.
    #[must_use]
    pub(crate) fn requests(&self) -> RequestCounts {
        let counts: RequestCounts = match &self.remote {
            Some(remote) => remote.store.traffic().counts().into(),
            None => self.meter.requests().into(),
        };
        RequestCounts { cached: self.cache.as_ref().map_or(0, |cache| cache.n_hits()), ..counts }
    }

    /// Why nothing more is kept for later runs, if so.
    #[must_use]
    pub(crate) fn cache_trouble(&self) -> Option<&str> {
        self.cache.as_ref().and_then(|cache| cache.trouble())
    }

    /// Opens the repository, and reads every blob of it from the store.
    pub(crate) fn open(&self) -> Result<Repository, Failure> {
        self.open_at(&self.store)
    }

    /// Opens the repository; metadata blobs that never change may come from earlier runs.
    pub(crate) fn open_with_cache(&self) -> Result<Repository, Failure> {
        let Some(cache) = &self.cache else { return self.open() };
        let cached = Arc::new(Cached::new(Arc::clone(&self.store), Arc::clone(cache), kept::KEEPS));
        let store: Arc<dyn ReadStore> = Arc::clone(&cached) as _;
        let repository = self.open_at(&store)?;
        // Before there were roots, snapshots were named by people: a name can come again.
        if repository.era().has_root() {
            let place = self.place();
            let uuid = repository.root.uuid.as_deref().unwrap_or("");
            cached.identify(format!("{place}\n{}\n{uuid}", repository.base()));
        }
        Ok(repository)
    }

    /// Where the store is, whatever it was called.
    pub(crate) fn place(&self) -> String {
        match (&self.remote, &self.directory) {
            (Some(remote), _) => remote.store.url(),
            (None, directory) => {
                let directory = directory.as_deref().unwrap_or(Path::new(""));
                // A folder that cannot be found out about is known by its name.
                directory.canonicalize().unwrap_or_else(|_| directory.to_owned()).display().to_string()
            }
        }
    }

    /// The same, for verbs that look into shard folders: those may lie where only notes of OpenSearch tell.
    pub(crate) fn open_for_shards(&self) -> Result<Repository, Failure> {
        let repository = self.open_with_cache()?;
        let failed = |error| Failure::Open { location: self.shown_location(), error };
        repository.find_shards().map_err(failed)?;
        Ok(repository)
    }

    fn open_at(&self, store: &Arc<dyn ReadStore>) -> Result<Repository, Failure> {
        Repository::open(store, &self.base, &self.pool)
            .map_err(|error| Failure::Open { location: self.shown_location(), error })
    }

    /// The snapshots that terms stand for.
    pub(crate) fn select(&self, repository: &Repository, terms: &[String]) -> Result<Vec<SnapshotIx>, SelectFault> {
        select::snapshots(repository, &self.pool, terms, self.now_millis)
    }

    /// The location with the base path, for messages.
    #[must_use]
    pub(crate) fn shown_location(&self) -> String {
        self.with_tail(&self.location, &self.below)
    }

    /// The location of a blob or folder of the store, as other verbs take it.
    #[must_use]
    pub(crate) fn location_of(&self, path: &BlobPath) -> String {
        let rest = path.relative_to(&self.base).unwrap_or_default();
        self.with_tail(&self.shown_location(), &rest)
    }

    /// A location with more path: before its query, where it has one.
    fn with_tail(&self, location: &str, tail: &BlobPath) -> String {
        if tail.is_root() {
            return location.to_owned();
        }
        match location.split_once('?') {
            Some((place, query)) if self.remote.is_some() => format!("{}/{tail}?{query}", place.trim_end_matches('/')),
            _ => format!("{}/{tail}", location.trim_end_matches('/')),
        }
    }

    /// Whether the folder of the repository is not the one that the location shows.
    #[must_use]
    pub(crate) fn hides_base(&self, repository: &Repository) -> bool {
        !self.below.is_root() || repository.base() != &self.base
    }

    /// Threads that check files.
    #[must_use]
    pub(crate) fn width(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.pool.width()).unwrap_or(LOCAL_CONCURRENCY)
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.pool.cancel().is_cancelled()
    }
}

/// Opens a remote store. `--concurrency` is its width.
pub(crate) fn open_remote(
    target: &Target,
    global: &GlobalArgs,
    environment: &Environment,
) -> Result<Opened, OpenFault> {
    let mut flags = global.store.settings.clone();
    if let Some(width) = global.concurrency {
        flags.set(Key::Width, &width.to_string(), Origin::Flag)?;
    }
    snaprepo_cloud::open(target, &flags, environment)
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
