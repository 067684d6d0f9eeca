//! The outside world of the command line: streams, terminal, clock. Tests bring their own.

use std::{
    io::{self, IsTerminal as _, Write},
    time::Instant,
};

use snaprepo_cloud::Environment;

/// Width of a table when nobody knows the terminal's.
const UNLIMITED: usize = usize::MAX;

/// Where the program writes, and what it may know of the world.
pub struct Io {
    /// The answer.
    stdout: Box<dyn Write + Send>,
    /// Everything else.
    stderr: Box<dyn Write + Send>,
    /// Columns of the answer; unlimited when it does not go to a terminal.
    pub width: usize,
    /// Whether the answer may be coloured.
    pub color: bool,
    /// Whether progress can be drawn.
    pub draws_progress: bool,
    /// Whether signals of the process belong to this run.
    pub handles_signals: bool,
    /// Time zone for `--local`.
    pub time_zone: jiff::tz::TimeZone,
    /// Now, in milliseconds since 1970.
    pub now_millis: i64,
    /// The environment, for what remote stores and the configuration file need; tests have an empty one.
    pub environment: Environment,
    /// When the run began; tests leave it out, so that their output is stable.
    pub started: Option<Instant>,
}

impl Io {
    /// The streams and terminal of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let terminal = io::stdout().is_terminal();
        let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let width = match (columns, terminal) {
            (Some(columns), true) => columns,
            (None, true) => terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)),
            // Pipes and files get whole lines, whatever the terminal that started us.
            (_, false) => UNLIMITED,
        };
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            stdout: Box::new(io::BufWriter::with_capacity(64 << 10, io::stdout())),
            stderr: Box::new(io::stderr()),
            width,
            color: terminal && !no_color && !dumb,
            draws_progress: io::stderr().is_terminal() && !dumb,
            handles_signals: true,
            time_zone: jiff::tz::TimeZone::system(),
            now_millis: jiff::Timestamp::now().as_millisecond(),
            environment: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            started: Some(Instant::now()),
        }
    }

    /// Streams of a test: no terminal, no colour, a fixed clock.
    #[must_use]
    pub fn of_test(stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>, width: usize) -> Self {
        Self {
            stdout,
            stderr,
            width,
            color: false,
            draws_progress: false,
            handles_signals: false,
            time_zone: jiff::tz::TimeZone::UTC,
            now_millis: 1_800_000_000_000,
            environment: Environment::default(),
            started: None,
        }
    }

    /// Writes a part of the answer.
    ///
    /// # Errors
    /// When the reader is gone, or the disk is full.
    pub fn answer(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stdout.write_all(bytes)?;
        self.stdout.flush()
    }

    /// The stream of the answer, for rows that come one by one.
    pub fn stdout(&mut self) -> &mut dyn Write {
        &mut *self.stdout
    }

    /// Writes a message. Nobody can be told when that fails.
    pub fn error_text(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes());
        let _ = self.stderr.flush();
    }

    /// Milliseconds since the run began; 0 in tests.
    #[must_use]
    pub fn elapsed_millis(&self) -> u64 {
        self.started.map_or(0, |started| u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}
