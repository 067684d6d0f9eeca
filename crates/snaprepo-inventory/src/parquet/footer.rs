//! What a file says of itself: its columns, and where their chunks lie.

use super::{
    Bad, COLUMNS, Leaves,
    thrift::{Kind, Thrift},
};

/// How values are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Physical {
    /// A truth.
    Flag,
    /// A number of four bytes.
    I32,
    /// A number of eight bytes.
    I64,
    /// Text.
    Bytes,
    /// Something that no column of ours is.
    Other,
}

/// How pages are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Snappy,
    Gzip,
    Zstd,
}

/// A column that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Which chunk of each row group is its.
    pub(super) index: usize,
    pub(super) physical: Physical,
    /// Whether values may be missing.
    pub(super) is_optional: bool,
}

/// The pages of a column in a row group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunk {
    physical: Physical,
    pub(super) packing: Packing,
    /// Where its first page begins.
    pub(super) start: u64,
    /// How long its pages are, with their headers.
    pub(super) len: u64,
}

/// Rows that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) n_rows: u64,
    /// In the order of the schema.
    pub(super) chunks: Vec<Chunk>,
}

#[derive(Debug)]
pub(super) struct Footer {
    pub(super) leaves: Leaves,
    pub(super) groups: Vec<Group>,
}

impl Physical {
    fn of(number: i64) -> Self {
        match number {
            0 => Self::Flag,
            1 => Self::I32,
            2 => Self::I64,
            6 => Self::Bytes,
            _ => Self::Other,
        }
    }

    /// Whether values of this type are what is wanted: tools that convert may shorten numbers.
    pub(super) fn stands_for(self, wanted: Self) -> bool {
        self == wanted || (self == Self::I32 && wanted == Self::I64)
    }
}

impl Packing {
    fn of(number: i64) -> Result<Self, Bad> {
        Ok(match number {
            0 => Self::Plain,
            1 => Self::Snappy,
            2 => Self::Gzip,
            6 => Self::Zstd,
            3 => return Err(Bad("its pages are packed with LZO: only SNAPPY, GZIP, ZSTD and none are read")),
            4 => return Err(Bad("its pages are packed with BROTLI: only SNAPPY, GZIP, ZSTD and none are read")),
            5 | 7 => return Err(Bad("its pages are packed with LZ4: only SNAPPY, GZIP, ZSTD and none are read")),
            _ => return Err(Bad("its pages are packed in a way that is not known")),
        })
    }
}

impl Footer {
    /// Reads a footer that begins at `end_of_pages` of its file.
    pub(super) fn parse(bytes: &[u8], end_of_pages: u64) -> Result<Self, Bad> {
        let mut schema = Schema::default();
        let mut groups = Vec::new();
        let mut is_encrypted = false;
        Thrift::new(bytes).fields(Kind::Struct, &mut |input, id, kind| {
            match id {
                2 => input.list(kind, &mut |input, kind| schema.element(input, kind))?,
                4 => input.list(kind, &mut |input, kind| {
                    groups.push(group(input, kind)?);
                    Ok(())
                })?,
                8 => {
                    is_encrypted = true;
                    return Ok(false);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if is_encrypted {
            return Err(Bad("it is encrypted by Parquet's own means, which is not read"));
        }
        for group in &groups {
            for leaf in schema.leaves.iter().flatten() {
                let chunk = group.chunks.get(leaf.index).ok_or(Bad("a row group lacks a column"))?;
                if chunk.physical != leaf.physical {
                    return Err(Bad("a row group has a column of another type than its schema"));
                }
                if chunk.start.checked_add(chunk.len).is_none_or(|end| end > end_of_pages) {
                    return Err(Bad("a column ends behind the file"));
                }
            }
        }
        Ok(Self { leaves: schema.leaves, groups })
    }
}

/// The tree of columns, while it is walked from the root down.
#[derive(Default)]
struct Schema {
    /// Children that are still to come, of each structure that we are in.
    open: Vec<u64>,
    n_leaves: usize,
    leaves: Leaves,
}

impl Schema {
    fn element(&mut self, input: &mut Thrift<'_>, kind: Kind) -> Result<(), Bad> {
        let (mut physical, mut repetition, mut n_children) = (Physical::Other, 0, 0);
        let mut name: &[u8] = b"";
        input.fields(kind, &mut |input, id, kind| {
            match id {
                1 => physical = Physical::of(input.int(kind)?),
                3 => repetition = input.int(kind)?,
                4 => name = input.binary(kind)?,
                5 => n_children = input.count(kind)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if let Some(left) = self.open.last_mut() {
            *left = left.checked_sub(1).ok_or(Bad("its schema has more columns than it says"))?;
        }
        if n_children > 0 || self.open.is_empty() {
            self.open.push(n_children);
        } else {
            let wanted = COLUMNS.iter().position(|column| column.as_bytes() == name).filter(|_| self.open.len() == 1);
            if let Some(place) = wanted.and_then(|at| self.leaves.get_mut(at)) {
                if repetition > 1 || place.is_some() {
                    return Err(Bad("a column stands twice in its schema, or has lists"));
                }
                *place = Some(Leaf { index: self.n_leaves, physical, is_optional: repetition == 1 });
            }
            self.n_leaves += 1;
        }
        // The root stays: what comes behind its last column is one too many.
        while self.open.len() > 1 && self.open.last() == Some(&0) {
            self.open.pop();
        }
        Ok(())
    }
}

fn group(input: &mut Thrift<'_>, kind: Kind) -> Result<Group, Bad> {
    let mut group = Group { n_rows: 0, chunks: Vec::new() };
    input.fields(kind, &mut |input, id, kind| {
        match id {
            1 => input.list(kind, &mut |input, kind| {
                group.chunks.push(chunk(input, kind)?);
                Ok(())
            })?,
            3 => group.n_rows = input.count(kind)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(group)
}

fn chunk(input: &mut Thrift<'_>, kind: Kind) -> Result<Chunk, Bad> {
    let (mut physical, mut packing, mut len) = (Physical::Other, Ok(Packing::Plain), 0);
    let (mut data, mut dictionary) = (0, None);
    input.fields(kind, &mut |input, id, kind| match id {
        1 => Err(Bad("its columns lie in other files")),
        3 => {
            input.fields(kind, &mut |input, id, kind| {
                match id {
                    1 => physical = Physical::of(input.int(kind)?),
                    4 => packing = Packing::of(input.int(kind)?),
                    7 => len = input.count(kind)?,
                    9 => data = input.count(kind)?,
                    11 => dictionary = Some(input.count(kind)?),
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
            Ok(true)
        }
        _ => Ok(false),
    })?;
    // Some writers give nought where there is no dictionary.
    let start = dictionary.filter(|at| (1..data).contains(at)).unwrap_or(data);
    Ok(Chunk { physical, packing: packing?, start, len })
}
