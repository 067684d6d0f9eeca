//! The page: one file, no script, no font, no picture from elsewhere.

use std::fmt::Write as _;

use super::{
    ReportView,
    chart::{Bar, lying, standing},
};
use crate::output::{
    page::{Program, RepositoryFacts},
    units::{Units, clean, count, counted, duration},
};

/// Rows of the largest that are shown.
const MAX_BARS: usize = 15;
/// Snapshots that are listed; the data have all.
const MAX_SNAPSHOTS: usize = 400;
const STYLE: &str = include_str!("style.css");

/// The whole page. `data` is the JSON that it is made from, `digest` its SHA-256.
pub(crate) fn page(report: &ReportView, repository: &RepositoryFacts, data: &str, digest: &str) -> String {
    let page = Page { report, units: Units { bytes: false, zone: None } };
    let title = format!("Snapshot repository {}", repository.location);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escaped(&title)
    );
    html += &page.head(repository);
    html += &page.findings();
    html += &page.policies();
    html += &page.sizes();
    html += &page.snapshots();
    html += &page.making(repository, digest);
    let _ = write!(html, "</main>\n<script type=\"application/json\" id=\"data\">{data}</script>\n</body>\n</html>\n");
    html
}

/// A text as it may stand in a page.
pub(super) fn escaped(text: &str) -> String {
    let text = clean(text);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// JSON as it may stand in a page: nothing in it can end the element that it stands in.
pub(crate) fn embeddable(json: &str) -> String {
    json.replace('<', "\\u003c")
}

struct Page<'r> {
    report: &'r ReportView,
    units: Units,
}

impl Page<'_> {
    fn size(&self, bytes: u64) -> String {
        self.units.size(bytes)
    }

    fn time(&self, millis: Option<i64>) -> String {
        millis.map_or_else(|| "unknown".to_owned(), |millis| self.units.time(millis))
    }

    fn head(&self, repository: &RepositoryFacts) -> String {
        let report = self.report;
        let verify = &report.verify;
        let n = |verdict: &str| report.snapshots.iter().filter(|row| row.verdict == verdict).count() as u64;
        let (class, word) = match verify.result {
            "pass" if n("unknown") > 0 => ("warn", "Nothing broken"),
            "pass" => ("good", "Intact"),
            "fail" if verify.counts.error == 0 => ("warn", "Warnings"),
            "fail" => ("bad", "Damaged"),
            "inconclusive" => ("warn", "Not everything could be looked at"),
            _ => ("warn", "Interrupted"),
        };
        let mut html = format!(
            "<header>\n<p class=\"answer {class}\">{word}</p>\n<h1>{}</h1>\n<p>{} of {} restorable · {} · {} · {} of files in all snapshots</p>\n</header>\n",
            escaped(&repository.location),
            count(n("restorable")),
            counted(report.snapshots.len() as u64, "snapshot"),
            self.size(report.du.size_in_bytes),
            counted(report.du.blobs, "blob"),
            self.size(report.du.logical_size_in_bytes),
        );
        let generation = repository.generation.map_or_else(|| "-".to_owned(), |generation| generation.to_string());
        let facts = [
            ("Written by", format!("{} ({})", repository.product, repository.era)),
            ("Generation", generation),
            ("Uuid", repository.uuid.clone().unwrap_or_else(|| "-".to_owned())),
            ("Oldest snapshot", self.time(report.snapshots.iter().filter_map(|row| row.start_time_in_millis).min())),
            ("Newest snapshot", self.time(report.snapshots.iter().filter_map(|row| row.start_time_in_millis).max())),
            ("Looked at", self.looked_at()),
        ];
        html += &definitions(&facts);
        html
    }

    fn looked_at(&self) -> String {
        let verify = &self.report.verify;
        let checked = &verify.checked;
        let how = match verify.depth {
            "metadata" => "metadata, not the files".to_owned(),
            "presence" => format!("presence and length of {}", counted(checked.blobs, "blob")),
            "footers" => format!("the recorded checksum in the footer of {}", counted(checked.footers, "file")),
            _ => format!("every byte of {}, {}", counted(checked.contents, "file"), self.size(checked.content_bytes)),
        };
        match &verify.sample {
            Some(sample) => format!("{how}; a sample of {}, seed {}", sample.sample, sample.seed),
            None => how,
        }
    }

    fn findings(&self) -> String {
        let verify = &self.report.verify;
        let mut html = String::from("<section>\n<h2>Findings</h2>\n");
        if verify.findings.is_empty() && verify.errors.is_empty() {
            return html + "<p>None.</p>\n</section>\n";
        }
        for finding in &verify.findings {
            let class = match finding.severity {
                "error" => "bad",
                "warning" => "warn",
                _ => "note",
            };
            let mut place: Vec<String> = finding.blob.iter().cloned().collect();
            place.extend(finding.offset.map(|offset| format!("byte {}", count(offset))));
            place.extend(finding.file.iter().cloned());
            let _ = write!(
                html,
                "<article class=\"finding {class}\">\n<h3>{} <small>{}</small></h3>\n<p>{}</p>\n",
                escaped(finding.kind),
                finding.severity,
                escaped(&finding.message)
            );
            let mut rows = vec![("Where", place.join(" · "))];
            if !finding.snapshots.is_empty() {
                let word = if finding.breaks_restore { "Breaks" } else { "In" };
                rows.push((word, few(&finding.snapshots)));
            }
            rows.push(("Index", finding.indices.join(", ")));
            rows.push(("What to do", finding.next.unwrap_or_default().replace("REPO", &self.report.location)));
            html += &definitions(&rows);
            html += "</article>\n";
        }
        let n_all = verify.counts.error + verify.counts.warning + verify.counts.info;
        if let n @ 1.. = n_all.saturating_sub(verify.findings.len() as u64) {
            let _ = writeln!(html, "<p>And {} (--max-findings).</p>", counted(n, "more finding"));
        }
        if verify.n_errors > 0 {
            let _ = writeln!(html, "<h3>{}</h3>\n<ul>", counted(verify.n_errors, "failed read"));
            for error in &verify.errors {
                let _ = writeln!(html, "<li><code>{}</code> {}</li>", escaped(&error.path), escaped(&error.message));
            }
            html += "</ul>\n";
        }
        html + "</section>\n"
    }

    fn policies(&self) -> String {
        let mut html = String::from("<section>\n<h2>Policies</h2>\n");
        html += &table_head(&["Policy", "Snapshots", "Newest is", "Newest SUCCESS", "Age"]);
        for row in &self.report.policies {
            let age = row.age_in_millis.and_then(|age| u64::try_from(age).ok());
            html += &table_row(&[
                row.policy.clone().unwrap_or_else(|| "(no policy)".to_owned()),
                count(row.snapshots),
                row.newest_state.unwrap_or("unknown").to_owned(),
                row.newest_success.clone().unwrap_or_else(|| "none".to_owned()),
                age.map_or_else(|| "-".to_owned(), duration),
            ]);
        }
        html + "</tbody></table></div>\n</section>\n"
    }

    fn sizes(&self) -> String {
        let report = self.report;
        let mut html = String::from("<section>\n<h2>Sizes</h2>\n<h3>What is stored</h3>\n");
        let bar = |name: &str, value: u64, blobs: u64| Bar {
            name: name.to_owned(),
            value,
            label: format!("{} in {}", self.size(value), counted(blobs, "blob")),
        };
        let kinds = report.du.kinds.iter().map(|kind| bar(kind.kind, kind.size_in_bytes, kind.blobs));
        let waste = report
            .du
            .unreferenced
            .iter()
            .map(|class| bar(&format!("nothing refers to: {}", class.class), class.size_in_bytes, class.blobs));
        html += &lying(&kinds.chain(waste).collect::<Vec<_>>());
        html += "<h3>Growth</h3>\n<p>What each step added to those before it, summed up; what was deleted since does not count.</p>\n";
        let steps = report.growth.iter().map(|step| Bar {
            name: step.name.clone(),
            value: step.size_in_bytes,
            label: self.size(step.size_in_bytes),
        });
        html += &standing(&steps.collect::<Vec<_>>());
        html += "<h3>Largest indices</h3>\n";
        html += &self.largest(report.du.rows.iter().map(|row| (row.name.clone(), row.size_in_bytes)));
        html += "<h3>What deleting one snapshot frees</h3>\n";
        html += &self.largest(report.snapshots.iter().map(|row| (row.snapshot.clone(), row.exclusive_size_in_bytes)));
        if !report.du.unreadable.is_empty() {
            let n = counted(report.du.unreadable.len() as u64, "blob");
            let _ = writeln!(html, "<p class=\"warn\">{n} could not be read: the numbers lack them.</p>");
        }
        html + "</section>\n"
    }

    fn largest(&self, rows: impl Iterator<Item = (String, u64)>) -> String {
        let mut rows: Vec<(String, u64)> = rows.collect();
        rows.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        let rest = rows.split_off(rows.len().min(MAX_BARS));
        let mut bars: Vec<Bar> =
            rows.into_iter().map(|(name, value)| Bar { name, value, label: self.size(value) }).collect();
        if !rest.is_empty() {
            let value = rest.iter().fold(0, |sum: u64, (_, value)| sum.saturating_add(*value));
            let label = format!("{} together", self.size(value));
            bars.push(Bar { name: format!("{} more", count(rest.len() as u64)), value: 0, label });
        }
        lying(&bars)
    }

    fn snapshots(&self) -> String {
        let report = self.report;
        let mut html = String::from("<section>\n<h2>Snapshots</h2>\n");
        html += &table_head(&[
            "Snapshot",
            "State",
            "Taken (UTC)",
            "Policy",
            "Restorable",
            "Indices",
            "Size",
            "Added",
            "Exclusive",
        ]);
        for row in report.snapshots.iter().rev().take(MAX_SNAPSHOTS) {
            let verdict = if row.verdict == "restorable" { "yes" } else { row.verdict };
            let verdict = match &row.cause {
                Some(cause) => format!("{verdict}: {cause}"),
                None => verdict.to_owned(),
            };
            html += &table_row(&[
                row.snapshot.clone(),
                row.state.unwrap_or("unknown").to_owned(),
                self.time(row.start_time_in_millis),
                row.policy.clone().unwrap_or_else(|| "-".to_owned()),
                verdict,
                count(row.n_indices),
                self.size(row.size_in_bytes),
                self.size(row.added_size_in_bytes),
                self.size(row.exclusive_size_in_bytes),
            ]);
        }
        html += "</tbody></table></div>\n";
        if let n @ 1.. = report.snapshots.len().saturating_sub(MAX_SNAPSHOTS) {
            let _ = writeln!(html, "<p>And {} older ones.</p>", count(n as u64));
        }
        html + "</section>\n"
    }

    fn making(&self, repository: &RepositoryFacts, digest: &str) -> String {
        let report = self.report;
        let moved = report.verify.final_generation.filter(|now| Some(*now) != repository.generation);
        let mut generation =
            repository.generation.map_or_else(|| "none".to_owned(), |generation| generation.to_string());
        if let Some(now) = moved {
            generation += &format!(", {now} at the end");
        }
        let mut html = String::from("<section>\n<h2>How this was made</h2>\n");
        html += &definitions(&[
            ("Program", format!("snaprepo {}", Program::running("report").version)),
            ("Made", report.made_at.clone()),
            ("Options", report.options.join(" ")),
            ("Generation", generation),
            ("SHA-256 of the data", digest.to_owned()),
        ]);
        html + "<p>The data stand in this page, in the element <code>data</code>; <code>--data FILE</code> writes them.</p>\n</section>\n"
    }
}

/// The first names of many.
fn few(names: &[String]) -> String {
    const MAX: usize = 8;
    let mut text = names.iter().take(MAX).cloned().collect::<Vec<_>>().join(", ");
    if let n @ 1.. = names.len().saturating_sub(MAX) {
        text += &format!(" and {} more", count(n as u64));
    }
    text
}

fn definitions(pairs: &[(&str, String)]) -> String {
    let mut html = String::from("<dl>\n");
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(html, "<dt>{name}</dt><dd>{}</dd>", escaped(value));
    }
    html + "</dl>\n"
}

fn table_head(names: &[&str]) -> String {
    let cells: String = names.iter().map(|name| format!("<th>{name}</th>")).collect();
    format!("<div class=\"table\"><table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n")
}

fn table_row(cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
    format!("<tr>{cells}</tr>\n")
}
