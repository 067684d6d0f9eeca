//! Snapshots put together, and blobs counted for them.

use snaprepo_format::root::SnapshotIx;

use super::{Blobs, Share};

/// Every snapshot in one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// By position of the snapshot.
    groups: Vec<u32>,
    n_groups: u32,
    /// By position of the snapshot: how many are older. Decides who added a blob.
    ages: Vec<u32>,
}

impl Grouping {
    /// Groups by number: `groups` has one for each snapshot of the root, and all numbers below the highest may be used.
    /// `by_start` has all snapshots, oldest first.
    #[must_use]
    pub fn new(groups: Vec<u32>, by_start: &[SnapshotIx]) -> Self {
        let n_groups = groups.iter().max().map_or(0, |most| most.saturating_add(1));
        let mut ages = vec![0; groups.len()];
        for (age, snapshot) in (0..).zip(by_start) {
            if let Some(slot) = usize::try_from(*snapshot).ok().and_then(|at| ages.get_mut(at)) {
                *slot = age;
            }
        }
        Self { groups, n_groups, ages }
    }

    /// Every snapshot by itself, numbered as in the root.
    #[must_use]
    pub fn single(by_start: &[SnapshotIx]) -> Self {
        let n = u32::try_from(by_start.len()).unwrap_or(u32::MAX);
        Self::new((0..n).collect(), by_start)
    }

    /// How many groups there are.
    #[must_use]
    pub fn n_groups(&self) -> usize {
        usize::try_from(self.n_groups).unwrap_or(0)
    }

    /// How many snapshots each group has.
    #[must_use]
    pub fn n_snapshots(&self) -> Vec<u64> {
        let mut counts = vec![0; self.n_groups()];
        for group in &self.groups {
            if let Some(count) = usize::try_from(*group).ok().and_then(|group| counts.get_mut(group)) {
                *count += 1;
            }
        }
        counts
    }

    /// The group of a snapshot.
    #[must_use]
    pub fn group(&self, snapshot: SnapshotIx) -> u32 {
        usize::try_from(snapshot).ok().and_then(|at| self.groups.get(at)).copied().unwrap_or(0)
    }

    fn age(&self, snapshot: SnapshotIx) -> u32 {
        usize::try_from(snapshot).ok().and_then(|at| self.ages.get(at)).copied().unwrap_or(0)
    }
}

/// Who holds something, in the order of their groups.
pub(super) struct Holders<'a> {
    grouping: &'a Grouping,
    /// Positions among the holders as they were given, by group.
    by_group: Vec<(u32, usize)>,
    /// The same, oldest first.
    by_age: Vec<(u32, u32, usize)>,
}

impl<'a> Holders<'a> {
    pub(super) fn new(grouping: &'a Grouping, snapshots: impl Iterator<Item = SnapshotIx> + Clone) -> Self {
        let mut by_group: Vec<_> = snapshots.clone().enumerate().map(|(at, ix)| (grouping.group(ix), at)).collect();
        let of_age = |(at, ix)| (grouping.age(ix), grouping.group(ix), at);
        let mut by_age: Vec<_> = snapshots.enumerate().map(of_age).collect();
        by_group.sort_unstable();
        by_age.sort_unstable();
        Self { grouping, by_group, by_age }
    }
}

/// What groups need of one index, while it is counted.
pub(super) struct Shares<'a> {
    grouping: &'a Grouping,
    /// Groups in ascending order; an index is held by few of many.
    shares: Vec<(u32, Share)>,
}

impl<'a> Shares<'a> {
    pub(super) fn new(grouping: &'a Grouping, held_by: &[SnapshotIx]) -> Self {
        let mut groups: Vec<u32> = held_by.iter().map(|snapshot| grouping.group(*snapshot)).collect();
        groups.sort_unstable();
        groups.dedup();
        Self { grouping, shares: groups.into_iter().map(|group| (group, Share::default())).collect() }
    }

    pub(super) fn grouping(&self) -> &'a Grouping {
        self.grouping
    }

    fn of(&mut self, group: u32) -> Option<&mut Share> {
        let at = self.shares.binary_search_by_key(&group, |(group, _)| *group).ok()?;
        self.shares.get_mut(at).map(|(_, share)| share)
    }

    /// The group that all of these snapshots are in.
    pub(super) fn owner(&self, mut snapshots: impl Iterator<Item = SnapshotIx>) -> Option<u32> {
        let first = self.grouping.group(snapshots.next()?);
        snapshots.all(|snapshot| self.grouping.group(snapshot) == first).then_some(first)
    }

    /// Counts one blob that all of these snapshots need.
    pub(super) fn blob(&mut self, users: impl Iterator<Item = SnapshotIx> + Clone, blob: Blobs) {
        let grouping = self.grouping;
        let oldest = users.clone().min_by_key(|snapshot| grouping.age(*snapshot));
        let mut groups: Vec<u32> = users.map(|snapshot| grouping.group(snapshot)).collect();
        groups.sort_unstable();
        groups.dedup();
        for group in &groups {
            if let Some(share) = self.of(*group) {
                share.used.add(blob);
                if groups.len() == 1 {
                    share.exclusive.add(blob);
                }
                if oldest.is_some_and(|oldest| grouping.group(oldest) == *group) {
                    share.added.add(blob);
                }
            }
        }
    }

    /// Counts the files of a table. `refs` has the positions of its files for each holder, `weights` what each file
    /// takes, and how long it is.
    pub(super) fn files(&mut self, holders: &Holders<'_>, refs: &[&[u32]], weights: &[(Blobs, u64)]) {
        /// No group yet.
        const NONE: u32 = u32::MAX;
        debug_assert_eq!(holders.grouping, self.grouping);
        let files_of = |at: usize| refs.get(at).copied().unwrap_or_default().iter();
        let position = |file: &u32| usize::try_from(*file).unwrap_or(usize::MAX);
        // Who was first.
        let mut seen = vec![false; weights.len()];
        for (_, group, at) in &holders.by_age {
            let Some(share) = self.of(*group) else { continue };
            for file in files_of(*at).map(position) {
                if let (Some(seen), Some((blobs, len_bytes))) = (seen.get_mut(file), weights.get(file)) {
                    share.logical = share.logical.plus(crate::status::Amount { files: 1, bytes: *len_bytes });
                    if !std::mem::replace(seen, true) {
                        share.added.add(*blobs);
                    }
                }
            }
        }
        // Who needs it, group by group.
        let mut last = vec![NONE; weights.len()];
        let mut is_shared = vec![false; weights.len()];
        for (group, at) in &holders.by_group {
            let Some(share) = self.of(*group) else { continue };
            for file in files_of(*at).map(position) {
                let (Some(last), Some((blobs, _))) = (last.get_mut(file), weights.get(file)) else { continue };
                if last != group {
                    share.used.add(*blobs);
                    if let Some(is_shared) = is_shared.get_mut(file) {
                        *is_shared = *last != NONE;
                    }
                    *last = *group;
                }
            }
        }
        for ((group, is_shared), (blobs, _)) in last.into_iter().zip(is_shared).zip(weights) {
            if let Some(share) = self.of(group).filter(|_| !is_shared && group != NONE) {
                share.exclusive.add(*blobs);
            }
        }
    }

    /// Adds what was counted for a part, over the same snapshots.
    pub(super) fn add(&mut self, part: Vec<(u32, Share)>) {
        for (group, share) in part {
            if let Some(sum) = self.of(group) {
                sum.add(&share);
            }
        }
    }

    pub(super) fn finish(self) -> Vec<(u32, Share)> {
        self.shares
    }
}
