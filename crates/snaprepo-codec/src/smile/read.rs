//! The reader: a serde `Deserializer` over a document in memory. Strings and names are borrowed from the input.

use serde::{
    de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

use super::{MARK, MAX_DEPTH, MAX_SHARED, MAX_SHARED_LEN, SHARED_NAMES, SHARED_VALUES};
use crate::{Fault, FaultKind, cursor::Cursor};

/// Reads one document that fills its input.
///
/// # Errors
/// On damaged SMILE, nesting deeper than [`MAX_DEPTH`](super::MAX_DEPTH), bytes behind the document, or a document
/// that does not have the shape of `T`.
pub fn from_slice<'de, T: serde::Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Fault> {
    let mut reader = Reader::open(bytes)?;
    let value = T::deserialize(&mut reader).map_err(|fault| fault.placed(reader.cursor.pos()))?;
    match reader.cursor.remaining() {
        0 => Ok(value),
        left => Err(reader.cursor.fault(FaultKind::TrailingBytes(left as u64))),
    }
}

struct Reader<'de> {
    cursor: Cursor<'de>,
    names: Option<Vec<&'de str>>,
    strings: Option<Vec<&'de str>>,
    depth: usize,
}

impl<'de> Reader<'de> {
    fn open(bytes: &'de [u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(bytes);
        let mark = cursor.take(MARK.len())?;
        if mark != MARK {
            let kind = FaultKind::UnknownEncoding { first: mark.to_vec() };
            return Err(Fault::new(0, kind));
        }
        let flags = cursor.u8()?;
        if flags >> 4 != 0 {
            let kind = FaultKind::UnsupportedVersion { found: i64::from(flags >> 4), min: 0, max: 0 };
            return Err(Fault::new(3, kind));
        }
        let table = |flag| (flags & flag != 0).then(Vec::new);
        Ok(Self { names: table(SHARED_NAMES), strings: table(SHARED_VALUES), cursor, depth: 0 })
    }

    /// SMILE's own vInt: most significant group first; the last byte has its top bit set and six bits of data.
    fn vint(&mut self) -> Result<u64, Fault> {
        let start = self.cursor.clone();
        let mut value = 0_u64;
        for _ in 0..10 {
            let byte = self.cursor.u8()?;
            let (bits, last) = if byte & 0x80 == 0 { (7, false) } else { (6, true) };
            let shifted = value.checked_shl(bits).filter(|shifted| shifted >> bits == value);
            value = shifted.ok_or_else(|| start.fault(FaultKind::BadVarint))? | u64::from(byte & ((1 << bits) - 1));
            if last {
                return Ok(value);
            }
        }
        Err(start.fault(FaultKind::BadVarint))
    }

    fn zigzag(&mut self) -> Result<i64, Fault> {
        let raw = self.vint()?;
        Ok((raw >> 1).cast_signed() ^ -((raw & 1).cast_signed()))
    }

    fn len(&mut self) -> Result<usize, Fault> {
        let start = self.cursor.clone();
        usize::try_from(self.vint()?).map_err(|_| start.fault(FaultKind::BadVarint))
    }

    /// The groups of seven bits that hold `len` bytes.
    fn seven_bit_groups(&mut self, len: usize) -> Result<&'de [u8], Fault> {
        let n_groups = len.checked_mul(8).map_or(usize::MAX, |bits| bits.div_ceil(7));
        self.cursor.take(n_groups)
    }

    fn seven_bit_bytes(&mut self, len: usize) -> Result<Vec<u8>, Fault> {
        let groups = self.seven_bit_groups(len)?;
        let mut bytes = vec![0; len];
        join_groups(groups, &mut bytes);
        Ok(bytes)
    }

    /// As a visitor takes them: few bytes need no memory of their own.
    fn visit_seven_bit_bytes<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Fault> {
        let len = self.len()?;
        let mut few = [0; 32];
        match few.get_mut(..len) {
            Some(bytes) => {
                join_groups(self.seven_bit_groups(len)?, bytes);
                visitor.visit_bytes(bytes)
            }
            None => visitor.visit_byte_buf(self.seven_bit_bytes(len)?),
        }
    }

    fn fixed_bits(&mut self, n_bytes: usize) -> Result<u64, Fault> {
        let bytes = self.cursor.take(n_bytes)?;
        Ok(bytes.iter().fold(0, |bits, byte| bits << 7 | u64::from(byte & 0x7f)))
    }

    fn big_integer(&mut self) -> Result<i128, Fault> {
        let start = self.cursor.clone();
        let len = self.len()?;
        if len == 0 || len > 16 {
            return Err(start.fault(FaultKind::BadVarint));
        }
        let bytes = self.seven_bit_bytes(len)?;
        let sign = if bytes.first().is_some_and(|first| first & 0x80 != 0) { -1 } else { 0 };
        Ok(bytes.iter().fold(sign, |number, byte| number << 8 | i128::from(*byte)))
    }

    /// Text up to the end mark `FC`, which cannot occur in UTF-8.
    fn long_string(&mut self) -> Result<&'de str, Fault> {
        let start = self.cursor.pos();
        let bytes = self.cursor.take_until(0xFC)?;
        std::str::from_utf8(bytes).map_err(|_| Fault::new(start, FaultKind::BadUtf8))
    }

    fn shared_string(&mut self, len: usize) -> Result<&'de str, Fault> {
        let text = self.cursor.str(len)?;
        if len <= MAX_SHARED_LEN {
            share(&mut self.strings, text);
        }
        Ok(text)
    }

    fn string_reference(&self, index: usize) -> Result<&'de str, Fault> {
        let found = self.strings.as_ref().and_then(|strings| strings.get(index));
        found.copied().ok_or_else(|| self.cursor.fault(FaultKind::BadReference(index)))
    }

    fn name_reference(&self, index: usize) -> Result<&'de str, Fault> {
        let found = self.names.as_ref().and_then(|names| names.get(index));
        found.copied().ok_or_else(|| self.cursor.fault(FaultKind::BadReference(index)))
    }

    /// The next property name; `None` at the end of the object.
    fn name(&mut self) -> Result<Option<&'de str>, Fault> {
        let start = self.cursor.clone();
        let token = self.cursor.u8()?;
        let len = usize::from(token);
        Ok(Some(match token {
            0xFB => return Ok(None),
            0x20 => "",
            0x30..=0x33 => {
                let low = usize::from(self.cursor.u8()?);
                self.name_reference((len & 0x03) << 8 | low)?
            }
            0x34 => {
                let text = self.long_string()?;
                share(&mut self.names, text);
                text
            }
            0x40..=0x7F => self.name_reference(len - 0x40)?,
            0x80..=0xBF => self.shared_name(len - 0x80 + 1)?,
            0xC0..=0xF7 => self.shared_name(len - 0xC0 + 2)?,
            _ => return Err(start.fault(FaultKind::BadToken(token))),
        }))
    }

    fn shared_name(&mut self, len: usize) -> Result<&'de str, Fault> {
        let text = self.cursor.str(len)?;
        share(&mut self.names, text);
        Ok(text)
    }

    fn nested<V>(&mut self, visit: impl FnOnce(&mut Self) -> Result<V, Fault>) -> Result<V, Fault> {
        if self.depth == MAX_DEPTH {
            return Err(self.cursor.fault(FaultKind::TooDeep { limit: MAX_DEPTH }));
        }
        self.depth += 1;
        let value = visit(self)?;
        self.depth -= 1;
        Ok(value)
    }
}

/// Makes bytes of groups of seven bits, most significant first: eight groups make seven bytes. The last group has only
/// the bits that are left, as its low ones.
fn join_groups(groups: &[u8], bytes: &mut [u8]) {
    for (groups, bytes) in groups.chunks(8).zip(bytes.chunks_mut(7)) {
        let Some((last, groups)) = groups.split_last() else { return };
        let bits = groups.iter().fold(0_u64, |bits, group| bits << 7 | u64::from(group & 0x7f));
        let bits = bits << bytes.len() | u64::from(*last) & ((1 << bytes.len()) - 1);
        let eight = bits.to_be_bytes();
        bytes.copy_from_slice(eight.get(eight.len() - bytes.len()..).unwrap_or_default());
    }
}

/// Gives a text the next slot of its table; a full table starts again.
fn share<'de>(table: &mut Option<Vec<&'de str>>, text: &'de str) {
    if let Some(table) = table {
        if table.len() == MAX_SHARED {
            table.clear();
        }
        table.push(text);
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let start = self.cursor.clone();
        let token = self.cursor.u8()?;
        let low = usize::from(token & 0x1f);
        match token {
            0x01..=0x1F => visitor.visit_borrowed_str(self.string_reference(low - 1)?),
            0x20 => visitor.visit_borrowed_str(""),
            0x21 => visitor.visit_unit(),
            0x22 => visitor.visit_bool(false),
            0x23 => visitor.visit_bool(true),
            0x24 | 0x25 => visitor.visit_i64(self.zigzag()?),
            0x26 => visitor.visit_i128(self.big_integer()?),
            0x28 => {
                let bits = self.fixed_bits(5)?;
                visitor.visit_f32(f32::from_bits(u32::try_from(bits & 0xffff_ffff).unwrap_or(0)))
            }
            0x29 => visitor.visit_f64(f64::from_bits(self.fixed_bits(10)?)),
            0x40..=0x5F => visitor.visit_borrowed_str(self.shared_string(low + 1)?),
            0x60..=0x7F => visitor.visit_borrowed_str(self.shared_string(low + 33)?),
            0x80..=0x9F => visitor.visit_borrowed_str(self.shared_string(low + 2)?),
            0xA0..=0xBF => visitor.visit_borrowed_str(self.shared_string(low + 34)?),
            0xC0..=0xDF => {
                let raw = i64::from(token & 0x1f);
                visitor.visit_i64((raw >> 1) ^ -(raw & 1))
            }
            0xE0 | 0xE4 => visitor.visit_borrowed_str(self.long_string()?),
            0xE8 => self.visit_seven_bit_bytes(visitor),
            0xEC..=0xEF => {
                let rest = usize::from(self.cursor.u8()?);
                visitor.visit_borrowed_str(self.string_reference(usize::from(token & 0x03) << 8 | rest)?)
            }
            0xF8 => self.nested(|reader| visitor.visit_seq(Elements(reader))),
            0xFA => self.nested(|reader| visitor.visit_map(Members(reader))),
            0xFD => {
                let len = self.len()?;
                visitor.visit_borrowed_bytes(self.cursor.take(len)?)
            }
            _ => Err(start.fault(FaultKind::BadToken(token))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.cursor.peek() == Some(0x21) {
            self.cursor.u8()?;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Elements<'a, 'de>(&'a mut Reader<'de>);

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        if self.0.cursor.peek() == Some(0xF9) {
            self.0.cursor.u8()?;
            return Ok(None);
        }
        let at = self.0.cursor.pos();
        seed.deserialize(&mut *self.0).map(Some).map_err(|fault| fault.placed(at))
    }
}

struct Members<'a, 'de>(&'a mut Reader<'de>);

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let at = self.0.cursor.pos();
        let Some(name) = self.0.name()? else { return Ok(None) };
        let name = serde::de::value::BorrowedStrDeserializer::new(name);
        seed.deserialize(name).map(Some).map_err(|fault: Fault| fault.placed(at))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let at = self.0.cursor.pos();
        seed.deserialize(&mut *self.0).map_err(|fault| fault.placed(at))
    }
}
