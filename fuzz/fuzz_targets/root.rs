//! Roots, and the other bare JSON of the root folder.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snaprepo_format::{incompatible, json_document, latest, root::Root, shard_paths::parse_note};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(root) = Root::parse(bytes) {
        // Positions of the root are used without a check: each must be one.
        for index in &root.indices {
            index.snapshots.iter().for_each(|ix| drop(root.snapshot_entry(*ix).uuid.clone()));
        }
        for snapshot in &root.snapshots {
            snapshot.lookup.iter().for_each(|(ix, _)| drop(root.index_entry(*ix).id.clone()));
        }
    }
    let _ = (json_document(bytes), incompatible::parse(bytes), latest::parse(bytes), parse_note(bytes));
});
