//! The shape of a root on disk, and how it becomes a [`Root`].
//!
//! The document is read in one pass; lookups and snapshot lists, which make up nearly all of a large root, become
//! pairs of numbers at once.

use std::{cell::RefCell, fmt};

use hashbrown::HashSet;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
};
use snaprepo_codec::Fault;

use super::{
    IndexEntry, MIN_VERSIONS, Oddity, Root, RootFault, ShardGen, SnapshotEntry, SnapshotForm, VersionText,
    texts::{TextId, Texts},
};
use crate::{
    engine::{Era, VersionId},
    shard_paths::ShardPathType,
    snapshot_info::SnapshotState,
};

#[derive(Default)]
pub(super) struct RootOnDisk {
    texts: Texts,
    min_version: Option<Box<str>>,
    uuid: Option<Box<str>>,
    cluster_id: Option<Box<str>>,
    snapshots: Vec<SnapshotOnDisk>,
    indices: Vec<(Box<str>, IndexOnDisk)>,
    identifiers: Option<Vec<(TextId, Box<str>)>>,
    unknown_key: Option<Box<str>>,
}

#[derive(Default)]
struct SnapshotOnDisk {
    name: Box<str>,
    uuid: Option<TextId>,
    state: Option<i64>,
    lookup: Option<Vec<(TextId, TextId)>>,
    version: Option<Box<str>>,
    index_version: Option<i64>,
    start_millis: Option<i64>,
    end_millis: Option<i64>,
    slm_policy: Option<Box<str>>,
}

#[derive(Default)]
struct IndexOnDisk {
    id: Option<TextId>,
    shard_path_type: Option<i64>,
    snapshots: Vec<TextId>,
    shard_generations: Option<Vec<Option<Box<str>>>>,
}

pub(super) fn parse(text: &[u8]) -> Result<RootOnDisk, Fault> {
    let texts = RefCell::default();
    let mut json = serde_json::Deserializer::from_slice(text);
    let disk = RootSeed(&texts).deserialize(&mut json).and_then(|disk| json.end().map(|()| disk));
    let disk = disk.map_err(|error| Fault::from_json(&error, text))?;
    Ok(RootOnDisk { texts: texts.into_inner(), ..disk })
}

impl RootOnDisk {
    pub(super) fn resolve(self) -> Result<Root, RootFault> {
        if let Some(key) = self.unknown_key {
            return Err(RootFault::UnknownKey { key });
        }
        let era = era(&self)?;
        let texts = &self.texts;
        let mut oddities = Vec::new();
        let entries = self.snapshots.iter().map(|snapshot| (&*snapshot.name, snapshot.uuid));
        let snapshot_of = positions(entries, ["snapshot name", "snapshot uuid"], texts, &mut oddities);
        let entries = self.indices.iter().map(|(name, index)| (&**name, index.id));
        let index_of = positions(entries, ["index name", "index id"], texts, &mut oddities);
        let mut identifier_of = vec![None; texts.len()];
        let disk_identifiers = self.identifiers.unwrap_or_default();
        for (ix, (identifier, _)) in (0_u32..).zip(&disk_identifiers) {
            identifier_of[identifier.position()] = Some(ix);
        }

        let mut used = vec![false; disk_identifiers.len()];
        let mut snapshots = Vec::with_capacity(self.snapshots.len());
        for (ix, snapshot) in (0_u32..).zip(self.snapshots) {
            let mut lookup = Vec::with_capacity(snapshot.lookup.as_ref().map_or(0, Vec::len));
            for (id, identifier) in snapshot.lookup.unwrap_or_default() {
                match (index_of[id.position()], identifier_of[identifier.position()]) {
                    (Some(index), Some(identifier)) => {
                        used[usize::try_from(identifier).unwrap_or(usize::MAX)] = true;
                        lookup.push((index, identifier));
                    }
                    (Some(index), None) => oddities.push(Oddity::LookupUnknownIdentifier {
                        snapshot: ix,
                        index,
                        identifier: texts.text(identifier).into(),
                    }),
                    (None, identifier_ix) => {
                        if let Some(identifier) = identifier_ix {
                            used[usize::try_from(identifier).unwrap_or(usize::MAX)] = true;
                        }
                        let id = texts.text(id).into();
                        oddities.push(Oddity::LookupUnknownIndex { snapshot: snapshot.name.clone(), id });
                    }
                }
            }
            lookup.sort_unstable();
            let state = snapshot.state.and_then(SnapshotState::from_code);
            if let (Some(code), None) = (snapshot.state, state) {
                oddities.push(Oddity::UnknownState { snapshot: snapshot.name.clone(), code });
            }
            let version = match snapshot.index_version {
                Some(id) => Some(VersionText::Id(VersionId(id))),
                None => snapshot.version.as_deref().map(VersionText::parse),
            };
            snapshots.push(SnapshotEntry {
                uuid: snapshot.uuid.map_or_else(|| snapshot.name.clone(), |uuid| texts.text(uuid).into()),
                name: snapshot.name,
                state,
                version,
                start_millis: snapshot.start_millis,
                end_millis: snapshot.end_millis,
                slm_policy: snapshot.slm_policy,
                lookup: lookup.into(),
                form: SnapshotForm::Wrapped,
            });
        }
        let unused = disk_identifiers.iter().zip(&used).filter(|(_, used)| !**used);
        oddities.extend(
            unused.map(|((identifier, _), _)| Oddity::UnusedIdentifier { identifier: texts.text(*identifier).into() }),
        );

        let mut indices = Vec::with_capacity(self.indices.len());
        // The index that named a snapshot last: finds what an index lists twice without a set for each.
        let mut named_by = vec![None; snapshots.len()];
        for (position, (name, index)) in self.indices.into_iter().enumerate() {
            let mut held_by = Vec::with_capacity(index.snapshots.len());
            let mut repeated = None;
            for uuid in index.snapshots {
                match snapshot_of[uuid.position()] {
                    Some(ix) => {
                        let last = named_by[usize::try_from(ix).unwrap_or(usize::MAX)].replace(position);
                        if last == Some(position) {
                            repeated = Some(uuid);
                        } else {
                            held_by.push(ix);
                        }
                    }
                    None => {
                        let uuid = texts.text(uuid).into();
                        oddities.push(Oddity::UnknownSnapshot { index: name.clone(), uuid });
                    }
                }
            }
            if let Some(uuid) = repeated {
                oddities.push(Oddity::Duplicate { what: "snapshot of an index", text: texts.text(uuid).into() });
            }
            if held_by.is_empty() {
                oddities.push(Oddity::EmptyIndex { index: name.clone() });
            }
            let code = index.shard_path_type.unwrap_or(0);
            let shard_path_type = ShardPathType::from_code(code).unwrap_or_else(|| {
                oddities.push(Oddity::UnknownShardPathType { index: name.clone(), code });
                ShardPathType::Fixed
            });
            indices.push(IndexEntry {
                id: index.id.map_or_else(|| name.clone(), |id| texts.text(id).into()),
                shard_path_type,
                shard_path_type_recorded: index.shard_path_type.is_some(),
                snapshots: held_by,
                shard_generations: index.shard_generations.unwrap_or_default().into_iter().map(shard_gen).collect(),
                name,
            });
        }
        let identifiers = disk_identifiers.into_iter().map(|(id, blob)| (texts.text(id).into(), blob)).collect();
        Ok(Root { era, uuid: self.uuid, cluster_id: self.cluster_id, snapshots, indices, identifiers, oddities })
    }
}

/// The position of each entry by the number of its identity; names and identities that occur twice are oddities.
fn positions<'a>(
    entries: impl Iterator<Item = (&'a str, Option<TextId>)>,
    [name_what, id_what]: [&'static str; 2],
    texts: &Texts,
    oddities: &mut Vec<Oddity>,
) -> Vec<Option<u32>> {
    let mut duplicate = |what, text: &str| oddities.push(Oddity::Duplicate { what, text: text.into() });
    let mut position_of = vec![None; texts.len()];
    let mut names = HashSet::new();
    for (ix, (name, id)) in (0_u32..).zip(entries) {
        if !names.insert(name) {
            duplicate(name_what, name);
        }
        if let Some(id) = id
            && position_of[id.position()].replace(ix).is_some()
        {
            duplicate(id_what, texts.text(id));
        }
    }
    position_of
}

/// The era, by the rules of `docs/format.md`, *Eras*: keys of single entries do not decide, except that shard
/// generations without `min_version` are the mark of OpenSearch and CrateDB.
fn era(root: &RootOnDisk) -> Result<Era, RootFault> {
    if let Some(min_version) = &root.min_version {
        let known = MIN_VERSIONS.iter().find(|(text, _)| *text == &**min_version);
        return known.map(|(_, era)| *era).ok_or_else(|| RootFault::TooNew { min_version: min_version.clone() });
    }
    let has_generations = root.indices.iter().any(|(_, index)| index.shard_generations.is_some());
    let has_lookup = root.snapshots.iter().any(|snapshot| snapshot.lookup.is_some());
    if !has_generations && !has_lookup && root.identifiers.is_none() {
        return Ok(Era::E5);
    }
    // OpenSearch numbers its releases from 1; CrateDB was at 5 when it began to write this form.
    let crate_db = root.snapshots.iter().any(|snapshot| {
        matches!(snapshot.version.as_deref().map(VersionText::parse), Some(VersionText::Release(r)) if r.major >= 5)
    });
    Ok(if crate_db { Era::Crate } else { Era::Os3 })
}

fn shard_gen(text: Option<Box<str>>) -> ShardGen {
    match text {
        None => ShardGen::Unknown,
        Some(text) if &*text == "_new" || &*text == "_deleted" => ShardGen::New,
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => ShardGen::Numeric(text),
        Some(text) => ShardGen::Named(text),
    }
}

/// Reads an object as pairs, in its order.
pub(crate) fn pairs<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(Box<str>, T)>, D::Error> {
    struct Pairs<T>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Pairs<T> {
        type Value = Vec<(Box<str>, T)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut pairs = Vec::new();
            while let Some(pair) = access.next_entry()? {
                pairs.push(pair);
            }
            Ok(pairs)
        }
    }
    deserializer.deserialize_map(Pairs(std::marker::PhantomData))
}

/// Declares a seed that reads a value with the shared texts at hand.
macro_rules! seed {
    ($name:ident, $method:ident, $expecting:literal, $value:ty, { $($body:item)* }) => {
        #[derive(Clone, Copy)]
        struct $name<'t>(&'t RefCell<Texts>);

        impl<'de> DeserializeSeed<'de> for $name<'_> {
            type Value = $value;
            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<$value, D::Error> {
                deserializer.$method(self)
            }
        }

        impl<'de> Visitor<'de> for $name<'_> {
            type Value = $value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($expecting)
            }
            $($body)*
        }
    };
}

seed!(TextSeed, deserialize_str, "text", TextId, {
    fn visit_str<E>(self, text: &str) -> Result<TextId, E> {
        Ok(self.0.borrow_mut().intern(text))
    }
});

seed!(RootSeed, deserialize_map, "a root object", RootOnDisk, {
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<RootOnDisk, A::Error> {
        let mut root = RootOnDisk::default();
        while let Some(key) = access.next_key::<Box<str>>()? {
            match &*key {
                "min_version" => root.min_version = access.next_value()?,
                "uuid" => root.uuid = access.next_value()?,
                "cluster_id" => root.cluster_id = access.next_value()?,
                "snapshots" => root.snapshots = access.next_value_seed(SnapshotsSeed(self.0))?,
                "indices" => root.indices = access.next_value_seed(IndicesSeed(self.0))?,
                "index_metadata_identifiers" => {
                    root.identifiers = Some(access.next_value_seed(IdentifiersSeed(self.0))?);
                }
                _ => {
                    access.next_value::<serde::de::IgnoredAny>()?;
                    root.unknown_key.get_or_insert(key);
                }
            }
        }
        Ok(root)
    }
});

seed!(SnapshotsSeed, deserialize_seq, "an array of snapshots", Vec<SnapshotOnDisk>, {
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<SnapshotOnDisk>, A::Error> {
        let mut snapshots = Vec::new();
        while let Some(snapshot) = access.next_element_seed(SnapshotSeed(self.0))? {
            snapshots.push(snapshot);
        }
        Ok(snapshots)
    }
});

seed!(SnapshotSeed, deserialize_any, "a snapshot", SnapshotOnDisk, {
    fn visit_str<E>(self, name: &str) -> Result<SnapshotOnDisk, E> {
        let uuid = Some(self.0.borrow_mut().intern(name));
        Ok(SnapshotOnDisk { name: name.into(), uuid, ..SnapshotOnDisk::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<SnapshotOnDisk, A::Error> {
        let mut snapshot = SnapshotOnDisk::default();
        let mut named = false;
        while let Some(key) = access.next_key::<std::borrow::Cow<'de, str>>()? {
            match &*key {
                "name" => {
                    snapshot.name = access.next_value()?;
                    named = true;
                }
                "uuid" => snapshot.uuid = Some(access.next_value_seed(TextSeed(self.0))?),
                "state" => snapshot.state = access.next_value()?,
                "index_metadata_lookup" => snapshot.lookup = Some(access.next_value_seed(LookupSeed(self.0))?),
                "version" => snapshot.version = access.next_value()?,
                "index_version" => snapshot.index_version = access.next_value()?,
                "start_time_millis" => snapshot.start_millis = access.next_value()?,
                "end_time_millis" => snapshot.end_millis = access.next_value()?,
                "slm_policy" => snapshot.slm_policy = access.next_value()?,
                _ => {
                    access.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        if named { Ok(snapshot) } else { Err(A::Error::missing_field("name")) }
    }
});

seed!(LookupSeed, deserialize_map, "a metadata lookup", Vec<(TextId, TextId)>, {
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Vec<(TextId, TextId)>, A::Error> {
        let mut lookup = Vec::new();
        while let Some(id) = access.next_key_seed(TextSeed(self.0))? {
            lookup.push((id, access.next_value_seed(TextSeed(self.0))?));
        }
        Ok(lookup)
    }
});

seed!(IndicesSeed, deserialize_map, "an object of indices", Vec<(Box<str>, IndexOnDisk)>, {
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Vec<(Box<str>, IndexOnDisk)>, A::Error> {
        let mut indices = Vec::new();
        while let Some(name) = access.next_key()? {
            indices.push((name, access.next_value_seed(IndexSeed(self.0))?));
        }
        Ok(indices)
    }
});

seed!(IndexSeed, deserialize_map, "an index", IndexOnDisk, {
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<IndexOnDisk, A::Error> {
        let mut index = IndexOnDisk::default();
        while let Some(key) = access.next_key::<std::borrow::Cow<'de, str>>()? {
            match &*key {
                "id" => index.id = Some(access.next_value_seed(TextSeed(self.0))?),
                "shard_path_type" => index.shard_path_type = access.next_value()?,
                "snapshots" => index.snapshots = access.next_value_seed(UuidsSeed(self.0))?,
                "shard_generations" => index.shard_generations = Some(access.next_value()?),
                _ => {
                    access.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        if index.id.is_some() { Ok(index) } else { Err(A::Error::missing_field("id")) }
    }
});

seed!(UuidsSeed, deserialize_seq, "an array of snapshot uuids", Vec<TextId>, {
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<TextId>, A::Error> {
        let mut uuids = Vec::new();
        while let Some(uuid) = access.next_element_seed(UuidSeed(self.0))? {
            uuids.push(uuid);
        }
        Ok(uuids)
    }
});

// Before Elasticsearch 5.4.1 the elements were objects with a name and a uuid.
seed!(UuidSeed, deserialize_any, "a snapshot uuid", TextId, {
    fn visit_str<E>(self, uuid: &str) -> Result<TextId, E> {
        Ok(self.0.borrow_mut().intern(uuid))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<TextId, A::Error> {
        let (mut name, mut uuid) = (None, None);
        while let Some(key) = access.next_key::<std::borrow::Cow<'de, str>>()? {
            match &*key {
                "uuid" => uuid = Some(access.next_value_seed(TextSeed(self.0))?),
                "name" => name = Some(access.next_value_seed(TextSeed(self.0))?),
                _ => {
                    access.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        uuid.or(name).ok_or_else(|| A::Error::missing_field("uuid"))
    }
});

seed!(IdentifiersSeed, deserialize_map, "an object of identifiers", Vec<(TextId, Box<str>)>, {
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Vec<(TextId, Box<str>)>, A::Error> {
        let mut identifiers = Vec::new();
        while let Some(identifier) = access.next_key_seed(TextSeed(self.0))? {
            identifiers.push((identifier, access.next_value()?));
        }
        Ok(identifiers)
    }
});
