//! What can be wrong with bytes: one type for the whole crate, always with the offset of the trouble.

use std::fmt;

/// A defect of some bytes: what is wrong, and at which byte of the input it was noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Byte offset into the input handed to the parser. For a compressed body it counts decoded bytes.
    pub offset: u64,
    /// What is wrong there.
    pub kind: FaultKind,
}

/// The ways in which bytes can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// The input holds no bytes at all.
    #[error("the blob is empty")]
    Empty,
    /// The input ends before a value does.
    #[error("needs {needed} more bytes, {available} left")]
    Truncated {
        /// Bytes the value needs.
        needed: u64,
        /// Bytes that are left.
        available: u64,
    },
    /// Magic bytes differ.
    #[error("magic {found:08x} instead of {expected:08x}")]
    BadMagic {
        /// The magic that belongs here.
        expected: u32,
        /// What stands here.
        found: u32,
    },
    /// The codec name of the header is another one.
    #[error("codec name {found:?} instead of {expected:?}")]
    WrongCodec {
        /// The name that this kind of blob has.
        expected: String,
        /// The name that stands there.
        found: String,
    },
    /// A version outside the range that this program knows.
    #[error("version {found}, this program knows {min} to {max}")]
    UnsupportedVersion {
        /// The version that stands there.
        found: i64,
        /// Lowest known version.
        min: i64,
        /// Highest known version.
        max: i64,
    },
    /// A metadata blob of another wrapper version than the engines write.
    #[error("wrapper version {version}: written by a fork (CrateDB writes 2), not by Elasticsearch or OpenSearch (1)")]
    ForkedWrapper {
        /// The version that stands there.
        version: i32,
    },
    /// The footer names a checksum algorithm other than CRC-32 (0).
    #[error("checksum algorithm {found} instead of 0 (CRC-32)")]
    UnknownChecksumAlgorithm {
        /// The algorithm id that stands there.
        found: u32,
    },
    /// The upper half of the 64-bit checksum field is not zero.
    #[error("checksum field {found:016x} is wider than 32 bits")]
    WideChecksum {
        /// The whole field.
        found: u64,
    },
    /// The recorded CRC-32 is not that of the bytes.
    #[error("checksum {recorded:08x} recorded, {computed:08x} computed")]
    ChecksumMismatch {
        /// The CRC-32 of the footer.
        recorded: u32,
        /// The CRC-32 of the bytes.
        computed: u32,
    },
    /// The body starts with no mark of a known encoding.
    #[error("unknown encoding or encrypted, starts with {}", Hex(.first))]
    UnknownEncoding {
        /// The first bytes of the body, at most eight.
        first: Vec<u8>,
    },
    /// The compressed stream is damaged.
    #[error("damaged {0} stream")]
    BadCompression(&'static str),
    /// The decoded form is larger than its input can honestly be.
    #[error("decodes to more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// Arrays and objects are nested deeper than this program follows.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The limit, in levels.
        limit: usize,
    },
    /// A string is not UTF-8.
    #[error("not UTF-8")]
    BadUtf8,
    /// A variable-length integer has too many bytes.
    #[error("variable-length integer too long")]
    BadVarint,
    /// A SMILE byte that has no meaning where it stands.
    #[error("unexpected SMILE token {0:#04x}")]
    BadToken(u8),
    /// A back reference to a name or string that was never seen.
    #[error("reference to shared entry {0}, which does not exist")]
    BadReference(usize),
    /// Bytes follow the end of the value.
    #[error("{0} bytes follow the end of the document")]
    TrailingBytes(u64),
    /// The document reads, but is not of the expected shape; or JSON text is broken.
    #[error("{0}")]
    Document(String),
}

/// Prints bytes as pairs of hex digits.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Fault {
    /// Offset of a fault whose place is filled in by the caller that knows it.
    const UNPLACED: u64 = u64::MAX;

    /// A fault at a byte offset.
    #[must_use]
    pub fn new(offset: u64, kind: FaultKind) -> Self {
        Self { offset, kind }
    }

    /// Gives a fault that came without a place (from serde) the offset of the reader.
    #[must_use]
    pub(crate) fn placed(mut self, offset: u64) -> Self {
        if self.offset == Self::UNPLACED {
            self.offset = offset;
        }
        self
    }

    /// Turns a JSON error into a fault; the offset is that of its line and column in `text`.
    #[must_use]
    pub fn from_json(error: &serde_json::Error, text: &[u8]) -> Self {
        let line_start = memchr::memchr_iter(b'\n', text).nth(error.line().wrapping_sub(2)).map_or(0, |at| at + 1);
        let offset = if error.line() <= 1 { 0 } else { line_start } + error.column().saturating_sub(1);
        let message = error.to_string();
        let words = message.split(" at line ").next().unwrap_or(&message).to_owned();
        Self::new(offset.min(text.len()) as u64, FaultKind::Document(words))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            FaultKind::Empty => write!(f, "{}", self.kind),
            _ => write!(f, "{} at byte {}", self.kind, self.offset),
        }
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Self::UNPLACED, FaultKind::Document(message.to_string()))
    }
}
