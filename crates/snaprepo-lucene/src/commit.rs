//! `segments_N`: which segments a commit has, and what the engine noted down with it (`docs/format.md`, *Commit*).

use snaprepo_codec::{
    Fault, FaultKind, base36,
    cursor::Cursor,
    envelope::{FOOTER_LEN, Header},
};

/// Oldest and newest `segments` format that is understood: Lucene 4.0 to 10.5.
const FORMATS: std::ops::RangeInclusive<i32> = 0..=10;

/// A commit of one shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Version of the file format, 0 to 10.
    pub format: i32,
    /// Lucene version that wrote the commit; formats from 6 on.
    pub lucene_version: Option<(u32, u32, u32)>,
    /// Major Lucene version that created the index; formats from 7 on. Decides which targets can open it.
    pub created_major: Option<u32>,
    /// The segments, in order.
    pub segments: Vec<SegmentCommit>,
    /// What the engine noted: `history_uuid`, `max_seq_no` and others.
    pub user_data: Vec<(String, String)>,
}

/// A segment as a commit sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentCommit {
    /// Name, such as `_8x`.
    pub name: String,
    /// Codec that wrote it, such as `Lucene912`.
    pub codec: String,
    /// Generation of the live-docs file, if documents were deleted.
    pub live_docs_generation: Option<u64>,
    /// Documents deleted for good.
    pub n_deleted: u32,
    /// Documents deleted softly; formats from 9 on.
    pub n_soft_deleted: u32,
    /// Files of later generations: field infos and doc-values updates.
    pub update_files: Vec<String>,
}

impl SegmentCommit {
    /// Names the live-docs file, if there is one. Lucene 4 calls it `.del`, later versions `.liv`.
    #[must_use]
    pub fn live_docs_file(&self, commit: &Commit) -> Option<String> {
        let extension = if commit.format <= 3 { "del" } else { "liv" };
        let generation = base36::encode(self.live_docs_generation?);
        Some(format!("{}_{generation}.{extension}", self.name))
    }

    /// Names the segment's info file.
    #[must_use]
    pub fn info_file(&self) -> String {
        format!("{}.si", self.name)
    }
}

impl Commit {
    /// Reads a whole `segments_N` file. The checksum is not checked here; the reader of the shard has done that.
    ///
    /// # Errors
    /// On an unknown format, broken structure, or bytes between the user data and the footer.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let mut cursor = Cursor::new(bytes);
        let header = Header::read(&mut cursor)?;
        if header.codec != "segments" {
            let (expected, found) = ("segments".to_owned(), header.codec.to_owned());
            return Err(Fault::new(5, FaultKind::WrongCodec { expected, found }));
        }
        let format = header.version;
        if !FORMATS.contains(&format) {
            let (found, min, max) = (i64::from(format), i64::from(*FORMATS.start()), i64::from(*FORMATS.end()));
            return Err(Fault::new(cursor.pos() - 4, FaultKind::UnsupportedVersion { found, min, max }));
        }
        if format >= 4 {
            cursor.take(16)?;
            let suffix_len = usize::from(cursor.u8()?);
            cursor.take(suffix_len)?;
        }
        let lucene_version = if format >= 6 { Some(version(&mut cursor)?) } else { None };
        let created_major = if format >= 7 { Some(cursor.vint()?) } else { None };
        cursor.i64_be()?;
        if format >= 8 {
            cursor.vlong()?;
        } else {
            cursor.i32_be()?;
        }
        let n_segments = count(&mut cursor, false)?;
        if format >= 6 && n_segments > 0 {
            version(&mut cursor)?;
        }
        let segments = (0..n_segments).map(|_| segment(&mut cursor, format)).collect::<Result<_, _>>()?;
        let n_user_data = count(&mut cursor, format >= 5)?;
        let user_data = (0..n_user_data)
            .map(|_| Ok((cursor.lucene_string()?, cursor.lucene_string()?)))
            .collect::<Result<_, Fault>>()?;
        let footer_len = if format >= 2 { FOOTER_LEN } else { 8 };
        match cursor.remaining().checked_sub(footer_len) {
            Some(0) => Ok(Self { format, lucene_version, created_major, segments, user_data }),
            Some(left) => Err(cursor.fault(FaultKind::TrailingBytes(left as u64))),
            None => {
                let available = cursor.remaining() as u64;
                Err(cursor.fault(FaultKind::Truncated { needed: footer_len as u64, available }))
            }
        }
    }

    /// What the engine noted under a key.
    #[must_use]
    pub fn user_data(&self, key: &str) -> Option<&str> {
        self.user_data.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

/// The generation that the name of a commit file carries; `None` when the name is not `segments_N`.
#[must_use]
pub fn commit_generation(file: &str) -> Option<u64> {
    base36::decode(file.strip_prefix("segments_")?)
}

/// Whether a file name is that of a commit.
#[must_use]
pub fn is_commit_file(file: &str) -> bool {
    file.starts_with("segments_")
}

/// The `shard_state_id` that the engine derives from a commit: history uuid, force-merge uuid or `na`, highest
/// sequence number. `None` when the commit lacks one of them.
#[must_use]
pub fn shard_state_id(commit: &Commit) -> Option<String> {
    let history = commit.user_data("history_uuid")?;
    let max_seq_no = commit.user_data("max_seq_no")?;
    let force_merge = commit.user_data("force_merge_uuid").unwrap_or("na");
    Some(format!("{history}-{force_merge}-{max_seq_no}"))
}

fn version(cursor: &mut Cursor<'_>) -> Result<(u32, u32, u32), Fault> {
    Ok((cursor.vint()?, cursor.vint()?, cursor.vint()?))
}

/// A count of things that take at least one byte each, so that it can never promise more than the input holds.
fn count(cursor: &mut Cursor<'_>, variable: bool) -> Result<usize, Fault> {
    let start = cursor.clone();
    let n = if variable { i64::from(cursor.vint()?) } else { i64::from(cursor.i32_be()?) };
    usize::try_from(n).ok().filter(|n| *n <= cursor.remaining()).ok_or_else(|| {
        let available = cursor.remaining() as u64;
        start.fault(FaultKind::Truncated { needed: n.unsigned_abs(), available })
    })
}

fn strings(cursor: &mut Cursor<'_>, variable: bool) -> Result<Vec<String>, Fault> {
    let n = count(cursor, variable)?;
    (0..n).map(|_| cursor.lucene_string()).collect()
}

fn segment(cursor: &mut Cursor<'_>, format: i32) -> Result<SegmentCommit, Fault> {
    let name = cursor.lucene_string()?;
    if format >= 7 || (format >= 4 && cursor.u8()? == 1) {
        cursor.take(16)?;
    }
    let codec = cursor.lucene_string()?;
    let live_docs_generation = u64::try_from(cursor.i64_be()?).ok();
    let n_deleted = cursor.u32_be()?;
    if format >= 1 {
        cursor.i64_be()?;
    }
    if format >= 3 {
        cursor.i64_be()?;
    }
    let n_soft_deleted = if format >= 9 { cursor.u32_be()? } else { 0 };
    if format >= 10 && cursor.u8()? == 1 {
        cursor.take(16)?;
    }
    let variable = format >= 5;
    let mut update_files = Vec::new();
    if format >= 3 {
        update_files = strings(cursor, variable)?;
        for _ in 0..count(cursor, false)? {
            cursor.i32_be()?;
            update_files.append(&mut strings(cursor, variable)?);
        }
    } else if format >= 1 {
        for _ in 0..count(cursor, false)? {
            cursor.i64_be()?;
            update_files.append(&mut strings(cursor, variable)?);
        }
    }
    Ok(SegmentCommit { name, codec, live_docs_generation, n_deleted, n_soft_deleted, update_files })
}
