//! `engine list`: the releases there is a recipe for, and what of each is on this machine.

use serde_json::{Value, json};
use snaprepo_lab::{
    Cache, Release,
    cache::LastStart,
    distribution,
    jdk::{self, Jdk},
    release,
};

use crate::error::Error;

/// One release, and this machine.
struct Row {
    release: &'static Release,
    jdk: Option<Jdk>,
    /// Whether a runtime can be fetched when there is no JDK.
    can_fetch_jdk: bool,
    downloaded_bytes: Option<u64>,
    is_installed: bool,
    last_start: Option<LastStart>,
}

/// One object for each release.
pub(crate) fn print_json() -> Result<(), Error> {
    let rows: Vec<Value> = rows()?.iter().map(Row::json).collect();
    println!("{}", serde_json::to_string_pretty(&rows).map_err(Error::Json)?);
    Ok(())
}

/// One line for each release.
pub(crate) fn print_table() -> Result<(), Error> {
    let headings = ["RELEASE", "LUCENE", "JDK", "FOUND", "FETCHED", "START", "MEMORY", "FEATURES"].map(str::to_owned);
    let cells: Vec<[String; 8]> = std::iter::once(headings).chain(rows()?.iter().map(Row::cells)).collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 8] = std::array::from_fn(width);
    for row in &cells {
        let padded = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        println!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
    }
    Ok(())
}

fn rows() -> Result<Vec<Row>, Error> {
    let cache = Cache::open()?;
    let mut rows = Vec::new();
    for release in release::ALL {
        rows.push(Row {
            release,
            jdk: jdk::find_local(&cache, release)?,
            can_fetch_jdk: jdk::can_be_fetched(release),
            downloaded_bytes: distribution::downloaded_bytes(&cache, release),
            is_installed: distribution::is_installed(&cache, release),
            last_start: LastStart::read(&cache, release),
        });
    }
    Ok(rows)
}

impl Row {
    fn json(&self) -> Value {
        let Self { release, jdk, can_fetch_jdk, downloaded_bytes, is_installed, last_start } = self;
        json!({
            "release": release.to_string(),
            "lucene": release.lucene,
            "jdks": release.jdks,
            "jdk": jdk.as_ref().map(|jdk| json!({
                "version": jdk.version, "home": jdk.home, "origin": jdk.origin.to_string(),
            })),
            "can_fetch_jdk": can_fetch_jdk,
            "downloaded_bytes": downloaded_bytes,
            "is_installed": is_installed,
            "last_start": last_start,
            "features": release.features(),
        })
    }

    fn cells(&self) -> [String; 8] {
        let majors: Vec<String> = self.release.jdks.iter().map(ToString::to_string).collect();
        let found = match &self.jdk {
            Some(jdk) => format!("{}, {}", jdk.version, jdk.origin),
            None if self.can_fetch_jdk => "fetched on demand".to_owned(),
            None => "none".to_owned(),
        };
        let nothing = || "-".to_owned();
        let start = self.last_start.as_ref();
        [
            self.release.to_string(),
            self.release.lucene.to_owned(),
            majors.join(" or "),
            found,
            self.downloaded_bytes.map_or_else(nothing, |bytes| format!("{} MiB", bytes >> 20)),
            start.map_or_else(nothing, |start| format!("{:.1} s", start.seconds)),
            start.map_or_else(nothing, |start| format!("{} MiB", start.peak_rss_bytes >> 20)),
            self.release.features().join(", "),
        ]
    }
}
