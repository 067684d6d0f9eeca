//! Identities in their compact form.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use snaprepo_codec::base36;

/// Length of the text of a random uuid: 16 bytes in URL-safe Base64 without padding.
const UUID_TEXT_LEN: usize = 22;

/// What [`DIGITS`] has for bytes that are no digits.
const NO_DIGIT: u8 = 0xff;
/// The value of each digit of URL-safe Base64. Our own, because every listed blob and every file entry has a name to
/// read, and a decoder for texts of any length takes several times as long.
const DIGITS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0_u8;
    while (value as usize) < alphabet.len() {
        digits[alphabet[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

/// A random identity: 16 bytes, written as 22 characters (`docs/format.md`, *Names*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// Reads 22 characters; `None` when they are not the text of 16 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: &[u8; UUID_TEXT_LEN] = text.as_bytes().try_into().ok()?;
        let values = digits.map(|digit| DIGITS[usize::from(digit)]);
        // Each of the first 21 carries six bits; the last carries two, and may not carry more.
        if values.contains(&NO_DIGIT) || values[UUID_TEXT_LEN - 1] & 0x0f != 0 {
            return None;
        }
        let bits = |values: &[u8]| values.iter().fold(0_u64, |bits, value| bits << 6 | u64::from(*value));
        let (high, rest) = values.split_at(10);
        let (middle, low) = rest.split_at(10);
        let bits = u128::from(bits(high)) << 68 | u128::from(bits(middle)) << 8 | u128::from(bits(low) >> 4);
        Some(Self(bits.to_be_bytes()))
    }

    /// An identity as the engines make them, from 16 bytes of chance: of RFC 4122, version 4.
    #[must_use]
    pub const fn random(mut chance: [u8; 16]) -> Self {
        chance[6] = chance[6] & 0x0f | 0x40;
        chance[8] = chance[8] & 0x3f | 0x80;
        Self(chance)
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

/// The name of a file in a document, whatever it is there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NameText {
    File(FileName),
    /// Of no known form.
    Odd(Box<str>),
}

impl NameText {
    /// The text in the document: a name is written in one way only.
    pub(crate) fn into_text(self) -> Box<str> {
        match self {
            Self::File(name) => name.to_string().into(),
            Self::Odd(text) => text,
        }
    }
}

impl From<&str> for NameText {
    fn from(text: &str) -> Self {
        FileName::parse(text).map_or_else(|| Self::Odd(text.into()), Self::File)
    }
}

/// When a metadata blob of an index was named, in milliseconds since 1970: its name is a time-based id of 20 characters,
/// from Elasticsearch 7.9 and OpenSearch 1.0 on (`docs/format.md`, *Names*). `None` for any other name.
#[must_use]
pub fn time_of_metadata_blob(id: &str) -> Option<i64> {
    let digits: [u8; 20] = id.as_bytes().try_into().ok()?;
    let values = digits.map(|digit| DIGITS[usize::from(digit)]);
    if values.contains(&NO_DIGIT) {
        return None;
    }
    let bits = values.iter().fold(0_u128, |bits, value| bits << 6 | u128::from(*value));
    // Fifteen bytes, counted from the left: the time lies in six of them, the low ones where they spread best.
    let byte = |at: u32| i64::try_from(bits >> (8 * (14 - at)) & 0xff).unwrap_or(0);
    Some([5, 4, 3, 2, 12, 14].into_iter().fold(0, |time, at| time << 8 | byte(at)))
}

#[cfg(test)]
mod tests;
