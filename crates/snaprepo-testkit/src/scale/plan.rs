//! Names and identities of everything, before anything is written.

use snaprepo_format::Uuid;

use super::{Scale, random::Seed, shard::WrittenShard};

/// Start of the first snapshot, in milliseconds since 1970; the others follow hour by hour.
const FIRST_START_MILLIS: i64 = 1_388_534_400_000;
const HOUR_MILLIS: i64 = 3_600_000;
/// How long each snapshot took.
const LASTED_MILLIS: i64 = 40_000;

/// All snapshots and indices.
pub(super) struct Plan {
    pub(super) repository: Uuid,
    pub(super) cluster: Uuid,
    /// In the order in which they were taken.
    pub(super) snapshots: Vec<Snapshot>,
    /// Those that some snapshot holds.
    pub(super) indices: Vec<Index>,
}

pub(super) struct Snapshot {
    pub(super) name: String,
    pub(super) uuid: Uuid,
    pub(super) start_millis: i64,
    pub(super) end_millis: i64,
    /// Positions of its indices.
    pub(super) indices: Vec<usize>,
}

pub(super) struct Index {
    pub(super) name: String,
    /// Name of its folder.
    pub(super) id: Uuid,
    /// Uuid that the cluster gave it.
    pub(super) uuid: Uuid,
    /// Id of the one metadata blob that all snapshots share.
    pub(super) metadata_blob: String,
    /// Positions of the snapshots that hold it, oldest first.
    pub(super) held_by: Vec<usize>,
    pub(super) seed: Seed,
}

impl Plan {
    pub(super) fn of(scale: &Scale) -> Self {
        let seed = Seed::new(scale.seed);
        let n_indices = u64::from(scale.n_indices.min(scale.n_snapshots.saturating_add(scale.indices_per_snapshot)));
        let mut indices: Vec<Index> = (0..n_indices).map(|number| Index::new(seed.part("index", number))).collect();
        for (number, index) in indices.iter_mut().enumerate() {
            index.name = format!("logs-application-{number:06}");
        }
        let mut snapshots = Vec::new();
        for (number, ordinal) in (0..scale.n_snapshots).zip(0_i64..) {
            let uuid = seed.part("snapshot", number.into()).uuid();
            let start_millis = FIRST_START_MILLIS + ordinal * HOUR_MILLIS;
            let window = (0..scale.indices_per_snapshot.min(scale.n_indices))
                .filter_map(|k| usize::try_from((number + k) % scale.n_indices).ok());
            snapshots.push(Snapshot {
                // As a lifecycle policy names them.
                name: format!("hourly-snap-{number:06}-{}", uuid.to_string().to_lowercase()),
                uuid,
                start_millis,
                end_millis: start_millis + LASTED_MILLIS,
                indices: window.collect(),
            });
        }
        for (ix, snapshot) in snapshots.iter().enumerate() {
            snapshot.indices.iter().for_each(|index| indices[*index].held_by.push(ix));
        }
        Self {
            repository: seed.part("repository", 0).uuid(),
            cluster: seed.part("cluster", 0).uuid(),
            snapshots,
            indices,
        }
    }

    /// The shards of an index by name only.
    pub(super) fn unwritten(&self, scale: &Scale, index: &Index) -> Vec<WrittenShard> {
        let shards = (0..scale.shards_per_index).map(|shard| index.shard_seed(shard));
        shards.map(|seed| WrittenShard { generation: seed.part("generation", 0).uuid(), bytes: Vec::new() }).collect()
    }
}

impl Index {
    fn new(seed: Seed) -> Self {
        let mut metadata_blob = seed.part("metadata", 0).uuid().to_string();
        // The first 20 of 22 characters carry 15 of 16 bytes.
        metadata_blob.truncate(20);
        Self {
            name: String::new(),
            id: seed.part("id", 0).uuid(),
            uuid: seed.part("uuid", 0).uuid(),
            metadata_blob,
            held_by: Vec::new(),
            seed,
        }
    }

    /// The identifier of its metadata: uuid, history uuid, versions of settings, mappings and aliases.
    pub(super) fn identifier(&self) -> String {
        format!("{}-_na_-1-1-1", self.uuid)
    }

    pub(super) fn shard_seed(&self, shard: u32) -> Seed {
        self.seed.part("shard", shard.into())
    }
}
