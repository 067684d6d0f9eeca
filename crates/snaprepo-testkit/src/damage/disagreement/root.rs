//! Disagreements inside the root, between it and its neighbours in the root folder, and blobs that it does not reach.

use snaprepo_codec::value::Value;
use snaprepo_core::verify::Class;
use snaprepo_format::{engine::Era, shard_paths::ShardPathType};

use super::{Disagreement, NOBODY, Named, named};
use crate::damage::{
    Editor,
    edit::{array, first, object},
    place::chosen,
};

pub(super) fn make(disagreement: Disagreement, editor: &Editor) -> Option<Named> {
    let repository = editor.repository();
    let root = repository.root_path()?;
    let mut is_made = true;
    match disagreement {
        Disagreement::UnknownSnapshotOfIndex => {
            editor.edit_root(|root| array(first(root, "indices"), "snapshots").push(Value::from(NOBODY)));
        }
        Disagreement::DuplicateSnapshot => editor.edit_root(|root| {
            let snapshots = array(root, "snapshots");
            snapshots.push(snapshots[0].clone());
        }),
        Disagreement::SnapshotTwiceInIndex => editor.edit_root(|root| {
            let snapshots = array(first(root, "indices"), "snapshots");
            snapshots.push(snapshots[0].clone());
        }),
        Disagreement::EmptyIndex => editor.edit_root(|root| {
            let index = Value::object([("id", Value::from(NOBODY)), ("snapshots", Value::Array(Vec::new()))]);
            object(root, "indices").push(("ghost".into(), index));
        }),
        Disagreement::LookupOfUnknownIndex => editor.edit_root(|root| {
            let snapshot = looked_up(root);
            is_made = snapshot.is_some();
            if let Some(lookup) = snapshot {
                let identifier = lookup[0].1.clone();
                lookup.push((NOBODY.into(), identifier));
            }
        }),
        Disagreement::LookupOfUnknownIdentifier => editor.edit_root(|root| {
            let snapshot = looked_up(root);
            is_made = snapshot.is_some();
            if let Some(lookup) = snapshot {
                lookup[0].1 = Value::from(NOBODY);
            }
        }),
        Disagreement::UnusedIdentifier => editor.edit_root(|root| {
            is_made = root.get("index_metadata_identifiers").is_some();
            if is_made {
                object(root, "index_metadata_identifiers").push((NOBODY.into(), Value::from(NOBODY)));
            }
        }),
        Disagreement::UnknownState => editor.edit_root(|root| {
            let state = array(root, "snapshots")[0].get_mut("state");
            is_made = state.is_some();
            if let Some(state) = state {
                *state = Value::Int(9);
            }
        }),
        Disagreement::UnknownPathType => {
            is_made = repository.root.era == Era::Os3
                && repository.root.indices.iter().all(|index| index.shard_path_type == ShardPathType::Fixed);
            if is_made {
                editor.edit_root(|root| set(first(root, "indices"), "shard_path_type", Value::Int(9)));
            }
        }
        Disagreement::LostPathType => return lost_path_type(editor),
        Disagreement::OtherLatest => {
            let path = editor.blob("index.latest");
            editor.write(&path, &7777_u64.to_be_bytes());
            return named(editor, &path);
        }
        Disagreement::Incompatible | Disagreement::BrokenIncompatible => {
            let path = editor.blob("incompatible-snapshots");
            let list: &[u8] = match disagreement {
                Disagreement::Incompatible => br#"{"incompatible-snapshots":[{"name":"old","uuid":"x"}]}"#,
                _ => b"{",
            };
            editor.write(&path, list);
            return named(editor, &path);
        }
        Disagreement::Leftover(class) => return leftover(class, editor),
        _ => return None,
    }
    if is_made { named(editor, &root) } else { None }
}

/// The lookup of the first snapshot that has one.
fn looked_up(root: &mut Value) -> Option<&mut Vec<(Box<str>, Value)>> {
    let snapshots = array(root, "snapshots").iter_mut();
    snapshots.filter_map(|snapshot| snapshot.get_mut("index_metadata_lookup")).find_map(|lookup| match lookup {
        Value::Object(members) if !members.is_empty() => Some(members),
        _ => None,
    })
}

fn set(value: &mut Value, key: &str, new: Value) {
    match (value.get_mut(key).is_some(), value) {
        (true, value) => *value.get_mut(key).expect("it was there a line above") = new,
        (false, Value::Object(members)) => members.push((key.into(), new)),
        _ => {}
    }
}

fn lost_path_type(editor: &Editor) -> Option<Named> {
    let repository = editor.repository();
    let shards = editor.shards();
    let entry = repository.root.index_entry(chosen(&shards)?.index);
    if entry.shard_path_type == ShardPathType::Fixed {
        return None;
    }
    let name = entry.name.clone();
    editor.edit_root(|root| {
        for (index, body) in object(root, "indices") {
            if let (true, Value::Object(members)) = (*index == name, body) {
                members.retain(|(key, _)| &**key != "shard_path_type");
            }
        }
    });
    named(editor, &repository.root_path()?)
}

fn leftover(class: Class, editor: &Editor) -> Option<Named> {
    let repository = editor.repository();
    let shards = editor.shards();
    let shard = chosen(&shards)?;
    let index = repository.index_folder(shard.index).ok()?;
    let path = match class {
        Class::OldRoot => {
            let older = repository.generation?.checked_sub(1)?;
            editor.blob(&format!("index-{older}"))
        }
        Class::StaleSnapshot => editor.blob(&format!("snap-{NOBODY}.dat")),
        Class::StaleIndex => editor.blob(&format!("indices/{NOBODY}/0/index-0")),
        Class::StaleIndexMetadata => index.join(&format!("meta-{NOBODY}.dat")).ok()?,
        Class::StaleShardBlob => shard.folder.join(&format!("__{NOBODY}")).ok()?,
        Class::Transient => shard.folder.join("pending-x").ok()?,
        Class::Foreign => shard.folder.join("notes.txt").ok()?,
    };
    if editor.file(&path).exists() {
        return None;
    }
    editor.write(&path, b"left behind");
    named(editor, &path)
}
