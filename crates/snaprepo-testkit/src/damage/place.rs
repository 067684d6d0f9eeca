//! Which blob of a fixture is damaged: one of each kind, always the same.

use std::path::{Path, PathBuf};

use snaprepo_codec::BlobPath;
use snaprepo_core::Repository;
use snaprepo_format::{
    Document, FileInfo, Kind,
    root::{IndexIx, SnapshotIx},
    snapshot_info::SnapshotInfo,
};

use super::edit::{Editor, Shard};

/// A kind of blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// `index-N`.
    Root,
    /// `index.latest`.
    Latest,
    /// Facts of a snapshot; of one with failed shards, if there is one.
    SnapshotInfo,
    /// Cluster state of a snapshot.
    GlobalMetadata,
    /// Metadata of an index.
    IndexMetadata,
    /// The current file table of a shard.
    ShardGeneration,
    /// File list of a shard in a snapshot.
    ShardSnapshot,
    /// A Lucene file that is one blob.
    DataBlob,
    /// The first blob of a Lucene file in several.
    FirstPart,
    /// The last blob of a Lucene file in several.
    LastPart,
}

impl Target {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Root,
        Self::Latest,
        Self::SnapshotInfo,
        Self::GlobalMetadata,
        Self::IndexMetadata,
        Self::ShardGeneration,
        Self::ShardSnapshot,
        Self::DataBlob,
        Self::FirstPart,
        Self::LastPart,
    ];

    /// Whether it holds bytes of a Lucene file.
    #[must_use]
    pub fn is_data(self) -> bool {
        matches!(self, Self::DataBlob | Self::FirstPart | Self::LastPart)
    }

    /// Finds the blob of this kind in a repository; `None` when it has none.
    #[must_use]
    pub fn find(self, repository: &Path) -> Option<Place> {
        let editor = Editor::open(repository);
        let place = Finder { repository: editor.repository(), editor: &editor }.find(self)?;
        place.file.is_file().then_some(place)
    }
}

/// A blob, and all that depends on it.
#[derive(Debug, Clone)]
pub struct Place {
    /// What it is.
    pub target: Target,
    /// The blob, as a finding names it.
    pub blob: BlobPath,
    /// The file of the blob.
    pub file: PathBuf,
    /// Another blob of this kind, of other content.
    pub sibling: Option<PathBuf>,
    /// How it packs its document, if it has one.
    pub packed: Option<Document>,
    /// Snapshots that need it; all for the root.
    pub snapshots: Vec<SnapshotIx>,
    /// The index it belongs to.
    pub index: Option<IndexIx>,
    /// The shard it belongs to.
    pub shard: Option<u32>,
    /// The Lucene file, for data.
    pub lucene_file: Option<FileInfo>,
}

struct Finder<'a> {
    repository: &'a Repository,
    editor: &'a Editor,
}

impl Finder<'_> {
    fn find(&self, target: Target) -> Option<Place> {
        match target {
            Target::Root => {
                let place = self.place(target, &self.repository.root_path()?, None);
                Some(Place { snapshots: self.all_snapshots(), packed: Some(Document::Json), ..place })
            }
            Target::Latest => {
                self.repository.generation?;
                Some(self.place(target, &self.repository.blob("index.latest").ok()?, None))
            }
            Target::SnapshotInfo => self
                .of_snapshot(target, |ix| self.repository.snapshot_info_path(ix).expect("a fixture has legal names")),
            Target::GlobalMetadata => self
                .of_snapshot(target, |ix| self.repository.global_metadata_path(ix).expect("a fixture has legal names")),
            Target::IndexMetadata => self.index_metadata(),
            Target::ShardGeneration => {
                let shards = self.editor.shards();
                let shard = chosen(&shards)?;
                let other = shards.iter().find(|other| other.table.is_some() && other.index != shard.index);
                let path = shard.table.clone()?;
                let sibling = other.and_then(|other| other.table.clone());
                Some(self.in_shard(target, &path, sibling.as_ref(), shard, Vec::new()))
            }
            Target::ShardSnapshot => {
                let shards = self.editor.shards();
                let shard = chosen(&shards)?;
                let (snapshot, path, _) = shard.lists.first()?;
                let sibling = shard.lists.get(1).map(|(_, path, _)| path.clone());
                Some(self.in_shard(target, path, sibling.as_ref(), shard, vec![*snapshot]))
            }
            Target::DataBlob => self.data(target, |n_parts| (n_parts == 1).then_some(0)),
            Target::FirstPart => self.data(target, |n_parts| (n_parts > 1).then_some(0)),
            Target::LastPart => self.data(target, |n_parts| (n_parts > 1).then(|| n_parts - 1)),
        }
    }

    fn place(&self, target: Target, path: &BlobPath, sibling: Option<&BlobPath>) -> Place {
        let file = self.editor.file(path);
        let packed = match target {
            Target::SnapshotInfo => Some(Kind::SnapshotInfo),
            Target::GlobalMetadata => Some(Kind::GlobalMetadata),
            Target::IndexMetadata => Some(Kind::IndexMetadata),
            Target::ShardGeneration => Some(Kind::ShardGeneration),
            Target::ShardSnapshot => Some(Kind::ShardSnapshot),
            _ => None,
        };
        Place {
            target,
            blob: self.repository.shown(path),
            packed: packed.map(|kind| self.editor.document(path, kind).1),
            sibling: sibling.map(|path| self.editor.file(path)),
            file,
            snapshots: Vec::new(),
            index: None,
            shard: None,
            lucene_file: None,
        }
    }

    fn in_shard(
        &self,
        target: Target,
        path: &BlobPath,
        sibling: Option<&BlobPath>,
        shard: &Shard,
        snapshots: Vec<SnapshotIx>,
    ) -> Place {
        let place = self.place(target, path, sibling);
        Place { snapshots, index: Some(shard.index), shard: Some(shard.shard), ..place }
    }

    fn all_snapshots(&self) -> Vec<SnapshotIx> {
        (0..).zip(&self.repository.root.snapshots).map(|(ix, _)| ix).collect()
    }

    fn of_snapshot(&self, target: Target, path: impl Fn(SnapshotIx) -> BlobPath) -> Option<Place> {
        let mut all = self.all_snapshots();
        let info = |ix: SnapshotIx| -> Option<SnapshotInfo> { self.repository.snapshot_info(ix).ok() };
        all.sort_by_key(|ix| {
            let is_whole = info(*ix).is_none_or(|info| info.failures.is_empty());
            (is_whole, self.repository.root.snapshot_entry(*ix).name.clone())
        });
        let first = *all.first()?;
        let sibling = all.get(1).map(|ix| path(*ix));
        Some(Place { snapshots: vec![first], ..self.place(target, &path(first), sibling.as_ref()) })
    }

    fn index_metadata(&self) -> Option<Place> {
        let shards = self.editor.shards();
        let index = chosen(&shards)?.index;
        let held_by = &self.repository.root.index_entry(index).snapshots;
        let path = |snapshot, index| self.repository.index_metadata_path(snapshot, index).ok();
        let own = path(*held_by.iter().min()?, index)?;
        let mut snapshots: Vec<SnapshotIx> =
            held_by.iter().copied().filter(|snapshot| path(*snapshot, index).as_ref() == Some(&own)).collect();
        snapshots.sort_unstable();
        let other = shards.iter().find(|other| other.index != index)?;
        let sibling = path(*self.repository.root.index_entry(other.index).snapshots.first()?, other.index);
        let place = self.place(Target::IndexMetadata, &own, sibling.as_ref());
        Some(Place { snapshots, index: Some(index), ..place })
    }

    /// The file with most users, and of these the first by name.
    fn data(&self, target: Target, part: impl Fn(u64) -> Option<u64>) -> Option<Place> {
        let shards = self.editor.shards();
        let mut candidates = Vec::new();
        for shard in &shards {
            for file in shard.lists.iter().flat_map(|(_, _, list)| &list.files) {
                let Some(parts) = file.parts() else { continue };
                // Long enough to have a middle that is not the footer.
                let Some(part) = part(parts.n_parts).filter(|part| parts.part_len(*part) >= 64) else { continue };
                let users = shard.users(file.name);
                candidates.push((std::cmp::Reverse(users.len()), file.name, shard, file, parts, part));
            }
        }
        let (_, _, shard, file, parts, part) = candidates.into_iter().min_by_key(|c| (c.0, c.1, c.2.shard))?;
        let blob = |name: &str| shard.folder.join(name).expect("a fixture has legal names");
        let files = || shard.lists.iter().flat_map(|(_, _, list)| &list.files);
        let sibling = files()
            .filter(|other| other.len_bytes != file.len_bytes)
            .find_map(|other| other.parts().filter(|parts| parts.n_parts == 1))
            .map(|parts| blob(&parts.blob_name(0)));
        let place =
            self.in_shard(target, &blob(&parts.blob_name(part)), sibling.as_ref(), shard, shard.users(file.name));
        Some(Place { lucene_file: Some(file.clone()), ..place })
    }
}

/// The shard with most file lists, and of these the one with most files.
pub(super) fn chosen(shards: &[Shard]) -> Option<&Shard> {
    let richness = |shard: &&Shard| {
        let n_files: usize = shard.lists.iter().map(|(_, _, list)| list.files.len()).sum();
        (shard.lists.len(), n_files, std::cmp::Reverse((shard.index, shard.shard)))
    };
    shards.iter().filter(|shard| !shard.lists.is_empty()).max_by_key(richness)
}
