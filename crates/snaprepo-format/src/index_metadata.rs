//! Settings, mappings and versions of one index: `indices/<id>/meta-<id>.dat` (`docs/format.md`, *Index metadata*).

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
};
use snaprepo_codec::{Fault, FaultKind, value::Value};

use crate::{
    engine::VersionId,
    wrapped::{self, Kind},
};

/// Most shards an index may claim: the engines' own limit is 1,024; other values are damage.
const MAX_SHARDS: u32 = 1 << 16;

/// What reading a repository needs to know of an index; mappings and aliases are skipped, not built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFacts {
    /// Name that the index had when it was snapshotted.
    pub name: Box<str>,
    /// Number of shards, and so of shard folders.
    pub n_shards: u32,
    /// Uuid of the index (not of its folder); missing before Elasticsearch 2.
    pub uuid: Option<Box<str>>,
    /// Identifier by which newer roots deduplicate metadata, recomputed from the content; `None` where the versions it
    /// needs are missing.
    pub identifier: Option<Box<str>>,
    /// Version that created the index: decides where it can be restored.
    pub created: Option<VersionId>,
    /// Whether the index was closed.
    pub closed: bool,
    /// Where the data are, when they are not in this snapshot.
    pub elsewhere: Option<Elsewhere>,
    /// Whether the field `transport_version` is there, which not every release that may restore the index knows.
    pub has_transport_version: bool,
}

/// Why a snapshot of an index holds no data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elsewhere {
    /// A mounted searchable snapshot: the data are in another snapshot, of this or another repository.
    Mounted {
        /// Uuid of the repository that holds the data, where it is known.
        repository_uuid: Option<Box<str>>,
        /// Uuid of the snapshot that holds the data.
        snapshot_uuid: Box<str>,
    },
    /// An index whose segments are in a remote store (OpenSearch); its snapshots may be shallow.
    RemoteStore,
}

impl IndexFacts {
    /// Reads the blob, skipping what is not needed.
    ///
    /// # Errors
    /// When it is damaged, or names no possible number of shards.
    pub fn parse(blob: &[u8]) -> Result<Self, Fault> {
        wrapped::read::<OneIndex<FactsOnDisk>>(blob, Kind::IndexMetadata)?.facts()
    }
}

/// Index metadata as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexMetadata {
    /// Name that the index had when it was snapshotted.
    pub name: Box<str>,
    /// Everything, in the order of the blob.
    pub document: Value,
}

impl IndexMetadata {
    /// Reads the blob.
    ///
    /// # Errors
    /// When it is damaged or not index metadata.
    pub fn parse(blob: &[u8]) -> Result<Self, Fault> {
        let index = wrapped::read::<OneIndex<Value>>(blob, Kind::IndexMetadata)?;
        Ok(Self { name: index.name, document: index.body })
    }
}

/// The outer object: one key, the index name.
struct OneIndex<T> {
    name: Box<str>,
    body: T,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneIndex<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneVisitor<T> {
            type Value = OneIndex<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with one index")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<OneIndex<T>, A::Error> {
                let Some((name, body)) = access.next_entry()? else {
                    return Err(A::Error::custom("index metadata without an index"));
                };
                if access.next_key::<Box<str>>()?.is_some() {
                    return Err(A::Error::custom("index metadata with two indices"));
                }
                Ok(OneIndex { name, body })
            }
        }
        deserializer.deserialize_map(OneVisitor(std::marker::PhantomData))
    }
}

#[derive(Deserialize)]
struct FactsOnDisk {
    #[serde(default)]
    mapping_version: Option<i64>,
    #[serde(default)]
    settings_version: Option<i64>,
    #[serde(default)]
    aliases_version: Option<i64>,
    #[serde(default)]
    state: Option<Box<str>>,
    #[serde(default)]
    transport_version: Option<IgnoredAny>,
    settings: SettingsOnDisk,
}

/// Settings are flat; values are text, or now and then numbers and booleans.
#[derive(Deserialize)]
struct SettingsOnDisk {
    #[serde(rename = "index.number_of_shards", default)]
    number_of_shards: Text,
    #[serde(rename = "index.uuid", default)]
    uuid: Text,
    #[serde(rename = "index.history.uuid", default)]
    history_uuid: Text,
    #[serde(rename = "index.version.created", default)]
    created: Text,
    #[serde(rename = "index.store.type", default)]
    store_type: Text,
    #[serde(rename = "index.store.snapshot.snapshot_uuid", default)]
    mounted_snapshot: Text,
    #[serde(rename = "index.store.snapshot.repository_uuid", default)]
    mounted_repository: Text,
    #[serde(rename = "index.searchable_snapshot.snapshot_id.uuid", default)]
    searchable_snapshot: Text,
    #[serde(rename = "index.remote_store.enabled", default)]
    remote_store: Text,
}

/// A setting's value as text.
#[derive(Default)]
struct Text(Option<Box<str>>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Str(text) => Some(text),
            Value::Int(number) => Some(number.to_string().into()),
            Value::Bool(truth) => Some(truth.to_string().into()),
            _ => None,
        }))
    }
}

impl OneIndex<FactsOnDisk> {
    fn facts(self) -> Result<IndexFacts, Fault> {
        let settings = self.body.settings;
        let claimed = settings.number_of_shards.0.unwrap_or_default();
        let n_shards = claimed
            .parse()
            .ok()
            .filter(|n| (1..=MAX_SHARDS).contains(n))
            .ok_or_else(|| Fault::new(0, FaultKind::Document(format!("index.number_of_shards is {claimed:?}"))))?;
        let uuid = settings.uuid.0;
        let versions = (self.body.settings_version, self.body.mapping_version, self.body.aliases_version);
        let identifier = match (&uuid, versions) {
            (Some(uuid), (Some(settings_version), Some(mapping_version), Some(aliases_version))) => {
                let history = settings.history_uuid.0.as_deref().unwrap_or("_na_");
                Some(format!("{uuid}-{history}-{settings_version}-{mapping_version}-{aliases_version}").into())
            }
            _ => None,
        };
        let mounted = match settings.store_type.0.as_deref() {
            Some("snapshot") => settings.mounted_snapshot.0,
            Some("remote_snapshot") => settings.searchable_snapshot.0,
            _ => None,
        };
        let elsewhere = match mounted {
            Some(snapshot_uuid) => {
                Some(Elsewhere::Mounted { repository_uuid: settings.mounted_repository.0, snapshot_uuid })
            }
            None => (settings.remote_store.0.as_deref() == Some("true")).then_some(Elsewhere::RemoteStore),
        };
        Ok(IndexFacts {
            name: self.name,
            n_shards,
            uuid,
            identifier,
            created: settings.created.0.and_then(|text| text.parse().ok()).map(VersionId),
            closed: self.body.state.as_deref() == Some("close"),
            elsewhere,
            has_transport_version: self.body.transport_version.is_some(),
        })
    }
}
