//! The stories of nodes that go on with a repository that another release wrote.

use serde_json::json;

use super::{Plot, content, names::Names, step::Step};
use crate::{
    Version,
    dialect::{IndexPlan, SnapshotPlan},
};

/// Orders that a later node writes.
const N_ORDERS: u64 = 30;

/// What happened before, as far as the sequel needs it.
#[derive(Debug)]
pub(super) struct Before {
    /// The seed of the first story.
    pub(super) seed: u64,
    /// How many nodes have written so far.
    pub(super) n_releases: u64,
    /// The snapshots that are there, by start.
    pub(super) snapshots: Vec<String>,
}

/// The steps of a later node.
pub(super) fn sequel(plot: Plot, version: Version, before: &Before) -> Vec<Step> {
    let (names, tag) = (Names::of(before.seed), format!("{}-{}-{}", version.major, version.minor, version.patch));
    let mut steps = vec![Step::List];
    let take = |steps: &mut Vec<Step>, name: String| {
        let metadata = Some(json!({ "taken_by": tag }));
        steps.push(Step::Snapshot(SnapshotPlan {
            name,
            indices: None,
            has_global_state: true,
            metadata,
            is_partial: false,
        }));
    };
    // An index under a name that the repository knows. In a trap its shards cannot be written, since the node looks for
    // what is known of them in the wrong folders.
    if plot != Plot::Trap {
        write_orders(&mut steps, &names, before);
    }
    // And one that the repository does not know.
    write_added(&mut steps, &format!("added-{tag}"), before.seed);
    match plot {
        Plot::Full => {}
        Plot::Mixed => take(&mut steps, format!("up-{tag}")),
        Plot::Upgraded => {
            take(&mut steps, format!("up-{tag}"));
            steps.extend(before.snapshots.iter().map(|snapshot| Step::Delete { snapshot: snapshot.clone() }));
            let operations = vec![content::delete_order(&names, 5)];
            steps.push(Step::Write { index: names.orders.to_owned(), operations });
            take(&mut steps, format!("after-{tag}"));
        }
        Plot::Trap => {
            take(&mut steps, format!("trapped-{tag}"));
            let first = before.snapshots.first();
            steps.extend(first.map(|snapshot| Step::Delete { snapshot: snapshot.clone() }));
            steps.push(Step::Cleanup);
        }
    }
    steps
}

fn write_orders(steps: &mut Vec<Step>, names: &Names, before: &Before) {
    steps.push(create(names.orders, names.n_order_shards, &[("doc", content::ORDER)]));
    // No revision that the first story, or a node before this one, has used.
    let revision = 100 + before.n_releases;
    let put = |number| content::put_order(before.seed, names, number, revision);
    steps.push(Step::Write { index: names.orders.to_owned(), operations: (1..=N_ORDERS).map(put).collect() });
}

fn write_added(steps: &mut Vec<Step>, index: &str, seed: u64) {
    steps.push(create(index, 1, &[("doc", content::LOG)]));
    let operations = (0..10).map(|number| content::log(seed, index, number)).collect();
    steps.push(Step::Write { index: index.to_owned(), operations });
}

fn create(name: &str, n_shards: u32, types: &'static [(&'static str, crate::dialect::Fields)]) -> Step {
    Step::Create(IndexPlan { name: name.to_owned(), n_shards, types, settings: Vec::new(), is_allocated: true })
}

#[cfg(test)]
mod tests;
