//! From a kind to a server that answers.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{Ask, Kind, Server, ask, install, recipe};
use crate::{
    Error, Result,
    cache::Cache,
    node::{folder::RunFolder, keeper::Kept, log, ports::Ports},
};

/// How often a start is tried when somebody takes a port that was free.
const N_ATTEMPTS: u32 = 3;
/// How long a server may take until it answers; moto took 20 s on two processors that others kept busy.
const LONGEST_START: Duration = Duration::from_secs(120);
/// How long is waited between two questions.
const PAUSE: Duration = Duration::from_millis(50);

/// See [`Server::start`].
pub(super) fn start(cache: &Cache, kind: Kind) -> Result<Server> {
    let installed = install::install(cache, kind)?;
    let mut attempt = 1;
    loop {
        let folder = RunFolder::create(cache, kind.name())?;
        let port = Ports::choose(&[])?.http;
        let launch = recipe::launch(kind, &installed, &folder, port)?;
        let started_at = Instant::now();
        let kept = Kept::start(&launch, &folder)?;
        let mut server = Server { kind, port, kept, folder, startup: Duration::ZERO };
        match wait_until_it_answers(&mut server, started_at) {
            Ok(()) => {
                server.startup = started_at.elapsed();
                return Ok(server);
            }
            // Dropped, with its folder, before the next.
            Err(_) if attempt < N_ATTEMPTS && has_lost_its_port(&server) => attempt += 1,
            Err(error) => {
                server.folder.keep()?;
                return Err(error);
            }
        }
    }
}

/// Any answer will do: it comes from whoever listens, and that is checked to be ours. One that is refused is an answer,
/// too.
fn wait_until_it_answers(server: &mut Server, started_at: Instant) -> Result<()> {
    loop {
        let answer = ask::ask(server, &Ask::new("GET", "", ""));
        if let Some(status) = server.kept.status() {
            return Err(server.folder.ended(&server.kind, "while it started", &status.to_string()));
        }
        let Err(error) = answer else { return Ok(()) };
        let waited = started_at.elapsed();
        if waited > LONGEST_START {
            let (release, log) = (server.kind.to_string(), server.folder.log.clone());
            return Err(Error::NotReady { release, waited, reason: error.to_string(), log });
        }
        thread::sleep(PAUSE);
    }
}

/// Whether somebody took the port between our look and the server's.
fn has_lost_its_port(server: &Server) -> bool {
    let log = log::read_end(&server.folder.log).to_ascii_lowercase();
    log.contains("address already in use") || log.contains("eaddrinuse")
}
