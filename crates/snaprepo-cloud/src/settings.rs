//! How to get to a store: endpoint, region, whose credentials, and how patiently. Never a secret.
//!
//! One value has one key, whatever the way it comes: a flag, the query of a location, the environment, or a preset.
//! [`Settings::or`] merges two of them; the caller's order is flags, location, environment, preset.

use std::{collections::BTreeMap, fmt, time::Duration};

mod amount;
mod environment;
mod key;

pub use environment::Environment;
pub use key::{Key, SettingFault, Shape};

/// Where a value came from. Shown by the doctor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A flag of the command line, or a caller of this library.
    Flag,
    /// The query of the location, or the location itself.
    Location,
    /// The registration of the repository in a cluster.
    Registration,
    /// The configuration file.
    Configuration,
    /// This variable of the environment.
    Environment(&'static str),
    /// This preset.
    Preset(&'static str),
}

/// A checked value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Flag(bool),
    Number(u64),
    Time(Duration),
}

/// A set of values, each with its origin.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Settings {
    values: BTreeMap<Key, (Value, Origin)>,
}

impl Settings {
    /// Sets a value, in place of one that may be there.
    ///
    /// # Errors
    /// When the value is not of the key's shape.
    pub fn set(&mut self, key: Key, value: &str, origin: Origin) -> Result<(), SettingFault> {
        let fault = || SettingFault::Value { key, value: shown(key, value).to_owned() };
        let value = match key.shape() {
            Shape::Text if value.is_empty() => return Err(fault()),
            Shape::Text => Value::Text(value.to_owned()),
            Shape::OneOf(words) if words.contains(&value) => Value::Text(value.to_owned()),
            Shape::OneOf(_) => return Err(fault()),
            Shape::Flag => Value::Flag(amount::flag(value).ok_or_else(fault)?),
            Shape::Number => Value::Number(amount::count(value).ok_or_else(fault)?),
            Shape::Size => Value::Number(amount::size(value).ok_or_else(fault)?),
            Shape::Time => Value::Time(amount::time(value).ok_or_else(fault)?),
        };
        self.values.insert(key, (value, origin));
        Ok(())
    }

    /// These values; those of `weaker` where there are none.
    #[must_use]
    pub fn or(mut self, weaker: &Self) -> Self {
        for (key, value) in &weaker.values {
            self.values.entry(*key).or_insert_with(|| value.clone());
        }
        self
    }

    /// The value of a key that takes a text.
    #[must_use]
    pub fn text(&self, key: Key) -> Option<&str> {
        match self.values.get(&key) {
            Some((Value::Text(text), _)) => Some(text),
            _ => None,
        }
    }

    /// The value of a key that takes yes or no.
    #[must_use]
    pub fn flag(&self, key: Key) -> Option<bool> {
        match self.values.get(&key) {
            Some((Value::Flag(flag), _)) => Some(*flag),
            _ => None,
        }
    }

    /// The value of a key that takes a number, or a size in bytes.
    #[must_use]
    pub fn number(&self, key: Key) -> Option<u64> {
        match self.values.get(&key) {
            Some((Value::Number(number), _)) => Some(*number),
            _ => None,
        }
    }

    /// The value of a key that takes a length of time.
    #[must_use]
    pub fn time(&self, key: Key) -> Option<Duration> {
        match self.values.get(&key) {
            Some((Value::Time(time), _)) => Some(*time),
            _ => None,
        }
    }

    /// Where the value of a key came from.
    #[must_use]
    pub fn origin(&self, key: Key) -> Option<Origin> {
        self.values.get(&key).map(|(_, origin)| *origin)
    }

    /// Every value as text, with its origin, in the order of the keys. A password in the address of a proxy is left
    /// out.
    pub fn iter(&self) -> impl Iterator<Item = (Key, String, Origin)> {
        self.values.iter().map(|(key, (value, origin))| (*key, value.shown(*key), *origin))
    }

    /// The settings as the query of a location, `?` included; empty when there are none.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut query = String::new();
        for (key, (value, _)) in &self.values {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(key.name());
            query.push('=');
            query.extend(percent_encoding::utf8_percent_encode(&value.shown(*key), amount::QUERY));
        }
        query
    }
}

impl Value {
    fn shown(&self, key: Key) -> String {
        match self {
            Self::Text(text) => shown(key, text).to_owned(),
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Time(time) => format!("{}s", time.as_secs_f64()),
        }
    }
}

/// What may be shown of a value: the address of a proxy may carry a password.
fn shown(key: Key, value: &str) -> &str {
    if key == Key::Proxy && value.contains('@') { "(with a password)" } else { value }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(key, value, origin)| (key, (value, origin)))).finish()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("a flag"),
            Self::Location => f.write_str("the location"),
            Self::Registration => f.write_str("the registration"),
            Self::Configuration => f.write_str("the configuration file"),
            Self::Environment(name) => write!(f, "the variable {name}"),
            Self::Preset(name) => write!(f, "the preset {name}"),
        }
    }
}

#[cfg(test)]
mod tests;
