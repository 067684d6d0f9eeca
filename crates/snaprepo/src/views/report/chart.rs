//! Charts of boxes: they wrap on a telephone, print in black, and need no script.

use std::fmt::Write as _;

use super::page::escaped;

/// One bar of a chart.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) value: u64,
    /// What stands beside it.
    pub(super) label: String,
}

/// Bars that lie, each with its name before and its value behind it.
pub(super) fn lying(bars: &[Bar]) -> String {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0);
    let mut html = String::from("<div class=\"bars\">\n");
    for bar in bars {
        let _ = writeln!(
            html,
            "<div class=\"name\" title=\"{name}\">{name}</div><div class=\"line\"><span class=\"bar\" style=\"width:{}%\"></span>\
             <span class=\"value\">{}</span></div>",
            tenths(bar.value, most, 70),
            escaped(&bar.label),
            name = escaped(&bar.name),
        );
    }
    html + "</div>\n"
}

/// Bars that stand, from the oldest to the newest, with the names of the first and the last.
pub(super) fn standing(bars: &[Bar]) -> String {
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or(0);
    let mut html = String::from("<div class=\"columns\">\n");
    for bar in bars {
        let _ = writeln!(
            html,
            "<div class=\"column\" title=\"{}: {}\"><span class=\"bar\" style=\"height:{}%\"></span></div>",
            escaped(&bar.name),
            escaped(&bar.label),
            tenths(bar.value, most, 100),
        );
    }
    html += "</div>\n";
    if let (Some(first), Some(last)) = (bars.first(), bars.last()) {
        let end = |bar: &Bar| format!("{}: {}", escaped(&bar.name), escaped(&bar.label));
        let _ = writeln!(html, "<div class=\"ends\"><span>{}</span><span>{}</span></div>", end(first), end(last));
    }
    html
}

/// A share of `most` in percent of `full`, with one decimal.
fn tenths(value: u64, most: u64, full: u64) -> String {
    let tenths = u128::from(value) * u128::from(full) * 10 / u128::from(most.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}
