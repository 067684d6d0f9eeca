//! Deletions on real servers: carried out, and killed on the way.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use snaprepo_cloud::CloudStore;
use snaprepo_codec::BlobPath;
use snaprepo_lab::{Server, server::Kind, snaprepo::Snaprepo};
use snaprepo_store::{ReadStore as _, StoreError, WriteStore as _};
use snaprepo_testkit::fixtures;

use super::outputs::fill;
use crate::error::Error;

const FIXTURE: &str = "elasticsearch-9.5.3-plain";
/// What goes.
const DOOMED: &str = "snap-2";
/// What its operator says.
const REALLY: [&str; 4] = ["--yes", "--no-cluster-writes", "--window", "0"];
/// Runs that are killed, spread over the time that a whole one takes.
const KILLS: u32 = 12;

/// A repository in a container, and a folder for journals.
struct Place<'s> {
    location: String,
    state: &'s Path,
    snaprepo: &'s Snaprepo,
    breaches: Vec<String>,
}

/// Deletes on a server, and on one of them kills the program again and again. Returns what was wrong.
pub(super) fn check(
    server: &Server,
    snaprepo: &Snaprepo,
    open: &dyn Fn(&str) -> Result<CloudStore, Error>,
) -> Result<Vec<String>, Error> {
    let there = snaprepo.clone().with_variables(server.environment());
    let kills = if server.kind() == Kind::Versitygw { KILLS } else { 0 };
    let (mut breaches, mut whole) = (Vec::new(), Duration::ZERO);
    for run in 0..=kills {
        let container = format!("deleted-{run}");
        server.make_container(&container)?;
        fill(&open(&container)?, fixtures::named(FIXTURE))?;
        let state = tempfile::tempdir().map_err(|source| Error::Write { path: "a temporary folder".into(), source })?;
        let mut place = Place {
            location: server.location(&container, ""),
            state: state.path(),
            snaprepo: &there,
            breaches: Vec::new(),
        };
        if run == 0 {
            let begun_at = Instant::now();
            place.done("delete", &[DOOMED])?;
            whole = begun_at.elapsed();
        } else {
            place.killed(server, whole * run / kills)?;
        }
        place.is_whole(true)?;
        breaches.extend(place.breaches.into_iter().map(|breach| format!("deletion {run} of {kills}: {breach}")));
    }
    breaches.extend(kept(server, &there, open)?);
    Ok(breaches)
}

/// A deletion whose journal and whose blobs lie in another container, taken back after its end; and one that an upload in
/// parts stands in the way of, where the server tells of those.
fn kept(
    server: &Server,
    snaprepo: &Snaprepo,
    open: &dyn Fn(&str) -> Result<CloudStore, Error>,
) -> Result<Vec<String>, Error> {
    let (container, outside) = ("kept", "kept-outside");
    server.make_container(container)?;
    server.make_container(outside)?;
    let store = open(container)?;
    fill(&store, fixtures::named(FIXTURE))?;
    let before = content(&store)?;
    let (location, mut breaches) = (server.location(container, ""), Vec::new());
    let (state, quarantine) = (server.location(outside, "journals"), server.location(outside, "blobs"));
    let word = ["--yes", "--no-cluster-writes", "--state", &state];
    // Moto says of every upload that it began in 2010.
    if server.kind() == Kind::Versitygw {
        let path = BlobPath::parse("indices/somebody/0/__Uploading").unwrap_or_default();
        let mut upload = store.upload(&path, 0).map_err(told)?;
        upload.write(&vec![7; 9 << 20]).map_err(told)?;
        let run = snaprepo.run(&[&["delete", &location, DOOMED][..], &word].concat())?;
        if run.code != Some(2) || !run.stdout.contains("is being uploaded in parts") {
            breaches.push(format!("an upload in parts is no reason not to delete: {:?} {}", run.code, run.stdout));
        }
    }
    let mut change = |arguments: &[&str]| -> Result<(), Error> {
        let run = snaprepo.run(arguments)?;
        if run.code != Some(0) {
            breaches.push(format!("{} ends with {:?}: {}{}", run.line, run.code, run.stderr, run.stdout));
        }
        Ok(())
    };
    change(&[&["delete", &location, DOOMED, "--window", "0", "--quarantine", &quarantine][..], &word].concat())?;
    change(&["verify", &location, "--depth", "content"])?;
    let is_less = content(&store)?.len() < before.len();
    change(&[&["undo", &location][..], &word].concat())?;
    if !is_less || content(&store)? != before {
        breaches.push("a deletion that was taken back leaves another repository than it found".to_owned());
    }
    Ok(breaches)
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn told(error: StoreError) -> Error {
    Error::Usage { message: error.to_string() }
}

/// All blobs and their bytes.
fn content(store: &CloudStore) -> Result<BTreeMap<BlobPath, Vec<u8>>, Error> {
    let (mut content, mut failed) = (BTreeMap::new(), None);
    let walked = store.walk(&BlobPath::root(), &mut |path, _| {
        match store.read(path) {
            Ok(bytes) => content.insert(path.clone(), bytes),
            Err(error) => failed.replace(error).map(|_| Vec::new()),
        };
        failed.is_none()
    });
    walked.map_err(told)?;
    failed.map_or(Ok(content), |error| Err(told(error)))
}

impl Place<'_> {
    /// A verb that has to end well.
    fn done(&mut self, verb: &str, what: &[&str]) -> Result<(), Error> {
        let state = self.state.to_string_lossy();
        let words = [verb, &self.location].into_iter().chain(what.iter().copied());
        let words = words.chain(["--yes", "--no-cluster-writes", "--state", &state]);
        let window: &[&str] = if verb == "apply" { &[] } else { &["--window", "0"] };
        let run = self.snaprepo.run(&words.chain(window.iter().copied()).collect::<Vec<_>>())?;
        if run.code != Some(0) {
            self.breaches.push(format!("{} ends with {:?}: {}{}", run.line, run.code, run.stderr, run.stdout));
        }
        Ok(())
    }

    /// Kills a deletion after a while; what is left must be whole, and is gone on with.
    fn killed(&mut self, server: &Server, after: Duration) -> Result<(), Error> {
        let started = |source| Error::Start { command: "snaprepo delete".to_owned(), source };
        let mut child = Command::new(self.snaprepo.path())
            .args(["delete", &self.location, DOOMED])
            .args(REALLY)
            .arg("--state")
            .arg(self.state)
            .envs(server.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(started)?;
        // When exactly it dies is chance: whatever it was at, what follows must hold.
        thread::sleep(after);
        // It may have ended by itself.
        child.kill().map_err(started)?;
        child.wait().map_err(started)?;
        self.is_whole(false)?;
        match self.journal()? {
            Some(journal) if is_done(&journal) => {}
            Some(journal) => self.done("apply", &[&journal.to_string_lossy()])?,
            None => self.done("delete", &[DOOMED])?,
        }
        Ok(())
    }

    /// The only journal, if there is one.
    fn journal(&self) -> Result<Option<PathBuf>, Error> {
        let read = |folder: &Path| -> Result<Option<PathBuf>, Error> {
            let failed = |source| Error::Read { path: folder.to_owned(), source };
            let paths = fs::read_dir(folder).map_err(failed)?.map(|entry| entry.map(|entry| entry.path()));
            let paths = paths.collect::<Result<Vec<_>, _>>().map_err(failed)?;
            Ok(paths.into_iter().next())
        };
        let journal = read(self.state)?.map_or(Ok(None), |of_repository| read(&of_repository))?;
        // One that was only being begun is none.
        Ok(journal.filter(|journal| journal.join("begun").exists()))
    }

    /// Nothing is damaged, and the snapshots are those before or those after; in the end, those after and no waste.
    fn is_whole(&mut self, is_end: bool) -> Result<(), Error> {
        let verified = self.snaprepo.run(&["verify", &self.location, "--depth", "content", "--json"])?;
        let answer = verified.json()?;
        let errors =
            answer["findings"].as_array().into_iter().flatten().filter(|finding| finding["severity"] == "error");
        if errors.count() > 0 || !matches!(verified.code, Some(0 | 1)) || (is_end && verified.code != Some(0)) {
            self.breaches.push(format!("verify ends with {:?}: {}", verified.code, answer["findings"]));
        }
        let list = self.snaprepo.run(&["list", &self.location, "--json"])?.json()?;
        let rows = list["snapshots"].as_array().into_iter().flatten();
        let names: Vec<&str> = rows.filter_map(|row| row["snapshot"].as_str()).collect();
        let after = ["snap-3", "snap-4"];
        if names != after && (is_end || names != [DOOMED, "snap-3", "snap-4"]) {
            self.breaches.push(format!("it lists {names:?}"));
        }
        if is_end {
            // A run that is killed while it asks the store what it makes of conditions leaves its scratch blob: gc takes it.
            let is_scratch = |class: &&Value| {
                class["class"] == "transient" && class["examples"].to_string().contains("snaprepo-scratch-")
            };
            let waste = answer["unreferenced"].as_array().into_iter().flatten();
            if waste.filter(|class| !is_scratch(class)).count() > 0 {
                self.breaches.push(format!("it leaves {}", answer["unreferenced"]));
            }
        }
        Ok(())
    }
}

/// Whether the run behind a journal came to its end.
fn is_done(journal: &Path) -> bool {
    journal.join("reached-done").exists()
}
