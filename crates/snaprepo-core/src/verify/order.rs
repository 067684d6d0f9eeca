//! Findings about the length of a part come before those about bytes, and in the order of the files, also where nobody
//! knew the length before the part was read. So the depth does not decide which of several findings a verdict names.

use super::{
    collect::{Collector, Notes},
    finding::Finding,
};

/// A finding about the length of a part that was learned late, and the position of its file in the folder.
pub(super) type LateLength = (usize, Finding);

/// Where findings about parts stand among those of a folder.
#[derive(Debug, Default)]
pub(super) struct PartFindings {
    /// Position of a file in the folder, and the index of its first finding; both ascend.
    first: Vec<(usize, usize)>,
    /// Index behind the last of them.
    end: usize,
}

impl PartFindings {
    /// Notes that the findings `from..to` are about the parts of the file at a position.
    pub(super) fn note(&mut self, position: usize, from: usize, to: usize) {
        if from < to {
            self.first.push((position, from));
        }
        self.end = to;
    }

    /// The index before which a finding about the parts of the file at `position` belongs.
    fn index(&self, position: usize) -> usize {
        let behind = self.first.partition_point(|(known, _)| *known <= position);
        self.first.get(behind).map_or(self.end, |(_, index)| *index)
    }

    /// Puts late findings, in the order of their files, where they belong.
    fn merge(&self, findings: Vec<Finding>, late: Vec<LateLength>) -> Vec<Finding> {
        let mut merged = Vec::with_capacity(findings.len() + late.len());
        let (mut rest, mut n_taken) = (findings.into_iter(), 0);
        for (position, finding) in late {
            let index = self.index(position);
            merged.extend(rest.by_ref().take(index.saturating_sub(n_taken)));
            n_taken = index;
            merged.push(finding);
        }
        merged.extend(rest);
        merged
    }
}

/// What was noted in a folder while its files are being checked.
#[derive(Debug, Default)]
pub(super) struct FolderNotes {
    pub(super) notes: Notes,
    pub(super) parts: PartFindings,
    pub(super) late: Vec<LateLength>,
    /// What came of its files.
    pub(super) files: Notes,
}

impl FolderNotes {
    /// Hands everything over, when all files of the folder are checked.
    pub(super) fn hand_over(mut self, collector: &mut Collector<'_>) {
        if !self.late.is_empty() {
            self.notes.findings = self.parts.merge(self.notes.findings, self.late);
        }
        collector.take(self.notes);
        collector.take(self.files);
    }
}

#[cfg(test)]
mod tests;
