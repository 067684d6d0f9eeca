//! A root that is written from nothing, for a repository that has lost its own (`docs/format.md`, *Root*).

use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{
    engine::{Era, Product, Release, VersionId},
    snapshot_info::SnapshotState,
};

/// What a new root says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoot {
    /// Format generation: one that has roots.
    pub era: Era,
    /// Identity of the repository, and of the cluster that wrote it: Elasticsearch 7.12 and later.
    pub identity: Option<(String, String)>,
    /// Snapshots.
    pub snapshots: Vec<NewSnapshot>,
    /// Indices.
    pub indices: Vec<NewIndex>,
    /// Identifiers of metadata, and their blob ids. Written from Elasticsearch 7.9 on.
    pub identifiers: Vec<(String, String)>,
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSnapshot {
    /// Name.
    pub name: String,
    /// Uuid.
    pub uuid: String,
    /// State.
    pub state: SnapshotState,
    /// Index ids, and identifiers of their metadata.
    pub lookup: Vec<(String, String)>,
    /// Version that took it.
    pub version: Option<VersionId>,
    /// Start and end, in milliseconds since 1970.
    pub times: (i64, i64),
    /// Policy that took it.
    pub policy: String,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIndex {
    /// Name.
    pub name: String,
    /// Id of its folder.
    pub id: String,
    /// Uuids of the snapshots that hold it, oldest first.
    pub snapshots: Vec<String>,
}

/// The era of a repository with snapshots of these versions: one old snapshot keeps all of it in its own
/// (`docs/format.md`, *Eras*). `None` without any version that is known.
#[must_use]
pub fn era_of(versions: impl IntoIterator<Item = VersionId>) -> Option<Era> {
    let versions: Vec<VersionId> = versions.into_iter().collect();
    let of = |product: Product| versions.iter().filter(move |version| version.product() == product);
    // OpenSearch writes what its own release writes; Elasticsearch what the oldest snapshot allows.
    if let Some(newest) = of(Product::OpenSearch).map(|version| version.release()).max() {
        return Some(if newest < Release::new(2, 4, 0) { Era::E79 } else { Era::Os3 });
    }
    let oldest = of(Product::Elasticsearch).map(|version| version.release()).min()?;
    Some(match (oldest.major, oldest.minor) {
        (8.., _) | (7, 12..) => Era::E712,
        (7, 9..) => Era::E79,
        (7, 6..) => Era::E76,
        _ => Era::E5,
    })
}

/// Writes it, as the engine does that wrote the newest snapshot.
#[must_use]
pub fn build(root: &NewRoot) -> String {
    serde_json::to_string(root).unwrap_or_default()
}

impl NewRoot {
    /// The release of the newest snapshot: what it knows of others, it writes.
    fn writer(&self) -> Option<VersionId> {
        self.snapshots.iter().filter_map(|snapshot| snapshot.version).max_by_key(|version| version.release())
    }
}

/// Pairs as an object.
struct Object<T>(T);

impl<K: Serialize, V: Serialize, T: Iterator<Item = (K, V)> + Clone> Serialize for Object<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.clone())
    }
}

impl Serialize for NewRoot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let deduplicates = matches!(self.era, Era::E79 | Era::E712 | Era::Os3);
        let mut map = serializer.serialize_map(None)?;
        if self.era == Era::E712 {
            map.serialize_entry("min_version", "7.12.0")?;
            if let Some((uuid, cluster_id)) = &self.identity {
                map.serialize_entry("uuid", uuid)?;
                map.serialize_entry("cluster_id", cluster_id)?;
            }
        }
        let writer = self.writer();
        let snapshots: Vec<_> =
            self.snapshots.iter().map(|snapshot| OnDisk { snapshot, era: self.era, writer }).collect();
        map.serialize_entry("snapshots", &snapshots)?;
        let indices = self.indices.iter().map(|index| (&index.name, IndexOnDisk { index, era: self.era }));
        map.serialize_entry("indices", &Object(indices))?;
        match self.era {
            Era::E76 => map.serialize_entry("min_version", "7.6.0")?,
            Era::E79 => map.serialize_entry("min_version", "7.9.0")?,
            _ => {}
        }
        if deduplicates {
            map.serialize_entry("index_metadata_identifiers", &Object(self.identifiers.iter().map(|(k, v)| (k, v))))?;
        }
        map.end()
    }
}

/// A snapshot in a root of an era, by a writer.
struct OnDisk<'a> {
    snapshot: &'a NewSnapshot,
    era: Era,
    writer: Option<VersionId>,
}

impl Serialize for OnDisk<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let NewSnapshot { name, uuid, state, lookup, version, times, policy } = self.snapshot;
        let writes = |first: Release| {
            let release = self.writer.filter(|writer| writer.product() == Product::Elasticsearch);
            release.is_some_and(|writer| writer.release() >= first)
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", name)?;
        map.serialize_entry("uuid", uuid)?;
        map.serialize_entry("state", &state.code())?;
        if matches!(self.era, Era::E79 | Era::E712 | Era::Os3) {
            map.serialize_entry("index_metadata_lookup", &Object(lookup.iter().map(|(k, v)| (k, v))))?;
        }
        if let Some(version) = version.filter(|_| self.era != Era::E5 || writes(Release::new(7, 6, 0))) {
            if version.is_index_version() {
                // A marker for readers that do not know the other key.
                map.serialize_entry("version", "8.11.0")?;
                map.serialize_entry("index_version", &version.0)?;
            } else {
                map.serialize_entry("version", &version.release().to_string())?;
            }
        }
        if writes(Release::new(7, 14, 0)) {
            map.serialize_entry("start_time_millis", &times.0)?;
            map.serialize_entry("end_time_millis", &times.1)?;
        }
        if writes(Release::new(7, 16, 0)) {
            map.serialize_entry("slm_policy", policy)?;
        }
        map.end()
    }
}

struct IndexOnDisk<'a> {
    index: &'a NewIndex,
    era: Era,
}

impl Serialize for IndexOnDisk<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.index.id)?;
        map.serialize_entry("snapshots", &self.index.snapshots)?;
        if self.era.names_shard_generations() {
            map.serialize_entry("shard_generations", &[(); 0])?;
        }
        map.end()
    }
}
