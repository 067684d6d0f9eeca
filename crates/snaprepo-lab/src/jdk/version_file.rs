//! The file `release` in the home of a JDK: `NAME="value"` lines. Read instead of asking `java -version`, because it
//! costs nothing and does not run what we have not chosen yet.

use std::{fs, path::Path};

/// What matters in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VersionFile {
    /// As in `17.0.15`.
    pub(super) version: String,
    /// As in 17.
    pub(super) major: u8,
    /// The modules of the JDK. A file without a list of them is of a whole JDK.
    pub(super) modules: Option<Vec<String>>,
}

impl VersionFile {
    /// Of the JDK with this home; nothing when there is no such file, or no version in it.
    pub(super) fn read(home: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(home.join("release")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let value = |wanted: &str| {
            text.lines()
                .filter_map(|line| line.split_once('='))
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| value.trim().trim_matches('"'))
        };
        let version = value("JAVA_VERSION")?;
        let modules = value("MODULES").map(|modules| modules.split(' ').map(str::to_owned).collect());
        Some(Self { version: version.to_owned(), major: major(version)?, modules })
    }
}

/// `17.0.15` is 17, `25-ea` is 25, `1.8.0_292` is 8.
fn major(version: &str) -> Option<u8> {
    let mut numbers = version.split(|character: char| !character.is_ascii_digit());
    match numbers.next()?.parse().ok()? {
        1 => numbers.next()?.parse().ok(),
        major => Some(major),
    }
}

#[cfg(test)]
mod tests;
