//! Lucene files as Lucene 9.12 frames them: data files with a random body, `.si`, `segments_N`
//! (`docs/format.md`, *Lucene files*).

use std::{
    fs::File,
    io::{self, Write as _},
    path::Path,
};

use snaprepo_codec::{
    base36,
    crc::Crc32,
    envelope::{FOOTER_MAGIC, HEADER_MAGIC},
};
use snaprepo_format::Uuid;

use super::random::Numbers;

/// Lucene version of everything that is written here.
const VERSION: [u8; 3] = [9, 12, 0];
/// The same as file entries record it.
pub(super) const VERSION_TEXT: &str = "9.12.0";
/// Name of the codec of all segments.
const CODEC: &str = "Lucene912";
/// Bytes that are filled and written at once.
const CHUNK_LEN: usize = 256 << 10;
/// Bytes of header and footer of a data file: less cannot be a Lucene file.
pub(super) const FRAME_LEN: u64 = 26 + DATA_CODEC.len() as u64 + 16;
const DATA_CODEC: &str = "Lucene90CompoundData";

/// A segment in a commit.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// Name, such as `_1a`.
    pub(super) name: String,
    /// Identity of the segment.
    pub(super) id: Uuid,
    /// Names of its data files.
    pub(super) data_files: Vec<String>,
}

impl Segment {
    pub(super) fn info_file(&self) -> String {
        format!("{}.si", self.name)
    }
}

/// Writes a data file of `len_bytes` and returns the CRC-32 of its footer.
pub(super) fn write_data(path: &Path, id: &Uuid, len_bytes: u64, mut numbers: Numbers) -> io::Result<u32> {
    let mut file = File::create_new(path)?;
    let mut crc = Crc32::new();
    let mut chunk = header(DATA_CODEC, 0, id, "");
    let mut left = len_bytes - FRAME_LEN;
    while left > 0 {
        let start = chunk.len();
        let len = usize::try_from(left).map_or(CHUNK_LEN, |left| left.min(CHUNK_LEN));
        chunk.resize(start + len, 0);
        numbers.fill(&mut chunk[start..]);
        left -= len as u64;
        if left > 0 {
            crc.update(&chunk);
            file.write_all(&chunk)?;
            chunk.clear();
        }
    }
    let crc = end(&mut chunk, crc);
    file.write_all(&chunk)?;
    Ok(crc)
}

/// The `.si` of a segment, and the CRC-32 of its footer.
pub(super) fn segment_info(segment: &Segment, max_doc: u32) -> (Vec<u8>, u32) {
    let mut bytes = header("Lucene90SegmentInfo", 0, &segment.id, "");
    let version = VERSION.map(|number| u32::from(number).to_le_bytes()).concat();
    bytes.extend_from_slice(&version);
    bytes.push(1);
    bytes.extend_from_slice(&version);
    bytes.extend_from_slice(&max_doc.to_le_bytes());
    let (yes, no) = (0x01, 0xff);
    bytes.push(if segment.data_files.iter().any(|file| file.ends_with(".cfs")) { yes } else { no });
    bytes.push(no);
    let diagnostics = [
        ("source", "flush"),
        ("os", "Linux"),
        ("os.arch", "amd64"),
        ("os.version", "6.8.0"),
        ("lucene.version", VERSION_TEXT),
        ("java.runtime.version", "23+37-2369"),
        ("java.vendor", "Oracle Corporation"),
        ("timestamp", "1735689600000"),
    ];
    map(&mut bytes, &diagnostics);
    vint(&mut bytes, segment.data_files.len() + 1);
    string(&mut bytes, &segment.info_file());
    segment.data_files.iter().for_each(|file| string(&mut bytes, file));
    map(&mut bytes, &[("Lucene90StoredFieldsFormat.mode", "BEST_SPEED")]);
    // No index sort.
    vint(&mut bytes, 0);
    let crc = end(&mut bytes, Crc32::new());
    (bytes, crc)
}

/// The `segments_N` of a commit, and the CRC-32 of its footer.
pub(super) fn commit(id: &Uuid, generation: u64, segments: &[Segment], user_data: &[(&str, &str)]) -> (Vec<u8>, u32) {
    let mut bytes = header("segments", 10, id, &base36::encode(generation));
    bytes.extend_from_slice(&VERSION);
    vint(&mut bytes, usize::from(VERSION[0]));
    bytes.extend_from_slice(&generation.to_be_bytes());
    // The counter that names the next segment.
    vint(&mut bytes, segments.len());
    bytes.extend_from_slice(&u32::try_from(segments.len()).unwrap_or(u32::MAX).to_be_bytes());
    if !segments.is_empty() {
        bytes.extend_from_slice(&VERSION);
    }
    for segment in segments {
        string(&mut bytes, &segment.name);
        bytes.extend_from_slice(segment.id.bytes());
        string(&mut bytes, CODEC);
        let (none, no_documents) = ((-1_i64).to_be_bytes(), 0_u32.to_be_bytes());
        // Live docs, hard deletes, field infos, doc values, soft deletes.
        bytes.extend_from_slice(&none);
        bytes.extend_from_slice(&no_documents);
        bytes.extend_from_slice(&none);
        bytes.extend_from_slice(&none);
        bytes.extend_from_slice(&no_documents);
        bytes.push(1);
        bytes.extend_from_slice(segment.id.bytes());
        // Field infos files, doc values updates.
        vint(&mut bytes, 0);
        bytes.extend_from_slice(&0_u32.to_be_bytes());
    }
    map(&mut bytes, user_data);
    let crc = end(&mut bytes, Crc32::new());
    (bytes, crc)
}

fn header(codec: &str, version: u32, id: &Uuid, suffix: &str) -> Vec<u8> {
    let mut bytes = HEADER_MAGIC.to_be_bytes().to_vec();
    string(&mut bytes, codec);
    bytes.extend_from_slice(&version.to_be_bytes());
    bytes.extend_from_slice(id.bytes());
    string(&mut bytes, suffix);
    bytes
}

/// Adds the footer. `crc` has taken in what came before these bytes.
fn end(bytes: &mut Vec<u8>, mut crc: Crc32) -> u32 {
    bytes.extend_from_slice(&FOOTER_MAGIC.to_be_bytes());
    bytes.extend_from_slice(&0_u32.to_be_bytes());
    crc.update(bytes);
    bytes.extend_from_slice(&u64::from(crc.value()).to_be_bytes());
    crc.value()
}

fn map(bytes: &mut Vec<u8>, pairs: &[(&str, &str)]) {
    vint(bytes, pairs.len());
    for (key, value) in pairs {
        string(bytes, key);
        string(bytes, value);
    }
}

fn string(bytes: &mut Vec<u8>, text: &str) {
    vint(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

fn vint(bytes: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or(0));
}
