//! Files that people write: bounded, and with the line where something is wrong.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use serde::de::DeserializeOwned;

/// Most bytes of such a file: what people write is far below.
const MAX_LEN: u64 = 1 << 20;

/// Reads a file.
///
/// # Errors
/// When it cannot be read, is no UTF-8, or is too long.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let len = File::open(path)?.take(MAX_LEN + 1).read_to_string(&mut text)?;
    if len as u64 > MAX_LEN {
        return Err(io::Error::other(format!("is longer than {MAX_LEN} bytes")));
    }
    Ok(text)
}

/// Reads TOML.
///
/// # Errors
/// One sentence, with the line.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let message = error.message().trim_end().replace('\n', ", ");
        let before = error.span().and_then(|span| text.get(..span.start));
        match before {
            Some(before) => format!("line {}: {message}", before.matches('\n').count() + 1),
            None => message,
        }
    })
}
