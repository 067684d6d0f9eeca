//! A repository of any number of shards in the memory of one: all of them hold the same. Nothing but metadata can be
//! read, and folders are listed without being held.

use std::{collections::HashMap, fs, io};

use snaprepo_codec::BlobPath;
use snaprepo_format::{FileInfo, Uuid, latest, names, shard_generation::ShardGeneration};
use snaprepo_store::{BlobStat, Entry, ReadStore, StoreError, StoreErrorKind, Streamed};

use super::{GENERATION, Scale, documents, plan::Plan, root, shard, shard::WrittenShard};

/// When every blob was written, in milliseconds since 1970.
const WRITTEN_MILLIS: i64 = 1_400_000_000_000;

/// A store with one synthetic repository.
pub struct Repeated {
    scale: Scale,
    plan: Plan,
    /// The root, as every generation of a shard is called the same.
    root: Vec<u8>,
    table_name: String,
    table: Vec<u8>,
    /// Length of every file list; their names follow from the snapshots.
    list_lens: Vec<u64>,
    /// Data blobs of each shard, and their lengths.
    data: Vec<(String, u64)>,
    /// Positions of indices by the names of their folders.
    indices: HashMap<String, usize>,
    /// Positions of snapshots by their uuids.
    snapshots: HashMap<String, usize>,
    shards: Vec<Vec<WrittenShard>>,
}

impl Repeated {
    /// Every snapshot of the scale holds every index of it, and `content` does not count.
    ///
    /// # Errors
    /// When the one shard cannot be written into a temporary folder.
    pub fn new(scale: Scale) -> io::Result<Self> {
        let scale = Scale { indices_per_snapshot: scale.n_indices, content: super::Content::Metadata, ..scale };
        let plan = Plan::of(&scale);
        let folder = tempfile::tempdir()?;
        let first = plan.indices.first().ok_or_else(|| io::Error::other("no index"))?;
        let snapshots: Vec<_> = plan.snapshots.iter().collect();
        let written = shard::write(&scale, first, 0, &snapshots, folder.path())?;
        let table_name = format!("index-{}", written.generation);
        let table = fs::read(folder.path().join(&table_name))?;
        let list_len =
            |uuid: &Uuid| fs::metadata(folder.path().join(format!("snap-{uuid}.dat"))).map(|list| list.len());
        let list_lens = plan.snapshots.iter().map(|snapshot| list_len(&snapshot.uuid)).collect::<io::Result<_>>()?;
        let files = ShardGeneration::parse(&table).map_err(io::Error::other)?.files;
        let data =
            files.iter().filter_map(FileInfo::parts).map(|parts| (parts.blob_name(0), parts.len_bytes)).collect();
        let same = || WrittenShard { generation: written.generation, bytes: written.bytes.clone() };
        let shards: Vec<Vec<WrittenShard>> =
            plan.indices.iter().map(|_| (0..scale.shards_per_index).map(|_| same()).collect()).collect();
        Ok(Self {
            root: root::encode(&plan, &shards).into_bytes(),
            indices: plan.indices.iter().enumerate().map(|(at, index)| (index.id.to_string(), at)).collect(),
            snapshots: plan.snapshots.iter().enumerate().map(|(at, one)| (one.uuid.to_string(), at)).collect(),
            table_name,
            table,
            list_lens,
            data,
            scale,
            plan,
            shards,
        })
    }

    /// Blobs of the repository.
    #[must_use]
    pub fn n_blobs(&self) -> u64 {
        let of_shard = (self.data.len() + self.list_lens.len() + 1) as u64;
        let n_indices = self.plan.indices.len() as u64;
        let of_root = 2 * self.plan.snapshots.len() as u64 + 2;
        n_indices * (u64::from(self.scale.shards_per_index) * of_shard + 1) + of_root
    }

    fn top(&self, visit: &mut dyn FnMut(&str, u64)) {
        visit(&format!("index-{GENERATION}"), self.root.len() as u64);
        visit(names::LATEST, 8);
        for snapshot in &self.plan.snapshots {
            visit(&format!("snap-{}.dat", snapshot.uuid), 1_000);
            visit(&format!("meta-{}.dat", snapshot.uuid), 1_000);
        }
    }

    fn of_shard(&self, visit: &mut dyn FnMut(&str, u64)) {
        visit(&self.table_name, self.table.len() as u64);
        for (snapshot, len_bytes) in self.plan.snapshots.iter().zip(&self.list_lens) {
            visit(&format!("snap-{}.dat", snapshot.uuid), *len_bytes);
        }
        self.data.iter().for_each(|(name, len_bytes)| visit(name, *len_bytes));
    }

    fn is_shard(&self, name: &str) -> bool {
        name.parse::<u32>().is_ok_and(|shard| shard < self.scale.shards_per_index)
    }

    /// What lies directly in a folder: folders, then blobs.
    fn each(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        let blob = |visit: &mut dyn FnMut(Entry<'_>), name: &str, len_bytes: u64| {
            visit(Entry::Blob { name, len_bytes, modified_millis: Some(WRITTEN_MILLIS) });
        };
        match folder.components().collect::<Vec<_>>()[..] {
            [] => {
                visit(Entry::Folder { name: names::INDICES });
                self.top(&mut |name, len_bytes| blob(visit, name, len_bytes));
            }
            [names::INDICES] => self.indices.keys().for_each(|name| visit(Entry::Folder { name })),
            [names::INDICES, id] if self.indices.contains_key(id) => {
                (0..self.scale.shards_per_index).for_each(|shard| visit(Entry::Folder { name: &shard.to_string() }));
                let metadata = &self.plan.indices[self.indices[id]].metadata_blob;
                blob(visit, &format!("meta-{metadata}.dat"), 1_000);
            }
            [names::INDICES, id, shard] if self.indices.contains_key(id) && self.is_shard(shard) => {
                self.of_shard(&mut |name, len_bytes| blob(visit, name, len_bytes));
            }
            _ => return Err(StoreError::new(folder, StoreErrorKind::NotFound)),
        }
        Ok(())
    }
}

impl ReadStore for Repeated {
    fn read(&self, path: &BlobPath) -> Result<Vec<u8>, StoreError> {
        let absent = || StoreError::new(path, StoreErrorKind::NotFound);
        let uuid = |name: &str| name.split_once('-')?.1.strip_suffix(".dat").map(str::to_owned);
        let found = match path.components().collect::<Vec<_>>()[..] {
            [name] if name == names::LATEST => Some(latest::encode(GENERATION).to_vec()),
            [name] if name == format!("index-{GENERATION}") => Some(self.root.clone()),
            [name] => uuid(name).and_then(|uuid| self.snapshots.get(&uuid)).map(|snapshot| {
                if name.starts_with("snap-") {
                    documents::snapshot(&self.scale, &self.plan, *snapshot, &self.shards)
                } else {
                    documents::cluster_state(&self.scale, &self.plan)
                }
            }),
            [names::INDICES, id, name] if name.starts_with("meta-") => {
                self.indices.get(id).map(|index| documents::index(&self.scale, &self.plan, &self.plan.indices[*index]))
            }
            [names::INDICES, _, _, name] if name == self.table_name => Some(self.table.clone()),
            _ => None,
        };
        found.ok_or_else(absent)
    }

    fn read_range(&self, path: &BlobPath, _: u64, _: usize) -> Result<Vec<u8>, StoreError> {
        Err(StoreError::new(path, StoreErrorKind::NotFound))
    }

    fn stream(
        &self,
        path: &BlobPath,
        _: u64,
        _: &mut Vec<u8>,
        _: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Streamed, StoreError> {
        Err(StoreError::new(path, StoreErrorKind::NotFound))
    }

    fn stat(&self, path: &BlobPath) -> Result<BlobStat, StoreError> {
        let len_bytes = self.read(path)?.len() as u64;
        Ok(BlobStat { len_bytes, modified_millis: Some(WRITTEN_MILLIS) })
    }

    fn list(&self, folder: &BlobPath, visit: &mut dyn FnMut(Entry<'_>)) -> Result<(), StoreError> {
        self.each(folder, visit)
    }

    fn walk(&self, folder: &BlobPath, _: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool) -> Result<(), StoreError> {
        Err(StoreError::new(folder, StoreErrorKind::CannotList))
    }
}
