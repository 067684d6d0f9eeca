//! JSON as text, for comparing without loss. Not a parser of our own: it takes values apart one level at a time.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// A text of JSON on one line: blanks between tokens are gone, the rest is as it was.
pub(super) fn on_one_line(text: &str) -> String {
    let (mut line, mut in_string, mut is_escaped) = (String::with_capacity(text.len()), false, false);
    for character in text.chars() {
        if in_string {
            in_string = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
        } else if character.is_ascii_whitespace() {
            continue;
        } else {
            in_string = character == '"';
        }
        line.push(character);
    }
    line
}

/// Where two texts of JSON first differ, as `.customer.name` or `.lines[2]`; empty for the whole. `None` when they mean
/// the same.
pub(super) fn first_difference(expected: &str, found: &str) -> Option<String> {
    if expected == found {
        return None;
    }
    match (Parts::of(expected), Parts::of(found)) {
        (Parts::Object(expected), Parts::Object(found)) => expected.keys().chain(found.keys()).find_map(|key| {
            let below = match (expected.get(key), found.get(key)) {
                (Some(expected), Some(found)) => first_difference(expected.get(), found.get())?,
                _ => String::new(),
            };
            Some(format!(".{key}{below}"))
        }),
        (Parts::Array(expected), Parts::Array(found)) => {
            let pairs = expected.iter().zip(&found).enumerate();
            let differs = |(n, (expected, found)): (usize, (&&RawValue, &&RawValue))| {
                first_difference(expected.get(), found.get()).map(|below| format!("[{n}]{below}"))
            };
            let same_len = expected.len() == found.len();
            pairs
                .map(differs)
                .find_map(|difference| difference)
                .or_else(|| (!same_len).then(|| format!("[{}]", expected.len().min(found.len()))))
        }
        (Parts::Text(expected), Parts::Text(found)) if expected == found => None,
        (Parts::Other(expected), Parts::Other(found)) if same_fraction(expected, found) => None,
        _ => Some(String::new()),
    }
}

/// A value, taken apart by one level.
enum Parts<'a> {
    Object(BTreeMap<String, &'a RawValue>),
    Array(Vec<&'a RawValue>),
    Text(String),
    /// A number, a truth value, `null`, or what is not JSON at all.
    Other(&'a str),
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.trim();
        let parts = match text.bytes().next() {
            Some(b'{') => serde_json::from_str(text).map(Self::Object),
            Some(b'[') => serde_json::from_str(text).map(Self::Array),
            Some(b'"') => serde_json::from_str(text).map(Self::Text),
            _ => Ok(Self::Other(text)),
        };
        parts.unwrap_or(Self::Other(text))
    }
}

/// `1.50` and `1.5e0` are one fraction. Whole numbers must be equal to the digit, since a fraction has only 53 bits.
fn same_fraction(a: &str, b: &str) -> bool {
    let fraction = |text: &str| text.contains(['.', 'e', 'E']).then(|| text.parse::<f64>().ok()).flatten();
    match (fraction(a), fraction(b)) {
        (Some(a), Some(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}
