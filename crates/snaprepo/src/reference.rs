//! The parts of `docs/` that are made from the code, so that they cannot disagree with it: `cargo xtask docs` writes
//! them, a test holds the written ones against these.

use std::fmt::Write as _;

use snaprepo_core::verify::FindingKind;

use crate::{args, views::schema};

/// Every generated file: its path from the root of the project, and its content.
#[must_use]
pub fn files() -> Vec<(String, String)> {
    let mut files = vec![("docs/cli.md".to_owned(), cli()), ("docs/findings.md".to_owned(), findings())];
    for (verb, schema) in schema::schemas() {
        let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
        text.push('\n');
        files.push((format!("docs/schema/{verb}.json"), text));
    }
    files
}

/// The help of every verb.
fn cli() -> String {
    let mut text = String::from(
        "# Command line\n\nMade by `cargo xtask docs` from the program's own definition; do not edit. The exit codes are in \
         [exit-codes.md](exit-codes.md), locations in [guides/locations.md](guides/locations.md), selections in \
         [guides/selection.md](guides/selection.md).\n",
    );
    let mut command = args::command().term_width(100);
    command.build();
    let top = command.render_help();
    let _ = write!(text, "\n## snaprepo\n\n```text\n{top}```\n");
    for verb in command.get_subcommands_mut().filter(|verb| verb.get_name() != "help") {
        let name = verb.get_name().to_owned();
        let help = verb.clone().term_width(100).render_long_help().to_string();
        // The global options are the same everywhere: once is enough.
        let own = help.split("\nGlobal options:").next().unwrap_or(&help);
        let _ = write!(text, "\n## snaprepo {name}\n\n```text\n{}\n```\n", own.trim_end());
    }
    let mut verb = args::command().term_width(100);
    let long = verb.render_long_help().to_string();
    if let Some((_, global)) = long.split_once("\nGlobal options:") {
        let global = global.split("\nREPO is").next().unwrap_or(global);
        let _ = write!(text, "\n## Global options\n\n```text\n{}\n```\n", global.trim_matches('\n'));
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// Every kind of finding.
fn findings() -> String {
    let mut text = String::from(
        "# Findings\n\nMade by `cargo xtask docs` from the program's own list; do not edit. A kind is added, never renamed. \
         *Severity* is the usual one: `error` is damage, `warning` a disagreement that stops no restore, `info` legal and worth \
         knowing. Errors and warnings make `verify` exit with 1.\n\n| Kind | Severity | Meaning |\n|---|---|---|\n",
    );
    for kind in FindingKind::ALL {
        let _ = writeln!(text, "| `{}` | {} | {} |", kind.name(), kind.severity().name(), kind.meaning());
    }
    text
}
