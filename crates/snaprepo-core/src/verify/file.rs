//! Checks the bytes of one file: its footer, or all of it.

use std::sync::Arc;

use snaprepo_codec::{
    BlobPath, base36,
    envelope::{FOOTER_LEN, Footer, HEADER_MAGIC, StreamCheck},
};
use snaprepo_format::{
    Parts,
    root::{IndexIx, SnapshotIx},
};
use snaprepo_store::{Cancel, StoreError, StoreErrorKind};

use super::{
    collect::Notes,
    finding::{Finding, FindingKind},
    options::Depth,
};
use crate::{BlobError, Repository, adler::Adler32, repository::known};

/// First bytes of a deletions file of Lucene 4, before its header.
const LUCENE_4_DELETIONS: [u8; 4] = [0xff, 0xff, 0xff, 0xfe];

/// A file whose parts are all there.
#[derive(Debug)]
pub(super) struct FileJob {
    pub(super) index: IndexIx,
    pub(super) shard: u32,
    pub(super) folder: Arc<BlobPath>,
    pub(super) physical_name: Box<str>,
    pub(super) parts: Parts,
    pub(super) checksum: Option<u32>,
    /// Copy of the first bytes, inside the metadata.
    pub(super) meta_hash: Option<Box<[u8]>>,
    /// May be from before Lucene 4.8, when files had no footer.
    pub(super) maybe_footless: bool,
    pub(super) snapshots: Vec<SnapshotIx>,
}

impl FileJob {
    fn blob(&self, part: u64) -> Result<BlobPath, BlobError> {
        known(self.folder.join(&self.parts.blob_name(part)))
    }

    fn finding(&self, kind: FindingKind, message: String, part: u64) -> Finding {
        let finding = Finding::new(kind, message)
            .in_shard(self.index, self.shard)
            .in_snapshots(self.snapshots.iter().copied())
            .of_file(&self.physical_name);
        match self.blob(part) {
            Ok(path) => finding.blob(&path),
            Err(_) => finding,
        }
    }

    fn last_part(&self) -> u64 {
        self.parts.n_parts - 1
    }

    fn part_start(&self, part: u64) -> u64 {
        (0..part).map(|i| self.parts.part_len(i)).sum()
    }
}

/// Checks a file as deep as asked. `buffer` is re-used between calls.
pub(super) fn check(
    repository: &Repository,
    job: &FileJob,
    depth: Depth,
    cancel: &Cancel,
    buffer: &mut Vec<u8>,
) -> Notes {
    let mut notes = Notes::default();
    let checked = match depth {
        Depth::Metadata | Depth::Presence => Ok(()),
        Depth::Footers => check_footer(repository, job, &mut notes),
        Depth::Content => check_content(repository, job, cancel, buffer, &mut notes),
    };
    if let Err(error) = checked {
        let error = BlobError::from_store(error);
        notes.blob(&error, |error| {
            // It was listed a moment ago: gone, or never a blob.
            let message = error.problem.to_string();
            Finding { message, ..job.finding(FindingKind::MissingBlob, String::new(), 0).blob(&error.path) }.breaking()
        });
    }
    notes
}

fn check_footer(repository: &Repository, job: &FileJob, notes: &mut Notes) -> Result<(), StoreError> {
    notes.tally.footers = 1;
    if job.parts.len_bytes < FOOTER_LEN as u64 {
        let message = format!("{} bytes are too few for a Lucene file", job.parts.len_bytes);
        notes.find(job.finding(FindingKind::FooterInvalid, message, job.last_part()).breaking());
        return Ok(());
    }
    let tail = read_tail(repository, job)?;
    let offset_in_part = job.parts.part_len(job.last_part()).saturating_sub(FOOTER_LEN as u64);
    match Footer::parse(&tail, offset_in_part) {
        Ok(footer) => compare(job, footer, offset_in_part, notes),
        Err(_) if job.maybe_footless => {
            let message = "has no footer: from before Lucene 4.8; verify --depth content checks it whole".to_owned();
            notes.find(job.finding(FindingKind::UncheckedLegacyChecksum, message, job.last_part()));
        }
        Err(fault) => {
            let message = format!("truncated or overwritten: {}", fault.kind);
            let mut finding = job.finding(FindingKind::FooterInvalid, message, job.last_part());
            finding.offset = Some(fault.offset);
            notes.find(finding.breaking());
        }
    }
    Ok(())
}

/// The last sixteen bytes of a file: nearly always one read, two when the last part is shorter.
fn read_tail(repository: &Repository, job: &FileJob) -> Result<[u8; FOOTER_LEN], StoreError> {
    let mut tail = Vec::with_capacity(FOOTER_LEN);
    let mut part = job.last_part();
    loop {
        let missing = FOOTER_LEN - tail.len();
        let len = job.parts.part_len(part);
        let take = usize::try_from(len).unwrap_or(usize::MAX).min(missing);
        let path = blob_path(job, part)?;
        let mut piece = repository.store().read_range(&path, len.saturating_sub(take as u64), take)?;
        piece.append(&mut tail);
        tail = piece;
        if tail.len() == FOOTER_LEN || part == 0 {
            break;
        }
        part -= 1;
    }
    <[u8; FOOTER_LEN]>::try_from(tail)
        .map_err(|_| StoreError::new(&blob_path(job, 0).unwrap_or_default(), StoreErrorKind::ShortRead))
}

fn blob_path(job: &FileJob, part: u64) -> Result<BlobPath, StoreError> {
    job.blob(part).map_err(|_| StoreError::new(&job.folder, StoreErrorKind::NotFound))
}

/// The stored checksum against the recorded one.
fn compare(job: &FileJob, footer: Footer, offset_in_part: u64, notes: &mut Notes) {
    let Some(recorded) = job.checksum.filter(|recorded| *recorded != footer.crc) else { return };
    let (recorded, stored) = (base36::encode(recorded.into()), base36::encode(footer.crc.into()));
    let message = format!("footer says {stored}, {recorded} is recorded");
    let mut finding = job.finding(FindingKind::ChecksumMismatch, message, job.last_part()).values(recorded, stored);
    finding.offset = Some(offset_in_part + 8);
    notes.find(finding.breaking());
}

fn check_content(
    repository: &Repository,
    job: &FileJob,
    cancel: &Cancel,
    buffer: &mut Vec<u8>,
    notes: &mut Notes,
) -> Result<(), StoreError> {
    let mut check = StreamCheck::new();
    let mut adler = job.maybe_footless.then(Adler32::new);
    let mut head = Vec::new();
    let head_len = job.meta_hash.as_ref().map_or(8, |hash| hash.len().max(8));
    for part in 0..job.parts.n_parts {
        repository.store().stream(&blob_path(job, part)?, buffer, &mut |piece| {
            if head.len() < head_len {
                head.extend_from_slice(piece.get(..piece.len().min(head_len - head.len())).unwrap_or_default());
            }
            check.update(piece);
            if let Some(adler) = &mut adler {
                adler.update(piece);
            }
            !cancel.is_cancelled()
        })?;
        if cancel.is_cancelled() {
            return Ok(());
        }
    }
    let summary = check.finish();
    notes.tally.contents = 1;
    notes.tally.content_bytes = summary.len;
    if summary.len != job.parts.len_bytes {
        let message = format!("{} bytes read, {} recorded", summary.len, job.parts.len_bytes);
        let finding = job.finding(FindingKind::BlobLengthMismatch, message, job.last_part());
        notes.find(finding.values(job.parts.len_bytes, summary.len).breaking());
        return Ok(());
    }
    let footer_start = job.parts.part_len(job.last_part()).saturating_sub(FOOTER_LEN as u64);
    match (summary.footer, adler) {
        (Ok(footer), _) => {
            compare(job, footer, footer_start, notes);
            if footer.crc != summary.computed {
                notes.find(corrupt(job, footer.crc, summary.computed));
            }
        }
        (Err(_), Some(adler)) => {
            if let Some(recorded) = job.checksum.filter(|recorded| *recorded != adler.value()) {
                notes.find(corrupt(job, recorded, adler.value()));
            }
        }
        (Err(fault), None) => {
            let mut finding = job.finding(FindingKind::FooterInvalid, fault.kind.to_string(), job.last_part());
            finding.offset = Some(fault.offset.saturating_sub(job.part_start(job.last_part())));
            notes.find(finding.breaking());
        }
    }
    check_head(job, &head, notes);
    Ok(())
}

fn corrupt(job: &FileJob, recorded: u32, computed: u32) -> Finding {
    let message = format!("the bytes have checksum {computed:08x}, {recorded:08x} is recorded");
    job.finding(FindingKind::ContentCorrupt, message, 0)
        .values(format!("{recorded:08x}"), format!("{computed:08x}"))
        .breaking()
}

fn check_head(job: &FileJob, head: &[u8], notes: &mut Notes) {
    let magic = HEADER_MAGIC.to_be_bytes();
    let starts =
        head.starts_with(&magic) || head.strip_prefix(&LUCENE_4_DELETIONS).is_some_and(|rest| rest.starts_with(&magic));
    if !starts && !job.maybe_footless {
        let mut finding = job.finding(FindingKind::HeaderInvalid, "does not start with the Lucene magic".to_owned(), 0);
        finding.offset = Some(0);
        notes.find(finding);
    }
    if let Some(hash) = &job.meta_hash
        && head.get(..hash.len()) != Some(hash)
    {
        let at = head.iter().zip(hash).take_while(|(a, b)| a == b).count();
        let message = format!("differs at byte {at} from its copy in the metadata");
        let mut finding = job.finding(FindingKind::InlinedCopyMismatch, message, 0);
        finding.offset = Some(at as u64);
        notes.find(finding.breaking());
    }
}
