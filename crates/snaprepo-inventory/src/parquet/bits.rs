//! Numbers of a few bits, and runs of them.

use bytes::Bytes;

use super::{Bad, ENDS, thrift::varint};

/// Takes bytes from the front.
pub(super) fn take(input: &mut Bytes, len: usize) -> Result<Bytes, Bad> {
    if len > input.len() { Err(ENDS) } else { Ok(input.split_to(len)) }
}

/// The same, as many as an array has.
pub(super) fn array<const N: usize>(input: &mut Bytes) -> Result<[u8; N], Bad> {
    take(input, N)?.as_ref().try_into().map_err(|_| ENDS)
}

pub(super) fn number(input: &mut Bytes) -> Result<u64, Bad> {
    varint(&mut || array::<1>(input).map(|[byte]| byte))
}

/// Numbers that stand bit by bit, the lowest bits first.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits {
    bytes: Bytes,
    /// Bits of bytes that were taken and not used.
    rest: u128,
    n_rest: u32,
}

impl Bits {
    pub(super) fn new(bytes: Bytes) -> Self {
        Self { bytes, rest: 0, n_rest: 0 }
    }

    /// The next number, of up to 64 bits.
    pub(super) fn next(&mut self, width: u32) -> Result<u64, Bad> {
        while self.n_rest < width {
            let [byte] = array(&mut self.bytes)?;
            self.rest |= u128::from(byte) << self.n_rest;
            self.n_rest += 8;
        }
        let mask = (1_u128 << width) - 1;
        let number = self.rest & mask;
        self.rest >>= width;
        self.n_rest -= width;
        u64::try_from(number).map_err(|_| ENDS)
    }
}

/// Runs of one number, and of numbers that stand bit by bit, in turns.
#[derive(Debug, Clone)]
pub(super) struct Runs {
    input: Bytes,
    width: u32,
    run: Run,
    n_left: u64,
}

#[derive(Debug, Clone)]
enum Run {
    Same(u32),
    Bits(Bits),
}

impl Runs {
    /// `width` is in bits.
    pub(super) fn new(input: Bytes, width: u8) -> Result<Self, Bad> {
        if width > 32 {
            return Err(Bad("a page has numbers of more than 32 bits"));
        }
        Ok(Self { input, width: width.into(), run: Run::Same(0), n_left: 0 })
    }

    /// The same where its length stands before it.
    pub(super) fn with_len(input: &mut Bytes, width: u8) -> Result<Self, Bad> {
        let len = u32::from_le_bytes(array(input)?);
        Self::new(take(input, usize::try_from(len).map_err(|_| ENDS)?)?, width)
    }

    pub(super) fn next(&mut self) -> Result<u32, Bad> {
        // Each turn takes a byte at least.
        while self.n_left == 0 {
            self.begin()?;
        }
        self.n_left -= 1;
        match &mut self.run {
            Run::Same(number) => Ok(*number),
            Run::Bits(bits) => u32::try_from(bits.next(self.width)?).map_err(|_| ENDS),
        }
    }

    fn begin(&mut self) -> Result<(), Bad> {
        let head = number(&mut self.input)?;
        let n = head >> 1;
        if head & 1 == 0 {
            let bytes = take(&mut self.input, (self.width.div_ceil(8)) as usize)?;
            self.run = Run::Same(bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)));
            self.n_left = n;
        } else {
            // Groups of eight. Some writers leave out what nobody reads of the last one.
            let len = n.checked_mul(self.width.into()).ok_or(ENDS)?;
            let len = usize::try_from(len).unwrap_or(usize::MAX).min(self.input.len());
            self.run = Run::Bits(Bits::new(take(&mut self.input, len)?));
            self.n_left = n.checked_mul(8).ok_or(ENDS)?;
        }
        Ok(())
    }
}
