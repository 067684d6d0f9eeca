//! The pages of a column, one after the other.

use std::io::Read;

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use snaprepo_codec::crc;

use super::{
    Bad, ENDS, Source, Stop,
    bits::{Runs, take},
    footer::{Chunk, Leaf, Packing},
    thrift::{Kind, Thrift},
    values::{Dictionary, Value, Values},
};

/// Longest page, packed and unpacked. Writers make pages of about 1 MiB.
const MAX_PAGE_LEN: u64 = 64 << 20;
/// Longest header of a page: it may quote the least and the greatest value.
const MAX_HEADER_LEN: u64 = 64 << 10;

/// A column of one row group.
pub(super) struct Column<'s> {
    source: &'s Source,
    leaf: &'s Leaf,
    packing: Packing,
    /// Where the next page begins, and where the last one ends.
    at: u64,
    end: u64,
    /// Where this page begins.
    page_at: u64,
    dictionary: Option<Dictionary>,
    /// Which values of this page are there; `None` where all are.
    present: Option<Runs>,
    values: Option<Values>,
    /// Values of this page that are still to come, and of all its column.
    n_left: u64,
    n_rows: u64,
}

/// What stands before a page.
#[derive(Default)]
struct Header {
    kind: i64,
    unpacked_len: u64,
    packed_len: u64,
    checksum: Option<i64>,
    n_values: u64,
    encoding: i64,
    /// How presence is written (version 1).
    levels: i64,
    /// Lengths of the levels that stand before the values, not packed (version 2).
    repeated_len: u64,
    present_len: u64,
    is_packed: bool,
}

impl<'s> Column<'s> {
    pub(super) fn new(source: &'s Source, leaf: &'s Leaf, chunk: &Chunk, n_rows: u64) -> Self {
        let Chunk { packing, start, len, .. } = *chunk;
        Self {
            source,
            leaf,
            packing,
            at: start,
            end: start.saturating_add(len),
            page_at: start,
            dictionary: None,
            present: None,
            values: None,
            n_left: 0,
            n_rows,
        }
    }

    /// The value of the next row; `None` where it is missing.
    pub(super) fn next(&mut self) -> Result<Option<Value>, Stop> {
        // Each turn reads a page.
        while self.n_left == 0 {
            self.page_at = self.at;
            self.page()?;
        }
        self.n_left -= 1;
        self.n_rows = self.n_rows.saturating_sub(1);
        self.value().map_err(|bad| Stop::At(self.page_at, bad))
    }

    fn value(&mut self) -> Result<Option<Value>, Bad> {
        let is_there = self.present.as_mut().map_or(Ok(1), Runs::next)? == 1;
        let mut next = || self.values.as_mut().ok_or(ENDS)?.next(self.dictionary.as_ref());
        is_there.then(&mut next).transpose()
    }

    fn page(&mut self) -> Result<(), Stop> {
        let at = self.at;
        let bad = |bad| Stop::At(at, bad);
        let left =
            self.end.checked_sub(at).filter(|left| *left > 0).ok_or(bad(Bad("a column ends before its rows")))?;
        let head = self.source.read(at, left.min(MAX_HEADER_LEN))?;
        let mut input = Thrift::new(&head);
        let header = Header::parse(&mut input).map_err(bad)?;
        let body_at = at.saturating_add(input.at() as u64);
        if header.packed_len > MAX_PAGE_LEN || header.unpacked_len > MAX_PAGE_LEN {
            return Err(bad(Bad("a page is longer than 64 MiB")));
        }
        self.at = body_at.saturating_add(header.packed_len);
        if self.at > self.end {
            return Err(bad(Bad("a page ends behind its column")));
        }
        let body = self.source.read(body_at, header.packed_len)?;
        self.take(&header, body).map_err(bad)
    }

    /// Gets ready to read a page.
    fn take(&mut self, header: &Header, mut body: Bytes) -> Result<(), Bad> {
        let is_sound = |sum: i64| u32::try_from(sum & 0xffff_ffff) == Ok(crc::crc32(&body));
        if header.checksum.is_some_and(|sum| !is_sound(sum)) {
            return Err(Bad("a page has another checksum than its header says"));
        }
        let physical = self.leaf.physical;
        if matches!(header.kind, 0 | 3) && header.n_values > self.n_rows {
            return Err(Bad("a page has more values than there are rows"));
        }
        match header.kind {
            0 => {
                let mut body = unpacked(self.packing, body, header.unpacked_len)?;
                self.present = match (self.leaf.is_optional, header.levels) {
                    (false, _) => None,
                    (true, 3) => Some(Runs::with_len(&mut body, 1)?),
                    (true, _) => return Err(Bad("a page says what is missing in a way that is not read")),
                };
                self.values = Some(Values::new(header.encoding, physical, body, header.n_values)?);
                self.n_left = header.n_values;
            }
            2 => {
                let body = unpacked(self.packing, body, header.unpacked_len)?;
                self.dictionary = Some(Dictionary::new(physical, &body, header.n_values)?);
            }
            3 => {
                let len = |len: u64| usize::try_from(len).map_err(|_| ENDS);
                take(&mut body, len(header.repeated_len)?)?;
                let present = take(&mut body, len(header.present_len)?)?;
                self.present = if self.leaf.is_optional { Some(Runs::new(present, 1)?) } else { None };
                let levels_len = header.repeated_len.saturating_add(header.present_len);
                let values_len = header.unpacked_len.checked_sub(levels_len).ok_or(ENDS)?;
                // Where nothing is left, some writers pack nothing.
                let packing = if header.is_packed && !body.is_empty() { self.packing } else { Packing::Plain };
                let body = unpacked(packing, body, values_len)?;
                self.values = Some(Values::new(header.encoding, physical, body, header.n_values)?);
                self.n_left = header.n_values;
            }
            // An index, which says nothing of values.
            1 => {}
            _ => return Err(Bad("a page is of a kind that is not known")),
        }
        Ok(())
    }
}

/// Exactly `len` bytes.
fn unpacked(packing: Packing, body: Bytes, len: u64) -> Result<Bytes, Bad> {
    const OTHER: Bad = Bad("a page unpacks to another length than its header says");
    const DAMAGED: Bad = Bad("a page cannot be unpacked");
    let room = usize::try_from(len).map_err(|_| ENDS)?;
    let all = |input: &mut dyn Read| {
        let mut unpacked = Vec::new();
        input.take(len.saturating_add(1)).read_to_end(&mut unpacked).map_err(|_| DAMAGED)?;
        Ok(Bytes::from(unpacked))
    };
    let unpacked = match packing {
        Packing::Plain => body,
        Packing::Snappy => {
            if snap::raw::decompress_len(&body) != Ok(room) {
                return Err(OTHER);
            }
            snap::raw::Decoder::new().decompress_vec(&body).map_err(|_| DAMAGED)?.into()
        }
        Packing::Gzip => all(&mut MultiGzDecoder::new(&*body))?,
        Packing::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(&*body).map_err(|_| DAMAGED)?;
            decoder.window_log_max(MAX_PAGE_LEN.ilog2()).map_err(|_| DAMAGED)?;
            all(&mut decoder)?
        }
    };
    if unpacked.len() == room { Ok(unpacked) } else { Err(OTHER) }
}

impl Header {
    fn parse(input: &mut Thrift<'_>) -> Result<Self, Bad> {
        let mut header = Self { is_packed: true, kind: -1, ..Self::default() };
        input.fields(Kind::Struct, &mut |input, id, kind| {
            match id {
                1 => header.kind = input.int(kind)?,
                2 => header.unpacked_len = input.count(kind)?,
                3 => header.packed_len = input.count(kind)?,
                4 => header.checksum = Some(input.int(kind)?),
                5 | 7 => header.version_1(input, kind)?,
                8 => header.version_2(input, kind)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(header)
    }

    /// Of data, and of a dictionary.
    fn version_1(&mut self, input: &mut Thrift<'_>, kind: Kind) -> Result<(), Bad> {
        input.fields(kind, &mut |input, id, kind| {
            match id {
                1 => self.n_values = input.count(kind)?,
                2 => self.encoding = input.int(kind)?,
                3 if kind == Kind::Int => self.levels = input.int(kind)?,
                _ => return Ok(false),
            }
            Ok(true)
        })
    }

    fn version_2(&mut self, input: &mut Thrift<'_>, kind: Kind) -> Result<(), Bad> {
        input.fields(kind, &mut |input, id, kind| {
            match id {
                1 => self.n_values = input.count(kind)?,
                4 => self.encoding = input.int(kind)?,
                5 => self.present_len = input.count(kind)?,
                6 => self.repeated_len = input.count(kind)?,
                // A truth stands in the head of its field.
                7 => self.is_packed = kind == Kind::True,
                _ => return Ok(false),
            }
            Ok(true)
        })
    }
}
