//! What later nodes do.

use super::*;

fn told(plot: Plot) -> Vec<String> {
    let before = Before { seed: 1, n_releases: 1, snapshots: vec!["snap-2".into(), "snap-3".into()] };
    let steps = sequel(plot, Version::new(7, 10, 2), &before);
    let steps = steps.iter().filter_map(|step| match step {
        Step::Snapshot(plan) => Some(format!("take {}", plan.name)),
        Step::Delete { snapshot } => Some(format!("delete {snapshot}")),
        Step::Create(plan) => Some(format!("create {}", plan.name)),
        Step::Cleanup => Some("clean up".to_owned()),
        _ => None,
    });
    steps.collect()
}

#[test]
fn later_nodes_go_on() {
    let made = ["create orders", "create added-7-10-2"];
    assert_eq!(told(Plot::Mixed), [&made[..], &["take up-7-10-2"]].concat());
    let upgraded = ["take up-7-10-2", "delete snap-2", "delete snap-3", "take after-7-10-2"];
    assert_eq!(told(Plot::Upgraded), [&made[..], &upgraded].concat());
    let trapped = ["create added-7-10-2", "take trapped-7-10-2", "delete snap-2", "clean up"];
    assert_eq!(told(Plot::Trap), trapped);
}
