//! Thrift's compact protocol, in which footers and headers of pages are written.

use super::{Bad, ENDS};

/// Structures in structures. Footers have four.
const MAX_DEPTH: u32 = 16;

/// What a field or element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    True,
    False,
    Byte,
    Int,
    Double,
    Binary,
    /// A set is written alike.
    List,
    Map,
    Struct,
    Uuid,
}

/// A place in a message.
pub(super) struct Thrift<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u32,
}

impl Kind {
    fn of(nibble: u8) -> Result<Self, Bad> {
        Ok(match nibble {
            1 => Self::True,
            2 => Self::False,
            3 => Self::Byte,
            4..=6 => Self::Int,
            7 => Self::Double,
            8 => Self::Binary,
            9 | 10 => Self::List,
            11 => Self::Map,
            12 => Self::Struct,
            13 => Self::Uuid,
            _ => return Err(Bad("a field has a type that there is not")),
        })
    }
}

impl<'a> Thrift<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// Bytes read so far.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Bad> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..len)).ok_or(ENDS)?;
        self.at += len;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Bad> {
        self.take(1)?.first().copied().ok_or(ENDS)
    }

    fn varint(&mut self) -> Result<u64, Bad> {
        varint(&mut || self.byte())
    }

    fn len(&mut self) -> Result<usize, Bad> {
        usize::try_from(self.varint()?).map_err(|_| ENDS)
    }

    /// A number.
    pub(super) fn int(&mut self, kind: Kind) -> Result<i64, Bad> {
        match kind {
            Kind::Int => Ok(unzigzag(self.varint()?)),
            _ => Err(Bad("a field is no number where one is needed")),
        }
    }

    /// A number that counts something.
    pub(super) fn count(&mut self, kind: Kind) -> Result<u64, Bad> {
        u64::try_from(self.int(kind)?).map_err(|_| Bad("a count or a place is negative"))
    }

    /// Bytes, or text.
    pub(super) fn binary(&mut self, kind: Kind) -> Result<&'a [u8], Bad> {
        match kind {
            Kind::Binary => {
                let len = self.len()?;
                self.take(len)
            }
            _ => Err(Bad("a field is no text where one is needed")),
        }
    }

    /// Every field of a structure. `take` reads it and says so, or leaves it, and it is skipped.
    pub(super) fn fields(
        &mut self,
        kind: Kind,
        take: &mut dyn FnMut(&mut Self, i64, Kind) -> Result<bool, Bad>,
    ) -> Result<(), Bad> {
        if kind != Kind::Struct {
            return Err(Bad("a field is no structure where one is needed"));
        }
        self.enter()?;
        let mut id = 0_i64;
        loop {
            let head = self.byte()?;
            if head == 0 {
                self.depth -= 1;
                return Ok(());
            }
            id = match head >> 4 {
                0 => unzigzag(self.varint()?),
                step => id.saturating_add(i64::from(step)),
            };
            let kind = Kind::of(head & 0x0f)?;
            if !take(self, id, kind)? {
                self.skip(kind)?;
            }
        }
    }

    /// Every element of a list.
    pub(super) fn list(
        &mut self,
        kind: Kind,
        each: &mut dyn FnMut(&mut Self, Kind) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        if kind != Kind::List {
            return Err(Bad("a field is no list where one is needed"));
        }
        self.enter()?;
        let head = self.byte()?;
        let len = match usize::from(head >> 4) {
            15 => self.len()?,
            len => len,
        };
        let kind = Kind::of(head & 0x0f)?;
        self.has_room(len)?;
        for _ in 0..len {
            each(self, kind)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn skip(&mut self, kind: Kind) -> Result<(), Bad> {
        match kind {
            // In a structure, the field's head is the value.
            Kind::True | Kind::False => Ok(()),
            Kind::Byte => self.byte().map(drop),
            Kind::Int => self.varint().map(drop),
            Kind::Double => self.take(8).map(drop),
            Kind::Uuid => self.take(16).map(drop),
            Kind::Binary => self.binary(kind).map(drop),
            Kind::List => self.list(kind, &mut Self::skip_element),
            Kind::Struct => self.fields(kind, &mut |_, _, _| Ok(false)),
            Kind::Map => self.skip_map(),
        }
    }

    /// In a list, a truth has a byte of its own.
    fn skip_element(&mut self, kind: Kind) -> Result<(), Bad> {
        match kind {
            Kind::True | Kind::False => self.byte().map(drop),
            kind => self.skip(kind),
        }
    }

    fn skip_map(&mut self) -> Result<(), Bad> {
        self.enter()?;
        let len = self.len()?;
        self.has_room(len)?;
        if len > 0 {
            let kinds = self.byte()?;
            let (key, value) = (Kind::of(kinds >> 4)?, Kind::of(kinds & 0x0f)?);
            for _ in 0..len {
                self.skip_element(key)?;
                self.skip_element(value)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Every element takes a byte at least, so a longer list is none.
    fn has_room(&self, len: usize) -> Result<(), Bad> {
        if len > self.bytes.len().saturating_sub(self.at) { Err(ENDS) } else { Ok(()) }
    }

    fn enter(&mut self) -> Result<(), Bad> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Bad("structures lie too deep in each other")) } else { Ok(()) }
    }
}

/// Seven bits a byte, the lowest first.
pub(super) fn varint(byte: &mut dyn FnMut() -> Result<u8, Bad>) -> Result<u64, Bad> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = byte()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(Bad("a number is longer than 64 bits"))
}

/// Zero, minus one, one, minus two: small numbers of both signs are short.
pub(super) fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}
