//! Cores of their own for a server and its clients, so that neither takes the other's time.

use std::process::{self, Command, Stdio};

use crate::error::Error;

/// Pins this program, and whatever it starts from now on, to one core; to all that it had when this is dropped.
pub(super) struct Pinned {
    /// As `taskset` writes it: `0-3,6`.
    had: String,
}

impl Pinned {
    /// Pins to the first core that this program may use. `None` where there is but one, or no `taskset`.
    pub(super) fn to_first() -> Result<Option<Self>, Error> {
        let Ok(output) = taskset().arg(process::id().to_string()).output() else { return Ok(None) };
        let answer = String::from_utf8_lossy(&output.stdout);
        let Some((_, had)) = answer.trim().rsplit_once(": ") else { return Ok(None) };
        let pinned = Self { had: had.to_owned() };
        let Some(first) = pinned.nth(0).filter(|_| pinned.nth(1).is_some()) else { return Ok(None) };
        set(&first.to_string())?;
        Ok(Some(pinned))
    }

    /// Moves this program to the second one. What it has started stays where it is.
    pub(super) fn move_to_second(&self) -> Result<(), Error> {
        self.nth(1).map_or(Ok(()), |second| set(&second.to_string()))
    }

    fn nth(&self, n: usize) -> Option<u32> {
        let ranges = self.had.split(',').filter_map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            Some(first.parse::<u32>().ok()?..=last.parse().ok()?)
        });
        ranges.flatten().nth(n)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // What runs next would be slower, and nobody shall take that for a figure.
        if let Err(error) = set(&self.had) {
            println!("\nthe cores are not given back: {error}");
        }
    }
}

/// Lets all threads of this program run on these cores only.
fn set(cores: &str) -> Result<(), Error> {
    let mut command = taskset();
    command.arg(cores).arg(process::id().to_string()).stdout(Stdio::null());
    let line = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::Command { command: line, status }),
        Err(source) => Err(Error::Start { command: line, source }),
    }
}

fn taskset() -> Command {
    let mut command = Command::new("taskset");
    command.args(["--all-tasks", "--cpu-list", "--pid"]);
    command
}
