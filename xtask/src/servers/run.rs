//! `servers run`: one server until its user has had enough.

use std::{
    io,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use snaprepo_lab::{
    Cache, Server,
    server::{self, Kind},
};

use crate::error::Error;

/// How often is looked whether the server still runs.
const PAUSE: Duration = Duration::from_millis(500);

/// Starts the server, says how to get in, waits, and stops it.
pub(crate) fn run(kind: Kind, container: &str) -> Result<(), Error> {
    let cache = Cache::open()?;
    if !kind.is_installed(&cache) {
        eprintln!("fetching {kind} …");
        let started_at = Instant::now();
        server::install(&cache, kind)?;
        eprintln!("fetched in {:.1} s", started_at.elapsed().as_secs_f64());
    }
    let mut server = Server::start(&cache, kind)?;
    server.make_container(container)?;
    println!("# {kind} is ready after {:.1} s", server.startup().as_secs_f64());
    // All of it was made up for this server; nothing is the user's.
    for (name, value) in server.environment() {
        println!("export {name}='{value}'");
    }
    println!("# location: {}", server.location(container, ""));
    if kind == Kind::Nginx {
        println!("# folder: {}", server.served().display());
    }
    println!("# log: {}", server.log_path().display());
    println!("# it ends with its input, or with Ctrl-C");
    wait(&mut server)?;
    Ok(server.stop()?)
}

/// Until Ctrl-C, the end of the input, or the end of the server: that one is an error.
fn wait(server: &mut Server) -> Result<(), Error> {
    let (sender, enough) = mpsc::channel();
    let for_signals = sender.clone();
    ctrlc::set_handler(move || for_signals.send(()).unwrap_or_default()).map_err(Error::Signals)?;
    thread::spawn(move || {
        // Whatever is typed is thrown away; an error ends the input as well.
        drop(io::copy(&mut io::stdin().lock(), &mut io::sink()));
        let _ = sender.send(());
    });
    loop {
        match enough.recv_timeout(PAUSE) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => server.check()?,
        }
    }
}
