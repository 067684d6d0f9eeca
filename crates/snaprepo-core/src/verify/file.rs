//! Checks the bytes of files: their footers, or all of them.

use snaprepo_codec::{
    BlobPath, base36,
    envelope::{FOOTER_LEN, Footer, HEADER_MAGIC, StreamCheck},
};
use snaprepo_format::{
    Parts, ShortText,
    root::{IndexIx, SnapshotIx},
};
use snaprepo_store::{Cancel, FolderReader, StoreError, StoreErrorKind, Streamed};

use super::{
    collect::Notes,
    finding::{Finding, FindingKind},
    options::Depth,
    order::LateLength,
};
use crate::{BlobError, Repository, adler::Adler32, repository::known};

/// First bytes of a deletions file of Lucene 4, before its header.
const LUCENE_4_DELETIONS: [u8; 4] = [0xff, 0xff, 0xff, 0xfe];

/// A shard folder with files to check.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) index: IndexIx,
    pub(super) shard: u32,
    pub(super) folder: BlobPath,
}

/// A file whose parts are all there.
#[derive(Debug)]
pub(super) struct FileJob {
    /// Among the files of the folder.
    pub(super) position: usize,
    pub(super) physical_name: ShortText,
    pub(super) parts: Parts,
    pub(super) checksum: Option<u32>,
    /// Copy of the first bytes, inside the metadata.
    pub(super) meta_hash: Option<Box<[u8]>>,
    /// May be from before Lucene 4.8, when files had no footer.
    pub(super) maybe_footless: bool,
    pub(super) snapshots: Vec<SnapshotIx>,
}

impl FileJob {
    fn last_part(&self) -> u64 {
        self.parts.n_parts - 1
    }

    fn part_start(&self, part: u64) -> u64 {
        (0..part).map(|i| self.parts.part_len(i)).sum()
    }
}

/// What came of checking files of one folder.
#[derive(Debug, Default)]
pub(super) struct FileNotes {
    pub(super) notes: Notes,
    pub(super) late: Vec<LateLength>,
    /// How many were checked before somebody asked to stop.
    pub(super) n_files: u64,
}

/// Checks files of one folder as deep as asked, one after the other. `buffer` is re-used between calls.
pub(super) fn check(
    repository: &Repository,
    place: &Place,
    jobs: &[FileJob],
    depth: Depth,
    cancel: &Cancel,
    buffer: &mut Vec<u8>,
) -> FileNotes {
    let mut found = FileNotes::default();
    let mut reader = (depth == Depth::Content).then(|| repository.store().reader(&place.folder));
    for job in jobs.iter().take_while(|_| !cancel.is_cancelled()) {
        let file = File { place, job };
        let checked = match &mut reader {
            Some(reader) => file.check_content(&mut **reader, cancel, buffer, &mut found),
            None => file.check_footer(repository, &mut found.notes),
        };
        if let Err(error) = checked {
            let error = BlobError::from_store(error);
            found.notes.blob(&error, |error| {
                // It was listed a moment ago: gone, or never a blob.
                let finding = file.finding(FindingKind::MissingBlob, error.problem.to_string(), 0);
                finding.blob(&error.path).breaking()
            });
        }
        found.n_files += 1;
    }
    found
}

/// A file where it is.
struct File<'a> {
    place: &'a Place,
    job: &'a FileJob,
}

impl File<'_> {
    fn blob(&self, part: u64) -> Result<BlobPath, BlobError> {
        known(self.place.folder.join(&self.job.parts.blob_name(part)))
    }

    fn finding(&self, kind: FindingKind, message: String, part: u64) -> Finding {
        let finding = Finding::new(kind, message)
            .in_shard(self.place.index, self.place.shard)
            .in_snapshots(self.job.snapshots.iter().copied())
            .of_file(&self.job.physical_name);
        match self.blob(part) {
            Ok(path) => finding.blob(&path),
            Err(_) => finding,
        }
    }

    fn check_footer(&self, repository: &Repository, notes: &mut Notes) -> Result<(), StoreError> {
        let (job, parts) = (self.job, &self.job.parts);
        if parts.len_bytes < FOOTER_LEN as u64 {
            notes.tally.footers += 1;
            let message = format!("{} bytes are too few for a Lucene file", parts.len_bytes);
            notes.find(self.finding(FindingKind::FooterInvalid, message, job.last_part()).breaking());
            return Ok(());
        }
        let tail = self.read_tail(repository)?;
        notes.tally.footers += 1;
        let offset_in_part = parts.part_len(job.last_part()).saturating_sub(FOOTER_LEN as u64);
        match Footer::parse(&tail, offset_in_part) {
            Ok(footer) => self.compare(footer, offset_in_part, notes),
            Err(_) if job.maybe_footless => {
                let message =
                    "has no footer: from before Lucene 4.8; verify --depth content checks it whole".to_owned();
                notes.find(self.finding(FindingKind::UncheckedLegacyChecksum, message, job.last_part()));
            }
            Err(fault) => {
                let message = format!("truncated or overwritten: {}", fault.kind);
                let mut finding = self.finding(FindingKind::FooterInvalid, message, job.last_part());
                finding.offset = Some(fault.offset);
                notes.find(finding.breaking());
            }
        }
        Ok(())
    }

    /// The last sixteen bytes of a file: nearly always one read, two when the last part is shorter.
    fn read_tail(&self, repository: &Repository) -> Result<[u8; FOOTER_LEN], StoreError> {
        let mut tail = Vec::with_capacity(FOOTER_LEN);
        let mut part = self.job.last_part();
        loop {
            let missing = FOOTER_LEN - tail.len();
            let len = self.job.parts.part_len(part);
            let take = usize::try_from(len).unwrap_or(usize::MAX).min(missing);
            let path = self.blob(part).map_err(|_| StoreError::new(&self.place.folder, StoreErrorKind::NotFound))?;
            let mut piece = repository.store().read_range(&path, len.saturating_sub(take as u64), take)?;
            piece.append(&mut tail);
            tail = piece;
            if tail.len() == FOOTER_LEN || part == 0 {
                break;
            }
            part -= 1;
        }
        <[u8; FOOTER_LEN]>::try_from(tail)
            .map_err(|_| StoreError::new(&self.blob(0).unwrap_or_default(), StoreErrorKind::ShortRead))
    }

    /// The stored checksum against the recorded one.
    fn compare(&self, footer: Footer, offset_in_part: u64, notes: &mut Notes) {
        let Some(recorded) = self.job.checksum.filter(|recorded| *recorded != footer.crc) else { return };
        let (recorded, stored) = (base36::encode(recorded.into()), base36::encode(footer.crc.into()));
        let message = format!("footer says {stored}, {recorded} is recorded");
        let finding = self.finding(FindingKind::ChecksumMismatch, message, self.job.last_part());
        let mut finding = finding.values(recorded, stored);
        finding.offset = Some(offset_in_part + 8);
        notes.find(finding.breaking());
    }

    fn check_content(
        &self,
        reader: &mut dyn FolderReader,
        cancel: &Cancel,
        buffer: &mut Vec<u8>,
        FileNotes { notes, late, .. }: &mut FileNotes,
    ) -> Result<(), StoreError> {
        let (job, parts) = (self.job, &self.job.parts);
        let mut check = StreamCheck::new();
        let mut adler = job.maybe_footless.then(Adler32::new);
        let mut head = Head::new(job.meta_hash.as_deref().unwrap_or_default());
        for part in 0..parts.n_parts {
            let expected = parts.part_len(part);
            let streamed = reader.stream(&parts.blob_name(part), expected, buffer, &mut |piece| {
                head.update(piece);
                check.update(piece);
                if let Some(adler) = &mut adler {
                    adler.update(piece);
                }
                !cancel.is_cancelled()
            })?;
            if cancel.is_cancelled() {
                return Ok(());
            }
            // The listing may not have told the length.
            if let Streamed::OtherLength(found) = streamed {
                let finding = self.finding(FindingKind::BlobLengthMismatch, length_message(expected, found), part);
                late.push((job.position, finding.values(expected, found).breaking()));
                return Ok(());
            }
        }
        let summary = check.finish();
        notes.tally.contents += 1;
        notes.tally.content_bytes = notes.tally.content_bytes.saturating_add(summary.len);
        if summary.len != parts.len_bytes {
            let message = format!("{} bytes read, {} recorded", summary.len, parts.len_bytes);
            let finding = self.finding(FindingKind::BlobLengthMismatch, message, job.last_part());
            notes.find(finding.values(parts.len_bytes, summary.len).breaking());
            return Ok(());
        }
        let footer_start = parts.part_len(job.last_part()).saturating_sub(FOOTER_LEN as u64);
        match (summary.footer, adler) {
            (Ok(footer), _) => {
                self.compare(footer, footer_start, notes);
                if footer.crc != summary.computed {
                    notes.find(self.corrupt(footer.crc, summary.computed));
                }
            }
            (Err(_), Some(adler)) => {
                if let Some(recorded) = job.checksum.filter(|recorded| *recorded != adler.value()) {
                    notes.find(self.corrupt(recorded, adler.value()));
                }
            }
            (Err(fault), None) => {
                let mut finding = self.finding(FindingKind::FooterInvalid, fault.kind.to_string(), job.last_part());
                finding.offset = Some(fault.offset.saturating_sub(job.part_start(job.last_part())));
                notes.find(finding.breaking());
            }
        }
        self.check_head(&head, notes);
        Ok(())
    }

    fn corrupt(&self, recorded: u32, computed: u32) -> Finding {
        let message = format!("the bytes have checksum {computed:08x}, {recorded:08x} is recorded");
        let finding = self.finding(FindingKind::ContentCorrupt, message, 0);
        finding.values(format!("{recorded:08x}"), format!("{computed:08x}")).breaking()
    }

    fn check_head(&self, head: &Head<'_>, notes: &mut Notes) {
        if !head.has_magic() && !self.job.maybe_footless {
            let message = "does not start with the Lucene magic".to_owned();
            let mut finding = self.finding(FindingKind::HeaderInvalid, message, 0);
            finding.offset = Some(0);
            notes.find(finding);
        }
        if head.n_same < head.copy.len() {
            let message = format!("differs at byte {} from its copy in the metadata", head.n_same);
            let mut finding = self.finding(FindingKind::InlinedCopyMismatch, message, 0);
            finding.offset = Some(head.n_same as u64);
            notes.find(finding.breaking());
        }
    }
}

/// What is told of a part that is longer or shorter than recorded.
pub(super) fn length_message(expected: u64, found: u64) -> String {
    format!("is {found} bytes long instead of {expected}")
}

/// The first bytes of a file, and their copy in the metadata.
struct Head<'a> {
    /// Room for the marks of a deletions file and the magic number.
    first: [u8; 8],
    n_first: usize,
    copy: &'a [u8],
    /// Bytes from the start that equal the copy.
    n_same: usize,
    /// Whether all bytes so far were equal.
    all_same: bool,
}

impl<'a> Head<'a> {
    fn new(copy: &'a [u8]) -> Self {
        Self { first: [0; 8], n_first: 0, copy, n_same: 0, all_same: true }
    }

    fn update(&mut self, piece: &[u8]) {
        for (slot, byte) in self.first.iter_mut().skip(self.n_first).zip(piece) {
            *slot = *byte;
            self.n_first += 1;
        }
        if self.all_same {
            let rest = self.copy.get(self.n_same..).unwrap_or_default();
            let n_both = rest.len().min(piece.len());
            let n_same = if rest.get(..n_both) == piece.get(..n_both) {
                n_both
            } else {
                rest.iter().zip(piece).take_while(|(ours, theirs)| ours == theirs).count()
            };
            self.n_same += n_same;
            self.all_same = n_same == piece.len();
        }
    }

    fn has_magic(&self) -> bool {
        let (magic, first) = (HEADER_MAGIC.to_be_bytes(), self.first.get(..self.n_first).unwrap_or_default());
        first.starts_with(&magic) || first.strip_prefix(&LUCENE_4_DELETIONS).is_some_and(|rest| rest == magic)
    }
}
