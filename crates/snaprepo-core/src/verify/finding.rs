//! What is broken: one kind for each way, with names that never change.

use snaprepo_codec::BlobPath;
use snaprepo_format::root::{IndexIx, SnapshotIx};

use crate::BlobError;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Legal, and worth knowing.
    Info,
    /// A disagreement that does not stop a restore.
    Warning,
    /// Damage.
    Error,
}

impl Severity {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Declares the kinds: variant, stable name, usual severity, meaning.
macro_rules! kinds {
    ($($variant:ident $name:literal $severity:ident $meaning:literal)*) => {
        /// The ways in which a repository can be broken or odd (`docs/json.md` lists them for users).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingKind {
            $(#[doc = $meaning] $variant,)*
        }

        impl FindingKind {
            /// All kinds, in the order of this list.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name: stable, for scripts.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How bad it usually is.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),* }
            }
        }
    };
}

kinds! {
    RootUnreadable "root-unreadable" Error "A root generation cannot be read."
    RootMissing "root-missing" Error "The repository has snapshot blobs, but no root."
    LatestMismatch "latest-mismatch" Warning "index.latest does not name the newest root generation."
    LatestMissing "latest-missing" Info "There is no index.latest; legal when the repository is not served to url repositories."
    IncompatibleSnapshots "incompatible-snapshots" Info "The repository lists snapshots that its writer could not read."
    RootUnknownSnapshot "root-unknown-snapshot" Error "An index in the root lists a snapshot that the root does not have; the engines refuse the whole repository."
    RootDuplicate "root-duplicate" Error "Two entries of the root share a name or identity."
    RootEmptyIndex "root-empty-index" Warning "The root lists an index that no snapshot holds."
    RootLookupUnknownIndex "root-lookup-unknown-index" Warning "A metadata lookup of the root names an index that the root does not have."
    RootLookupUnknownIdentifier "root-lookup-unknown-identifier" Error "A metadata lookup of the root names an identifier that the root does not have."
    RootUnusedIdentifier "root-unused-identifier" Warning "The root has a metadata identifier that no snapshot uses."
    SnapshotListMismatch "snapshot-list-mismatch" Warning "The list of snapshots (index, Elasticsearch 1 and 2) is missing, damaged, or lacks a snapshot."
    RootUnknownCode "root-unknown-code" Warning "The root has a code that this program does not know."
    SnapshotInfoUnreadable "snapshot-info-unreadable" Error "The blob of a snapshot cannot be read."
    SnapshotContentsMismatch "snapshot-contents-mismatch" Error "A snapshot and the root disagree about its indices."
    SnapshotRootMismatch "snapshot-root-mismatch" Warning "A snapshot and the root disagree about its name, identity, state, version or times."
    SnapshotStateInconsistent "snapshot-state-inconsistent" Warning "State, failures and shard counts of a snapshot do not fit each other."
    GlobalMetadataUnreadable "global-metadata-unreadable" Error "The cluster state of a snapshot cannot be read."
    IndexMetadataUnreadable "index-metadata-unreadable" Error "The metadata of an index cannot be read."
    IndexMetadataMismatch "index-metadata-mismatch" Error "The metadata of an index are those of another index."
    IdentifierMismatch "identifier-mismatch" Warning "The root's identifier of index metadata is not that of their content."
    ShardPathTypeLost "shard-path-type-lost" Error "The root has lost the type of the shard paths of an index; its data are still there."
    ShardFolderMissing "shard-folder-missing" Error "The folder of a shard is missing."
    ShardGenerationUnreadable "shard-generation-unreadable" Error "The file table of a shard cannot be read; restores work, the next snapshot or delete does not."
    ShardGenerationUndefined "shard-generation-undefined" Warning "Nobody names the file table of a shard, and there is none."
    ShardGenerationFallback "shard-generation-fallback" Info "The root does not name the file table of a shard; the highest number counts."
    ShardGenerationNumeric "shard-generation-numeric" Warning "The root has a number where the name of a file table belongs."
    ShardSnapshotUnreadable "shard-snapshot-unreadable" Error "The file list of a shard in a snapshot cannot be read."
    ShardSnapshotMismatch "shard-snapshot-mismatch" Error "The file list of a shard is that of another snapshot."
    SnapshotNotInShardGeneration "snapshot-not-in-shard-generation" Warning "The file table of a shard lacks a snapshot."
    UnknownSnapshotInShardGeneration "unknown-snapshot-in-shard-generation" Warning "The file table of a shard has a snapshot that the root does not have."
    FileNotInShardGeneration "file-not-in-shard-generation" Error "A snapshot needs a file that the file table does not give it; a later delete may remove it."
    FileNotInShardSnapshot "file-not-in-shard-snapshot" Warning "The file table gives a snapshot a file that its own list lacks."
    FileEntryMismatch "file-entry-mismatch" Error "The file table and the list of a snapshot describe a file differently."
    DanglingFileReference "dangling-file-reference" Error "The file table of a shard refers to a file that it does not describe."
    UnusedFileEntry "unused-file-entry" Warning "The file table of a shard describes a file that no snapshot uses."
    ConflictingFileEntries "conflicting-file-entries" Error "Two entries describe one blob name differently."
    CommitInvalid "commit-invalid" Error "A shard of a snapshot has no readable Lucene commit."
    CommitMismatch "commit-mismatch" Error "The files of a shard are not those that its Lucene commit names."
    ShardStateMismatch "shard-state-mismatch" Warning "The recorded state of a shard is not that of its Lucene commit."
    BlobArchived "blob-archived" Error "A blob lies in a storage class that cannot be read at once; it may be intact, but no restore can read it."
    MissingBlob "missing-blob" Error "A part of a file is missing."
    BlobLengthMismatch "blob-length-mismatch" Error "A part of a file has the wrong length."
    ExtraPart "extra-part" Warning "A file has more parts than its length gives."
    InlinedFileCorrupt "inlined-file-corrupt" Error "A file inside the metadata does not have its recorded checksum."
    FooterInvalid "footer-invalid" Error "A file does not end in a Lucene footer."
    ChecksumMismatch "checksum-mismatch" Error "The checksum in the footer of a file is not the recorded one."
    ContentCorrupt "content-corrupt" Error "The bytes of a file do not have the checksum of its footer."
    HeaderInvalid "header-invalid" Warning "A file does not start as Lucene files do."
    InlinedCopyMismatch "inlined-copy-mismatch" Error "The uploaded file and its copy inside the metadata differ."
    MountedSnapshotMissing "mounted-snapshot-missing" Warning "A mounted searchable snapshot needs a snapshot that this repository does not have."
    RemoteStoreData "remote-store-data" Info "The data of a shallow snapshot are in a remote store and were not checked."
    UnreferencedBlobs "unreferenced-blobs" Info "Nothing in the repository refers to these blobs."
    ForeignBlobs "foreign-blobs" Info "These blobs have no name that a repository gives."
    GenerationMoved "generation-moved" Info "The repository got a new root during the verification; what was found was looked at again."
    SnapshotMayBeRunning "snapshot-may-be-running" Info "Unreferenced blobs are younger than the newest root: a snapshot may be running."
    UncheckedLegacyChecksum "unchecked-legacy-checksum" Info "Files of Lucene before 4.8 have no footer; only their whole content can be checked."
}

/// The text of an expected or found value.
pub(crate) struct Value(String);

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self(number.to_string())
    }
}

/// One thing that is broken or odd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// How bad it is here.
    pub severity: Severity,
    /// The blob it is about, from the folder of the repository.
    pub blob: Option<BlobPath>,
    /// The byte where it was noticed.
    pub offset: Option<u64>,
    /// What should be there.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
    /// The snapshots it concerns.
    pub snapshots: Vec<SnapshotIx>,
    /// The index it concerns.
    pub index: Option<IndexIx>,
    /// The shard it concerns.
    pub shard: Option<u32>,
    /// The Lucene file it concerns.
    pub file: Option<Box<str>>,
    /// Whether the snapshots cannot be restored because of it: the shard, the index, or all, as far as named.
    pub breaks_restore: bool,
    /// One line: what is wrong, without the names above.
    pub message: String,
}

impl Finding {
    /// A finding of a kind, with its usual severity.
    pub(crate) fn new(kind: FindingKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            severity: kind.severity(),
            blob: None,
            offset: None,
            expected: None,
            found: None,
            snapshots: Vec::new(),
            index: None,
            shard: None,
            file: None,
            breaks_restore: false,
            message: message.into(),
        }
    }

    /// A blob that is absent or damaged.
    pub(crate) fn of_blob(kind: FindingKind, error: &BlobError) -> Self {
        Self { offset: error.offset(), ..Self::new(kind, error.problem.to_string()).blob(&error.path) }
    }

    pub(crate) fn blob(mut self, path: &BlobPath) -> Self {
        self.blob = Some(path.clone());
        self
    }

    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(crate) fn values(mut self, expected: impl Into<Value>, found: impl Into<Value>) -> Self {
        self.expected = Some(expected.into().0);
        self.found = Some(found.into().0);
        self
    }

    pub(crate) fn in_snapshots(mut self, snapshots: impl IntoIterator<Item = SnapshotIx>) -> Self {
        self.snapshots = snapshots.into_iter().collect();
        self
    }

    pub(crate) fn in_index(mut self, index: IndexIx) -> Self {
        self.index = Some(index);
        self
    }

    pub(crate) fn in_shard(mut self, index: IndexIx, shard: u32) -> Self {
        self.shard = Some(shard);
        self.in_index(index)
    }

    pub(crate) fn of_file(mut self, file: &str) -> Self {
        self.file = Some(file.into());
        self
    }

    pub(crate) fn breaking(mut self) -> Self {
        self.breaks_restore = true;
        self
    }
}
