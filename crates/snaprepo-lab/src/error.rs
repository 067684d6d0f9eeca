//! Why an engine could not be used. Each message is one line that says what to do next.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// What goes wrong around an engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A release that this crate has no recipe for.
    #[error("no recipe for `{name}`; `cargo xtask engine list` names the releases")]
    UnknownRelease {
        /// What was asked for.
        name: String,
    },
    /// A server that this crate has no recipe for.
    #[error("no recipe for a server `{name}`; `cargo xtask servers list` names them")]
    UnknownServer {
        /// What was asked for.
        name: String,
    },
    /// A file or folder could not be read or written.
    #[error("cannot {what} {path}", path = path.display())]
    Io {
        /// The attempt: `read`, `write`, `lock`, …
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No folder to keep engines in.
    #[error("no folder to keep engines in: set SNAPREPO_CACHE to one, or HOME")]
    NoPlace,
    /// Nodes run as another user, and that user cannot get to something.
    #[error(
        "{path} is out of reach of nodes: they run as user {uid}, who may not enter {folder}; \
         use a folder that everybody may enter (SNAPREPO_CACHE says where engines are kept)",
        path = path.display(), folder = folder.display()
    )]
    Closed {
        /// What a node has to reach.
        path: PathBuf,
        /// The folder in the way.
        folder: PathBuf,
        /// The user.
        uid: u32,
    },
    /// A program that fetches or compiles is not installed, or does not start.
    #[error("{program} does not start, and without it {need}")]
    NoProgram {
        /// Its name.
        program: &'static str,
        /// What fails without it, and what else would do.
        need: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program that fetches or compiles failed.
    #[error("{program} could not {what}: {reason}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What it was asked for.
        what: String,
        /// Its own words, one line.
        reason: String,
    },
    /// A fetched file is not the file that we know.
    #[error("{name} has SHA-256 {found}, not {expected}: the file was removed, so that it is fetched anew next time")]
    Digest {
        /// What was fetched.
        name: String,
        /// What we know, as hexadecimal digits.
        expected: String,
        /// What it has, as hexadecimal digits.
        found: String,
    },
    /// An archive cannot be unpacked.
    #[error("cannot unpack {path}: {reason}", path = path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A variable of the environment names something that is no JDK of the wanted version.
    #[error("{variable} is no JDK {major}: {reason}")]
    WrongJdk {
        /// The variable.
        variable: String,
        /// The wanted major version.
        major: u8,
        /// What is wrong.
        reason: String,
    },
    /// No JDK on this machine, and none to fetch.
    #[error(
        "no JDK {wanted} on this machine and none to fetch for it: install one, or set SNAPREPO_JAVA_{first} to its home"
    )]
    NoJdk {
        /// What would do, in words: versions, and modules that it must have.
        wanted: String,
        /// The best of the versions.
        first: u8,
    },
    /// No compiler for the launcher of Elasticsearch 1.
    #[error(
        "no javac on this machine, and the launcher of Elasticsearch 1 is compiled before it runs: install a JDK of version 11 or later"
    )]
    NoCompiler,
    /// An option that this release does not have.
    #[error("{release} has no {what}")]
    NotInRelease {
        /// The release, as in `es:8.19.21`.
        release: String,
        /// What it lacks.
        what: &'static str,
    },
    /// Somebody else listens on a port.
    #[error("port {port} is taken: choose another, or none to let one be chosen")]
    PortTaken {
        /// The port of loopback.
        port: u16,
    },
    /// A node ended by itself.
    #[error("{release} ended {when} ({status}): {reason}; its log: {log}", log = log.display())]
    NodeEnded {
        /// The release, as in `es:8.19.21`.
        release: String,
        /// `while it started` or `by itself`.
        when: &'static str,
        /// How the process ended.
        status: String,
        /// The line of its log that says most.
        reason: String,
        /// Its log, which is kept.
        log: PathBuf,
    },
    /// A node runs but does not become ready.
    #[error(
        "{release} is not ready after {seconds} s: {reason}; its log: {log}",
        seconds = waited.as_secs(), log = log.display()
    )]
    NotReady {
        /// The release, as in `es:8.19.21`.
        release: String,
        /// How long we waited.
        waited: Duration,
        /// What it answered last, or the last line of its log.
        reason: String,
        /// Its log, which is kept.
        log: PathBuf,
    },
    /// The node could not be reached, or ended in the middle of an answer.
    #[error("{request}: no answer: {reason}")]
    NoAnswer {
        /// Method and path.
        request: String,
        /// What the client said.
        reason: String,
    },
    /// The node answered with an error where only success lets us go on.
    #[error("{request}: HTTP {status}: {reason}")]
    Refused {
        /// Method and path.
        request: String,
        /// The status code.
        status: u16,
        /// The node's words, shortened.
        reason: String,
    },
    /// The node answered something else than was expected.
    #[error("{request}: unexpected answer: {reason}")]
    Unexpected {
        /// Method and path.
        request: String,
        /// What was expected and what came.
        reason: String,
    },
    /// A case that this crate does not have.
    #[error("no case `{name}`: {known}")]
    UnknownCase {
        /// What was asked for.
        name: String,
        /// The names of all cases.
        known: String,
    },
    /// A case and a release, or a case and the repository it goes on with, that do not fit.
    #[error("{release} cannot write case {case}: {reason}")]
    Case {
        /// The release, as in `es:8.19.21`.
        release: String,
        /// The name of the case.
        case: &'static str,
        /// What does not fit, and what would.
        reason: String,
    },
    /// A folder for something new is in use.
    #[error("{path} holds something already: choose a folder that does not exist", path = path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A folder is not what `engine write` leaves.
    #[error("{path} is not a folder that `cargo xtask engine write` left: {reason}", path = path.display())]
    NotWritten {
        /// The folder.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },
}

impl Error {
    /// For `map_err`: what was attempted on which file.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { what, path: path.clone(), source }
    }
}

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
