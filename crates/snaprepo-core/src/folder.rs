//! One shard folder as the store lists it, in compact form: the unit in which a repository is worked on and forgotten.

use snaprepo_codec::BlobPath;
use snaprepo_format::{
    DataName,
    names::{self, ShardBlob},
};
use snaprepo_store::{BlobStat, Entry, Listed, OddEntry, ReadStore, StoreError};

/// A data blob that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DataBlob {
    pub(crate) name: DataName,
    pub(crate) part: Option<u64>,
    /// `None` when only its name was asked for and the store did not tell more.
    pub(crate) stat: Option<BlobStat>,
}

/// Anything else that is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OtherEntry {
    pub(crate) name: Box<str>,
    pub(crate) what: Other,
    /// As that of a data blob; what has no length has length 0.
    pub(crate) stat: Option<BlobStat>,
}

/// What a listing must tell of the blobs in a shard folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Their names; more only where that costs nothing.
    Names,
    /// Also their lengths and ages.
    Lengths,
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
    /// Whether it has only what was asked for by name, because the store lists nothing.
    pub(crate) by_name: bool,
}

impl ShardFolder {
    /// The folder of a store that lists nothing, to be filled by name.
    pub(crate) fn without_listing(path: BlobPath) -> Self {
        Self { path, by_name: true, ..Self::default() }
    }

    /// Lists a shard folder; `None` when there is none.
    pub(crate) fn list(store: &dyn ReadStore, path: &BlobPath, detail: Detail) -> Result<Option<Self>, StoreError> {
        let mut folder = Self { path: path.clone(), ..Self::default() };
        let listed = match detail {
            Detail::Lengths => store.list(path, &mut |entry| folder.add(entry)),
            Detail::Names => store.list_names(path, &mut |listed| match listed {
                Listed::Entry(entry) => folder.add(entry),
                Listed::Name(name) => folder.add_blob(name, None),
            }),
        };
        match listed {
            Err(error) if error.is_absence() => return Ok(None),
            listed => listed?,
        }
        folder.sort();
        // On an object store an absent folder is an empty one.
        Ok((!folder.data.is_empty() || !folder.others.is_empty()).then_some(folder))
    }

    /// Adds something that is directly in the folder.
    pub(crate) fn add(&mut self, entry: Entry<'_>) {
        let (name, what) = match entry {
            Entry::Blob { name, len_bytes, modified_millis } => {
                self.add_blob(name, Some(BlobStat { len_bytes, modified_millis }));
                return;
            }
            Entry::Folder { name } => (name, Other::Foreign),
            Entry::Odd { name, what } => (name, Other::Odd(what.into())),
        };
        self.others.push(OtherEntry { name: name.into(), what, stat: Some(BlobStat::default()) });
    }

    /// Adds a folder that may have been added just before.
    pub(crate) fn add_folder_once(&mut self, name: &str) {
        let is_last = |last: &OtherEntry| *last.name == *name && last.what == Other::Foreign;
        if !self.others.last().is_some_and(is_last) {
            self.add(Entry::Folder { name });
        }
    }

    pub(crate) fn sort(&mut self) {
        self.data.sort_unstable();
        self.others.sort_unstable();
    }

    pub(crate) fn add_blob(&mut self, name: &str, stat: Option<BlobStat>) {
        let what = match ShardBlob::parse(name) {
            ShardBlob::Data(name, part) => {
                self.data.push(DataBlob { name, part, stat });
                return;
            }
            ShardBlob::Transient => Other::Transient,
            ShardBlob::Foreign => Other::Foreign,
            _ => Other::Metadata,
        };
        self.others.push(OtherEntry { name: name.into(), what, stat });
    }

    /// Length and age of an entry: as listed, else asked for now. `None` when it is gone.
    pub(crate) fn stat(
        &self,
        store: &dyn ReadStore,
        name: &str,
        listed: Option<BlobStat>,
    ) -> Result<Option<BlobStat>, StoreError> {
        if listed.is_some() {
            return Ok(listed);
        }
        let Ok(path) = self.path.join(name) else { return Ok(None) };
        match store.stat(&path) {
            Err(error) if error.is_absence() => Ok(None),
            looked => looked.map(Some),
        }
    }

    /// All parts of a data blob that are there.
    pub(crate) fn parts(&self, name: DataName) -> &[DataBlob] {
        let start = self.data.partition_point(|blob| blob.name < name);
        let rest = self.data.get(start..).unwrap_or_default();
        let len = rest.iter().take_while(|blob| blob.name == name).count();
        rest.get(..len).unwrap_or_default()
    }

    /// What has this name, and is no data blob.
    pub(crate) fn other(&self, name: &str) -> Option<&OtherEntry> {
        let at = self.others.binary_search_by(|other| (*other.name).cmp(name)).ok()?;
        self.others.get(at)
    }

    /// Whether a metadata blob of this name is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.other(name).is_some()
    }

    /// The length of a metadata blob in it, in bytes; 0 where that is not known.
    pub(crate) fn len_of(&self, name: &str) -> u64 {
        self.other(name).and_then(|other| other.stat).map_or(0, |stat| stat.len_bytes)
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
