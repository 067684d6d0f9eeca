//! The command line of snaprepo: arguments in, words and JSON out. Decisions are made in `snaprepo-core`.
//!
//! ```text
//! args ─▶ session (store, pool, signals) ─▶ commands/<verb> ─▶ core ─▶ views/<verb> ─▶ text · JSON · API-shaped JSON
//! ```
//! One view value per verb feeds every voice, so that their numbers cannot differ.

mod args;
mod commands;
mod engine_api;
mod exit;
mod explain;
mod io;
mod kept;
mod metrics;
mod output;
mod outside;
mod place;
mod policies;
mod prices;
mod progress;
pub mod reference;
mod session;
mod toml_file;
mod views;

use std::ffi::OsString;

use clap::Parser as _;

pub use args::command;
pub use exit::Exit;
pub use io::Io;
pub use views::schema::schemas;

/// Runs the program with arguments (the first is its own name).
pub fn run(args: impl IntoIterator<Item = OsString>, io: &mut Io) -> Exit {
    let words: Vec<OsString> = args.into_iter().collect();
    let args = match args::Args::try_parse_from(&words) {
        Ok(args) => args,
        Err(error) => {
            let text = if io.color { error.render().ansi().to_string() } else { error.render().to_string() };
            if !error.use_stderr() {
                return io.answer(text.as_bytes()).map_or(Exit::NotDone, |()| Exit::Good);
            }
            // Machines that asked for JSON get it, also when they asked wrongly.
            if words.iter().any(|word| word == "--json" || word == "--ndjson") {
                let message = error.render().to_string();
                let message = message.strip_prefix("error: ").unwrap_or(&message).trim().to_owned();
                io.error_text(&explain::Failure::Usage { message, hint: None }.json());
            } else {
                io.error_text(&text);
            }
            return Exit::NotDone;
        }
    };
    commands::run(&args, io)
}
