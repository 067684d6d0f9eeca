//! What each verb answers: one value, several voices.

pub(crate) mod cat_blob;
pub(crate) mod change;
pub(crate) mod compat;
pub(crate) mod diff;
pub(crate) mod discover;
pub(crate) mod doctor;
pub(crate) mod du;
pub(crate) mod find;
pub(crate) mod gc;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod ls;
pub(crate) mod repair;
pub(crate) mod report;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod store;
pub(crate) mod verify;

use std::io::{self, Write};

use serde::Serialize;

use crate::output::units::{Units, clean};

/// How text is laid out.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// Columns.
    pub width: usize,
    /// Sizes and times.
    pub units: Units,
    /// Only the answer line.
    pub quiet: bool,
    /// Whether words may be coloured.
    pub color: bool,
}

impl Layout {
    /// Colours a word by what it says; the word alone says it, too.
    #[must_use]
    pub(crate) fn paint(&self, text: &str) -> String {
        let code = match text.split([' ', ':']).next().unwrap_or(text) {
            "SUCCESS" | "good" | "restorable" | "intact" | "pass" | "yes" => "32",
            "PARTIAL" | "partly" | "warning" | "unknown" | "inconclusive" | "interrupted" => "33",
            "FAILED" | "bad" | "not" | "damaged" | "error" | "unreadable" | "fail" | "no" => "31",
            _ => return text.to_owned(),
        };
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A line for each blob that could not be read.
    #[must_use]
    pub(crate) fn unreadable(&self, what: impl IntoIterator<Item = impl AsRef<str>>) -> String {
        let line = |what: &str| format!("{} {}\n", self.paint("unreadable:"), clean(what));
        what.into_iter().map(|what| line(what.as_ref())).collect()
    }
}

/// The answer of a verb.
pub(crate) trait View: Serialize {
    /// For people.
    fn text(&self, layout: &Layout) -> String;

    /// One JSON document per line: the rows of a list, or the whole answer.
    ///
    /// # Errors
    /// When the reader is gone.
    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        write_row(out, self)
    }
}

/// Writes one line of JSON.
pub(crate) fn write_row(out: &mut dyn Write, row: &(impl Serialize + ?Sized)) -> io::Result<()> {
    serde_json::to_writer(&mut *out, row)?;
    out.write_all(b"\n")
}

/// Writes `key  value` lines with the values under each other; empty values are left out.
#[must_use]
pub(crate) fn facts(pairs: &[(&str, String)]) -> String {
    let shown = || pairs.iter().filter(|(_, value)| !value.is_empty());
    let width = shown().map(|(key, _)| key.len()).max().unwrap_or(0);
    shown().map(|(key, value)| format!("{key:width$}  {}\n", clean(value))).collect()
}
