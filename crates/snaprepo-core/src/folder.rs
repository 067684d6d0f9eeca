//! One shard folder as the store lists it, in compact form: the unit in which a repository is worked on and forgotten.

use snaprepo_codec::BlobPath;
use snaprepo_format::{
    DataName,
    names::{self, ShardBlob},
};
use snaprepo_store::{Entry, OddEntry, ReadStore, StoreError};

/// A data blob that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DataBlob {
    pub(crate) name: DataName,
    pub(crate) part: Option<u64>,
    pub(crate) len_bytes: u64,
    pub(crate) modified_millis: Option<i64>,
}

/// Anything else that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OtherEntry {
    pub(crate) name: Box<str>,
    pub(crate) what: Other,
    pub(crate) len_bytes: u64,
    pub(crate) modified_millis: Option<i64>,
}

/// What an entry is that is no data blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Other {
    /// A metadata blob; its name tells which.
    Metadata,
    /// Left behind by a write.
    Transient,
    /// A folder inside a shard folder, or a blob of an unknown name.
    Foreign,
    /// A link, a device, a name that is not UTF-8.
    Odd(OddWhat),
}

/// [`OddEntry`] with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OddWhat {
    NotUtf8,
    Link,
    Special,
}

impl From<OddEntry> for OddWhat {
    fn from(odd: OddEntry) -> Self {
        match odd {
            OddEntry::NotUtf8 => Self::NotUtf8,
            OddEntry::Link => Self::Link,
            OddEntry::Special => Self::Special,
        }
    }
}

/// What is in a shard folder, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ShardFolder {
    pub(crate) path: BlobPath,
    pub(crate) data: Vec<DataBlob>,
    pub(crate) others: Vec<OtherEntry>,
}

impl ShardFolder {
    /// Lists a shard folder; `None` when there is none.
    pub(crate) fn list(store: &dyn ReadStore, path: &BlobPath) -> Result<Option<Self>, StoreError> {
        let mut folder = Self { path: path.clone(), ..Self::default() };
        match store.list(path, &mut |entry| folder.add(entry)) {
            Err(error) if error.is_absence() => return Ok(None),
            listed => listed?,
        }
        folder.data.sort_unstable();
        folder.others.sort_unstable();
        // On an object store an absent folder is an empty one.
        Ok((!folder.data.is_empty() || !folder.others.is_empty()).then_some(folder))
    }

    fn add(&mut self, entry: Entry<'_>) {
        let (name, what, len_bytes, modified_millis) = match entry {
            Entry::Blob { name, len_bytes, modified_millis } => match ShardBlob::parse(name) {
                ShardBlob::Data(name, part) => {
                    self.data.push(DataBlob { name, part, len_bytes, modified_millis });
                    return;
                }
                ShardBlob::Transient => (name, Other::Transient, len_bytes, modified_millis),
                ShardBlob::Foreign => (name, Other::Foreign, len_bytes, modified_millis),
                _ => (name, Other::Metadata, len_bytes, modified_millis),
            },
            Entry::Folder { name } => (name, Other::Foreign, 0, None),
            Entry::Odd { name, what } => (name, Other::Odd(what.into()), 0, None),
        };
        self.others.push(OtherEntry { name: name.into(), what, len_bytes, modified_millis });
    }

    /// A data blob.
    pub(crate) fn data(&self, name: DataName, part: Option<u64>) -> Option<&DataBlob> {
        self.data
            .binary_search_by(|blob| (blob.name, blob.part).cmp(&(name, part)))
            .ok()
            .and_then(|at| self.data.get(at))
    }

    /// All parts of a data blob that are there.
    pub(crate) fn parts(&self, name: DataName) -> &[DataBlob] {
        let start = self.data.partition_point(|blob| blob.name < name);
        let len = self.data.get(start..).unwrap_or_default().partition_point(|blob| blob.name == name);
        self.data.get(start..start + len).unwrap_or_default()
    }

    /// Whether a metadata blob of this name is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.others.binary_search_by(|other| (*other.name).cmp(name)).is_ok()
    }

    /// The highest `index-<number>`, if any.
    pub(crate) fn highest_numbered_generation(&self) -> Option<u64> {
        let numbers = self.others.iter().filter_map(|other| match ShardBlob::parse(&other.name) {
            ShardBlob::Generation(text) if other.what == Other::Metadata => names::generation(text),
            _ => None,
        });
        numbers.max()
    }
}
