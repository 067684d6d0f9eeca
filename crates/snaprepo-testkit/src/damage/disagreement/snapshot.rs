//! Disagreements between the root, the snapshot infos and the index metadata.

use snaprepo_codec::value::Value;
use snaprepo_format::{Kind, root::VersionText, snapshot_info::SnapshotState};

use super::{Disagreement, NOBODY, Named, named};
use crate::damage::{
    Editor,
    edit::{array, first_member},
    place::chosen,
};

pub(super) fn make(disagreement: Disagreement, editor: &Editor) -> Option<Named> {
    let repository = editor.repository();
    repository.generation?;
    let success = |ix: &u32| repository.snapshot_info(*ix).is_ok_and(|info| info.state == SnapshotState::Success);
    let snapshot = (0..).zip(&repository.root.snapshots).map(|(ix, _)| ix).find(success)?;
    let entry = repository.root.snapshot_entry(snapshot);
    let path = repository.snapshot_info_path(snapshot).ok()?;
    let info = |change: &dyn Fn(&mut Value)| {
        editor.edit(&path, Kind::SnapshotInfo, |document| {
            if let Some(info) = document.get_mut("snapshot") {
                change(info);
            }
        });
        named(editor, &path)
    };
    let add = |key: &str, amount: i64| {
        info(&|info| {
            if let Some(Value::Int(number)) = info.get_mut(key) {
                *number += amount;
            }
        })
    };
    // Elasticsearch 2 gave its snapshots no uuid.
    let text = |key: &str| {
        editor.document(&path, Kind::SnapshotInfo).0.get("snapshot")?.get(key)?;
        info(&|info| *info.get_mut(key).expect("it was seen a line above") = Value::from(NOBODY))
    };
    match disagreement {
        Disagreement::IndexLackedByInfo => info(&|info| {
            array(info, "indices").remove(0);
        }),
        Disagreement::IndexOnlyInInfo => info(&|info| array(info, "indices").push(Value::from("ghost"))),
        Disagreement::OtherName => text("name"),
        Disagreement::OtherUuid => text("uuid"),
        Disagreement::OtherState => {
            entry.state?;
            let uuid = entry.uuid.clone();
            editor.edit_root(|root| {
                for snapshot in array(root, "snapshots") {
                    if snapshot.get("uuid").and_then(Value::as_str) == Some(&uuid)
                        && let Some(state) = snapshot.get_mut("state")
                    {
                        *state = Value::Int(3);
                    }
                }
            });
            named(editor, &path)
        }
        Disagreement::OtherVersion => match entry.version {
            Some(VersionText::Release(_) | VersionText::Id(_)) => add("version_id", 10_000),
            _ => None,
        },
        Disagreement::OtherStart => entry.start_millis.and_then(|_| add("start_time", 1)),
        Disagreement::OtherEnd => entry.end_millis.and_then(|_| add("end_time", 1)),
        Disagreement::WrongShardCount => add("successful_shards", -1),
        Disagreement::OtherIndex | Disagreement::OtherIdentifier | Disagreement::LostMount => {
            of_index(disagreement, editor)
        }
        _ => None,
    }
}

fn of_index(disagreement: Disagreement, editor: &Editor) -> Option<Named> {
    let repository = editor.repository();
    let shards = editor.shards();
    let index = chosen(&shards)?.index;
    let snapshot = *repository.root.index_entry(index).snapshots.first()?;
    let path = repository.index_metadata_path(snapshot, index).ok()?;
    let mut is_made = true;
    editor.edit(&path, Kind::IndexMetadata, |document| match (disagreement, document) {
        (Disagreement::OtherIndex, Value::Object(members)) => members[0].0 = "ghost".into(),
        (Disagreement::OtherIdentifier, document) => {
            is_made = repository.root.identifier(snapshot, index).is_some();
            if let Some(Value::Int(version)) = first_member(document).get_mut("aliases_version").filter(|_| is_made) {
                *version += 1;
            }
        }
        (_, document) => {
            let settings = first_member(document).get_mut("settings");
            is_made = settings.is_some();
            if let Some(Value::Object(settings)) = settings {
                settings.retain(|(key, _)| &**key != "index.store.type");
                settings.push(("index.store.type".into(), "snapshot".into()));
                settings.push(("index.store.snapshot.snapshot_uuid".into(), NOBODY.into()));
            }
        }
    });
    // A finding about a snapshot that the repository lacks names no blob.
    match disagreement {
        _ if !is_made => None,
        Disagreement::LostMount => Some(Named::Any),
        _ => named(editor, &path),
    }
}
