//! The story as data: what is in it for which release.

use super::{Step, Story, story};
use crate::{
    Product, Version,
    case::Data,
    dialect::{Action, Dialect},
};

fn told(seed: u64, product: Product, major: u16, minor: u16) -> Story {
    story(seed, product, Dialect::new(product, Version::new(major, minor, 0)), Data::Copied)
}

/// All writes as text: index, id, routing, action.
fn writes(story: &Story) -> Vec<String> {
    let writes = story.steps.iter().filter_map(|step| match step {
        Step::Write { index, operations } => Some((index, operations)),
        _ => None,
    });
    let lines = writes.flat_map(|(index, operations)| operations.iter().map(move |one| format!("{index} {one:?}")));
    lines.collect()
}

#[test]
fn every_release_gets_the_same_documents() {
    for seed in [1, 2] {
        let newest = writes(&told(seed, Product::OpenSearch, 3, 6));
        assert_eq!(newest, writes(&told(seed, Product::OpenSearch, 1, 0)));
        // Elasticsearch has no data stream, and before version 6 an index with two mapping types.
        let stream = if seed == 1 { "metrics-app " } else { "traces-web " };
        let without: Vec<_> = newest.into_iter().filter(|line| !line.starts_with(stream)).collect();
        assert_eq!(without, writes(&told(seed, Product::Elasticsearch, 9, 5)));
        let kinds = if seed == 1 { "kinds " } else { "arten " };
        let mut oldest = writes(&told(seed, Product::Elasticsearch, 1, 7));
        oldest.retain(|line| !line.starts_with(kinds));
        assert_eq!(without, oldest);
    }
}

#[test]
fn seeds_differ() {
    assert_ne!(writes(&told(1, Product::Elasticsearch, 9, 5)), writes(&told(3, Product::Elasticsearch, 9, 5)));
}

#[test]
fn four_snapshots_a_clone_and_a_deletion() {
    let check = |seed, product, major, expected: &[&str]| {
        let story = told(seed, product, major, 19);
        let steps = story.steps.iter().filter_map(|step| match step {
            Step::Snapshot(plan) if plan.is_partial => Some(format!("partial {}", plan.name)),
            Step::Snapshot(plan) => Some(format!("take {}", plan.name)),
            Step::Clone { from, to, .. } => Some(format!("clone {from} {to}")),
            Step::Delete { snapshot } => Some(format!("delete {snapshot}")),
            Step::Close { index } => Some(format!("close {index}")),
            _ => None,
        });
        assert_eq!(steps.collect::<Vec<_>>(), expected);
    };
    check(
        1,
        Product::Elasticsearch,
        6,
        &["take snap-1", "take snap-2", "take snap-3", "delete snap-1", "partial snap-4"],
    );
    check(
        2,
        Product::OpenSearch,
        2,
        &[
            "close archive",
            "take daily-2023.10.01-aa",
            "take daily-2023.10.02-bb",
            "take weekly_x+y",
            "clone daily-2023.10.01-aa kopie-größe",
            "delete daily-2023.10.02-bb",
            "partial z-last",
        ],
    );
}

#[test]
fn nothing_is_done_to_an_order_that_is_gone() {
    for seed in [1, 2, 3, 4] {
        let story = told(seed, Product::Elasticsearch, 9, 5);
        let mut live = std::collections::BTreeSet::new();
        for step in &story.steps {
            let Step::Write { index, operations } = step else { continue };
            for operation in operations {
                let key = (index.clone(), operation.id.clone());
                match operation.action {
                    Action::Index(_) | Action::Create(_) => drop(live.insert(key)),
                    Action::Update(_) => assert!(live.contains(&key), "{key:?}"),
                    Action::Delete => assert!(live.remove(&key), "{key:?}"),
                }
            }
        }
        assert!(live.iter().any(|(_, id)| id.ends_with("0042")));
    }
}

#[test]
fn what_a_release_cannot_do_is_noted() {
    let notes = told(1, Product::Elasticsearch, 1, 7).notes;
    assert_eq!(
        notes,
        [
            "no composable templates",
            "no ingest pipelines",
            "no codec `best_compression`",
            "index shut is left open: no snapshots of closed indices",
            "no data streams",
            "no clones of snapshots",
        ]
    );
    let notes = told(1, Product::OpenSearch, 3, 6).notes;
    assert_eq!(notes, ["no second mapping type in an index"]);
}
