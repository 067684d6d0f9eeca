//! Numbers, sizes and lengths of time as people type them. A pure corner of the settings.

use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS};

/// What is escaped in a value of a query: what would end it, and what shells and mail programs trip over.
pub(super) const QUERY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'&').add(b'+').add(b'<').add(b'>').add(b'=').add(b'?');

pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "yes" | "true" | "on" => Some(true),
        "0" | "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

pub(super) fn count(text: &str) -> Option<u64> {
    text.parse().ok().filter(|count| *count > 0)
}

/// Units as in the rest of the program: `kb` is 1000 bytes, `kib` 1024; `/s` may follow.
pub(super) fn size(text: &str) -> Option<u64> {
    let text = text.to_ascii_lowercase();
    let text = text.strip_suffix("/s").unwrap_or(&text);
    let (number, unit) = split(text);
    let unit: u64 = match unit {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    scaled(number, unit).filter(|size| *size > 0)
}

pub(super) fn time(text: &str) -> Option<Duration> {
    let (number, unit) = split(text);
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    scaled(number, millis).filter(|millis| *millis > 0).map(Duration::from_millis)
}

fn split(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    text.split_at(end)
}

/// `number` may have up to three digits behind its point: `1.5` of a gibibyte is a whole number of bytes.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    const THOUSAND: u64 = 1000;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 3 || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let thousandths: u64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<3}").parse().ok()? };
    let of_fraction = unit.checked_mul(thousandths)?.checked_div(THOUSAND)?;
    whole.checked_mul(unit)?.checked_add(of_fraction)
}
