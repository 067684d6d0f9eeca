//! Our own program, run as anybody would run it: what it prints is compared with what a node says.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{Error, Result};

/// The built program.
#[derive(Debug, Clone)]
pub struct Snaprepo {
    path: PathBuf,
    variables: Vec<(&'static str, String)>,
}

/// How one run of it ended.
#[derive(Debug, Clone)]
pub struct Run {
    /// The command line, for messages.
    pub line: String,
    /// The exit code; nothing when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said beside it.
    pub stderr: String,
}

impl Snaprepo {
    /// The program at this path.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, variables: Vec::new() }
    }

    /// The same with these variables in its environment: credentials for a store.
    #[must_use]
    pub fn with_variables(self, variables: Vec<(&'static str, String)>) -> Self {
        Self { variables, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a verb on a repository in a folder; shard folders may lie outside of its base path.
    ///
    /// # Errors
    /// As of [`Snaprepo::run`].
    pub fn run_on(&self, verb: &str, store: &Path, base_path: Option<&str>, options: &[&str]) -> Result<Run> {
        let mut arguments = vec![OsStr::new(verb), store.as_os_str()];
        arguments.extend(options.iter().map(OsStr::new));
        if let Some(base_path) = base_path {
            arguments.extend(["--base-path", base_path].map(OsStr::new));
        }
        self.run(&arguments)
    }

    /// Changes a repository that no node has registered; the journal goes to `state`.
    ///
    /// # Errors
    /// As of [`Snaprepo::run`], and when it does not say that all is done.
    pub fn change(
        &self,
        verb: &str,
        store: &Path,
        base_path: Option<&str>,
        options: &[&str],
        state: &Path,
    ) -> Result<Value> {
        let state = state.to_string_lossy();
        // Packed repositories have one age for all of their blobs.
        let word = ["--yes", "--no-cluster-writes", "--json", "--window", "0", "--state", &state];
        let options: Vec<&str> = options.iter().copied().chain(word).collect();
        self.run_on(verb, store, base_path, &options)?.good()
    }

    /// Runs it to its end, without a terminal and without the settings of the person who runs us.
    ///
    /// # Errors
    /// When it cannot be started, or prints something else than UTF-8.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Run> {
        let words: Vec<_> = arguments.iter().map(|word| word.as_ref().to_string_lossy().into_owned()).collect();
        let line = format!("snaprepo {}", words.join(" "));
        let mut command = Command::new(&self.path);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SNAPREPO_") {
                command.env_remove(name);
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let output = command.args(arguments).stdin(Stdio::null()).output().map_err(|source| Error::Io {
            what: "run",
            path: self.path.clone(),
            source,
        })?;
        let text = |bytes| {
            String::from_utf8(bytes)
                .map_err(|_| Error::Unexpected { request: line.clone(), reason: "output is not UTF-8".to_owned() })
        };
        Ok(Run { code: output.status.code(), stdout: text(output.stdout)?, stderr: text(output.stderr)?, line })
    }
}

impl Run {
    /// What it printed, as JSON, when all is done.
    ///
    /// # Errors
    /// When it is not, with what the program said.
    pub fn good(self) -> Result<Value> {
        if self.code == Some(0) {
            return self.json();
        }
        let reason = format!("exit code {:?}: {} {}", self.code, self.stderr.trim(), self.stdout.trim());
        Err(Error::Unexpected { request: self.line, reason })
    }

    /// What it printed, as JSON.
    ///
    /// # Errors
    /// When it is none; the message holds what the program said on stderr.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.stdout).map_err(|error| Error::Unexpected {
            request: self.line.clone(),
            reason: format!("no JSON ({error}), exit code {:?}: {}", self.code, self.stderr.trim()),
        })
    }
}
