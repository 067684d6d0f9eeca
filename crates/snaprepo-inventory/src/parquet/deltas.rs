//! Numbers as differences to the one before, in blocks of few bits each.

use bytes::Bytes;

use super::{
    Bad,
    bits::{Bits, number, take},
    thrift::unzigzag,
};

/// Most numbers of a block. Writers use 128.
const MAX_BLOCK_LEN: u64 = 1 << 16;

#[derive(Debug, Clone)]
pub(super) struct Deltas {
    input: Bytes,
    /// Numbers of a block, and of each part that has one width.
    block_len: u64,
    part_len: u64,
    /// The least difference of this block.
    least: i64,
    /// Widths of the parts of this block that are still to come, in bits.
    widths: Bytes,
    part: Bits,
    width: u32,
    n_in_part: u64,
    /// Numbers that are still to come.
    n_left: u64,
    next: i64,
}

impl Deltas {
    /// Begins with the head. `n_most` is how many numbers there may be.
    pub(super) fn new(mut input: Bytes, n_most: u64) -> Result<Self, Bad> {
        let (block_len, n_parts) = (number(&mut input)?, number(&mut input)?);
        let n_left = number(&mut input)?;
        let next = unzigzag(number(&mut input)?);
        let part_len = block_len.checked_div(n_parts).unwrap_or(0);
        if part_len == 0 || !part_len.is_multiple_of(8) || part_len * n_parts != block_len || block_len > MAX_BLOCK_LEN
        {
            return Err(Bad("a page has differences in blocks of an impossible length"));
        }
        if n_left > n_most {
            return Err(Bad("a page has more differences than values"));
        }
        Ok(Self {
            input,
            block_len,
            part_len,
            least: 0,
            widths: Bytes::new(),
            part: Bits::default(),
            width: 0,
            n_in_part: 0,
            n_left,
            next,
        })
    }

    pub(super) fn next(&mut self) -> Result<i64, Bad> {
        let this = self.next;
        self.n_left = self.n_left.checked_sub(1).ok_or(Bad("a page has fewer differences than values"))?;
        if self.n_left > 0 {
            if self.n_in_part == 0 {
                self.begin_part()?;
            }
            self.n_in_part -= 1;
            let difference = self.least.wrapping_add(self.part.next(self.width)?.cast_signed());
            self.next = this.wrapping_add(difference);
        }
        Ok(this)
    }

    /// What stands behind the last number.
    pub(super) fn behind(mut self) -> Result<Bytes, Bad> {
        while self.n_left > 0 {
            self.next()?;
        }
        Ok(self.input)
    }

    fn begin_part(&mut self) -> Result<(), Bad> {
        if self.widths.is_empty() {
            self.least = unzigzag(number(&mut self.input)?);
            let n_parts = self.block_len / self.part_len;
            self.widths = take(&mut self.input, usize::try_from(n_parts).unwrap_or(usize::MAX))?;
        }
        let width = take(&mut self.widths, 1)?.first().copied().unwrap_or_default();
        if width > 64 {
            return Err(Bad("a page has differences of more than 64 bits"));
        }
        self.width = width.into();
        let len = self.part_len / 8 * u64::from(width);
        self.part = Bits::new(take(&mut self.input, usize::try_from(len).unwrap_or(usize::MAX))?);
        self.n_in_part = self.part_len;
        Ok(())
    }
}
