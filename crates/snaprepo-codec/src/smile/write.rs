//! The writer: the choices that Jackson makes inside the engines, so that a document that was read is written
//! back as the same bytes.

use std::collections::HashMap;

use super::{FLAGS, MARK, MAX_SHARED};
use crate::value::Value;

/// Longer text, in UTF-16 units, is not examined: it is always written as "long UTF-8", even when it is ASCII.
/// A third of the 8,000-byte buffer of the engines' encoder (the same from Jackson 2.8 to 2.17).
const MAX_EXAMINED: usize = 2666;

/// Writes a document.
#[must_use]
pub fn to_vec(document: &Value) -> Vec<u8> {
    let mut writer = Writer { out: MARK.to_vec(), names: HashMap::new(), n_names: 0 };
    writer.out.push(FLAGS);
    writer.value(document);
    writer.out
}

struct Writer<'v> {
    out: Vec<u8>,
    /// Slot of each shared name that may be referred to.
    names: HashMap<&'v str, usize>,
    /// Slots in use; more than entries in `names`, because some slots may not be referred to.
    n_names: usize,
}

impl<'v> Writer<'v> {
    fn value(&mut self, value: &'v Value) {
        match value {
            Value::Null => self.out.push(0x21),
            Value::Bool(false) => self.out.push(0x22),
            Value::Bool(true) => self.out.push(0x23),
            Value::Int(number) => self.int(*number),
            Value::BigInt(number) => self.big_int(*number),
            Value::Float(number) => {
                self.out.push(0x28);
                self.fixed_bits(u64::from(number.to_bits()), 5);
            }
            Value::Double(number) => {
                self.out.push(0x29);
                self.fixed_bits(number.to_bits(), 10);
            }
            Value::Str(text) => self.string(text),
            Value::Bytes(bytes) => {
                self.out.push(0xFD);
                self.vint(bytes.len() as u64);
                self.out.extend_from_slice(bytes);
            }
            Value::Array(elements) => {
                self.out.push(0xF8);
                elements.iter().for_each(|element| self.value(element));
                self.out.push(0xF9);
            }
            Value::Object(members) => {
                self.out.push(0xFA);
                for (name, member) in members {
                    self.name(name);
                    self.value(member);
                }
                self.out.push(0xFB);
            }
        }
    }

    fn int(&mut self, number: i64) {
        let zigzag = ((number << 1) ^ (number >> 63)).cast_unsigned();
        match u8::try_from(zigzag) {
            Ok(small) if small < 32 => self.out.push(0xC0 + small),
            _ => {
                self.out.push(if i32::try_from(number).is_ok() { 0x24 } else { 0x25 });
                self.vint(zigzag);
            }
        }
    }

    fn big_int(&mut self, number: i128) {
        let bytes = number.to_be_bytes();
        // Java's shortest two's complement: drop leading bytes that only repeat the sign.
        let sign = if number < 0 { 0xff } else { 0 };
        let spare = bytes
            .windows(2)
            .take_while(|pair| matches!(pair, [first, next] if *first == sign && (next ^ sign) & 0x80 == 0))
            .count();
        let bytes = bytes.get(spare..).unwrap_or(&bytes);
        self.out.push(0x26);
        self.vint(bytes.len() as u64);
        let (mut bits, mut have) = (0_u32, 0_u32);
        for byte in bytes {
            bits = bits << 8 | u32::from(*byte);
            have += 8;
            while have >= 7 {
                have -= 7;
                self.out.push(low7(u64::from(bits >> have)));
            }
        }
        if have > 0 {
            self.out.push(low7(u64::from(bits & ((1 << have) - 1))));
        }
    }

    fn fixed_bits(&mut self, bits: u64, n_bytes: u32) {
        for i in (0..n_bytes).rev() {
            self.out.push(low7(bits >> (7 * i)));
        }
    }

    fn vint(&mut self, number: u64) {
        let last = u8::try_from(number & 0x3f).unwrap_or(0) | 0x80;
        let rest = number >> 6;
        let groups = (64 - rest.leading_zeros()).div_ceil(7);
        for i in (0..groups).rev() {
            self.out.push(low7(rest >> (7 * i)));
        }
        self.out.push(last);
    }

    /// The shortest class for the byte length. Unlike the name table, no engine shares string values.
    fn string(&mut self, text: &str) {
        let len = u8::try_from(text.len()).unwrap_or(u8::MAX);
        match (len, text.is_ascii()) {
            (0, _) => self.out.push(0x20),
            (1..=32, true) => self.out.push(0x40 + len - 1),
            (33..=64, true) => self.out.push(0x60 + len - 33),
            (2..=33, false) => self.out.push(0x80 + len - 2),
            (34..=64, false) => self.out.push(0xA0 + len - 34),
            (_, ascii) => {
                self.out.push(if ascii && text.len() <= MAX_EXAMINED { 0xE0 } else { 0xE4 });
                self.out.extend_from_slice(text.as_bytes());
                self.out.push(0xFC);
                return;
            }
        }
        self.out.extend_from_slice(text.as_bytes());
    }

    fn name(&mut self, name: &'v str) {
        if name.is_empty() {
            self.out.push(0x20);
            return;
        }
        if let Some(slot) = self.names.get(name) {
            match u8::try_from(*slot) {
                Ok(small) if small < 64 => self.out.push(0x40 + small),
                _ => {
                    let [.., high, low] = slot.to_be_bytes();
                    self.out.extend([0x30 + (high & 0x03), low]);
                }
            }
            return;
        }
        let len = u8::try_from(name.len()).unwrap_or(u8::MAX);
        match (len, name.is_ascii()) {
            (1..=64, true) => self.out.push(0x80 + len - 1),
            (2..=56, false) => self.out.push(0xC0 + len - 2),
            _ => {
                self.out.push(0x34);
                self.out.extend_from_slice(name.as_bytes());
                self.out.push(0xFC);
                self.share(name);
                return;
            }
        }
        self.out.extend_from_slice(name.as_bytes());
        self.share(name);
    }

    fn share(&mut self, name: &'v str) {
        if self.n_names == MAX_SHARED {
            self.names.clear();
            self.n_names = 0;
        }
        // The low bytes FE and FF have a meaning of their own in some streams: such slots are counted, never used.
        if self.n_names & 0xff < 0xfe {
            self.names.insert(name, self.n_names);
        }
        self.n_names += 1;
    }
}

/// The lowest seven bits.
fn low7(bits: u64) -> u8 {
    u8::try_from(bits & 0x7f).unwrap_or(0)
}
