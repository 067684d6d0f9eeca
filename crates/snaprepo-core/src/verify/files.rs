//! Checks of the files that the snapshots of a shard need: presence and length of their parts, and what the metadata
//! hold of them. What is deeper becomes a job.

use std::sync::Arc;

use snaprepo_codec::{base36, envelope::StreamCheck};
use snaprepo_format::names;

use super::{
    file::FileJob,
    finding::FindingKind,
    options::Depth,
    report::Tally,
    shard::{Need, ShardCheck},
};
use crate::{BlobError, folder::Other};

impl ShardCheck<'_> {
    /// Presence of every needed part, and jobs for what is deeper.
    pub(super) fn files(&mut self) {
        let mut needs: Vec<Need> = std::mem::take(&mut self.needs).into_values().collect();
        needs.sort_by_key(|need| need.file.name);
        let depth = self.context.options.depth;
        let folder = Arc::new(self.folder.path.clone());
        for need in &mut needs {
            let Some(parts) = need.file.parts() else {
                if !need.users.is_empty() {
                    self.inlined(need);
                }
                continue;
            };
            if need.users.is_empty() {
                continue;
            }
            let tally = Tally { files: 1, blobs: parts.n_parts, bytes: parts.len_bytes, ..Tally::default() };
            self.outcome.notes.tally.add(&tally);
            if depth < Depth::Presence || !self.is_present(need) || depth < Depth::Footers {
                continue;
            }
            self.outcome.jobs.push(FileJob {
                index: self.index,
                shard: self.shard,
                folder: Arc::clone(&folder),
                physical_name: need.file.physical_name.clone(),
                parts,
                checksum: need.file.checksum,
                meta_hash: need.file.meta_hash.take(),
                maybe_footless: is_maybe_footless(need.file.written_by.as_deref()),
                snapshots: std::mem::take(&mut need.users),
            });
        }
        self.extra_parts(&needs);
        self.needs = needs.into_iter().map(|need| (need.file.name, need)).collect();
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

    fn is_present(&mut self, need: &Need) -> bool {
        let Some(parts) = need.file.parts() else { return true };
        let mut intact = true;
        let listed = self.folder.parts(parts.name).len() as u64;
        for i in 0..parts.n_parts {
            let finding = match self.folder.data(parts.name, parts.part_number(i)) {
                Some(blob) if blob.len_bytes == parts.part_len(i) => continue,
                Some(blob) => {
                    let (expected, found) = (parts.part_len(i), blob.len_bytes);
                    let message = format!("is {found} bytes long instead of {expected}");
                    self.about(FindingKind::BlobLengthMismatch, &parts.blob_name(i), message).values(expected, found)
                }
                None if self.is_odd(&parts.blob_name(i)) => {
                    self.unread_part(need, &parts.blob_name(i));
                    intact = false;
                    continue;
                }
                None => {
                    let name = parts.blob_name(i);
                    let message = if self.folder.has(&name) { "is no blob" } else { "does not exist" };
                    let len = parts.part_len(i);
                    self.about(
                        FindingKind::MissingBlob,
                        &name,
                        format!("{message} ({len} bytes of {})", parts.len_bytes),
                    )
                }
            };
            let finding = finding.of_file(&need.file.physical_name).in_snapshots(need.users.iter().copied());
            self.find(finding.breaking());
            intact = false;
            // A hostile length can name more parts than there are atoms: nothing is there behind the listed ones.
            if i > listed {
                break;
            }
        }
        intact
    }

    /// Whether the entry of a name is a link out of the store, a pipe, a device: nobody may look behind it.
    fn is_odd(&self, name: &str) -> bool {
        let entry = self.folder.others.binary_search_by(|other| (*other.name).cmp(name));
        entry.ok().and_then(|at| self.folder.others.get(at)).is_some_and(|other| matches!(other.what, Other::Odd(_)))
    }

    /// Reads what cannot be read, for the store's own word about it.
    fn unread_part(&mut self, need: &Need, name: &str) {
        let Ok(path) = self.folder.path.join(name) else { return };
        let Err(error) = self.context.repository.store().read_range(&path, 0, 1) else { return };
        let error = BlobError::from_store(error);
        let finding = self.about(FindingKind::MissingBlob, name, error.problem.to_string());
        let finding = finding.of_file(&need.file.physical_name).in_snapshots(need.users.iter().copied()).breaking();
        self.outcome.notes.blob(&error, |_| finding);
    }

    /// Parts beyond the count, or a whole blob beside parts.
    fn extra_parts(&mut self, needs: &[Need]) {
        if self.context.options.depth < Depth::Presence {
            return;
        }
        let mut findings = Vec::new();
        for need in needs {
            let Some(parts) = need.file.parts() else { continue };
            for blob in self.folder.parts(parts.name) {
                let belongs = match blob.part {
                    None => parts.n_parts == 1,
                    Some(part) => parts.n_parts > 1 && part < parts.n_parts,
                };
                if !belongs {
                    let name = names::data_blob_name(blob.name, blob.part);
                    let message = format!("the file has {} part(s)", parts.n_parts);
                    let finding = self.about(FindingKind::ExtraPart, &name, message);
                    findings.push(finding.of_file(&need.file.physical_name).in_snapshots(need.users.iter().copied()));
                }
            }
        }
        self.outcome.notes.findings.extend(findings);
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
