//! `.si`: how many documents a segment has and which files belong to it (`docs/format.md`, *Segment info*).

use snaprepo_codec::{Fault, FaultKind, cursor::Cursor, envelope::Header};

/// The facts of one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Lucene version that wrote the segment, as text.
    pub version: String,
    /// Documents in the segment, deleted ones included.
    pub max_doc: u32,
    /// Whether most files are packed into one `.cfs`.
    pub compound: bool,
    /// Files that the segment had when it was written.
    pub files: Vec<String>,
}

impl SegmentInfo {
    /// Reads an `.si` file. `codec` is the segment's codec name in the commit: it tells whether Lucene 9 wrote the
    /// byte `hasBlocks`, which came with 9.9 under an unchanged header.
    ///
    /// # Errors
    /// On an unknown header name or broken structure.
    pub fn parse(bytes: &[u8], codec: &str) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(bytes);
        let header = Header::read(&mut cursor)?;
        let layout = Layout::of(&header).ok_or_else(|| {
            let (expected, found) = ("Lucene…SegmentInfo".to_owned(), header.codec.to_owned());
            Fault::new(5, FaultKind::WrongCodec { expected, found })
        })?;
        if !layout.indexed {
            let version = cursor.lucene_string()?;
            return Self::rest(&mut cursor, &layout, version, header.codec == "Lucene40SegmentInfo");
        }
        cursor.take(16)?;
        let suffix_len = usize::from(cursor.u8()?);
        cursor.take(suffix_len)?;
        let int = |cursor: &mut Cursor<'_>| if layout.little_endian { cursor.i32_le() } else { cursor.i32_be() };
        let version = format!("{}.{}.{}", int(&mut cursor)?, int(&mut cursor)?, int(&mut cursor)?);
        if layout.min_version && cursor.u8()? == 1 {
            cursor.take(12)?;
        }
        if header.codec != "Lucene90SegmentInfo" {
            return Self::rest(&mut cursor, &layout, version, false);
        }
        let with_blocks = Layout { has_blocks: has_blocks(codec), ..layout };
        let other = Layout { has_blocks: !with_blocks.has_blocks, ..layout };
        Self::rest(&mut cursor.clone(), &with_blocks, version.clone(), false)
            .or_else(|fault| Self::rest(&mut cursor, &other, version, false).map_err(|_| fault))
    }

    fn rest(cursor: &mut Cursor<'_>, layout: &Layout, version: String, attributes_first: bool) -> Result<Self, Fault> {
        let at = cursor.pos();
        let max_doc = if layout.little_endian { cursor.i32_le()? } else { cursor.i32_be()? };
        let max_doc = u32::try_from(max_doc).map_err(|_| Fault::new(at, FaultKind::BadVarint))?;
        let compound = flag(cursor)?;
        if layout.has_blocks {
            flag(cursor)?;
        }
        skip_map(cursor, layout)?;
        if attributes_first {
            skip_map(cursor, layout)?;
        }
        let n_files = count(cursor, layout)?;
        let files = (0..n_files).map(|_| cursor.lucene_string()).collect::<Result<_, _>>()?;
        Ok(Self { version, max_doc, compound, files })
    }
}

/// What differs between the versions of the file.
#[derive(Clone, Copy)]
struct Layout {
    /// Starts with an index header (id and suffix).
    indexed: bool,
    /// Counts are variable-length.
    variable: bool,
    /// The oldest Lucene version whose data flowed in is recorded.
    min_version: bool,
    /// Integers are little-endian (Lucene 9 and later).
    little_endian: bool,
    /// The byte `hasBlocks` follows `compound`.
    has_blocks: bool,
}

impl Layout {
    fn of(header: &Header<'_>) -> Option<Self> {
        let old = Self { indexed: false, variable: false, min_version: false, little_endian: false, has_blocks: false };
        let lucene50 = Self { indexed: true, ..old };
        let lucene62 = Self { variable: true, ..lucene50 };
        let lucene70 = Self { min_version: true, ..lucene62 };
        Some(match header.codec {
            "Lucene40SegmentInfo" | "Lucene46SegmentInfo" => old,
            "Lucene50SegmentInfo" if header.version == 0 => lucene50,
            "Lucene50SegmentInfo" | "Lucene62SegmentInfo" => lucene62,
            "Lucene70SegmentInfo" | "Lucene86SegmentInfo" => lucene70,
            "Lucene90SegmentInfo" => Self { little_endian: true, ..lucene70 },
            _ => return None,
        })
    }
}

/// Whether segments of this codec have the byte `hasBlocks`: all but those of Lucene 9.0 to 9.8.
fn has_blocks(codec: &str) -> bool {
    const WITHOUT: [&str; 12] = [
        "Lucene90",
        "Lucene91",
        "Lucene92",
        "Lucene94",
        "Lucene95",
        "ZSTD",
        "ZSTDNODICT",
        "Lucene95CustomCodec",
        "KNN910Codec",
        "KNN920Codec",
        "KNN940Codec",
        "KNN950Codec",
    ];
    !WITHOUT.contains(&codec)
}

fn flag(cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
    let start = cursor.clone();
    match cursor.u8()? {
        0x01 => Ok(true),
        0xFF => Ok(false),
        other => Err(start.fault(FaultKind::BadToken(other))),
    }
}

fn count(cursor: &mut Cursor<'_>, layout: &Layout) -> Result<usize, Fault> {
    let start = cursor.clone();
    let n = if layout.variable { cursor.vint()? } else { cursor.u32_be()? };
    usize::try_from(n).ok().filter(|n| *n <= cursor.remaining()).ok_or_else(|| {
        let available = cursor.remaining() as u64;
        start.fault(FaultKind::Truncated { needed: u64::from(n), available })
    })
}

fn skip_map(cursor: &mut Cursor<'_>, layout: &Layout) -> Result<(), Fault> {
    for _ in 0..count(cursor, layout)? {
        cursor.lucene_string()?;
        cursor.lucene_string()?;
    }
    Ok(())
}
