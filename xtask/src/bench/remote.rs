//! A bucket of a real server on this machine: how fast next to other clients, how well we wait, and how many requests
//! we make where how many are needed.

use std::{
    fs, io,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use snaprepo_lab::{Cache as LabCache, Error as LabError, Server, server};
use snaprepo_testkit::scale::Scale;

use super::{
    Bench, delay,
    peak::megabytes_with,
    repositories::built,
    rounds::{Cache, Contender, Measured, best, interleaved},
    table::{AtMost, Tables},
};
use crate::error::Error;

/// Time that each request takes longer, where waiting is measured.
const LATENCY: Duration = Duration::from_millis(20);
/// Requests at a time, unless somebody says otherwise (`docs/cli.md`, `--concurrency`).
const WIDTH: f64 = 32.0;

/// Pages of a thousand keys that the repository of many small files has.
const N_PAGES: u32 = 21;

/// A server with repositories in it.
pub(super) struct Stage<'b> {
    pub(super) bench: &'b Bench,
    pub(super) server: Server,
}

/// All bytes, next to other clients.
pub(super) fn measure(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    let Some(stage) = Stage::start(bench)? else { return Ok(()) };
    let s5cmd = server::s5cmd(&LabCache::open()?)?;
    stage.fill("large", &built(bench, "large_files", &Scale::large_files())?)?;
    stage.fill("small", &built(bench, "small_files", &Scale::small_files())?)?;
    stage.content(tables, &s5cmd, "large", "8 files, 2.1 GB", Some(AtMost(0.8)))?;
    stage.content(tables, &s5cmd, "small", "20,000 files, 0.4 GB", Some(AtMost(0.8)))?;
    stage.stop()
}

/// How well we wait.
pub(super) fn measure_far(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    let Some(stage) = Stage::start(bench)? else { return Ok(()) };
    let far = delay::start(stage.address()?, LATENCY)
        .map_err(|source| Error::Start { command: "a slow wire".into(), source })?;
    stage.fill("small", &built(bench, "small_files", &Scale::small_files())?)?;
    stage.fill("many", &built(bench, "thousand_snapshots", &Scale::thousand_snapshots())?)?;
    stage.waiting(tables, &format!("s3://small?endpoint=http://{far}"))?;
    stage.long_listing(tables, &server::s5cmd(&LabCache::open()?)?, &format!("http://{far}"))?;
    stage.lists(tables, &format!("s3://many?endpoint=http://{far}"))?;
    stage.stop()
}

fn no_address(server: &Server) -> Error {
    Error::Usage { message: format!("{} is no address", server.base()) }
}

impl<'b> Stage<'b> {
    /// Starts the server; nothing where this machine lacks what that takes.
    pub(super) fn start(bench: &'b Bench) -> Result<Option<Self>, Error> {
        let cache = LabCache::open()?;
        match Server::start(&cache, server::Kind::Versitygw) {
            Err(error @ LabError::NoProgram { .. }) => {
                println!("\nremote: left out: {error}");
                Ok(None)
            }
            started => Ok(Some(Self { bench, server: started? })),
        }
    }

    pub(super) fn stop(self) -> Result<(), Error> {
        Ok(self.server.stop()?)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> Result<SocketAddr, Error> {
        self.server.base().trim_start_matches("http://").parse().map_err(|_| no_address(&self.server))
    }

    /// Puts a repository into a bucket of its own, by the names of its files: links cost nothing.
    pub(super) fn fill(&self, bucket: &str, repository: &Path) -> Result<(), Error> {
        let buckets = self.server.buckets().ok_or_else(|| no_address(&self.server))?;
        self.server.make_container(bucket)?;
        link(repository, &buckets.join(bucket)).map_err(|source| Error::Write { path: repository.to_owned(), source })
    }

    pub(super) fn near(&self, bucket: &str) -> String {
        format!("s3://{bucket}?endpoint={}", self.server.base())
    }

    pub(super) fn ours(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.bench.snaprepo);
        command.args(arguments).envs(self.server.environment());
        command
    }

    /// All bytes, against clients that fetch the same objects and check nothing, or compare them with the files.
    fn content(
        &self,
        tables: &mut Tables,
        s5cmd: &Path,
        bucket: &str,
        what: &str,
        bound: Option<AtMost>,
    ) -> Result<(), Error> {
        let (location, local) = (self.near(bucket), self.bench.folder.join(format!("{bucket}_files/repository")));
        let arguments = ["verify", &location, "--depth", "content", "--quiet"];
        let mut contenders = vec![Contender::command("snaprepo", || self.ours(&arguments))];
        for n in ["32", "256"] {
            let line = ["--endpoint-url", &self.server.base(), "--numworkers", n, "cat", &format!("s3://{bucket}/*")]
                .map(str::to_owned);
            contenders.push(Contender::command(format!("s5cmd cat, {n} workers"), move || {
                let mut command = Command::new(s5cmd);
                command.args(&line).envs(self.server.environment());
                command
            }));
        }
        if Command::new("rclone").arg("version").stdout(Stdio::null()).status().is_ok() {
            contenders.push(Contender::command("rclone check --download", || self.rclone(bucket, &local)));
        } else {
            println!("\nremote: rclone is not here, and left out");
        }
        let times = interleaved(self.bench.n_rounds, &Cache::Warm, &mut contenders)?;
        tables.title(&format!("S3, content: {what}"));
        let [ours, peers @ ..] = &times[..] else { return Ok(()) };
        let best = best(peers);
        for peer in peers {
            let is_best = best.is_some_and(|best| best.name == peer.name);
            tables.ratio(ours, peer, bound.filter(|_| is_best));
        }
        times.iter().for_each(|times| tables.number(times, "s", None));
        let peak = megabytes_with(self.bench, "snaprepo, peak memory", || self.ours(&arguments))?;
        tables.number(&peak, "MB", Some(AtMost(200.0)));
        Ok(())
    }

    fn rclone(&self, bucket: &str, local: &Path) -> Command {
        let mut command = Command::new("rclone");
        let remote = format!(
            ":s3,provider=Other,env_auth=true,force_path_style=true,endpoint=\"{}\":{bucket}",
            self.server.base()
        );
        command.args(["--config", "/dev/null", "--quiet", "--transfers", "32", "--checkers", "32"]);
        command.args(["check", "--download"]).arg(local).arg(remote).envs(self.server.environment());
        // Its client does not understand what others need to trust a proxy; there is no TLS here.
        command.env_remove("AWS_CA_BUNDLE");
        command
    }

    /// Sixteen bytes of each file, with a wait for each.
    fn waiting(&self, tables: &mut Tables, location: &str) -> Result<(), Error> {
        let arguments = ["verify", location, "--depth", "footers", "--quiet"];
        let mut contenders = [Contender::command("snaprepo", || self.ours(&arguments))];
        let times = interleaved(self.bench.n_rounds, &Cache::Warm, &mut contenders)?;
        let requests = self.requests(&["verify", location, "--depth", "footers"])?;
        tables.title("S3, footers: 20,000 files, 20 ms away");
        let waits = requests.total() * LATENCY.as_secs_f64() / WIDTH;
        let waits = Measured::new(&format!("{:.0} waits, 32 at a time", requests.total()), vec![waits]);
        for times in &times {
            tables.ratio(times, &waits, Some(AtMost(1.2)));
            tables.number(times, "s", None);
        }
        tables.number(&waits, "s", None);
        Ok(())
    }

    /// Every key of a bucket, against a client that asks for one page after the other.
    fn long_listing(&self, tables: &mut Tables, s5cmd: &Path, endpoint: &str) -> Result<(), Error> {
        let location = format!("s3://small?endpoint={endpoint}");
        let arguments = ["store", "du", &location, "--quiet"];
        let line = ["--endpoint-url", endpoint, "ls", "s3://small/*"];
        let mut contenders = [
            Contender::command("store du", || self.ours(&arguments)),
            Contender::command("s5cmd ls", || {
                let mut command = Command::new(s5cmd);
                command.args(line).envs(self.server.environment());
                command
            }),
        ];
        let times = interleaved(self.bench.n_rounds, &Cache::Warm, &mut contenders)?;
        let requests = self.requests(&["store", "du", &location])?;
        tables.title("S3, listing of 20,000 keys, 20 ms away");
        let [ours, peer] = &times[..] else { return Ok(()) };
        tables.ratio(ours, peer, Some(AtMost(1.0)));
        times.iter().for_each(|times| tables.number(times, "s", None));
        println!("  {} requests for {N_PAGES} pages", requests.total());
        Ok(())
    }

    /// Listing 1,000 snapshots, and the requests of each verb where so many are needed.
    fn lists(&self, tables: &mut Tables, location: &str) -> Result<(), Error> {
        let folder = self.bench.folder.join("blobs");
        let kept = folder.to_string_lossy();
        let (plain, details) = (["list", location], ["list", location, "--details", "--no-cache"]);
        let again = ["list", location, "--details", "--cache", &kept];
        let mut contenders = [
            Contender::command("list", || self.ours(&plain)),
            Contender::command("list --details", || self.ours(&details)),
            Contender::command("list --details, again", || self.ours(&again)),
        ];
        let times = interleaved(self.bench.n_rounds, &Cache::Warm, &mut contenders)?;
        tables.title("S3: 1,000 snapshots, 20 ms away");
        for (times, bound) in times.iter().zip([None, Some(AtMost(2.0)), None]) {
            tables.number(times, "s", bound);
        }
        // 2,002 blobs in the root folder are three pages.
        println!("\n{:<52} {:>9} {:>9}", "S3: 1,000 snapshots, requests", "made", "needed");
        let needed: [(&[&str], f64); 13] = [
            (&plain, 1.0 + 1.0),
            (&details, 1.0 + 1.0 + 1_000.0),
            (&again, 1.0 + 1.0),
            (&["info", location, "--no-cache"], 1.0 + 1.0),
            (&["status", location, "--no-cache"], 1.0 + 1.0 + 10.0 + 10.0),
            // The metadata of each index for its shards, the table of each shard for its sizes.
            (&["find", location, "*", "--no-cache"], 1.0 + 1.0 + 10.0 + 10.0),
            // The snapshot, and each list of its shards.
            (&["show", location, "latest", "--no-cache"], 1.0 + 1.0 + 1.0 + 10.0 + 10.0),
            (&["ls", location, "latest", "--no-cache"], 1.0 + 1.0 + 1.0 + 10.0 + 10.0),
            (&["diff", location, "latest~1", "latest", "--no-cache"], 1.0 + 1.0 + 2.0 + 10.0 + 20.0),
            // Everything that lies there, the table of each shard, and how many each index has.
            (&["du", location, "--no-cache"], 14.0 + 1.0 + 10.0 + 10.0),
            (&["gc", location, "--no-cache"], 14.0 + 1.0 + 10.0 + 10.0),
            (&["compat", location, "--target", "es:9", "--no-cache"], 1.0 + 1.0 + 1_000.0 + 10.0),
            // Every list and table of ten shards, both blobs of each snapshot, and the listing of what lies below.
            (&["verify", location, "--depth", "presence"], 3.0 + 11.0 + 1.0 + 2_000.0 + 10.0 + 10.0 + 10_000.0),
        ];
        for (arguments, needed) in needed {
            let made = self.requests(arguments)?.total();
            let name = arguments.iter().filter(|word| **word != location && ***word != *kept);
            println!("  {:<50} {made:>9} {needed:>9}", name.copied().collect::<Vec<_>>().join(" "));
        }
        fs::remove_dir_all(&folder).map_err(|source| Error::Write { path: folder.clone(), source })
    }

    /// What the program says that it asked of the store.
    fn requests(&self, arguments: &[&str]) -> Result<Requests, Error> {
        let mut command = self.ours(arguments);
        command.arg("--json");
        let line = format!("{command:?}");
        let output = command.output().map_err(|source| Error::Start { command: line.clone(), source })?;
        let answer: Value = serde_json::from_slice(&output.stdout).map_err(Error::Json)?;
        let count = |key: &str| answer["requests"][key].as_f64();
        match (count("lists"), count("reads"), count("looks"), count("others")) {
            (Some(lists), Some(reads), Some(looks), Some(others)) => Ok(Requests([lists, reads, looks, others])),
            _ => Err(Error::Answer { command: line }),
        }
    }
}

/// Requests by kind.
struct Requests([f64; 4]);

impl Requests {
    fn total(&self) -> f64 {
        self.0.iter().sum()
    }
}

/// Links every file below a folder into another; copies where links are not possible.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            link(&entry.path(), &target)?;
        } else if fs::hard_link(entry.path(), &target).is_err() {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
