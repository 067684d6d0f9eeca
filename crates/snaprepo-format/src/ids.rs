//! Identities in their compact form.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use snaprepo_codec::base36;

/// Length of the text of a random uuid: 16 bytes in URL-safe Base64 without padding.
const UUID_TEXT_LEN: usize = 22;

/// A random identity: 16 bytes, written as 22 characters (`docs/format.md`, *Names*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// Reads 22 characters; `None` when they are not the text of 16 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != UUID_TEXT_LEN {
            return None;
        }
        // The decoder refuses a last character that carries more than two bits.
        let mut bytes = [0; 18];
        let len = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        bytes.get(..len)?.try_into().ok().map(Self)
    }

    /// An identity from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; UUID_TEXT_LEN];
        let len = URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).unwrap_or(0);
        f.write_str(text.get(..len).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or(""))
    }
}

/// The base name of a data blob, without its part number: `__` and a uuid (6.0 and later) or a counter (before).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DataName {
    /// A counter in base 36, up to Elasticsearch 5.
    Counter(u64),
    /// A random name.
    Uuid(Uuid),
}

impl DataName {
    /// Reads a base name; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("__")?;
        Uuid::parse(rest).map(Self::Uuid).or_else(|| base36::decode(rest).map(Self::Counter))
    }
}

impl fmt::Display for DataName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counter(counter) => write!(f, "__{}", base36::encode(*counter)),
            Self::Uuid(uuid) => write!(f, "__{uuid}"),
        }
    }
}

/// Where the bytes of a Lucene file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileName {
    /// In data blobs of this base name.
    Data(DataName),
    /// In the metadata (`meta_hash`): the name `v__…` belongs to no blob.
    Virtual(Uuid),
}

impl FileName {
    /// Reads the `name` of a file entry; `None` when it is of no known form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("v__") {
            Some(rest) => Uuid::parse(rest).map(Self::Virtual),
            None => DataName::parse(text).map(Self::Data),
        }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(name) => name.fmt(f),
            Self::Virtual(uuid) => write!(f, "v__{uuid}"),
        }
    }
}

#[cfg(test)]
mod tests;
