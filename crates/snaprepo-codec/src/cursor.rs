//! A reader over bytes in memory that cannot run past the end.

use crate::{Fault, FaultKind};

/// Reads values one after the other; every failure names the byte where it happened.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Cursor<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, pos: 0 }
    }

    /// Offset of the next byte.
    #[must_use]
    pub fn pos(&self) -> u64 {
        self.pos as u64
    }

    /// Bytes that are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.pos
    }

    /// A fault of the given kind at the next byte.
    #[must_use]
    pub fn fault(&self, kind: FaultKind) -> Fault {
        Fault::new(self.pos(), kind)
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        let Some(taken) = rest.get(..len) else {
            return Err(self.fault(FaultKind::Truncated { needed: len as u64, available: rest.len() as u64 }));
        };
        self.pos += len;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// The next byte.
    ///
    /// # Errors
    /// At the end of the input.
    pub fn u8(&mut self) -> Result<u8, Fault> {
        let byte = self.peek().ok_or_else(|| self.fault(FaultKind::Truncated { needed: 1, available: 0 }))?;
        self.pos += 1;
        Ok(byte)
    }

    /// The next byte, without moving; `None` at the end.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    /// A big-endian unsigned 32-bit integer.
    ///
    /// # Errors
    /// At the end of the input.
    pub fn u32_be(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_be_bytes)
    }

    /// A big-endian signed 32-bit integer.
    ///
    /// # Errors
    /// At the end of the input.
    pub fn i32_be(&mut self) -> Result<i32, Fault> {
        self.array().map(i32::from_be_bytes)
    }

    /// A little-endian signed 32-bit integer.
    ///
    /// # Errors
    /// At the end of the input.
    pub fn i32_le(&mut self) -> Result<i32, Fault> {
        self.array().map(i32::from_le_bytes)
    }

    /// A big-endian signed 64-bit integer.
    ///
    /// # Errors
    /// At the end of the input.
    pub fn i64_be(&mut self) -> Result<i64, Fault> {
        self.array().map(i64::from_be_bytes)
    }

    /// A big-endian unsigned 64-bit integer.
    ///
    /// # Errors
    /// At the end of the input.
    pub fn u64_be(&mut self) -> Result<u64, Fault> {
        self.array().map(u64::from_be_bytes)
    }

    /// Lucene's vInt: 7-bit groups, least significant first, at most five bytes.
    ///
    /// # Errors
    /// At the end of the input, or when the integer is longer than 32 bits.
    pub fn vint(&mut self) -> Result<u32, Fault> {
        let start = self.clone();
        let value = self.vlong()?;
        u32::try_from(value).map_err(|_| start.fault(FaultKind::BadVarint))
    }

    /// Lucene's vLong: as [`Cursor::vint`], at most ten bytes.
    ///
    /// # Errors
    /// At the end of the input, or when the integer is longer than 64 bits.
    pub fn vlong(&mut self) -> Result<u64, Fault> {
        let start = self.clone();
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.u8()?;
            let group = u64::from(byte & 0x7f);
            if shift == 63 && group > 1 {
                break;
            }
            value |= group << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(start.fault(FaultKind::BadVarint))
    }

    /// Lucene's string: vInt byte length, then UTF-8. Lone surrogates, which Java may write, become U+FFFD.
    ///
    /// # Errors
    /// When the length runs past the end.
    pub fn lucene_string(&mut self) -> Result<String, Fault> {
        let len = usize::try_from(self.vint()?).unwrap_or(usize::MAX);
        Ok(String::from_utf8_lossy(self.take(len)?).into_owned())
    }

    /// Text of a stated length that must be UTF-8.
    ///
    /// # Errors
    /// At the end of the input, or when the bytes are not UTF-8.
    pub fn str(&mut self, len: usize) -> Result<&'a str, Fault> {
        let start = self.pos();
        std::str::from_utf8(self.take(len)?).map_err(|_| Fault::new(start, FaultKind::BadUtf8))
    }

    /// The bytes up to `end`, which is skipped.
    ///
    /// # Errors
    /// When `end` does not occur.
    pub fn take_until(&mut self, end: u8) -> Result<&'a [u8], Fault> {
        let rest = self.bytes.get(self.pos..).unwrap_or_default();
        let Some(len) = memchr::memchr(end, rest) else {
            let available = rest.len() as u64;
            return Err(self.fault(FaultKind::Truncated { needed: available + 1, available }));
        };
        self.pos += len + 1;
        Ok(rest.get(..len).unwrap_or_default())
    }
}
