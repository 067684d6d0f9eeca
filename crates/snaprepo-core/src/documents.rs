//! How many documents the files of a shard hold.

use snaprepo_format::FileInfo;
use snaprepo_lucene::{Commit, SegmentInfo, is_commit_file};

/// Documents as Lucene counts them: nested ones by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Documents {
    /// Those that a search can find.
    pub live: u64,
    /// Those that are deleted, and still take room.
    pub deleted: u64,
}

impl Documents {
    /// The sum of two counts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { live: self.live.saturating_add(other.live), deleted: self.deleted.saturating_add(other.deleted) }
    }

    /// The documents of one file list. The commit and the segment infos stand in the metadata; `None` where they do not,
    /// or do not read.
    #[must_use]
    pub fn of(files: &[FileInfo]) -> Option<Self> {
        let inlined = |name: &str| files.iter().find(|file| &*file.physical_name == name)?.inlined();
        let commit = files.iter().find(|file| is_commit_file(&file.physical_name))?;
        let commit = Commit::parse(commit.inlined()?).ok()?;
        let mut sum = Self::default();
        for segment in &commit.segments {
            let info = SegmentInfo::parse(inlined(&segment.info_file())?, &segment.codec).ok()?;
            let deleted = u64::from(segment.n_deleted) + u64::from(segment.n_soft_deleted);
            sum = sum.plus(Self { live: u64::from(info.max_doc).saturating_sub(deleted), deleted });
        }
        Some(sum)
    }
}
