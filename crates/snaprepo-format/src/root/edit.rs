//! A root that is written anew: without some of its snapshots, as the engines write it when they delete
//! (`docs/format.md`, *Writing order*), or with what it has lost put back.
//!
//! Everything that stays keeps its bytes, its order and the keys that we do not know: the era of a repository is for its
//! clusters to change.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use snaprepo_codec::Fault;

use super::disk::pairs;
use crate::shard_paths::ShardPathType;

/// The new table of a shard: `None` where it has none any more.
pub type NewTable = Option<Box<str>>;

/// What changes in a root.
#[derive(Debug, Default)]
pub struct Edit<'a> {
    /// Uuids of the snapshots that go, also from the lists of indices that name what the root does not have.
    pub snapshots: HashSet<&'a str>,
    /// Shards with another table, by index id: number of the shard, and the text behind `index-` of its new table.
    /// Only where roots name tables.
    pub tables: HashMap<&'a str, Vec<(u32, NewTable)>>,
    /// Where the shard folders of an index are, by index id.
    pub path_types: HashMap<&'a str, ShardPathType>,
    /// Blob ids of index metadata, by identifier: put in the place of what the root has, or added.
    pub identifiers: HashMap<Box<str>, Box<str>>,
    /// Whether what refers to nothing goes: indices that no snapshot holds, and lookups of indices that are not there.
    pub tidies: bool,
}

/// An object whose values are taken as they are.
struct Pairs<'a>(Vec<(Box<str>, Cow<'a, RawValue>)>);

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    uuid: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct WithLookup {
    #[serde(default, deserialize_with = "pairs")]
    index_metadata_lookup: Vec<(Box<str>, Box<str>)>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read: Vec<(Box<str>, &'a RawValue)> = pairs(deserializer)?;
        Ok(Self(read.into_iter().map(|(key, value)| (key, Cow::Borrowed(value))).collect()))
    }
}

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, &**value)?;
        }
        map.end()
    }
}

/// The identity of a snapshot: an object with a uuid, or the bare name of one from before Elasticsearch 5.
fn uuid<'a>(raw: &'a RawValue) -> serde_json::Result<Cow<'a, str>> {
    if raw.get().starts_with('"') {
        return serde_json::from_str::<Text<'a>>(raw.get()).map(|text| text.0);
    }
    let Named { uuid, name } = serde_json::from_str(raw.get())?;
    Ok(uuid.or(name).unwrap_or_default())
}

/// Writes a root anew.
///
/// # Errors
/// When the blob is no root: whoever changes one has read it before.
pub fn edited(blob: &[u8], edit: &Edit<'_>) -> Result<Vec<u8>, Fault> {
    rewritten(blob, edit).map_err(|error| Fault::from_json(&error, blob))
}

fn rewritten(blob: &[u8], edit: &Edit<'_>) -> serde_json::Result<Vec<u8>> {
    let text = blob.strip_prefix(b"\xef\xbb\xbf").unwrap_or(blob);
    let mut root: Pairs<'_> = serde_json::from_slice(text)?;
    let mut ids = HashSet::new();
    for (_, value) in root.0.iter_mut().filter(|(key, _)| &**key == "indices") {
        *value = Cow::Owned(indices(value, edit, &mut ids)?);
    }
    // Before the identifiers, which are for those that stay; they may stand before them.
    let mut used = HashSet::new();
    for (_, value) in root.0.iter_mut().filter(|(key, _)| &**key == "snapshots") {
        *value = Cow::Owned(snapshots(value, edit, &ids, &mut used)?);
    }
    for (_, value) in root.0.iter_mut().filter(|(key, _)| &**key == "index_metadata_identifiers") {
        *value = Cow::Owned(identifiers(value, edit, &used)?);
    }
    serde_json::to_vec(&root)
}

/// Those that stay; `used` learns the identifiers of their metadata.
fn snapshots(
    raw: &RawValue,
    edit: &Edit<'_>,
    ids: &HashSet<Box<str>>,
    used: &mut HashSet<Box<str>>,
) -> serde_json::Result<Box<RawValue>> {
    const KEY: &str = "index_metadata_lookup";
    let all: Vec<&RawValue> = serde_json::from_str(raw.get())?;
    let mut left = Vec::with_capacity(all.len());
    for snapshot in all {
        if edit.snapshots.contains(&*uuid(snapshot)?) {
            continue;
        }
        let mut snapshot = Cow::Borrowed(snapshot);
        if snapshot.get().starts_with('{') {
            let WithLookup { mut index_metadata_lookup } = serde_json::from_str(snapshot.get())?;
            let n_before = index_metadata_lookup.len();
            index_metadata_lookup.retain(|(id, _)| !edit.tidies || ids.contains(id));
            if index_metadata_lookup.len() < n_before {
                let known: serde_json::Map<String, Value> =
                    index_metadata_lookup.iter().map(|(id, of)| (id.to_string(), (&**of).into())).collect();
                let mut object: Pairs<'_> = serde_json::from_str(snapshot.get())?;
                for (_, value) in object.0.iter_mut().filter(|(key, _)| &**key == KEY) {
                    *value = Cow::Owned(to_raw_value(&known)?);
                }
                let written = to_raw_value(&object)?;
                snapshot = Cow::Owned(written);
            }
            used.extend(index_metadata_lookup.into_iter().map(|(_, identifier)| identifier));
        }
        left.push(snapshot);
    }
    to_raw_value(&left)
}

/// Those that are used, with what is put in their place or added.
fn identifiers(raw: &RawValue, edit: &Edit<'_>, used: &HashSet<Box<str>>) -> serde_json::Result<Box<RawValue>> {
    let mut known: Pairs<'_> = serde_json::from_str(raw.get())?;
    known.0.retain(|(identifier, _)| used.contains(identifier));
    let mut new: Vec<(&Box<str>, &Box<str>)> = edit.identifiers.iter().collect();
    new.sort_unstable();
    for (identifier, blob) in new {
        let value = Cow::Owned(to_raw_value(blob)?);
        match known.0.iter_mut().find(|(of, _)| of == identifier) {
            Some((_, place)) => *place = value,
            None => known.0.push((identifier.clone(), value)),
        }
    }
    to_raw_value(&known)
}

/// Those that some snapshot still holds.
fn indices(raw: &RawValue, edit: &Edit<'_>, ids: &mut HashSet<Box<str>>) -> serde_json::Result<Box<RawValue>> {
    let all: Pairs<'_> = serde_json::from_str(raw.get())?;
    let mut left = Pairs(Vec::with_capacity(all.0.len()));
    for (name, value) in all.0 {
        let mut index: Pairs<'_> = serde_json::from_str(value.get())?;
        let mut id = None;
        let mut is_held = true;
        for (key, value) in &mut index.0 {
            match &**key {
                "id" => id = Some(serde_json::from_str::<Box<str>>(value.get())?),
                "snapshots" => {
                    let held_by: Vec<&RawValue> = serde_json::from_str(value.get())?;
                    let mut stay = Vec::with_capacity(held_by.len());
                    for snapshot in &held_by {
                        if !edit.snapshots.contains(&*uuid(snapshot)?) {
                            stay.push(*snapshot);
                        }
                    }
                    // An index that nobody held before is not ours to judge.
                    is_held = !stay.is_empty() || (held_by.is_empty() && !edit.tidies);
                    if stay.len() < held_by.len() {
                        *value = Cow::Owned(to_raw_value(&stay)?);
                    }
                }
                _ => {}
            }
        }
        if !is_held {
            continue;
        }
        let tables = id.as_deref().and_then(|id| edit.tables.get(id));
        if let Some(tables) = tables {
            name_tables(&mut index, tables)?;
        }
        if let Some(path_type) = id.as_deref().and_then(|id| edit.path_types.get(id)) {
            set_path_type(&mut index, *path_type)?;
        }
        ids.extend(id);
        left.0.push((name, Cow::Owned(to_raw_value(&index)?)));
    }
    to_raw_value(&left)
}

/// Names new tables. What the root did not name before it names now: it is found by nothing else.
fn name_tables(index: &mut Pairs<'_>, tables: &[(u32, NewTable)]) -> serde_json::Result<()> {
    const KEY: &str = "shard_generations";
    let known = index.0.iter_mut().find(|(key, _)| &**key == KEY).map(|(_, value)| value);
    let mut generations: Vec<Option<Box<str>>> =
        known.as_ref().map_or_else(|| Ok(Vec::new()), |known| serde_json::from_str(known.get()))?;
    for (shard, table) in tables {
        let Ok(shard) = usize::try_from(*shard) else { continue };
        if generations.len() <= shard {
            generations.resize(shard + 1, None);
        }
        if let Some(place) = generations.get_mut(shard) {
            place.clone_from(table);
        }
    }
    let named = Cow::Owned(to_raw_value(&generations)?);
    match known {
        Some(value) => *value = named,
        None => index.0.push((KEY.into(), named)),
    }
    Ok(())
}

/// Says where the shard folders are, behind the id as OpenSearch writes it.
fn set_path_type(index: &mut Pairs<'_>, path_type: ShardPathType) -> serde_json::Result<()> {
    const KEY: &str = "shard_path_type";
    let value = Cow::Owned(to_raw_value(&path_type.code())?);
    match index.0.iter_mut().find(|(key, _)| &**key == KEY) {
        Some((_, place)) => *place = value,
        None => {
            let behind_id = index.0.iter().position(|(key, _)| &**key == "id").map_or(0, |at| at + 1);
            index.0.insert(behind_id, (KEY.into(), value));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
