//! One file per verb: arguments to core, core to view.

mod cat_blob;
mod change;
mod compat;
mod delete;
mod diff;
mod discover;
mod doctor;
mod drop_broken;
mod du;
mod find;
mod gc;
mod info;
mod list;
mod ls;
mod prune;
mod repair;
mod report;
mod show;
mod status;
mod store;
mod verify;

use std::io;

use clap_complete::Shell;
use snaprepo_core::{BlobError, Repository, Unread};

use crate::{
    args::{self, Args, Color, GlobalArgs, Verb},
    engine_api::Node,
    exit::Exit,
    explain::Failure,
    io::Io,
    output::{
        page::{Envelope, Program, RepositoryFacts},
        units::{Units, clean},
    },
    progress::Progress,
    session::Session,
    views::{Layout, View},
};

/// Runs a verb, and says what went wrong.
pub(crate) fn run(args: &Args, io: &mut Io) -> Exit {
    io.color = match args.global.color {
        Color::Auto => io.color,
        Color::Always => true,
        Color::Never => false,
    };
    let mut run = Run { global: &args.global, io, restarts_left: RESTARTS };
    let done = loop {
        match verb(&mut run, &args.verb) {
            Err(Failure::Moved) => {}
            Err(failure) if failure.may_pass() && run.restarts_left > 0 => {}
            done => break done,
        }
        run.restarts_left -= 1;
    };
    match done {
        Ok(exit) => exit,
        // Whoever reads has had enough: that is no error.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Good,
        Err(failure) => {
            let text = if args.global.json || args.global.ndjson { failure.json() } else { failure.text() };
            io.error_text(&text);
            failure.exit()
        }
    }
}

fn verb(run: &mut Run<'_>, verb: &Verb) -> Result<Exit, Failure> {
    match verb {
        Verb::Info { repo } => info::run(run, &repo.repo),
        Verb::List(list) => list::run(run, list),
        Verb::Show(show) => show::run(run, show),
        Verb::Status(status) => status::run(run, status),
        Verb::Ls(ls) => ls::run(run, ls),
        Verb::Find { repo, index } => find::run(run, &repo.repo, index),
        Verb::Du(du) => du::run(run, du),
        Verb::Diff(diff) => diff::run(run, diff),
        Verb::Verify(verify) => verify::run(run, verify),
        Verb::Report(report) => report::run(run, report),
        Verb::Delete(delete) => delete::run(run, delete),
        Verb::Prune(prune) => prune::run(run, prune),
        Verb::Gc(gc) => gc::run(run, gc),
        Verb::Repair(repair) => repair::run(run, repair),
        Verb::DropBroken(drop) => drop_broken::run(run, drop),
        Verb::Apply(apply) => change::apply(run, apply),
        Verb::Undo(undo) => change::undo(run, undo),
        Verb::CatBlob { repo, path, raw } => cat_blob::run(run, &repo.repo, path, *raw),
        Verb::Compat { repo, snapshot, target } => compat::run(run, &repo.repo, snapshot, *target),
        Verb::Discover { location, depth } => discover::run(run, location, *depth),
        Verb::Doctor(doctor) => doctor::run(run, doctor),
        Verb::Store(store) => store::run(run, store),
        Verb::Completions { shell } => completions(run, *shell),
    }
}

/// How often a verb starts again because a cluster changed the repository while it was read, before it answers with
/// what it has. Each time is a new chance: a cluster deletes what it no longer needs within moments.
const RESTARTS: u32 = 5;

/// What every verb gets.
pub(crate) struct Run<'a> {
    pub global: &'a GlobalArgs,
    pub io: &'a mut Io,
    /// How often the verb may still start again.
    restarts_left: u32,
}

impl Run<'_> {
    /// Opens the store of a location.
    fn session(&mut self, location: &str) -> Result<Session, Failure> {
        Session::start(location, self.global, self.io)
    }

    /// Shows on standard error how far a verb is.
    fn progress(&self) -> Progress {
        Progress::new(self.global.progress, self.global.quiet, self.io)
    }

    fn layout(&self) -> Layout {
        Layout {
            width: self.io.width,
            units: Units { bytes: self.global.bytes, zone: self.global.local.then(|| self.io.time_zone.clone()) },
            quiet: self.global.quiet,
            color: self.io.color,
        }
    }

    /// Gives the answer of a verb in the voice that was asked for.
    fn reply(
        &mut self,
        command: &'static str,
        session: &Session,
        repository: Option<&Repository>,
        result: &str,
        view: impl View,
    ) -> Result<(), Failure> {
        if let Some(format) = self.global.format {
            let name = if format == args::ApiFormat::Cat { "cat" } else { "es" };
            return Err(Failure::Usage {
                message: format!("--format {name} has no answer for {command}"),
                hint: Some("list, status and verify can answer with --format es, list with --format cat"),
            });
        }
        if self.global.ndjson {
            let out = self.io.stdout();
            view.write_rows(out)?;
            out.flush()?;
        } else if self.global.json {
            let envelope = Envelope {
                snaprepo: Program::running(command),
                repository: repository.map(|repository| RepositoryFacts::of(&session.location, repository)),
                result,
                body: view,
                requests: session.requests(),
                elapsed_ms: self.io.elapsed_millis(),
            };
            self.json(&envelope)?;
        } else {
            let text = view.text(&self.layout());
            self.io.answer(text.as_bytes())?;
            self.tell_requests(session);
        }
        if session.is_cancelled() {
            self.note_interrupted();
        }
        if let Some(trouble) = session.cache_trouble() {
            self.io.error_text(&format!("note: nothing more is kept for later runs: {trouble}\n"));
        }
        Ok(())
    }

    /// Says on standard error what was asked of a remote store: there, requests cost time and money.
    fn tell_requests(&mut self, session: &Session) {
        if session.remote.is_some() && !self.global.quiet {
            let words = session.requests().words(&self.layout().units);
            self.io.error_text(&format!("{words}\n"));
        }
    }

    /// Writes one JSON document, indented.
    fn json(&mut self, document: &impl serde::Serialize) -> Result<(), Failure> {
        let out = self.io.stdout();
        serde_json::to_writer_pretty(&mut *out, document).map_err(io::Error::from)?;
        out.write_all(b"\n")?;
        out.flush()?;
        Ok(())
    }

    /// The name of the repository's registration, as far as anybody can know it.
    fn name(&self, session: &Session) -> String {
        self.global.name.clone().unwrap_or_else(|| {
            // What follows a question mark says how to get to a bucket; a folder may have one in its name.
            let shown = session.shown_location();
            let place = match &session.remote {
                Some(_) => shown.split('?').next().unwrap_or_default(),
                None => &shown,
            };
            let trimmed = place.trim_end_matches('/');
            trimmed.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("repository").to_owned()
        })
    }

    /// The node to imitate.
    fn node(&self, repository: &Repository, session: &Session) -> Node {
        Node::new(self.global.imitate, repository, session, self.name(session))
    }

    /// Ends a verb that has no answer yet: shards that were not reached would look like none.
    fn interrupted(&mut self) -> Exit {
        self.io.error_text("interrupted before everything was read\n");
        Exit::Interrupted
    }

    /// Says on standard error that the answer is not complete.
    fn note_interrupted(&mut self) {
        self.io.error_text("interrupted: the answer has what was read so far\n");
    }
}

/// What stood in the way of a complete answer.
#[derive(Debug, Default, Clone, Copy)]
struct Problems {
    /// Something is damaged or missing.
    damage: bool,
    /// Something could not be read.
    unread: bool,
    /// The answer is about all that lies there, which belongs together only while the repository stays as it is.
    whole: bool,
}

impl Problems {
    fn of(unread: &[Unread]) -> Self {
        Self {
            damage: unread.iter().any(|unread| unread.is_damage),
            unread: unread.iter().any(|unread| !unread.is_damage),
            whole: false,
        }
    }

    fn add(&mut self, other: Self) {
        self.damage |= other.damage;
        self.unread |= other.unread;
        self.whole |= other.whole;
    }

    fn note(&mut self, error: &BlobError) {
        if error.is_finding() { self.damage = true } else { self.unread = true }
    }

    /// How the verb ends. What is missing from a repository that has moved on meanwhile is no damage, and numbers of
    /// all of it mix what was with what is: the verb starts again, and in the end says that it does not know.
    fn exit(mut self, run: &mut Run<'_>, session: &Session, repository: &Repository) -> Result<Exit, Failure> {
        for (generation, error) in &repository.unreadable_roots {
            self.damage = true;
            let older = repository.generation.map_or_else(String::new, |older| format!("index-{older}"));
            let line = format!("damaged: index-{generation}: {}: the answer is that of {older}", error.problem);
            run.io.error_text(&format!("{}\n", clean(&line)));
        }
        if session.is_cancelled() {
            return Ok(Exit::Interrupted);
        }
        if self.damage || self.whole {
            match repository.newest_generation() {
                Ok(now) if now != repository.scan.generations.last().copied() => {
                    if run.restarts_left > 0 {
                        return Err(Failure::Moved);
                    }
                    run.io.error_text(if self.damage {
                        "the repository changed whenever it was read: what is missing may just have been deleted\n"
                    } else {
                        "the repository changed whenever it was read: the numbers mix what was with what is\n"
                    });
                    return Ok(Exit::Partly);
                }
                Ok(_) => {}
                Err(error) if self.whole => {
                    run.io.error_text(&format!("whether the repository changed meanwhile is not known: {error}\n"));
                    self.unread = true;
                }
                Err(_) => {}
            }
        }
        Ok(match self {
            Self { damage: true, .. } => Exit::Bad,
            Self { unread: true, .. } => Exit::Partly,
            Self { .. } => Exit::Good,
        })
    }
}

/// What could not be read and why, with its path from the folder of the repository.
fn shown_unread(repository: &Repository, unread: &Unread) -> String {
    format!("{}: {}", repository.shown(&unread.path), unread.message)
}

/// The answer in one word, for the envelope.
fn word(exit: Exit) -> &'static str {
    match exit {
        Exit::Good => "good",
        Exit::Bad => "bad",
        Exit::NotDone => "not-done",
        Exit::Partly => "partly",
        Exit::Interrupted => "interrupted",
    }
}

fn completions(run: &mut Run<'_>, shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "snaprepo", &mut script);
    run.io.answer(&script)?;
    Ok(Exit::Good)
}
