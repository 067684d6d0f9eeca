//! `engine run`: one node until its user has had enough.

use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use snaprepo_lab::{Cache, Node, NodeOptions, Release, distribution};

use crate::error::Error;

/// How often is looked whether the node still runs.
const PAUSE: Duration = Duration::from_millis(500);

/// What `engine run` is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// Release, such as es:9.5.3; es:9 is the newest of its kind
    version: String,
    /// Keeps all indices in a remote store (OpenSearch 2.11 and later)
    #[arg(long)]
    remote_store: bool,
    /// Lets the remote store pin timestamps, for shallow snapshots v2 (OpenSearch 2.17 and later)
    #[arg(long, requires = "remote_store")]
    pinned_timestamps: bool,
    /// One more folder in which repositories may be
    #[arg(long, value_name = "DIR")]
    repositories: Option<PathBuf>,
    /// One more setting of the node, such as http.port=9200
    #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// Keeps the node's log and settings when it ends
    #[arg(long)]
    keep_logs: bool,
}

/// Why a node is stopped.
#[derive(Debug, Clone, Copy)]
enum Why {
    Interrupted,
    InputEnded,
}

/// Starts the node, says where it is, waits, stops it, and says how it ended.
pub(crate) fn run(asked: &Run) -> Result<(), Error> {
    let release = Release::find(&asked.version)?;
    let cache = Cache::open()?;
    if !distribution::is_installed(&cache, release) {
        eprintln!("fetching {release} …");
    }
    eprintln!("starting {release} …");
    let options = NodeOptions {
        settings: asked.settings.clone(),
        remote_store: asked.remote_store,
        pinned_timestamps: asked.pinned_timestamps,
        repositories: asked.repositories.clone(),
        ..NodeOptions::default()
    };
    let mut node = Node::start(&cache, release, &options)?;
    if asked.keep_logs {
        node.keep_logs()?;
    }
    introduce(&node);
    let why = wait(&mut node, &listen()?)?;
    let (peak, log) = (node.peak_rss() >> 20, node.log_path().to_owned());
    node.stop()?;
    println!("{release} has ended {why}; its memory was {peak} MiB at most", why = why.words());
    if asked.keep_logs {
        println!("log: {}", log.display());
    }
    Ok(())
}

fn introduce(node: &Node) {
    let (release, seconds) = (node.release(), node.startup().as_secs_f64());
    println!("{release} is ready after {seconds:.1} s, on JDK {}", node.jdk_version());
    println!("address: {}", node.http().base());
    println!("path.repo: {}", node.repositories().display());
    if let Some(folder) = node.remote_store() {
        println!("remote store: {}", folder.display());
    }
    println!("log: {}", node.log_path().display());
    let until = if io::stdin().is_terminal() { "Ctrl-C or Ctrl-D ends it" } else { "it ends with its input" };
    println!("{until}");
}

/// Two things may come first; whoever is second finds nobody listening.
fn listen() -> Result<Receiver<Why>, Error> {
    let (sender, receiver) = mpsc::channel();
    let for_signals = sender.clone();
    // Nobody listens once the node is being stopped.
    let interrupted = move || for_signals.send(Why::Interrupted).unwrap_or_default();
    ctrlc::set_handler(interrupted).map_err(Error::Signals)?;
    thread::spawn(move || {
        // Whatever is typed is thrown away; an error ends the input as well.
        drop(io::copy(&mut io::stdin().lock(), &mut io::sink()));
        let _ = sender.send(Why::InputEnded);
    });
    Ok(receiver)
}

fn wait(node: &mut Node, reasons: &Receiver<Why>) -> Result<Why, Error> {
    loop {
        match reasons.recv_timeout(PAUSE) {
            Ok(why) => return Ok(why),
            Err(RecvTimeoutError::Disconnected) => return Ok(Why::InputEnded),
            Err(RecvTimeoutError::Timeout) => node.check()?,
        }
    }
}

impl Why {
    fn words(self) -> &'static str {
        match self {
            Self::Interrupted => "because it was interrupted",
            Self::InputEnded => "because its input ended",
        }
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !text.contains('\n') => Ok((name.to_owned(), value.to_owned())),
        _ => Err("is no NAME=VALUE".to_owned()),
    }
}
