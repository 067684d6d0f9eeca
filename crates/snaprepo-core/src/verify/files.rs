//! Checks of the files that the snapshots of a shard need: presence and length of their parts, and what the metadata
//! hold of them. What is deeper becomes a job.

use snaprepo_codec::{base36, envelope::StreamCheck};
use snaprepo_format::{FileName, Parts, names};
use snaprepo_store::{BlobStat, StoreError};

use super::{
    file::{FileJob, Place, length_message},
    finding::FindingKind,
    options::Depth,
    report::Tally,
    shard::{Need, ShardCheck},
};
use crate::{
    BlobError,
    folder::{DataBlob, Other},
};

/// Blobs that are asked for by name although the listing of their folder lacks them, until none is found.
const MAX_IN_VAIN: u32 = 8;

impl ShardCheck<'_> {
    /// Presence of every needed part, and jobs for what is deeper.
    pub(super) fn files(&mut self) {
        let mut needs = std::mem::take(&mut self.needs);
        let mut in_order: Vec<(FileName, &mut Need)> =
            needs.all.iter_mut().map(|need| (need.file.name, need)).collect();
        in_order.sort_unstable_by_key(|(name, _)| *name);
        let depth = self.context.options.depth;
        self.outcome.place = Place { index: self.index, shard: self.shard, folder: self.folder.path.clone() };
        let mut with_extra = Vec::new();
        for (position, (_, need)) in in_order.into_iter().enumerate() {
            let Some(parts) = need.file.parts() else {
                if !need.users.is_empty() {
                    self.inlined(need);
                }
                continue;
            };
            let listed = self.folder.parts(parts.name);
            let has_extra = depth >= Depth::Presence && !listed.iter().all(|blob| belongs(blob, &parts));
            if !need.users.is_empty() {
                let tally = &mut self.outcome.notes.tally;
                tally.add(&Tally { files: 1, blobs: parts.n_parts, bytes: parts.len_bytes, ..Tally::default() });
                let n_before = self.outcome.notes.findings.len();
                let is_present = depth >= Depth::Presence && self.is_present(need, &parts, listed);
                self.outcome.parts.note(position, n_before, self.outcome.notes.findings.len());
                if is_present && depth >= Depth::Footers {
                    self.outcome.jobs.push(FileJob {
                        position,
                        physical_name: need.file.physical_name.clone(),
                        parts,
                        checksum: need.file.checksum,
                        meta_hash: need.file.meta_hash.take(),
                        maybe_footless: is_maybe_footless(need.file.written_by.as_deref()),
                        snapshots: std::mem::take(&mut need.users),
                    });
                }
            }
            if has_extra {
                with_extra.push(need);
            }
        }
        for need in with_extra {
            self.extra_parts(need);
        }
        self.needs = needs;
    }

    /// A file whose bytes are all in the metadata: its length, footer and checksum.
    fn inlined(&mut self, need: &Need) {
        self.outcome.notes.tally.inlined_files += 1;
        if self.context.options.depth < Depth::Footers {
            return;
        }
        let file = &need.file;
        let problem = match file.inlined() {
            None => {
                let len = file.meta_hash.as_ref().map_or(0, |bytes| bytes.len());
                Some(format!("{len} bytes in the metadata, {} recorded", file.len_bytes))
            }
            Some(bytes) => {
                let summary = StreamCheck::of(bytes);
                match summary.footer {
                    Err(fault) => Some(fault.to_string()),
                    Ok(footer) if footer.crc != summary.computed => Some(format!(
                        "the bytes have checksum {:08x}, the footer says {:08x}",
                        summary.computed, footer.crc
                    )),
                    Ok(footer) => file.checksum.filter(|recorded| *recorded != footer.crc).map(|recorded| {
                        let (recorded, stored) = (base36::encode(recorded.into()), base36::encode(footer.crc.into()));
                        format!("footer says {stored}, {recorded} is recorded")
                    }),
                }
            }
        };
        let (Some(problem), Some(first)) = (problem, need.users.first()) else { return };
        let blob = self.context.repository.shard_snapshot_name(*first);
        let finding = self.about(FindingKind::InlinedFileCorrupt, &blob, problem).of_file(&file.physical_name);
        self.find(finding.in_snapshots(need.users.iter().copied()).breaking());
    }

    /// Whether all parts are there, and have the right length as far as that is known before they are read.
    fn is_present(&mut self, need: &Need, parts: &Parts, listed: &[DataBlob]) -> bool {
        let mut intact = true;
        for i in 0..parts.n_parts {
            let (name, expected) = (|| parts.blob_name(i), parts.part_len(i));
            let blob = listed.binary_search_by_key(&parts.part_number(i), |blob| blob.part);
            let blob = blob.ok().and_then(|at| listed.get(at));
            let stat = match blob {
                // Whoever reads all of the only part learns its length: the listing was asked for no more than that.
                Some(DataBlob { stat: None, .. }) if parts.n_parts == 1 => continue,
                Some(DataBlob { stat: None, .. }) => {
                    match self.folder.stat(self.context.repository.store(), &name(), None) {
                        Ok(stat) => stat,
                        Err(error) => {
                            self.unread_part(need, &name(), error);
                            intact = false;
                            continue;
                        }
                    }
                }
                Some(blob) => blob.stat,
                None => match self.look_again(&name()) {
                    Ok(stat) => stat,
                    Err(error) => {
                        self.unread_part(need, &name(), error);
                        intact = false;
                        continue;
                    }
                },
            };
            let finding = match stat.map(|stat| stat.len_bytes) {
                Some(found) if found == expected => continue,
                Some(found) => {
                    let message = length_message(expected, found);
                    self.about(FindingKind::BlobLengthMismatch, &name(), message).values(expected, found)
                }
                None if self.is_odd(&name()) => {
                    self.odd_part(need, &name());
                    intact = false;
                    continue;
                }
                None => {
                    let message = if self.folder.has(&name()) { "is no blob" } else { "does not exist" };
                    let message = format!("{message} ({expected} bytes of {})", parts.len_bytes);
                    self.about(FindingKind::MissingBlob, &name(), message)
                }
            };
            let finding = finding.of_file(&need.file.physical_name).in_snapshots(need.users.iter().copied());
            self.find(finding.breaking());
            intact = false;
            // A hostile length can name more parts than there are atoms: nothing is there behind the listed ones.
            if i > listed.len() as u64 {
                break;
            }
        }
        intact
    }

    /// Asks for a blob by name before it counts as missing: a listing may be older than the blob. Once that was in vain a
    /// few times, listings of this folder are believed.
    fn look_again(&mut self, name: &str) -> Result<Option<BlobStat>, StoreError> {
        if self.n_in_vain == MAX_IN_VAIN || self.folder.has(name) || self.folder.by_name {
            return Ok(None);
        }
        let stat = self.folder.stat(self.context.repository.store(), name, None)?;
        self.n_in_vain = if stat.is_some() { 0 } else { self.n_in_vain + 1 };
        Ok(stat)
    }

    /// Whether the entry of a name is a link out of the store, a pipe, a device: nobody may look behind it.
    fn is_odd(&self, name: &str) -> bool {
        self.folder.other(name).is_some_and(|other| matches!(other.what, Other::Odd(_)))
    }

    /// Reads what cannot be read, for the store's own word about it.
    fn odd_part(&mut self, need: &Need, name: &str) {
        let Ok(path) = self.folder.path.join(name) else { return };
        if let Err(error) = self.context.repository.store().read_range(&path, 0, 1) {
            self.unread_part(need, name, error);
        }
    }

    fn unread_part(&mut self, need: &Need, name: &str, error: StoreError) {
        let error = BlobError::from_store(error);
        let finding = self.about(FindingKind::MissingBlob, name, error.problem.to_string());
        let finding = finding.of_file(&need.file.physical_name).in_snapshots(need.users.iter().copied()).breaking();
        self.outcome.notes.blob(&error, |_| finding);
    }

    /// Parts beyond the count, or a whole blob beside parts.
    fn extra_parts(&mut self, need: &Need) {
        let Some(parts) = need.file.parts() else { return };
        for blob in self.folder.parts(parts.name).iter().filter(|blob| !belongs(blob, &parts)) {
            let name = names::data_blob_name(blob.name, blob.part);
            let message = format!("the file has {} part(s)", parts.n_parts);
            let finding = self.about(FindingKind::ExtraPart, &name, message);
            self.find(finding.of_file(&need.file.physical_name).in_snapshots(need.users.iter().copied()));
        }
    }
}

/// Whether a blob is one of the parts of the file whose name it has.
fn belongs(blob: &DataBlob, parts: &Parts) -> bool {
    match blob.part {
        None => parts.n_parts == 1,
        Some(part) => parts.n_parts > 1 && part < parts.n_parts,
    }
}

/// Whether a file may be from before Lucene 4.8, when files had no footer (`docs/format.md`, *File entry*).
fn is_maybe_footless(written_by: Option<&str>) -> bool {
    let Some(version) = written_by else { return true };
    let mut numbers = version.split('.').map(|text| text.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) < (4, 8),
        _ => true,
    }
}
