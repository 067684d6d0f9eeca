//! SHA-256 of files: the one thing that makes a fetched file trustworthy, however it came.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::Read as _,
    path::Path,
};

use sha2::{Digest as _, Sha256};

use crate::{Error, Result};

/// How much is read at once.
const BUFFER_LEN: usize = 1 << 18;

/// Fails unless the file has this digest; a file that has another is removed, because nothing could use it and it
/// would stand in the way of the right one.
pub(crate) fn check(path: &Path, name: &str, expected: &str) -> Result<()> {
    let found = of_file(path)?;
    if found == expected {
        return Ok(());
    }
    fs::remove_file(path).map_err(Error::io("remove", path))?;
    Err(Error::Digest { name: name.to_owned(), expected: expected.to_owned(), found })
}

/// The digest as lower-case hexadecimal digits.
pub(crate) fn of_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(Error::io("read", path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_LEN];
    loop {
        let n_read = file.read(&mut buffer).map_err(Error::io("read", path))?;
        if n_read == 0 {
            return Ok(hexadecimal(&hasher.finalize()));
        }
        hasher.update(&buffer[..n_read]);
    }
}

/// The digest of a text.
pub(crate) fn of_text(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
