//! From a release to a node that answers.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use super::{
    Node, Options,
    folder::RunFolder,
    keeper::Kept,
    launch::{self, Parts},
    log,
    ports::Ports,
    settings,
};
use crate::{
    Error, Http, Release, Result,
    cache::{Cache, LastStart},
    distribution,
    jdk::{self, Jdk},
    launcher, owner,
};

/// How often a start is tried when somebody takes a port that was free.
const N_ATTEMPTS: u32 = 3;
/// How long a node may take until it is ready; the slowest that was measured on two busy processors took 80 s.
const LONGEST_START: Duration = Duration::from_secs(240);
/// How long one answer may take meanwhile.
const LONGEST_ANSWER: Duration = Duration::from_secs(10);
/// How long is waited between two questions.
const PAUSE: Duration = Duration::from_millis(200);
/// Every release answers this one, and only when it can be used; the root does not answer in all distributions.
const IS_READY: &str = "/_cluster/health?wait_for_status=yellow&timeout=5s";

/// See [`Node::start`].
pub(super) fn start(cache: &Cache, release: &'static Release, options: &Options) -> Result<Node> {
    settings::check(release, options)?;
    if let Some(repositories) = &options.repositories {
        fs::read_dir(repositories).map_err(Error::io("read", repositories))?;
        owner::check_reach(repositories)?;
    }
    let jdk = jdk::find(cache, release)?;
    let home = distribution::install(cache, release)?;
    let launcher = if launcher::is_needed(release) { Some(launcher::install(cache)?) } else { None };
    let parts = Parts { release, home: &home, jdk: &jdk, launcher: launcher.as_deref() };
    let mut attempt = 1;
    let node = loop {
        let mut running = Running::start(cache, parts, options)?;
        match running.wait_until_ready(release) {
            Ok(startup) => break running.into_node(release, &jdk, options, startup),
            // Dropped, with its folder, before the next.
            Err(_) if attempt < N_ATTEMPTS && running.has_lost_its_port() => attempt += 1,
            Err(error) => {
                running.folder.keep()?;
                return Err(error);
            }
        }
    };
    // Only for `engine list`: a node that runs is worth more than a note about it.
    let _ = LastStart::write(cache, release, node.startup, node.peak_rss(), &jdk.version);
    Ok(node)
}

/// A node that may or may not answer yet.
struct Running {
    kept: Kept,
    folder: RunFolder,
    ports: Ports,
    started_at: Instant,
}

impl Running {
    fn start(cache: &Cache, parts: Parts<'_>, options: &Options) -> Result<Self> {
        let folder = RunFolder::create(cache, &parts.release.folder_name())?;
        let ports = Ports::choose(&options.settings)?;
        settings::write(parts.release, parts.home, &folder, ports, options)?;
        owner::give_to_nodes(&folder.root)?;
        let started_at = Instant::now();
        let kept = Kept::start(&launch::launch(parts, &folder, options), &folder)?;
        Ok(Self { kept, folder, ports, started_at })
    }

    fn wait_until_ready(&mut self, release: &Release) -> Result<Duration> {
        let http = Http::with_limit(self.ports.http, LONGEST_ANSWER);
        loop {
            if let Some(status) = self.kept.status() {
                return Err(self.folder.ended(release, "while it started", &status.to_string()));
            }
            let reason = match http.get(IS_READY) {
                Ok(health) if health["timed_out"] == false => return Ok(self.started_at.elapsed()),
                Ok(_) => "it answers, but has no master".to_owned(),
                Err(error) => error.to_string(),
            };
            let waited = self.started_at.elapsed();
            if waited > LONGEST_START {
                let (release, log) = (release.to_string(), self.folder.log.clone());
                return Err(Error::NotReady { release, waited, reason, log });
            }
            thread::sleep(PAUSE);
        }
    }

    /// Whether somebody took a port between our look and the node's, and another one would do.
    fn has_lost_its_port(&self) -> bool {
        !self.ports.is_given && log::says_port_is_taken(&log::read_end(&self.folder.log))
    }

    fn into_node(self, release: &'static Release, jdk: &Jdk, options: &Options, startup: Duration) -> Node {
        Node {
            release,
            http: Http::new(self.ports.http),
            kept: self.kept,
            folder: self.folder,
            has_remote_store: options.remote_store,
            jdk_version: jdk.version.clone(),
            startup,
            peak_rss_bytes: 0.into(),
        }
    }
}
