//! Synthetic repositories of any size, as Elasticsearch 8.17 would have left them: for bounds on time and memory.
//!
//! Not for what only a real engine can show: that is what the fixtures are for. Everything follows from the seed.
//!
//! ```text
//! Scale ─▶ plan ─▶ shard: segments ─▶ lucene (data blobs, .si, segments_N)
//!            │            └─▶ file lists and tables
//!            └──▶ documents: index metadata, snapshot infos, cluster states ─▶ root
//! ```

use std::{fs, io, ops::RangeInclusive, path::Path};

use rayon::prelude::*;
use snaprepo_codec::compression::Encoding;
use snaprepo_format::{latest, names};

mod documents;
mod lucene;
mod plan;
mod random;
mod repeated;
mod root;
mod shard;

pub use repeated::Repeated;

use plan::Plan;
use shard::WrittenShard;

/// Generation of the root that is written.
const GENERATION: u64 = 7;

/// The size and shape of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scale {
    /// Indices.
    pub n_indices: u32,
    /// Shards of each.
    pub shards_per_index: u32,
    /// Snapshots.
    pub n_snapshots: u32,
    /// Indices that each snapshot holds: a window that moves on by one from snapshot to snapshot.
    pub indices_per_snapshot: u32,
    /// Segments of a shard in each snapshot.
    pub segments_per_shard: u32,
    /// Data files of a segment, at most sixteen, beside its `.si`.
    pub files_per_segment: u32,
    /// Segments of a shard that each snapshot but the first replaces; 0 for shards that never change.
    pub new_segments_per_snapshot: u32,
    /// Lengths of data files in bytes, evenly distributed.
    pub file_lens: RangeInclusive<u64>,
    /// What is written.
    pub content: Content,
    /// How metadata blobs are encoded.
    pub encoding: Encoding,
    /// Decides every byte.
    pub seed: u64,
}

/// How much of a repository is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Whole,
    /// No data blobs.
    Metadata,
    /// The root and `index.latest` alone: enough to list snapshots.
    Root,
}

impl Scale {
    /// 2 GiB in eight files.
    #[must_use]
    pub fn large_files() -> Self {
        Self {
            n_indices: 1,
            shards_per_index: 2,
            n_snapshots: 1,
            indices_per_snapshot: 1,
            segments_per_shard: 2,
            files_per_segment: 2,
            new_segments_per_snapshot: 0,
            file_lens: 256 << 20..=256 << 20,
            content: Content::Whole,
            encoding: Encoding::Deflate,
            seed: 1,
        }
    }

    /// 400 MB in 20,000 files.
    #[must_use]
    pub fn small_files() -> Self {
        Self {
            n_indices: 5,
            shards_per_index: 4,
            indices_per_snapshot: 5,
            segments_per_shard: 100,
            files_per_segment: 10,
            file_lens: 8 << 10..=32 << 10,
            ..Self::large_files()
        }
    }

    /// 100,000 snapshots: a root of 70 MB, and nothing else.
    #[must_use]
    pub fn many_snapshots() -> Self {
        Self {
            n_indices: 50,
            shards_per_index: 1,
            n_snapshots: 100_000,
            indices_per_snapshot: 6,
            content: Content::Root,
            ..Self::many_shards()
        }
    }

    /// 1,000 snapshots of ten indices, metadata only: what listing with details reads.
    #[must_use]
    pub fn thousand_snapshots() -> Self {
        Self {
            n_indices: 10,
            shards_per_index: 1,
            n_snapshots: 1_000,
            indices_per_snapshot: 10,
            segments_per_shard: 1,
            files_per_segment: 2,
            new_segments_per_snapshot: 0,
            ..Self::many_shards()
        }
    }

    /// 1,000 shards in 200 snapshots, ten files each: 200,000 file lists, no data blobs.
    #[must_use]
    pub fn many_shards() -> Self {
        Self {
            n_indices: 100,
            shards_per_index: 10,
            n_snapshots: 200,
            indices_per_snapshot: 100,
            segments_per_shard: 3,
            new_segments_per_snapshot: 1,
            file_lens: 1 << 10..=1 << 30,
            content: Content::Metadata,
            ..Self::large_files()
        }
    }

    /// 16 shards with 200 files each, 120 MB in all; or `times` as many shards, and so files and bytes.
    #[must_use]
    pub fn for_memory(times: u32) -> Self {
        Self {
            n_indices: 4,
            shards_per_index: 4 * times,
            n_snapshots: 5,
            indices_per_snapshot: 4,
            segments_per_shard: 20,
            files_per_segment: 10,
            new_segments_per_snapshot: 0,
            file_lens: 16 << 10..=64 << 10,
            ..Self::large_files()
        }
    }

    /// Ten million blobs: 5,000 shards in 1,000 snapshots. For [`Repeated`], which does not write them.
    #[must_use]
    pub fn ten_million_blobs() -> Self {
        Self {
            n_indices: 500,
            shards_per_index: 10,
            n_snapshots: 1_000,
            indices_per_snapshot: 500,
            segments_per_shard: 10,
            files_per_segment: 1,
            ..Self::many_shards()
        }
    }

    /// So many snapshots of 500 shards that change a little each time. For [`Repeated`].
    #[must_use]
    pub fn hourly_snapshots(n_snapshots: u32) -> Self {
        Self {
            n_indices: 50,
            shards_per_index: 10,
            n_snapshots,
            indices_per_snapshot: 50,
            segments_per_shard: 3,
            files_per_segment: 1,
            ..Self::many_shards()
        }
    }

    /// Data files that a repository of this scale has, each in one blob.
    #[must_use]
    pub fn n_data_files(&self) -> u64 {
        let indices = Plan::of(self).indices;
        let segments = indices.iter().map(|index| self.n_segments(index.held_by.len())).sum::<u64>();
        segments * u64::from(self.shards_per_index) * u64::from(self.files_per_segment)
    }

    /// Segments that a shard ever had in so many snapshots.
    fn n_segments(&self, n_snapshots: usize) -> u64 {
        let n_changes = (n_snapshots as u64).saturating_sub(1);
        u64::from(self.segments_per_shard) + n_changes * u64::from(self.new_segments_per_snapshot)
    }

    /// Writes the repository into a folder, which is created.
    ///
    /// # Errors
    /// When something cannot be written; what was written stays.
    pub fn build(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let plan = Plan::of(self);
        let shards = match self.content {
            // Names alone: the root refers to shard generations that are not there.
            Content::Root => plan.indices.iter().map(|index| plan.unwritten(self, index)).collect(),
            Content::Whole | Content::Metadata => self.build_indices(&plan, folder)?,
        };
        fs::write(folder.join(format!("index-{GENERATION}")), root::encode(&plan, &shards))?;
        fs::write(folder.join(names::LATEST), latest::encode(GENERATION))
    }

    /// Writes everything below the root, and returns the shards of every index.
    fn build_indices(&self, plan: &Plan, folder: &Path) -> io::Result<Vec<Vec<WrittenShard>>> {
        let of_index = |index: &plan::Index| {
            let folder = folder.join(names::INDICES).join(index.id.to_string());
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(format!("meta-{}.dat", index.metadata_blob)), documents::index(self, plan, index))?;
            let snapshots: Vec<&plan::Snapshot> = index.held_by.iter().map(|ix| &plan.snapshots[*ix]).collect();
            let shards = (0..self.shards_per_index).into_par_iter();
            shards.map(|shard| shard::write(self, index, shard, &snapshots, &folder.join(shard.to_string()))).collect()
        };
        let shards: Vec<Vec<WrittenShard>> = plan.indices.par_iter().map(of_index).collect::<io::Result<_>>()?;
        plan.snapshots.par_iter().enumerate().try_for_each(|(ix, snapshot)| {
            let uuid = snapshot.uuid;
            fs::write(folder.join(format!("snap-{uuid}.dat")), documents::snapshot(self, plan, ix, &shards))?;
            fs::write(folder.join(format!("meta-{uuid}.dat")), documents::cluster_state(self, plan))
        })?;
        Ok(shards)
    }
}

#[cfg(test)]
mod tests;
