//! One index: its shards, and what lies beside them.

use std::{collections::BTreeMap, ops::ControlFlow};

use hashbrown::HashMap;
use snaprepo_format::root::SnapshotIx;
use snaprepo_store::Pool;

use super::{
    Blobs, Found, Grouping, Question, ShardUse,
    group::Shares,
    shard::{self, OneShard},
};
use crate::{
    BlobError, Repository,
    tree::{Forest, IndexTree},
    verify::{
        indices::IndexPlan,
        unreferenced::{self, Unreferenced},
    },
};

/// Measures one index. `pool` is for its shards.
pub(super) fn measure(
    repository: &Repository,
    plan: &IndexPlan,
    forest: &Forest,
    question: Question<'_>,
    pool: &Pool,
) -> Found {
    let entry = repository.root.index_entry(plan.index);
    let tree = forest.tree(repository, plan.index);
    let mut shares: Vec<Shares<'_>> =
        question.groupings.iter().map(|grouping| Shares::new(grouping, &entry.snapshots)).collect();
    let mut found = Found { unreferenced: Unreferenced::new(question.deletes), ..Found::default() };
    // Where metadata cannot be read, the root may know: what lies in these shards is counted as needed.
    let recorded = u32::try_from(entry.shard_generations.len()).unwrap_or(0);
    let n_all_shards = if plan.complete { plan.n_shards() } else { plan.n_shards().max(recorded) };
    found.of_index.n_shards = n_all_shards;
    let n_shards: Vec<Vec<(u32, u32)>> =
        question.groupings.iter().map(|grouping| most_shards(plan, grouping)).collect();
    let none = |of: &Vec<(u32, u32)>| of.iter().map(|(group, _)| (*group, Blobs::default())).collect();
    found.of_index.replaced = n_shards.iter().map(none).collect();

    let work = |shard: u32| (shard, shard::measure(repository, plan, tree.as_ref(), shard, question));
    pool.map(0..n_all_shards, work, |(shard, one)| {
        let OneShard {
            kinds,
            logical,
            table,
            shares: of_shard,
            unreferenced,
            n_missing,
            n_remote,
            misplaced,
            dead_table,
            unreadable,
        } = one;
        found.of_index.kinds.add(&kinds);
        found.of_index.logical = found.of_index.logical.plus(logical);
        for ((replaced, n_shards), owner) in found.of_index.replaced.iter_mut().zip(&n_shards).zip(table.owners) {
            for ((group, tables), (_, n_shards)) in replaced.iter_mut().zip(n_shards) {
                if shard < *n_shards && owner != Some(*group) {
                    tables.add(table.blobs);
                }
            }
        }
        found.n_missing += n_missing;
        found.n_remote += n_remote;
        found.misplaced.extend(misplaced);
        found.dead_tables.extend(dead_table);
        found.unreadable.extend(unreadable);
        found.of_index.unreferenced.add(unreferenced.total());
        found.unreferenced.merge(unreferenced);
        shares.iter_mut().zip(of_shard).for_each(|(all, of_shard)| all.add(of_shard));
        if question.shards {
            found.shards.push(ShardUse { index: plan.index, shard, kinds, logical });
        }
        ControlFlow::Continue(())
    });
    beside(repository, plan, tree.as_ref(), question.deletes, &mut shares, &mut found);
    found.of_index.shares = shares.into_iter().map(Shares::finish).collect();
    found
}

/// Groups that hold an index, and the most shards that it has in their snapshots.
fn most_shards(plan: &IndexPlan, grouping: &Grouping) -> Vec<(u32, u32)> {
    let mut most: BTreeMap<u32, u32> = BTreeMap::new();
    for held in &plan.held {
        let n_shards = most.entry(grouping.group(held.snapshot)).or_default();
        *n_shards = held.n_shards.max(*n_shards);
    }
    most.into_iter().collect()
}

/// Metadata of the index, and what nothing refers to.
fn beside(
    repository: &Repository,
    plan: &IndexPlan,
    tree: Option<&IndexTree>,
    names_blobs: bool,
    shares: &mut [Shares<'_>],
    found: &mut Found,
) {
    let mut users: HashMap<String, Vec<SnapshotIx>> = HashMap::new();
    for snapshot in &repository.root.index_entry(plan.index).snapshots {
        if let Ok(path) = repository.index_metadata_path(*snapshot, plan.index) {
            users.entry(path.name().to_owned()).or_default().push(*snapshot);
        }
    }
    let metadata = &mut found.of_index.kinds.index_metadata;
    let swept = unreferenced::sweep_index(repository, plan, tree, names_blobs, &mut |name, stat| {
        let blob = Blobs::one(stat.len_bytes);
        metadata.add(blob);
        if let Some(users) = users.get(name) {
            shares.iter_mut().for_each(|shares| shares.blob(users.iter().copied(), blob));
        }
    });
    match swept {
        Ok(unreferenced) => {
            found.of_index.unreferenced.add(unreferenced.total());
            found.unreferenced.merge(unreferenced);
        }
        Err(error) => found.unreadable.push(BlobError::from_store(error).into()),
    }
}
