//! LZF as Elasticsearch 1.x used it for metadata (`docs/format.md`, *Elasticsearch 1.x bodies*).
//!
//! A blob is a row of chunks: `"ZV"`, a type byte, lengths, data. There is no header and no checksum.

use crate::{Fault, FaultKind, cursor::Cursor};

/// First two bytes of every chunk.
pub const MARK: &[u8] = b"ZV";
/// A compressed chunk of n bytes decodes to at most 65,535 bytes, so a blob can grow by no more than this factor
/// and still be honest: the longest match (264 bytes) costs three bytes.
const MAX_RATIO: usize = 88;

/// Decodes a whole blob.
///
/// # Errors
/// On a damaged chunk.
pub fn decode(blob: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut cursor = Cursor::new(blob);
    let mut out = Vec::new();
    while cursor.remaining() > 0 {
        let at = cursor.pos();
        let bad = || Fault::new(at, FaultKind::BadCompression("LZF"));
        if cursor.take(2)? != MARK {
            return Err(bad());
        }
        match cursor.u8()? {
            0 => {
                let len = usize::from(u16::from_be_bytes(cursor.array()?));
                out.extend_from_slice(cursor.take(len)?);
            }
            1 => {
                let packed = usize::from(u16::from_be_bytes(cursor.array()?));
                let len = usize::from(u16::from_be_bytes(cursor.array()?));
                let start = cursor.pos();
                chunk(cursor.take(packed)?, len, start, &mut out)?;
            }
            _ => return Err(bad()),
        }
    }
    Ok(out)
}

/// Decodes one compressed chunk of `packed` bytes to exactly `len` bytes, appended to `out`.
fn chunk(packed: &[u8], len: usize, at: u64, out: &mut Vec<u8>) -> Result<(), Fault> {
    let bad = || Fault::new(at, FaultKind::BadCompression("LZF"));
    if len > packed.len().saturating_mul(MAX_RATIO) {
        return Err(bad());
    }
    let start = out.len();
    let mut cursor = Cursor::new(packed);
    while cursor.remaining() > 0 {
        let control = usize::from(cursor.u8()?);
        if control < 32 {
            out.extend_from_slice(cursor.take(control + 1)?);
        } else {
            let mut run = control >> 5;
            if run == 7 {
                run += usize::from(cursor.u8()?);
            }
            let offset = ((control & 31) << 8 | usize::from(cursor.u8()?)) + 1;
            let from = out.len().checked_sub(offset).filter(|from| *from >= start).ok_or_else(bad)?;
            // Byte by byte: the ranges may overlap, which repeats what was just written.
            for i in 0..run + 2 {
                let byte = *out.get(from + i).ok_or_else(bad)?;
                out.push(byte);
            }
        }
        if out.len() - start > len {
            return Err(bad());
        }
    }
    if out.len() - start == len { Ok(()) } else { Err(bad()) }
}

#[cfg(test)]
mod tests;
