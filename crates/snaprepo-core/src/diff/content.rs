//! Files by their content.

use hashbrown::{HashMap, HashSet};
use snaprepo_format::FileInfo;

use crate::status::Amount;

/// How the files of one side become those of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moves {
    /// Files that only the second side has, or has with other content.
    pub added: Amount,
    /// Files that only the first side has, or has with other content.
    pub removed: Amount,
    /// Files that both sides have.
    pub kept: Amount,
}

impl Moves {
    /// Whether the files are the same.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.added == Amount::default() && self.removed == Amount::default()
    }

    /// The sum of two.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            added: self.added.plus(other.added),
            removed: self.removed.plus(other.removed),
            kept: self.kept.plus(other.kept),
        }
    }

    /// Between two lists of one shard, in which each physical name stands once.
    pub(super) fn between(before: &[FileInfo], after: &[FileInfo]) -> Self {
        let mut contents = Contents::default();
        let numbered = [before, after].map(|files| contents.ids(files).into_iter().zip(files).collect::<Vec<_>>());
        Self::of(&numbered[0], &numbered[1])
    }

    pub(super) fn of(before: &[Numbered<'_>], after: &[Numbered<'_>]) -> Self {
        let mut moves = Self::default();
        let ids = |files: &[Numbered<'_>]| -> HashSet<u32> { files.iter().map(|(id, _)| *id).collect() };
        let (had, has) = (ids(before), ids(after));
        for (id, file) in after {
            let amount = if had.contains(id) { &mut moves.kept } else { &mut moves.added };
            *amount = amount.plus(Amount::of([*file]));
        }
        for (_, file) in before.iter().filter(|(id, _)| !has.contains(id)) {
            moves.removed = moves.removed.plus(Amount::of([*file]));
        }
        moves
    }
}

/// A file with the number of its content.
pub(super) type Numbered<'f> = (u32, &'f FileInfo);

/// Numbers for contents: files of one physical name get the same number when their content is the same.
#[derive(Default)]
pub(super) struct Contents<'f> {
    by_name: HashMap<&'f str, Vec<(&'f FileInfo, u32)>>,
    n: u32,
}

impl<'f> Contents<'f> {
    /// A number for each file.
    pub(super) fn ids(&mut self, files: &'f [FileInfo]) -> Vec<u32> {
        files.iter().map(|file| self.id(file)).collect()
    }

    fn id(&mut self, file: &'f FileInfo) -> u32 {
        let of_name = self.by_name.entry(&file.physical_name).or_default();
        match of_name.iter().find(|(known, _)| known.has_same_content(file)) {
            Some((_, id)) => *id,
            None => {
                let id = self.n;
                of_name.push((file, id));
                self.n += 1;
                id
            }
        }
    }
}
