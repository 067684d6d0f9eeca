//! Parquet files of S3 Inventory: as much of the format as a flat table with keys and lengths needs.
//!
//! ```text
//! file ─▶ footer   what columns there are, and where their chunks lie
//!      ─▶ pages    one page of a chunk after the other, unpacked
//!      ─▶ values   one value of a page after the other
//! ```
//! The well-kept reader that there is ends the whole program over a damaged file, and wants to be trusted with memory.
//! This one holds a page and a dictionary of each of four columns, and no number of a file is believed.

mod bits;
mod deltas;
mod footer;
mod pages;
mod thrift;
mod values;

use std::{
    cell::RefCell,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use bytes::Bytes;

use self::{
    footer::{Footer, Leaf, Physical},
    pages::Column,
    values::Value,
};
use super::Fault;

/// No file has more rows than this for each of its bytes: keys differ, and the best packed ones still take a
/// twentieth of a byte. So a file that claims more is not worked on forever.
const MAX_ROWS_PER_BYTE: u64 = 64;
/// Ends and begins a file.
pub(super) const MAGIC: &[u8; 4] = b"PAR1";
/// The same where the footer is encrypted.
const MAGIC_ENCRYPTED: &[u8; 4] = b"PARE";
/// Length of what stands behind the footer: its length, and the magic.
const TAIL_LEN: u64 = 8;
/// Longest footer. That of a million rows is some kilobytes.
const MAX_FOOTER_LEN: u64 = 16 << 20;

/// What is wrong with a part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bad(&'static str);

const ENDS: Bad = Bad("it ends too early");

/// What is wrong with a file, and where; or that it cannot be read.
#[derive(Debug)]
enum Stop {
    At(u64, Bad),
    Io(io::Error),
}

/// An object of the listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Row {
    /// Its key, as it is.
    pub(super) key: Bytes,
    /// Its length in bytes; markers of deletes have none.
    pub(super) len_bytes: Option<i64>,
    /// Whether it is the version that a reader sees.
    pub(super) is_latest: Option<bool>,
    /// Whether it marks a delete.
    pub(super) is_marker: Option<bool>,
}

/// A file, and how long it is. Its columns read it in turns.
struct Source {
    file: RefCell<File>,
    len: u64,
}

/// Reads every row of a file.
pub(super) fn rows(path: &Path, each: &mut dyn FnMut(u64, Row) -> Result<(), Fault>) -> Result<(), Fault> {
    let read = |source| Fault::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(read)?;
    let len = file.metadata().map_err(read)?.len();
    let source = Source { file: RefCell::new(file), len };
    let told = |stop| match stop {
        Stop::At(offset, Bad(reason)) => Fault::Parquet { path: path.to_owned(), offset, reason },
        Stop::Io(source) => read(source),
    };
    let footer = source.footer().map_err(told)?;
    let mut number = 0;
    for group in &footer.groups {
        let mut columns = footer.leaves.each_ref().map(|leaf| {
            let leaf = leaf.as_ref()?;
            Some(Column::new(&source, leaf, group.chunks.get(leaf.index)?, group.n_rows))
        });
        for _ in 0..group.n_rows {
            number += 1;
            let mut next = |at: usize| columns.get_mut(at).and_then(Option::as_mut).map_or(Ok(None), Column::next);
            let row = Row {
                key: next(0).map_err(told)?.and_then(Value::text).unwrap_or_default(),
                len_bytes: next(1).map_err(told)?.and_then(Value::number),
                is_latest: next(2).map_err(told)?.and_then(Value::flag),
                is_marker: next(3).map_err(told)?.and_then(Value::flag),
            };
            each(number, row)?;
        }
    }
    Ok(())
}

impl Source {
    /// Exactly `len` bytes from `offset` on. The caller bounds `len`.
    fn read(&self, offset: u64, len: u64) -> Result<Bytes, Stop> {
        if offset.checked_add(len).is_none_or(|end| end > self.len) {
            return Err(Stop::At(offset, ENDS));
        }
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(offset)).map_err(Stop::Io)?;
        let mut bytes = Vec::with_capacity(usize::try_from(len).map_err(|_| Stop::At(offset, ENDS))?);
        (&mut *file).take(len).read_to_end(&mut bytes).map_err(Stop::Io)?;
        if bytes.len() as u64 == len { Ok(bytes.into()) } else { Err(Stop::At(offset, ENDS)) }
    }

    fn footer(&self) -> Result<Footer, Stop> {
        let at_end =
            self.len.checked_sub(TAIL_LEN).ok_or(Stop::At(0, Bad("it is no Parquet file: it is too short")))?;
        let tail = self.read(at_end, TAIL_LEN)?;
        let (footer_len, magic) = tail.split_at_checked(4).ok_or(Stop::At(at_end, ENDS))?;
        let bad = |reason| Stop::At(at_end, Bad(reason));
        if magic == MAGIC_ENCRYPTED {
            return Err(bad("it is encrypted by Parquet's own means, which is not read"));
        }
        if magic != MAGIC {
            return Err(bad("it does not end as a Parquet file does: it is cut off, or it is another kind of file"));
        }
        let footer_len = footer_len.iter().rev().fold(0, |len, byte| len << 8 | u64::from(*byte));
        if footer_len > MAX_FOOTER_LEN {
            return Err(bad("its footer would be longer than 16 MiB"));
        }
        let at = at_end.checked_sub(footer_len).ok_or_else(|| bad("its footer would be longer than the file"))?;
        let footer = Footer::parse(&self.read(at, footer_len)?, at).map_err(|bad| Stop::At(at, bad))?;
        let wanted = [Physical::Bytes, Physical::I64, Physical::Flag, Physical::Flag];
        for (leaf, wanted) in footer.leaves.iter().zip(wanted) {
            if leaf.as_ref().is_some_and(|leaf| !leaf.physical.stands_for(wanted)) {
                return Err(Stop::At(at, Bad("a column of it is of another type than S3 Inventory writes")));
            }
        }
        if footer.leaves.iter().take(2).any(Option::is_none) {
            return Err(Stop::At(at, Bad("it has no columns key and size")));
        }
        let n_rows = footer.groups.iter().fold(0, |n: u64, group| n.saturating_add(group.n_rows));
        if n_rows > self.len.saturating_mul(MAX_ROWS_PER_BYTE) {
            return Err(Stop::At(at, Bad("it would have more rows than fit in its length")));
        }
        Ok(footer)
    }
}

/// The columns that are read, in the order of [`Row`].
const COLUMNS: [&str; 4] = ["key", "size", "is_latest", "is_delete_marker"];
type Leaves = [Option<Leaf>; COLUMNS.len()];

#[cfg(test)]
mod tests;
