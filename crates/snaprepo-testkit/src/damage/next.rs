//! No damage: what a cluster does to a repository while somebody verifies it.

use std::{collections::BTreeSet, path::Path};

use snaprepo_codec::value::Value;
use snaprepo_format::{FileInfo, FileName, Kind, root::SnapshotIx};

use super::edit::{Editor, array, object};
use crate::fixtures::must;

/// Deletes a snapshot as a cluster of Elasticsearch 7.6 or later does: publishes the next root generation, then removes
/// all that only this snapshot needed. The tables of shards keep their names; a cluster writes new ones.
///
/// # Panics
/// When there is no such snapshot, or a blob cannot be read or written.
pub fn delete_snapshot(directory: &Path, name: &str) {
    let editor = Editor::open(directory);
    let repository = editor.repository();
    let root = &repository.root;
    let deleted = (0..).zip(&root.snapshots).find(|(_, entry)| &*entry.name == name).map(|(ix, _)| ix);
    let deleted: SnapshotIx = must(deleted.ok_or("no such snapshot"), &name);
    let uuid = Value::from(&*root.snapshot_entry(deleted).uuid);
    for shard in editor.shards() {
        let kept = || shard.lists.iter().filter(|(snapshot, _, _)| *snapshot != deleted);
        let needed: BTreeSet<FileName> = kept().flat_map(|(_, _, list)| &list.files).map(|file| file.name).collect();
        for (_, path, list) in shard.lists.iter().filter(|(snapshot, _, _)| *snapshot == deleted) {
            editor.remove(path);
            for parts in list.files.iter().filter(|file| !needed.contains(&file.name)).filter_map(FileInfo::parts) {
                let blobs = (0..parts.n_parts).map(|part| must(shard.folder.join(&parts.blob_name(part)), path));
                blobs.for_each(|blob| editor.remove(&blob));
            }
        }
        let Some(table) = shard.table else { continue };
        editor.edit(&table, Kind::ShardGeneration, |table| {
            object(table, "snapshots").retain(|(snapshot, _)| &**snapshot != name);
            let name = |file: &Value| file.get("name").and_then(Value::as_str).and_then(FileName::parse);
            array(table, "files").retain(|file| name(file).is_some_and(|name| needed.contains(&name)));
        });
    }
    let paths = [repository.snapshot_info_path(deleted), repository.global_metadata_path(deleted)];
    paths.into_iter().for_each(|path| editor.remove(&must(path, &name)));
    editor.edit_root(|root| {
        array(root, "snapshots").retain(|snapshot| snapshot.get("uuid") != Some(&uuid));
        let indices = object(root, "indices");
        indices.iter_mut().for_each(|(_, index)| array(index, "snapshots").retain(|held_by| *held_by != uuid));
        indices.retain(|(_, index)| index.get("snapshots").is_some_and(|held_by| !held_by.elements().is_empty()));
        let lookups: Vec<Value> =
            array(root, "snapshots").iter().filter_map(|s| s.get("index_metadata_lookup")).cloned().collect();
        let used: BTreeSet<&str> = lookups.iter().flat_map(Value::members).filter_map(|(_, id)| id.as_str()).collect();
        object(root, "index_metadata_identifiers").retain(|(identifier, _)| used.contains(&**identifier));
    });
    let old = must(repository.root_path().ok_or("no root"), &name);
    let next = repository.generation.map_or(0, |generation| generation + 1);
    editor.rename(&old, &editor.blob(&format!("index-{next}")));
    editor.write(&editor.blob("index.latest"), &next.to_be_bytes());
    editor.keep();
}
