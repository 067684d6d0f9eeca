//! Progress on standard error: a bar for people, lines of JSON for machines, or nothing.

use std::{
    io::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use snaprepo_core::{Event, Observer, Phase};

use crate::{args, io::Io};

/// Between two lines of JSON.
const LINE_INTERVAL: Duration = Duration::from_millis(500);

/// What takes less is over before anybody has read a bar.
const SHOWN_AFTER: Duration = Duration::from_millis(500);

/// Shows what happens.
pub(crate) struct Progress {
    voice: Voice,
    files: AtomicU64,
    bytes: AtomicU64,
    findings: AtomicU64,
}

enum Voice {
    Nothing,
    Bar(ProgressBar, Curtain),
    /// The current stage: protects its numbers and the time of the last line.
    Lines(Mutex<Line>),
}

/// Hides a bar until it is worth a look.
struct Curtain {
    begun_at: Instant,
    is_up: AtomicBool,
}

struct Line {
    phase: &'static str,
    done: u64,
    total: u64,
    last: Instant,
}

impl Progress {
    /// Decides how to show progress.
    #[must_use]
    pub(crate) fn new(wanted: args::Progress, quiet: bool, io: &Io) -> Self {
        let voice = match wanted {
            args::Progress::Bar => Voice::Bar(bar(ProgressBar::new(0)), Curtain::new(true)),
            args::Progress::Auto if io.draws_progress && !quiet => {
                let hidden = ProgressDrawTarget::hidden();
                Voice::Bar(bar(ProgressBar::with_draw_target(Some(0), hidden)), Curtain::new(false))
            }
            args::Progress::Json => {
                Voice::Lines(Mutex::new(Line { phase: "open", done: 0, total: 0, last: Instant::now() }))
            }
            args::Progress::Auto | args::Progress::None => Voice::Nothing,
        };
        Self { voice, files: AtomicU64::new(0), bytes: AtomicU64::new(0), findings: AtomicU64::new(0) }
    }

    /// Clears the line.
    pub(crate) fn finish(&self) {
        match &self.voice {
            Voice::Bar(bar, _) => bar.finish_and_clear(),
            Voice::Lines(line) => self.write(&line.lock().unwrap_or_else(PoisonError::into_inner)),
            Voice::Nothing => {}
        }
    }

    fn message(&self) -> String {
        let (files, bytes) = (self.files.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed));
        let findings = self.findings.load(Ordering::Relaxed);
        format!("{files} files, {} read, {findings} findings", indicatif::BinaryBytes(bytes))
    }

    fn write(&self, line: &Line) {
        let text = serde_json::json!({
            "phase": line.phase,
            "done": line.done,
            "total": line.total,
            "files": self.files.load(Ordering::Relaxed),
            "bytes": self.bytes.load(Ordering::Relaxed),
            "findings": self.findings.load(Ordering::Relaxed),
        });
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

impl Curtain {
    fn new(is_up: bool) -> Self {
        Self { begun_at: Instant::now(), is_up: AtomicBool::new(is_up) }
    }

    fn raise(&self, bar: &ProgressBar) {
        let is_time = !self.is_up.load(Ordering::Relaxed) && self.begun_at.elapsed() >= SHOWN_AFTER;
        if is_time && !self.is_up.swap(true, Ordering::Relaxed) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

/// Fits into 60 columns; what is too long behind it is cut.
fn bar(bar: ProgressBar) -> ProgressBar {
    let template = "{prefix:>12} [{bar:14}] {human_pos}/{human_len} ({rate}, ETA {eta}) {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // Nobody reads the fractions of a shard.
            let _ = write!(out, "{:.0}/s", state.per_sec());
        };
        bar.set_style(style.progress_chars("=> ").with_key("rate", rate));
    }
    bar
}

fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Snapshots => "snapshots",
        Phase::Indices => "indices",
        Phase::Shards => "shards",
        Phase::Unreferenced => "unreferenced",
        Phase::Quarantine => "quarantine",
        Phase::Tables => "tables",
        Phase::Deletes => "deletes",
    }
}

impl Observer for Progress {
    fn event(&self, event: Event) {
        match event {
            Event::Files { n_files, bytes } => {
                self.files.fetch_add(n_files, Ordering::Relaxed);
                self.bytes.fetch_add(bytes, Ordering::Relaxed);
            }
            Event::Finding => {
                self.findings.fetch_add(1, Ordering::Relaxed);
            }
            Event::Begin { .. } | Event::Advance => {}
        }
        match &self.voice {
            Voice::Nothing => {}
            Voice::Bar(bar, curtain) => {
                match event {
                    Event::Begin { phase, total } => {
                        bar.reset();
                        bar.set_length(total);
                        bar.set_prefix(name(phase));
                    }
                    Event::Advance => bar.inc(1),
                    Event::Files { .. } | Event::Finding => bar.set_message(self.message()),
                }
                curtain.raise(bar);
            }
            Voice::Lines(line) => {
                let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
                match event {
                    Event::Begin { phase, total } => {
                        line.phase = name(phase);
                        line.done = 0;
                        line.total = total;
                        self.write(&line);
                    }
                    Event::Advance => line.done += 1,
                    Event::Files { .. } | Event::Finding => {}
                }
                if line.last.elapsed() >= LINE_INTERVAL {
                    line.last = Instant::now();
                    self.write(&line);
                }
            }
        }
    }
}
