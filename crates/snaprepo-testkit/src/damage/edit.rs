//! Changes documents of a copied repository and packs them again the way they were.

use std::{
    cell::RefCell,
    fs, io,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
};

use snaprepo_codec::{BlobPath, value::Value};
use snaprepo_core::Repository;
use snaprepo_format::{
    Document, FileName, Kind, document, encode, json_document,
    names::{self, ShardBlob},
    root::{IndexIx, ShardGen, SnapshotIx},
    shard_generation::ShardGeneration,
    shard_snapshot::ShardSnapshot,
};
use snaprepo_store::{Cancel, Entry, LocalStore, Pool, ReadStore};

use crate::fixtures::must;

/// A copied repository, open to be changed. All changes are undone when it is dropped.
pub struct Editor {
    repository: Repository,
    /// Files as they were before their changes, in the order of these; `None` for new ones.
    before: RefCell<Vec<(PathBuf, Option<Vec<u8>>)>>,
    /// The directory that the paths of `repository` start from.
    store_root: PathBuf,
}

/// A shard whose files are in this repository.
#[derive(Debug, Clone)]
pub struct Shard {
    /// Its index.
    pub index: IndexIx,
    /// Its number.
    pub shard: u32,
    /// Its folder.
    pub folder: BlobPath,
    /// Its current table; Elasticsearch 1 has none.
    pub table: Option<BlobPath>,
    /// Its file lists, by name of the snapshot.
    pub lists: Vec<(SnapshotIx, BlobPath, ShardSnapshot)>,
}

impl Shard {
    /// Snapshots that have a file, ascending.
    #[must_use]
    pub fn users(&self, name: FileName) -> Vec<SnapshotIx> {
        let has = |list: &ShardSnapshot| list.files.iter().any(|file| file.name == name);
        let mut users: Vec<SnapshotIx> =
            self.lists.iter().filter(|(_, _, list)| has(list)).map(|(snapshot, _, _)| *snapshot).collect();
        users.sort_unstable();
        users
    }
}

impl Editor {
    /// Opens the repository in a directory.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn open(directory: &Path) -> Self {
        let store: Arc<dyn ReadStore> = Arc::new(must(LocalStore::open(directory), &directory.display()));
        let pool = Pool::new(NonZeroUsize::MIN, Cancel::default());
        let repository = must(Repository::open(&store, &BlobPath::root(), &pool), &directory.display());
        // Opening may have moved the root of the store up, to reach hashed shard folders beside the base path.
        let levels = repository.base().components().count();
        let real = must(fs::canonicalize(directory), &directory.display());
        let store_root = must(real.ancestors().nth(levels).ok_or("no such level"), &real.display()).to_owned();
        Self { repository, before: RefCell::default(), store_root }
    }

    /// The repository as it was when it was opened.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The file of a blob.
    #[must_use]
    pub fn file(&self, path: &BlobPath) -> PathBuf {
        self.store_root.join(path.as_str())
    }

    /// Reads a document.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn document(&self, path: &BlobPath, kind: Kind) -> (Value, Document) {
        let bytes = must(fs::read(self.file(path)), path);
        must(document(&bytes, kind), path)
    }

    /// Changes a document.
    ///
    /// # Panics
    /// When it cannot be read or written.
    pub fn edit(&self, path: &BlobPath, kind: Kind, change: impl FnOnce(&mut Value)) {
        let (mut value, packed) = self.document(path, kind);
        change(&mut value);
        self.write(path, &encode(&value, kind, packed));
    }

    /// Changes the root.
    ///
    /// # Panics
    /// When there is none, or it cannot be read or written.
    pub fn edit_root(&self, change: impl FnOnce(&mut Value)) {
        let path = must(self.repository.root_path().ok_or("no root"), &"this repository");
        let bytes = must(fs::read(self.file(&path)), &path);
        let (mut value, _) = must(json_document(&bytes), &path);
        change(&mut value);
        self.write(&path, &value.to_json());
    }

    /// Leaves the changes as they are.
    pub fn keep(self) {
        self.before.take();
    }

    /// Writes a blob.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, path: &BlobPath, bytes: &[u8]) {
        let file = self.remember(path);
        let folder = file.parent().unwrap_or(&self.store_root);
        must(fs::create_dir_all(folder).and_then(|()| fs::write(&file, bytes)), path);
    }

    /// Removes a blob.
    ///
    /// # Panics
    /// When it cannot be removed.
    pub fn remove(&self, path: &BlobPath) {
        must(fs::remove_file(self.remember(path)), path);
    }

    /// Removes the blobs of a folder, and the folder.
    ///
    /// # Panics
    /// When it cannot be listed, or a blob cannot be removed.
    pub fn remove_folder(&self, folder: &BlobPath) {
        let listed = must(fs::read_dir(self.file(folder)).and_then(Iterator::collect::<io::Result<Vec<_>>>), folder);
        for entry in listed {
            let name = entry.file_name();
            self.remove(&must(folder.join(&name.to_string_lossy()), folder));
        }
        must(fs::remove_dir(self.file(folder)), folder);
    }

    /// Gives a blob another name.
    ///
    /// # Panics
    /// When it cannot be read or written.
    pub fn rename(&self, from: &BlobPath, to: &BlobPath) {
        let bytes = must(fs::read(self.file(from)), from);
        self.write(to, &bytes);
        self.remove(from);
    }

    fn remember(&self, path: &BlobPath) -> PathBuf {
        let file = self.file(path);
        self.before.borrow_mut().push((file.clone(), fs::read(&file).ok()));
        file
    }

    /// The path of a blob in the folder of the repository.
    ///
    /// # Panics
    /// When it is not one.
    #[must_use]
    pub fn blob(&self, path: &str) -> BlobPath {
        self.repository.base().append(&must(BlobPath::parse(path), &path))
    }

    /// The shards that have files here, by index name and number.
    ///
    /// # Panics
    /// When one cannot be read.
    #[must_use]
    pub fn shards(&self) -> Vec<Shard> {
        let root = &self.repository.root;
        let mut indices: Vec<IndexIx> = (0..).zip(&root.indices).map(|(ix, _)| ix).collect();
        indices.sort_by_key(|ix| &root.index_entry(*ix).name);
        let mut shards = Vec::new();
        for index in indices {
            let held_by = &root.index_entry(index).snapshots;
            let n_shards =
                |snapshot: &SnapshotIx| self.repository.index_facts(*snapshot, index).map_or(0, |f| f.n_shards);
            let n_shards = held_by.iter().map(n_shards).max().unwrap_or(0);
            shards.extend((0..n_shards).map(|shard| self.shard(index, shard)));
        }
        shards
    }

    fn shard(&self, index: IndexIx, shard: u32) -> Shard {
        let folder = must(self.repository.shard_folder(index, shard), &"a shard folder");
        let mut highest = None;
        // A shard that failed in all snapshots has no folder.
        let _ = self.repository.store().list(&folder, &mut |entry| {
            if let Entry::Blob { name, .. } = entry
                && let ShardBlob::Generation(text) = ShardBlob::parse(name)
            {
                highest = highest.max(names::generation(text));
            }
        });
        let entry = self.repository.root.index_entry(index);
        let recorded = entry.shard_generations.get(usize::try_from(shard).unwrap_or(usize::MAX));
        let table = match recorded {
            Some(ShardGen::Named(name)) => Some(name.to_string()),
            _ => highest.map(|number| number.to_string()),
        };
        let join = |name: &str| must(folder.join(name), &folder);
        let mut lists = Vec::new();
        for snapshot in &entry.snapshots {
            let path = join(&self.repository.shard_snapshot_name(*snapshot));
            if let Ok(bytes) = fs::read(self.file(&path)) {
                lists.push((*snapshot, path.clone(), must(ShardSnapshot::parse(&bytes), &path)));
            }
        }
        lists.sort_by_key(|(snapshot, _, _)| &self.repository.root.snapshot_entry(*snapshot).name);
        Shard { index, shard, table: table.map(|name| join(&format!("index-{name}"))), folder, lists }
    }

    /// Reads a table.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn table(&self, path: &BlobPath) -> ShardGeneration {
        must(ShardGeneration::parse(&must(fs::read(self.file(path)), path)), path)
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        for (file, bytes) in self.before.take().into_iter().rev() {
            let folder = file.parent().unwrap_or(&self.store_root);
            let undone = match bytes {
                Some(bytes) => fs::create_dir_all(folder).and_then(|()| fs::write(&file, bytes)),
                None => fs::remove_file(&file),
            };
            must(undone, &file.display());
        }
    }
}

/// An array in an object of a fixture.
pub(super) fn array<'v>(value: &'v mut Value, key: &str) -> &'v mut Vec<Value> {
    match must(value.get_mut(key).ok_or("is not there"), &key) {
        Value::Array(elements) => elements,
        _ => must(Err("is no array"), &key),
    }
}

/// An object in an object of a fixture.
pub(super) fn object<'v>(value: &'v mut Value, key: &str) -> &'v mut Vec<(Box<str>, Value)> {
    match must(value.get_mut(key).ok_or("is not there"), &key) {
        Value::Object(members) => members,
        _ => must(Err("is no object"), &key),
    }
}

/// The first member of an object in an object of a fixture.
pub(super) fn first<'v>(value: &'v mut Value, key: &str) -> &'v mut Value {
    first_member(must(value.get_mut(key).ok_or("is not there"), &key))
}

/// The first member of an object of a fixture.
pub(super) fn first_member(value: &mut Value) -> &mut Value {
    match value {
        Value::Object(members) => &mut must(members.first_mut().ok_or("has no member"), &"an object").1,
        _ => must(Err("is no object"), &"a document"),
    }
}
