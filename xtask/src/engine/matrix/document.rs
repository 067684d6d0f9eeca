//! docs/compatibility.md, made from what was found. Nothing in it is typed by hand but these sentences.

use std::fmt::Write as _;

use snaprepo_lab::{Release, release};

use super::results::{DAMAGE, OfCase, OfRelease, OfRepository, Results};

const HEAD: &str = "\
# Compatibility

Made by `cargo xtask engine matrix` from what real, unmodified nodes did; [how](guides/engines.md). Do not edit.

";

const CASES: &str = "\
## What each release wrote, and what it made of it

*lists* and statuses of the node equal `snaprepo list` and `status`, field by field; *restored* counts pairs of snapshot and index whose documents all came back as they were written.
*copy*: a byte-for-byte copy was listed and restored (one case of each release, the shallow ones, and those that go on). *rewritten*: every metadata document decoded and encoded by us, plain ones deflated and deflated ones plain; the node listed and restored it, took a snapshot on top, deleted one,
cleaned up, and `snaprepo verify --depth content` found nothing afterwards. Shallow cases are listed and restored with a copy of their remote store at the node; nothing is written to them.

*from*: the release went on with the repository of another one. `mixed` adds an index and a snapshot, `upgraded` also deletes every snapshot of the other release; all snapshots that are left were compared, whoever took them.
`trap` is damage: OpenSearch before 2.17 forgets where hashed shard folders are. *named* counts the indices of which `snaprepo verify --depth content` said just that; it called nothing missing.

";

const ATTEMPTS: &str = "\
## What each release restores from the others

One restore was attempted for every index, by the release of the row from the repository of the column. `yes`: all restored. `n/m`: some. `no`: all refused. `-`: the node cannot read the repository.
`snaprepo compat` gave the same answer for every index, and the same kind of reason, unless a cell is marked with `(!)`; those are listed below.

";

/// The whole document.
pub(super) fn render(results: &Results) -> String {
    let rows: Vec<(&Release, &OfRelease)> = release::ALL
        .iter()
        .filter_map(|release| Some((release, results.releases.get(&release.to_string())?)))
        .collect();
    let mut text = HEAD.to_owned();
    text += CASES;
    text += "| Release | Case | Documents | Copy | Rewritten | Day |\n|---|---|---|---|---|---|\n";
    for (release, of) in &rows {
        for case in &of.cases {
            let _ = writeln!(
                text,
                "| {release} | {} | {} | {} | {} | {} |",
                case.label(),
                case.n_documents,
                proof(case, &["copy", DAMAGE]),
                proof(case, &["rewritten"]),
                case.date.as_ref().unwrap_or(&of.date)
            );
        }
    }
    text.push('\n');
    text += ATTEMPTS;
    attempts(&mut text, &rows);
    text += "\n## Cost\n\n| Release | JDK | Start | Memory |\n|---|---|---|---|\n";
    for (release, of) in &rows {
        let seconds = of.startup_ms.div_ceil(1000);
        let _ = writeln!(text, "| {release} | {} | {seconds} s | {} MB |", of.jdk, of.peak_rss_bytes / 1_000_000);
    }
    text
}

fn proof(case: &OfCase, of: &[&str]) -> String {
    if case.failed.is_some() {
        return "not written".to_owned();
    }
    match case.proofs.iter().find(|proof| of.contains(&proof.of.as_str())) {
        None => "-".to_owned(),
        Some(proof) if proof.accepted && proof.of == DAMAGE => format!("damage named: {}", proof.n_named),
        Some(proof) if proof.of == DAMAGE => {
            format!("**damage not named**: {}", escaped(proof.objections.first().map_or("", |text| text)))
        }
        Some(proof) if proof.accepted => format!("accepted: {} lists, {} restored", proof.n_lists, proof.n_restored),
        Some(proof) => format!("**not accepted**: {}", escaped(proof.objections.first().map_or("", |text| text))),
    }
}

fn attempts(text: &mut String, rows: &[(&Release, &OfRelease)]) {
    // A release of which one case was run alone has none.
    let Some((_, first)) = rows.iter().max_by_key(|(_, of)| of.repositories.len()) else { return };
    let names: Vec<&str> = first.repositories.iter().map(|repository| &*repository.name).collect();
    let short = |name: &str| name.replace("elasticsearch-", "es ").replace("opensearch-", "os ").replace("-plain", "");
    let head: Vec<String> = names.iter().map(|name| short(name)).collect();
    let _ = writeln!(text, "| | {} |\n|---|{}", head.join(" | "), "---|".repeat(names.len()));
    for (release, of) in rows {
        let cells: Vec<String> = names
            .iter()
            .map(|name| of.repositories.iter().find(|repository| repository.name == *name).map_or(String::new(), cell))
            .collect();
        let _ = writeln!(text, "| {release} | {} |", cells.join(" | "));
    }
    let mut disagreements = String::new();
    for (release, of) in rows {
        for repository in &of.repositories {
            for what in &repository.disagreements {
                let _ = writeln!(disagreements, "* {release}, {}: {}", short(&repository.name), escaped(what));
            }
        }
    }
    if !disagreements.is_empty() {
        let _ = write!(text, "\nWhere `compat` and the node do not say the same:\n\n{disagreements}");
    }
}

fn cell(repository: &OfRepository) -> String {
    let mark = if repository.disagreements.is_empty() { "" } else { " (!)" };
    let word = match (&repository.unreadable, repository.n_restored) {
        (Some(_), _) => "-".to_owned(),
        (None, 0) => "no".to_owned(),
        (None, n) if n == repository.n_indices => "yes".to_owned(),
        (None, n) => format!("{n}/{}", repository.n_indices),
    };
    format!("{word}{mark}")
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ").chars().take(300).collect()
}
