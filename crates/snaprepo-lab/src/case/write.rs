//! From an order to a folder: starts the node, plays the story, records the truth, copies the repository. The folder
//! appears at the end and as a whole, so that an interrupted run leaves nothing that looks like a fixture.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Case, Plot, Written,
    copy::{copy, copy_at_rest},
    names::Names,
    sequel::{Before, sequel},
    stage::{Stage, store_of},
    step::Story,
    story::story,
    written::Registration,
};
use crate::{Error, Node, Release, Result, Version, cache::Cache, dialect::Dialect, trap};

/// What is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// By which release.
    pub release: &'static Release,
    /// Which case.
    pub case: &'static Case,
    /// What the documents come from; a case that goes on keeps the seed of the folder in `from`.
    pub seed: u64,
    /// The folder that an earlier order left, for cases that go on.
    pub from: Option<&'a Path>,
    /// The folder to be made; it must not exist, or be empty.
    pub out: &'a Path,
}

/// What came of an order.
#[derive(Debug, Clone)]
pub struct Report {
    /// What `truth/case.json` says.
    pub written: Written,
    /// How many documents were recorded, counted for each snapshot.
    pub n_documents: usize,
    /// Time until the node was ready.
    pub startup: Duration,
}

/// Writes a repository with its truth. `progress` is told each step in a few words.
///
/// # Errors
/// When the order does not fit ([`Error::Case`], [`Error::Exists`], [`Error::NotWritten`]), when the node does not start
/// or refuses something that the story needs, and when files cannot be written. Then nothing is left in `out`, and the
/// log of the node is kept.
pub fn write(cache: &Cache, order: &Order<'_>, progress: &mut dyn FnMut(&str)) -> Result<Report> {
    order.case.check(order.release, order.from)?;
    let before = order.from.map(Written::read).transpose()?;
    if let (Some(from), Some(before)) = (order.from, &before) {
        check_order_of_releases(order, from, before)?;
    }
    let place = Place::new(order.out)?;
    progress(&format!("starting {}", order.release));
    let node = Node::start(cache, order.release, &order.case.node_options())?;
    match tell(&node, order, before.as_ref(), &place, progress) {
        Ok(report) => {
            node.stop()?;
            place.finish()?;
            Ok(report)
        }
        Err(error) => {
            // The first error is the one to tell.
            let _ = node.keep_logs();
            progress(&format!("the log of the node is kept: {}", node.log_path().display()));
            Err(error)
        }
    }
}

/// A case that goes on needs the repository of another release, an older one or, for a trap, a newer one.
fn check_order_of_releases(order: &Order<'_>, from: &Path, before: &Written) -> Result<()> {
    let refused =
        |reason: String| Err(Error::Case { release: order.release.to_string(), case: order.case.name, reason });
    let version: Option<Version> = before.version.parse().ok();
    let (Some(version), writer) = (version, &before.release) else {
        return refused(format!("the folder in --from names no version: {}", before.version));
    };
    let same_product = before.product == order.release.product.name();
    if before.remote_store {
        return refused(format!("the shallow snapshots of {writer} need the remote store of their own cluster"));
    }
    match order.case.plot {
        // What was asked for when it was registered does not tell: the node may have decided otherwise.
        Plot::Trap if !same_product || !trap::has_hashed_folders(from)? => refused(format!(
            "the root in --from, which {writer} wrote, has no shard_path_type: take a hashed case, or OpenSearch 3.1"
        )),
        Plot::Mixed | Plot::Upgraded if same_product && order.release.version <= version => {
            refused(format!("it is not newer than {writer}, which wrote the folder in --from"))
        }
        _ => Ok(()),
    }
}

/// Plays the story on a running node and fills the place.
fn tell(
    node: &Node,
    order: &Order<'_>,
    before: Option<&Written>,
    place: &Place,
    progress: &mut dyn FnMut(&str),
) -> Result<Report> {
    progress(&format!("started in {:.1} s", node.startup().as_secs_f64()));
    let seed = before.map_or(order.seed, |before| before.seed);
    let story = match before {
        None => story(seed, order.release.product, Dialect::of(order.release), order.case.data),
        Some(before) => go_on(node, order, before, place)?,
    };
    let registration = before.map_or_else(|| registration(order.case, seed), |before| before.repository.clone());
    let mut stage = Stage::new(node, order.case, registration, &place.truth(), progress)?;
    for note in &story.notes {
        stage.note(note);
    }
    stage.register()?;
    for step in story.steps {
        stage.play(step)?;
    }
    let snapshots = stage.record_answers()?;
    let facts = stage.node_facts()?;
    stage.recorder.json("steps.json", &stage.steps.list())?;
    let remote = node.remote_store();
    stage.tell("copying");
    copy_at_rest(&stage.store, &place.repository())?;
    if let Some(remote) = remote {
        copy_at_rest(remote, &place.remote())?;
    }
    let name = order.release.to_string();
    let releases = before.map(|before| before.releases.clone()).unwrap_or_default();
    let written = Written {
        provenance: provenance(order, before),
        releases: releases.into_iter().chain([name.clone()]).collect(),
        release: name,
        product: order.release.product.name().to_owned(),
        version: order.release.version.to_string(),
        node: facts,
        case: order.case.name.to_owned(),
        seed,
        repository: stage.registration.clone(),
        node_settings: texts(order.case.node_settings),
        remote_store: remote.is_some(),
        snapshots,
        deleted: stage.deleted.clone(),
        startup_seconds: (node.startup().as_secs_f64() * 10.0).round() / 10.0,
        peak_rss_bytes: node.peak_rss(),
        notes: stage.notes.clone(),
    };
    stage.recorder.json("case.json", &written)?;
    Ok(Report { written, n_documents: stage.n_documents, startup: node.startup() })
}

/// Brings the repository of an earlier order to the node, and its truth to the place.
fn go_on(node: &Node, order: &Order<'_>, before: &Written, place: &Place) -> Result<Story> {
    let from = order.from.unwrap_or(order.out);
    let store = store_of(node);
    copy(&from.join("repo"), &store)?;
    node.adopt(&store)?;
    let (old, new) = (from.join("truth"), place.truth());
    let earlier = new.join(format!("before-{}", order.release.version));
    for entry in fs::read_dir(&old).map_err(Error::io("read", &old))? {
        let name = entry.map_err(Error::io("read", &old))?.file_name();
        // Documents and states belong to snapshots, whoever took them; answers belong to the node that gave them.
        let stays = name == "docs" || name == "state";
        let (source, target) = (old.join(&name), if stays { new.join(&name) } else { earlier.join(&name) });
        if source.is_dir() {
            copy(&source, &target)?;
        } else {
            fs::create_dir_all(&earlier).map_err(Error::io("create", &earlier))?;
            fs::copy(&source, &target).map_err(Error::io("copy", &source))?;
        }
    }
    let n_releases = u64::try_from(before.releases.len()).unwrap_or(u64::MAX);
    let told = Before { seed: before.seed, n_releases, snapshots: before.snapshots.clone() };
    Ok(Story { steps: sequel(order.case.plot, order.release.version, &told), notes: Vec::new() })
}

fn registration(case: &Case, seed: u64) -> Registration {
    Registration {
        name: Names::of(seed).repository.to_owned(),
        kind: "fs".to_owned(),
        settings: texts(case.settings),
        base_path: case.base_path.to_owned(),
    }
}

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn provenance(order: &Order<'_>, before: Option<&Written>) -> String {
    let command = format!("cargo xtask engine write {} {}", order.release, order.case.name);
    match before {
        None => format!("written by `{command} --seed {}`", order.seed),
        Some(before) => format!("written by `{command} --from DIR`; DIR was {}", before.provenance),
    }
}

/// The folder that is being made, beside the place where it will be: `.NAME.partial`. What an interrupted run left there
/// is replaced.
struct Place {
    out: PathBuf,
    staging: PathBuf,
    /// Held while the folder is being made, so that nobody else takes it for a leftover.
    _lock: File,
}

impl Place {
    fn new(out: &Path) -> Result<Self> {
        match fs::read_dir(out).map(|mut entries| entries.next().is_none()) {
            Ok(true) => {}
            Ok(false) => return Err(Error::Exists { path: out.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("read", out)(error)),
        }
        let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = out.file_name().ok_or_else(|| Error::Exists { path: out.to_owned() })?;
        let staging = parent.join(format!(".{}.partial", name.to_string_lossy()));
        fs::create_dir_all(&staging).map_err(Error::io("create", &staging))?;
        let path = staging.join("lock");
        let lock = File::create(&path).map_err(Error::io("create", &path))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                Error::io("lock", &path)(io::Error::other("another run is writing this folder"))
            }
            TryLockError::Error(error) => Error::io("lock", &path)(error),
        })?;
        let place = Self { out: out.to_owned(), staging, _lock: lock };
        let folder = place.folder();
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder))?;
        }
        fs::create_dir(&folder).map_err(Error::io("create", &folder))?;
        Ok(place)
    }

    fn folder(&self) -> PathBuf {
        self.staging.join("written")
    }

    fn truth(&self) -> PathBuf {
        self.folder().join("truth")
    }

    fn repository(&self) -> PathBuf {
        self.folder().join("repo")
    }

    fn remote(&self) -> PathBuf {
        self.folder().join("remote")
    }

    fn finish(self) -> Result<()> {
        if self.out.exists() {
            // Only an empty folder can be removed this way.
            fs::remove_dir(&self.out).map_err(Error::io("replace", &self.out))?;
        }
        fs::rename(self.folder(), &self.out).map_err(Error::io("create", &self.out))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A leftover does no harm: the next run replaces it.
        let _ = fs::remove_dir_all(&self.staging);
    }
}

#[cfg(test)]
mod tests;
