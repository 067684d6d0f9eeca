//! The codec wrapper around metadata blobs, and the footer that Lucene files share with it
//! (`docs/format.md`, *Wrapper*).
//!
//! ```text
//! 3fd76c17 · len · codec name · version (i32)      body …      c02893e8 · 00000000 · CRC-32 as u64
//! ```
//! All integers are big-endian. The CRC covers every byte before the eight checksum bytes.

use crate::{Fault, FaultKind, crc::Crc32, cursor::Cursor};

/// First four bytes of a wrapped blob, and of a Lucene file.
pub const HEADER_MAGIC: u32 = 0x3FD7_6C17;
/// First four bytes of the footer: the complement of [`HEADER_MAGIC`].
pub const FOOTER_MAGIC: u32 = !HEADER_MAGIC;
/// Length of the footer in bytes.
pub const FOOTER_LEN: usize = 16;
/// Length of the checksum field, which the CRC does not cover, in bytes.
const CHECKSUM_LEN: usize = 8;
/// The one version of metadata blobs that Elasticsearch and OpenSearch write. CrateDB has a version 2.
pub const METADATA_VERSION: i32 = 1;

/// The header of a wrapped blob or a Lucene file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header<'a> {
    /// Codec name.
    pub codec: &'a str,
    /// Version of that codec.
    pub version: i32,
}

impl<'a> Header<'a> {
    /// Reads a header and leaves the cursor behind it.
    ///
    /// # Errors
    /// On another magic, a name that is not UTF-8, or too few bytes.
    pub fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let at = cursor.pos();
        let found = cursor.u32_be()?;
        if found != HEADER_MAGIC {
            return Err(Fault::new(at, FaultKind::BadMagic { expected: HEADER_MAGIC, found }));
        }
        let len = usize::try_from(cursor.vint()?).unwrap_or(usize::MAX);
        let codec = cursor.str(len)?;
        Ok(Self { codec, version: cursor.i32_be()? })
    }
}

/// The last sixteen bytes of a wrapped blob or a Lucene file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footer {
    /// The recorded CRC-32.
    pub crc: u32,
}

impl Footer {
    /// Reads a footer; `offset` is where it stands in its file, for messages.
    ///
    /// # Errors
    /// On another magic or algorithm, or a checksum wider than 32 bits.
    pub fn parse(bytes: &[u8; FOOTER_LEN], offset: u64) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(bytes);
        let place = |fault: Fault| Fault::new(offset.saturating_add(fault.offset), fault.kind);
        let found = cursor.u32_be().map_err(place)?;
        if found != FOOTER_MAGIC {
            return Err(Fault::new(offset, FaultKind::BadMagic { expected: FOOTER_MAGIC, found }));
        }
        let algorithm = cursor.u32_be().map_err(place)?;
        if algorithm != 0 {
            let kind = FaultKind::UnknownChecksumAlgorithm { found: algorithm };
            return Err(Fault::new(offset.saturating_add(4), kind));
        }
        let field = cursor.u64_be().map_err(place)?;
        let crc = u32::try_from(field)
            .map_err(|_| Fault::new(offset.saturating_add(8), FaultKind::WideChecksum { found: field }))?;
        Ok(Self { crc })
    }
}

/// A checked wrapped blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Codec name and version.
    pub header: Header<'a>,
    /// Length of the header in bytes, which is the offset of the body.
    pub header_len: u64,
    /// The bytes between header and footer, perhaps compressed.
    pub body: &'a [u8],
    /// The CRC-32 that the footer records; it has been checked.
    pub crc: u32,
}

/// Opens a wrapped metadata blob: length, magic, codec name, version, footer and checksum are checked in this order.
///
/// # Errors
/// On the first of these that is wrong.
pub fn open<'a>(blob: &'a [u8], codec: &str) -> Result<Envelope<'a>, Fault> {
    let envelope = open_any(blob)?;
    if envelope.header.codec != codec {
        let found = envelope.header.codec.to_owned();
        return Err(Fault::new(5, FaultKind::WrongCodec { expected: codec.to_owned(), found }));
    }
    Ok(envelope)
}

/// Opens a wrapped metadata blob of any codec.
///
/// # Errors
/// As [`open`].
pub fn open_any(blob: &[u8]) -> Result<Envelope<'_>, Fault> {
    if blob.is_empty() {
        return Err(Fault::new(0, FaultKind::Empty));
    }
    let mut cursor = Cursor::new(blob);
    let header = Header::read(&mut cursor)?;
    let header_len = cursor.pos();
    // Check the checksum before the version: a damaged version byte is damage, not a fork.
    let summary = StreamCheck::of(blob);
    let footer = summary.footer?;
    if footer.crc != summary.computed {
        let kind = FaultKind::ChecksumMismatch { recorded: footer.crc, computed: summary.computed };
        return Err(Fault::new((blob.len() - CHECKSUM_LEN) as u64, kind));
    }
    if header.version != METADATA_VERSION {
        return Err(Fault::new(header_len - 4, FaultKind::ForkedWrapper { version: header.version }));
    }
    let body_end = blob.len() - FOOTER_LEN;
    let start = usize::try_from(header_len).unwrap_or(usize::MAX);
    let Some(body) = blob.get(start..body_end) else {
        let available = body_end as u64;
        return Err(Fault::new(available, FaultKind::Truncated { needed: header_len, available }));
    };
    Ok(Envelope { header, header_len, body, crc: footer.crc })
}

/// Wraps a body: header of version 1, body, footer with its CRC-32.
///
/// # Panics
/// Never: codec names are short constants; a longer one is cut at 127 bytes.
#[must_use]
pub fn wrap(codec: &str, body: &[u8]) -> Vec<u8> {
    let name = codec.as_bytes();
    let name = name.get(..name.len().min(127)).unwrap_or(name);
    let mut blob = Vec::with_capacity(9 + name.len() + body.len() + FOOTER_LEN);
    blob.extend_from_slice(&HEADER_MAGIC.to_be_bytes());
    blob.push(u8::try_from(name.len()).unwrap_or(127));
    blob.extend_from_slice(name);
    blob.extend_from_slice(&METADATA_VERSION.to_be_bytes());
    blob.extend_from_slice(body);
    blob.extend_from_slice(&FOOTER_MAGIC.to_be_bytes());
    blob.extend_from_slice(&0_u32.to_be_bytes());
    let crc = crate::crc::crc32(&blob);
    blob.extend_from_slice(&u64::from(crc).to_be_bytes());
    blob
}

/// Checks a file that arrives in pieces: length, footer and the CRC-32 of everything the footer covers.
pub struct StreamCheck {
    crc: Crc32,
    len: u64,
    /// The last bytes seen; they enter the CRC when it is known that they are not the footer.
    tail: [u8; FOOTER_LEN],
    /// How many these are.
    n_tail: usize,
}

/// What a [`StreamCheck`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamSummary {
    /// Bytes seen.
    pub len: u64,
    /// The footer, or what is wrong with it.
    pub footer: Result<Footer, Fault>,
    /// CRC-32 of all bytes but the last eight.
    pub computed: u32,
}

impl StreamCheck {
    /// Starts with no bytes.
    #[must_use]
    pub fn new() -> Self {
        Self { crc: Crc32::new(), len: 0, tail: [0; FOOTER_LEN], n_tail: 0 }
    }

    /// Checks bytes that are all in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> StreamSummary {
        let mut check = Self::new();
        check.update(bytes);
        check.finish()
    }

    /// Takes in the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.len = self.len.saturating_add(piece.len() as u64);
        if let Some((body, tail)) = piece.split_last_chunk::<FOOTER_LEN>() {
            self.crc.update(self.tail.get(..self.n_tail).unwrap_or_default());
            self.crc.update(body);
            (self.tail, self.n_tail) = (*tail, FOOTER_LEN);
            return;
        }
        // Too few bytes to be a footer by themselves: at most twice as many as one with those before.
        let joined: Vec<u8> = self.tail.iter().take(self.n_tail).chain(piece).copied().collect();
        let (body, tail) = joined.split_at(joined.len().saturating_sub(FOOTER_LEN));
        self.crc.update(body);
        self.n_tail = tail.len();
        self.tail.iter_mut().zip(tail).for_each(|(slot, byte)| *slot = *byte);
    }

    /// Ends the file.
    #[must_use]
    pub fn finish(mut self) -> StreamSummary {
        let covered = self.n_tail.saturating_sub(CHECKSUM_LEN);
        self.crc.update(self.tail.get(..covered).unwrap_or_default());
        let footer = if self.n_tail == FOOTER_LEN {
            Footer::parse(&self.tail, self.len - FOOTER_LEN as u64)
        } else if self.len == 0 {
            Err(Fault::new(0, FaultKind::Empty))
        } else {
            Err(Fault::new(0, FaultKind::Truncated { needed: FOOTER_LEN as u64, available: self.len }))
        };
        StreamSummary { len: self.len, footer, computed: self.crc.value() }
    }
}

impl Default for StreamCheck {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
