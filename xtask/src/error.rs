//! Why a task ended early. What a task finds wrong with the workspace is printed as it is found; the error only counts.

use std::{error, fmt, io, path::PathBuf, process::ExitStatus};

/// A failure of a task.
#[derive(Debug)]
pub(crate) enum Error {
    /// The program could not be started.
    Start {
        /// The whole command line.
        command: String,
        /// What the system said.
        source: io::Error,
    },
    /// The program ran and said no.
    Command {
        /// The whole command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// What the program printed is not UTF-8.
    NotText {
        /// The whole command line.
        command: String,
    },
    /// A file of the workspace could not be read.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is measured could not be built.
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The program printed something else than it was asked for.
    Answer {
        /// The whole command line.
        command: String,
    },
    /// Measured numbers are beyond their bounds.
    Bounds {
        /// How many were marked.
        n_missed: usize,
    },
    /// A real engine does not agree.
    NotAccepted {
        /// How many objections were printed.
        n_objections: usize,
    },
    /// Stores do not do what every store has to do.
    Contract {
        /// How many breaches were printed.
        n_breaches: usize,
    },
    /// An option that makes no sense.
    Usage {
        /// Which, and why.
        message: String,
    },
    /// A program did not print JSON.
    Json(serde_json::Error),
    /// `cargo metadata` printed JSON without something we need.
    Metadata {
        /// The missing key.
        key: &'static str,
    },
    /// A real engine could not be used.
    Engine(snaprepo_lab::Error),
    /// Nobody would tell us about a Ctrl-C.
    Signals(ctrlc::Error),
    /// Rules of the house do not hold.
    Tidy {
        /// How many problems were printed.
        n_problems: usize,
    },
    /// Steps of `cargo xtask test` failed.
    Steps {
        /// Their names.
        names: Vec<&'static str>,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { command, .. } => write!(f, "cannot start `{command}`"),
            Self::Command { command, status } => write!(f, "`{command}` failed ({status})"),
            Self::NotText { command } => write!(f, "`{command}` printed something that is not UTF-8"),
            Self::Read { path, .. } => write!(f, "cannot read {}", path.display()),
            Self::Write { path, .. } => write!(f, "cannot write {}", path.display()),
            Self::Answer { command } => write!(f, "cannot understand what `{command}` printed"),
            Self::Bounds { n_missed } => write!(f, "bounds that were missed: {n_missed}"),
            Self::NotAccepted { n_objections } => write!(f, "objections of real engines: {n_objections}"),
            Self::Contract { n_breaches } => write!(f, "breaches of the contract of stores: {n_breaches}"),
            Self::Usage { message } => write!(f, "{message}"),
            Self::Json(_) => write!(f, "cannot understand JSON that a program printed"),
            Self::Metadata { key } => write!(f, "`cargo metadata` printed no `{key}` of the expected type"),
            // Its own words say what could not be done.
            Self::Engine(source) => write!(f, "{source}"),
            Self::Signals(_) => write!(f, "cannot wait for Ctrl-C"),
            Self::Tidy { n_problems } => write!(f, "tidy found problems: {n_problems}"),
            Self::Steps { names } => write!(f, "failed: {}", names.join(", ")),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Start { source, .. } | Self::Read { source, .. } | Self::Write { source, .. } => Some(source),
            Self::Json(source) => Some(source),
            // Not itself, or its words would stand twice.
            Self::Engine(source) => error::Error::source(source),
            Self::Signals(source) => Some(source),
            Self::Command { .. }
            | Self::NotText { .. }
            | Self::Answer { .. }
            | Self::Bounds { .. }
            | Self::NotAccepted { .. }
            | Self::Contract { .. }
            | Self::Usage { .. }
            | Self::Metadata { .. }
            | Self::Tidy { .. }
            | Self::Steps { .. } => None,
        }
    }
}

impl From<snaprepo_lab::Error> for Error {
    fn from(source: snaprepo_lab::Error) -> Self {
        Self::Engine(source)
    }
}

/// The error and its sources on one line.
pub(crate) fn chain(error: &Error) -> String {
    let mut line = error.to_string();
    let mut next = error::Error::source(error);
    while let Some(source) = next {
        line = format!("{line}: {source}");
        next = source.source();
    }
    line
}
