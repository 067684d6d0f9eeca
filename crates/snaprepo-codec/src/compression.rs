//! The encodings of a body: as it is, deflated, or zstd (`docs/format.md`, *Body*).

use std::{
    borrow::Cow,
    io::{self, Read, Write},
};

use crate::{Fault, FaultKind};

/// Mark of a raw DEFLATE stream, written when a repository has `compress: true`.
pub const DEFLATE_MARK: &[u8] = b"DFL\0";
/// Mark of a zstd frame, written by OpenSearch 2.10 and later with `compression_type: zstd`.
pub const ZSTD_MARK: &[u8] = b"ZSTD\0";

/// A body may decode to this many times its length …
const MAX_RATIO: u64 = 128;
/// … and to at least this many bytes, because tiny bodies of repetitive text compress very well.
const MIN_LIMIT: u64 = 16 << 20;
/// What most bodies decode to, as a multiple of their length: room to begin with.
const USUAL_RATIO: usize = 4;
/// … but not more than this: the rest comes when it is needed.
const MAX_ROOM_AHEAD: usize = 16 << 20;
/// Window of DEFLATE, as a power of two: what its format allows.
const WINDOW_BITS: u8 = 15;
/// Level of both encodings; the engines use the same.
const LEVEL: i32 = 3;
/// Largest zstd window we allocate, as a power of two: the engines write 2^21.
const MAX_ZSTD_WINDOW_LOG: u32 = 25;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// SMILE, not compressed.
    Plain,
    /// `DFL\0`, then raw DEFLATE.
    Deflate,
    /// `ZSTD\0`, then one zstd frame.
    Zstd,
}

impl Encoding {
    /// Recognises the encoding by the first bytes of a body.
    ///
    /// # Errors
    /// When they are none of the known marks.
    pub fn detect(body: &[u8]) -> Result<Self, Fault> {
        if body.starts_with(DEFLATE_MARK) {
            Ok(Self::Deflate)
        } else if body.starts_with(ZSTD_MARK) {
            Ok(Self::Zstd)
        } else if body.starts_with(crate::smile::MARK) {
            Ok(Self::Plain)
        } else {
            let first = body.get(..body.len().min(8)).unwrap_or_default().to_vec();
            Err(Fault::new(0, FaultKind::UnknownEncoding { first }))
        }
    }

    /// The name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
        }
    }
}

/// Most bytes that an encoded body of this length may decode to.
#[must_use]
pub fn decoded_limit(encoded_len: usize) -> u64 {
    (encoded_len as u64).saturating_mul(MAX_RATIO).max(MIN_LIMIT)
}

/// Decodes a body to SMILE.
///
/// # Errors
/// On an unknown mark, a damaged stream, bytes behind its end, or more output than [`decoded_limit`].
pub fn decode(body: &[u8]) -> Result<(Encoding, Cow<'_, [u8]>), Fault> {
    let encoding = Encoding::detect(body)?;
    let limit = decoded_limit(body.len());
    let decoded = match encoding {
        Encoding::Plain => Cow::Borrowed(body),
        Encoding::Deflate => {
            let stream = body.get(DEFLATE_MARK.len()..).unwrap_or_default();
            Cow::Owned(inflate_at_once(stream, limit).map_or_else(|| inflate(stream, limit), Ok)?)
        }
        Encoding::Zstd => Cow::Owned(unzstd(body.get(ZSTD_MARK.len()..).unwrap_or_default(), limit)?),
    };
    Ok((encoding, decoded))
}

/// Room to begin with for what `encoded_len` bytes decode to.
fn room_ahead(encoded_len: usize) -> usize {
    encoded_len.saturating_mul(USUAL_RATIO).min(MAX_ROOM_AHEAD)
}

/// Inflates a stream that is whole and fills its input, in half the time of [`inflate`]. `None` for any other stream:
/// what is wrong with it, and where, is for [`inflate`] to tell.
fn inflate_at_once(stream: &[u8], limit: u64) -> Option<Vec<u8>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut decoder = zlib_rs::Inflate::new(false, WINDOW_BITS);
    let mut decoded = vec![0; room_ahead(stream.len()).clamp(1, limit)];
    loop {
        let read = usize::try_from(decoder.total_in()).ok()?;
        let written = usize::try_from(decoder.total_out()).ok()?;
        let (input, output) = (stream.get(read..)?, decoded.get_mut(written..)?);
        match decoder.decompress(input, output, zlib_rs::InflateFlush::NoFlush).ok()? {
            zlib_rs::Status::StreamEnd => break,
            _ if decoder.total_out() == decoded.len() as u64 && decoded.len() < limit => {
                decoded.resize(decoded.len().saturating_mul(2).min(limit), 0);
            }
            _ => return None,
        }
    }
    decoded.truncate(usize::try_from(decoder.total_out()).ok()?);
    (decoder.total_in() == stream.len() as u64).then_some(decoded)
}

fn inflate(stream: &[u8], limit: u64) -> Result<Vec<u8>, Fault> {
    // Raw DEFLATE has no end mark of its own besides the final block: what is left behind it is trailing garbage.
    let mut decoder = flate2::bufread::DeflateDecoder::new(stream);
    let decoded = read_bounded(&mut decoder, stream.len(), limit, "deflate")?;
    let left = decoder.get_ref().len() as u64;
    if left > 0 {
        return Err(Fault::new(decoder.total_in(), FaultKind::TrailingBytes(left)));
    }
    Ok(decoded)
}

fn unzstd(stream: &[u8], limit: u64) -> Result<Vec<u8>, Fault> {
    let bad = |_: io::Error| Fault::new(0, FaultKind::BadCompression("zstd"));
    let mut decoder = zstd::stream::read::Decoder::with_buffer(stream).map_err(bad)?.single_frame();
    decoder.window_log_max(MAX_ZSTD_WINDOW_LOG).map_err(bad)?;
    let decoded = read_bounded(&mut decoder, stream.len(), limit, "zstd")?;
    let left = decoder.finish().len() as u64;
    if left > 0 {
        return Err(Fault::new(stream.len() as u64 - left, FaultKind::TrailingBytes(left)));
    }
    Ok(decoded)
}

fn read_bounded(decoder: &mut impl Read, encoded_len: usize, limit: u64, name: &'static str) -> Result<Vec<u8>, Fault> {
    let mut decoded = Vec::with_capacity(room_ahead(encoded_len));
    let read = decoder.take(limit + 1).read_to_end(&mut decoded);
    if decoded.len() as u64 > limit {
        return Err(Fault::new(limit, FaultKind::TooLarge { limit }));
    }
    read.map_err(|_| Fault::new(decoded.len() as u64, FaultKind::BadCompression(name)))?;
    Ok(decoded)
}

/// Encodes SMILE as a body.
///
/// Deflated bodies equal those of the engines byte for byte: level 3, a sync flush, then the final block.
///
/// # Panics
/// Never: writing into memory does not fail.
#[must_use]
pub fn encode(smile: &[u8], encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Plain => smile.to_vec(),
        Encoding::Deflate => deflate(smile).expect("writing into memory does not fail"),
        Encoding::Zstd => enzstd(smile).expect("writing into memory does not fail"),
    }
}

fn deflate(smile: &[u8]) -> io::Result<Vec<u8>> {
    let level = flate2::Compression::new(LEVEL.unsigned_abs());
    let mut encoder = flate2::write::DeflateEncoder::new(DEFLATE_MARK.to_vec(), level);
    encoder.write_all(smile)?;
    encoder.flush()?;
    encoder.finish()
}

fn enzstd(smile: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::write::Encoder::new(ZSTD_MARK.to_vec(), LEVEL)?;
    encoder.write_all(smile)?;
    encoder.finish()
}

#[cfg(test)]
mod tests;
