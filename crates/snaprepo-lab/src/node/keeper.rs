//! Makes a node end with its handle, whatever becomes of us: panic, Ctrl-C, even a kill that we cannot notice.
//!
//! Two processes. The *keeper* is a shell that reads a pipe whose other end only we hold; at its end of file it ends the
//! node's processes and removes its folder (`keeper.sh`). The node's first process waits at a *gate*, a second pipe,
//! until the keeper runs: there is no moment at which a node runs without a keeper. Each is in a process group of its
//! own, so that a Ctrl-C at the terminal reaches only us, and so that the node ends with all processes that it started.
//! The keeper runs as we do and may thus signal the node's other user, and remove what that user wrote.

use std::{
    fs::File,
    io::Write as _,
    os::unix::process::CommandExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use super::{folder::RunFolder, launch::Launch};
use crate::{Error, Result, owner::Owner};

/// Waits for a line, then becomes the node. Without a line nobody needs the node any more.
const GATE: &str = r#"read -r line && exec "$@" </dev/null"#;
/// See the file.
const KEEPER: &str = include_str!("keeper.sh");
/// How long a node may take to end when it is asked to, in seconds.
const GRACE_SECONDS: u64 = 40;
/// How much longer than that the keeper may take, before we do its work.
const KEEPER_GRACE: Duration = Duration::from_secs(GRACE_SECONDS + 30);
/// How long the system may take to collect processes that were killed.
const COLLECTION: Duration = Duration::from_secs(5);
/// How often is looked whether something has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// A node and its keeper.
#[derive(Debug)]
pub(crate) struct Kept {
    server: Child,
    keeper: Child,
}

impl Kept {
    /// Starts a node in its folder.
    pub(crate) fn start(launch: &Launch, folder: &RunFolder) -> Result<Self> {
        let not_started = Error::io("start a shell in", &folder.root);
        let log = File::create(&folder.log).map_err(Error::io("write", &folder.log))?;
        let errors = log.try_clone().map_err(Error::io("write", &folder.log))?;
        let mut gate = shell(GATE);
        gate.arg(&launch.program).args(&launch.arguments).env_clear().envs(launch.environment.iter().cloned());
        gate.current_dir(&folder.root).stdin(Stdio::piped()).stdout(log).stderr(errors);
        if let Some(Owner { uid, gid }) = launch.owner {
            gate.uid(uid).gid(gid);
        }
        // Dropped on an error below, and the gate closes with it.
        let mut server = gate.spawn().map_err(&not_started)?;
        let group = server.id();
        folder.note_group(group)?;

        let mut keeper = shell(KEEPER);
        keeper.arg(group.to_string()).arg(&folder.root).arg(GRACE_SECONDS.to_string());
        // It holds the lock of the folder as its standard output, to which it writes nothing.
        keeper.stdin(Stdio::piped()).stdout(folder.share_lock()?).stderr(Stdio::null());
        let keeper = keeper.spawn().map_err(&not_started)?;

        let opened = match server.stdin.take() {
            Some(mut gate) => gate.write_all(b"go\n"),
            None => Ok(()),
        };
        let kept = Self { server, keeper };
        opened.map_err(&not_started).map(|()| kept)
    }

    /// The number of the node's process group.
    pub(crate) fn group(&self) -> u32 {
        self.server.id()
    }

    /// How the node's first process ended, if it has. The caller calls [`Self::end`] soon: the number of the group may
    /// be given to others once it is empty.
    pub(crate) fn status(&mut self) -> Option<ExitStatus> {
        self.server.try_wait().ok().flatten()
    }

    /// Ends the node, all its processes, and the keeper. Returns when they are gone.
    pub(crate) fn end(&mut self) {
        drop(self.keeper.stdin.take());
        if !self.wait_for_keeper() {
            // Somebody has killed it, or its folder cannot be removed.
            kill(self.group());
            drop(self.keeper.kill());
            drop(self.keeper.wait());
            drop(self.server.wait());
            wait_until_empty(self.group());
        }
    }

    fn wait_for_keeper(&mut self) -> bool {
        let started_at = Instant::now();
        while started_at.elapsed() < KEEPER_GRACE {
            // Collected, or the keeper would see it as a process that is still there.
            drop(self.server.try_wait());
            if let Ok(Some(status)) = self.keeper.try_wait() {
                return status.success();
            }
            thread::sleep(PAUSE);
        }
        false
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.end();
    }
}

/// Kills all processes of a group, at once.
pub(crate) fn kill(group: u32) {
    if let Some(group) = group_id(group) {
        // It may be empty already.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Waits a moment until what was killed is gone; the system collects it.
fn wait_until_empty(group: u32) {
    let started_at = Instant::now();
    let is_empty = || group_id(group).is_none_or(|group| test_kill_process_group(group).is_err());
    while !is_empty() && started_at.elapsed() < COLLECTION {
        thread::sleep(PAUSE);
    }
}

fn group_id(group: u32) -> Option<Pid> {
    i32::try_from(group).ok().and_then(Pid::from_raw)
}

/// A shell with this script in a process group of its own; the arguments that follow are the script's.
fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(script).arg("sh").process_group(0);
    command
}

#[cfg(test)]
mod tests;
