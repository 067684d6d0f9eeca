//! Sizes, counts, times and durations in words.

use jiff::{Timestamp, tz::TimeZone};

/// How an operator wants to see sizes and times.
#[derive(Debug, Clone)]
pub(crate) struct Units {
    /// Sizes as bytes.
    pub bytes: bool,
    /// Zone for times; `None` is UTC.
    pub zone: Option<TimeZone>,
}

impl Units {
    /// A size: binary units with one decimal, or bytes.
    #[must_use]
    pub(crate) fn size(&self, bytes: u64) -> String {
        const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
        if self.bytes || bytes < 1024 {
            return format!("{} B", count(bytes));
        }
        // Tenths of the unit, so that no floating-point number rounds up into the next unit.
        let mut tenths = bytes.saturating_mul(10) / 1024;
        let mut unit = 0;
        while tenths >= 10_240 && unit + 1 < UNITS.len() {
            tenths /= 1024;
            unit += 1;
        }
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }

    /// An instant, to the second.
    #[must_use]
    pub(crate) fn time(&self, millis: i64) -> String {
        let Ok(at) = Timestamp::from_millisecond(millis) else { return format!("{millis} ms") };
        let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
        at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// What stands behind times in headings.
    #[must_use]
    pub(crate) fn zone_name(&self) -> &'static str {
        if self.zone.is_some() { "LOCAL" } else { "UTC" }
    }
}

/// A text from a repository, fit for a terminal: control characters, which could move the cursor or colour the screen,
/// are shown as escapes.
#[must_use]
pub(crate) fn clean(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// A count with thousands set apart.
#[must_use]
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 shard`, `2 shards`.
#[must_use]
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = match noun.strip_suffix("ex") {
        Some(stem) => format!("{stem}ices"),
        None => format!("{noun}s"),
    };
    format!("{} {}", count(number), if number == 1 { noun } else { &plural })
}

/// A length of time in its two largest units: `407ms`, `4m 12s`, `3d 2h`.
#[must_use]
pub(crate) fn duration(millis: u64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0 => format!("{millis}ms"),
        1..60 => format!("{}.{}s", seconds, millis % 1000 / 100),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// The month of an instant in UTC: `2026-11`.
#[must_use]
pub(crate) fn month(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |at| at.strftime("%Y-%m").to_string())
}

/// RFC 3339 in UTC with milliseconds, as the engines write it.
#[must_use]
pub(crate) fn rfc_3339(millis: i64) -> String {
    Timestamp::from_millisecond(millis)
        .map_or_else(|_| millis.to_string(), |at| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

#[cfg(test)]
mod tests;
