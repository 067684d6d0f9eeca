//! Short texts and bytes in place: a large repository has millions, and few need memory of their own.

use std::{fmt, ops::Deref};

/// Bytes that are kept in place: the Lucene names and the identities of nearly all files fit.
const ROOM: usize = 22;

/// Bytes that are mostly few.
#[derive(Clone)]
pub struct ShortBytes(Place);

/// A text that is mostly short.
#[derive(Clone, PartialEq, Eq)]
pub struct ShortText(ShortBytes);

#[derive(Clone)]
enum Place {
    Here { len: u8, bytes: [u8; ROOM] },
    Elsewhere(Box<[u8]>),
}

impl From<&[u8]> for ShortBytes {
    fn from(bytes: &[u8]) -> Self {
        let mut here = [0; ROOM];
        match (here.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            (Some(room), Ok(len)) => {
                room.copy_from_slice(bytes);
                Self(Place::Here { len, bytes: here })
            }
            _ => Self(Place::Elsewhere(bytes.into())),
        }
    }
}

impl Deref for ShortBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Place::Here { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or_default(),
            Place::Elsewhere(bytes) => bytes,
        }
    }
}

impl PartialEq for ShortBytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for ShortBytes {}

impl fmt::Debug for ShortBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl From<&str> for ShortText {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl Deref for ShortText {
    type Target = str;

    fn deref(&self) -> &str {
        // Always succeeds: the bytes are those of a text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests;
