//! One value after the other, in each of the ways in which pages hold them.

use bytes::Bytes;

use super::{
    Bad, ENDS,
    bits::{Bits, Runs, array, take},
    deltas::Deltas,
    footer::Physical,
};

/// Longest text. Keys have at most 1,024 bytes.
const MAX_TEXT_LEN: usize = 1 << 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(Bytes),
    Number(i64),
    Flag(bool),
}

/// The values of a page that are not missing.
#[derive(Debug)]
pub(super) enum Values {
    Plain(Physical, Bytes),
    /// Truths, a bit each.
    Bits(Bits),
    /// Truths in runs.
    Runs(Runs),
    /// Places in the dictionary.
    Places(Runs),
    Deltas(Deltas),
    /// Texts without their lengths, which stand before them all.
    Texts {
        lens: Deltas,
        texts: Bytes,
    },
    /// Texts that begin as the one before did.
    Tails(Box<Tails>),
}

/// How much of the text before to take, and what to put behind it.
#[derive(Debug)]
pub(super) struct Tails {
    shared: Deltas,
    lens: Deltas,
    tails: Bytes,
    last: Bytes,
}

/// The values that places point at.
#[derive(Debug)]
pub(super) struct Dictionary {
    physical: Physical,
    bytes: Bytes,
    starts: Vec<u32>,
}

impl Value {
    pub(super) fn text(self) -> Option<Bytes> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn number(self) -> Option<i64> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    pub(super) fn flag(self) -> Option<bool> {
        if let Self::Flag(flag) = self { Some(flag) } else { None }
    }
}

/// A value that stands for itself.
fn plain(physical: Physical, bytes: &mut Bytes) -> Result<Value, Bad> {
    Ok(match physical {
        Physical::Bytes => {
            let len = u32::from_le_bytes(array(bytes)?);
            Value::Text(text(bytes, i64::from(len))?)
        }
        Physical::I32 => Value::Number(i32::from_le_bytes(array(bytes)?).into()),
        Physical::I64 => Value::Number(i64::from_le_bytes(array(bytes)?)),
        Physical::Flag | Physical::Other => return Err(Bad("a page holds its values in a way that is not read")),
    })
}

fn text(bytes: &mut Bytes, len: i64) -> Result<Bytes, Bad> {
    let len = usize::try_from(len).map_err(|_| Bad("a text has a negative length"))?;
    if len > MAX_TEXT_LEN {
        return Err(Bad("a text is longer than 1 MiB"));
    }
    take(bytes, len)
}

impl Dictionary {
    /// `n_values` are not believed: each takes bytes.
    pub(super) fn new(physical: Physical, bytes: &Bytes, n_values: u64) -> Result<Self, Bad> {
        let mut rest = bytes.clone();
        let mut starts = Vec::new();
        for _ in 0..n_values {
            starts.push(u32::try_from(bytes.len() - rest.len()).map_err(|_| ENDS)?);
            plain(physical, &mut rest)?;
        }
        Ok(Self { physical, bytes: bytes.clone(), starts })
    }

    fn get(&self, place: u32) -> Result<Value, Bad> {
        let start = self.starts.get(place as usize).ok_or(Bad("a page points behind its dictionary"))?;
        plain(self.physical, &mut self.bytes.slice(*start as usize..))
    }
}

impl Values {
    /// Of an encoding, as headers of pages number them. `n_values` is how many there are at most.
    pub(super) fn new(encoding: i64, physical: Physical, mut bytes: Bytes, n_values: u64) -> Result<Self, Bad> {
        Ok(match (encoding, physical) {
            (0, Physical::Flag) => Self::Bits(Bits::new(bytes)),
            (0, physical) => Self::Plain(physical, bytes),
            (2 | 8, _) if bytes.is_empty() => Self::Places(Runs::new(bytes, 0)?),
            (2 | 8, _) => {
                let [width] = array(&mut bytes)?;
                Self::Places(Runs::new(bytes, width)?)
            }
            (3, Physical::Flag) => Self::Runs(Runs::with_len(&mut bytes, 1)?),
            (5, Physical::I32 | Physical::I64) => Self::Deltas(Deltas::new(bytes, n_values)?),
            (6, Physical::Bytes) => {
                let lens = Deltas::new(bytes, n_values)?;
                let texts = lens.clone().behind()?;
                Self::Texts { lens, texts }
            }
            (7, Physical::Bytes) => {
                let shared = Deltas::new(bytes, n_values)?;
                let lens = Deltas::new(shared.clone().behind()?, n_values)?;
                let tails = lens.clone().behind()?;
                Self::Tails(Box::new(Tails { shared, lens, tails, last: Bytes::new() }))
            }
            _ => return Err(Bad("a page holds its values in a way that is not read")),
        })
    }

    pub(super) fn next(&mut self, dictionary: Option<&Dictionary>) -> Result<Value, Bad> {
        Ok(match self {
            Self::Plain(physical, bytes) => plain(*physical, bytes)?,
            Self::Bits(bits) => Value::Flag(bits.next(1)? == 1),
            Self::Runs(runs) => Value::Flag(runs.next()? == 1),
            Self::Places(runs) => dictionary.ok_or(Bad("a page lacks its dictionary"))?.get(runs.next()?)?,
            Self::Deltas(deltas) => Value::Number(deltas.next()?),
            Self::Texts { lens, texts } => Value::Text(text(texts, lens.next()?)?),
            Self::Tails(tails) => Value::Text(tails.next()?),
        })
    }
}

impl Tails {
    fn next(&mut self) -> Result<Bytes, Bad> {
        let shared = usize::try_from(self.shared.next()?).ok().and_then(|len| self.last.get(..len));
        let shared = shared.ok_or(Bad("a text shares more with the one before than that has"))?;
        let tail = text(&mut self.tails, self.lens.next()?)?;
        if shared.len() + tail.len() > MAX_TEXT_LEN {
            return Err(Bad("a text is longer than 1 MiB"));
        }
        self.last = [shared, &tail].concat().into();
        Ok(self.last.clone())
    }
}
