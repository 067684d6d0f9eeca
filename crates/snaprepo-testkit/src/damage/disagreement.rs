//! Blobs that are each whole, and disagree: one disagreement for each way that verification knows.

mod root;
mod shard;
mod snapshot;

use snaprepo_codec::BlobPath;
use snaprepo_core::verify::{Class, Depth, FindingKind};

use super::edit::Editor;

/// An identity that no fixture has.
const NOBODY: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// Declares the disagreements: name, the finding that tells of it, and the shallowest depth that sees it.
macro_rules! disagreements {
    ($($variant:ident $kind:ident $depth:ident $meaning:literal)*) => {
        /// A disagreement between blobs that are each whole.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Disagreement {
            $(#[doc = $meaning] $variant,)*
            /// A blob that nothing refers to.
            Leftover(Class),
        }

        impl Disagreement {
            /// All of them.
            pub const ALL: &[Self] = &[
                $(Self::$variant,)*
                Self::Leftover(Class::OldRoot),
                Self::Leftover(Class::StaleSnapshot),
                Self::Leftover(Class::StaleIndex),
                Self::Leftover(Class::StaleIndexMetadata),
                Self::Leftover(Class::StaleShardBlob),
                Self::Leftover(Class::Transient),
                Self::Leftover(Class::Foreign),
            ];

            /// The finding that tells of it.
            #[must_use]
            pub fn kind(self) -> FindingKind {
                match self {
                    $(Self::$variant => FindingKind::$kind,)*
                    Self::Leftover(Class::Foreign) => FindingKind::ForeignBlobs,
                    Self::Leftover(_) => FindingKind::UnreferencedBlobs,
                }
            }

            /// The shallowest depth that sees it.
            #[must_use]
            pub fn depth(self) -> Depth {
                match self {
                    $(Self::$variant => Depth::$depth,)*
                    Self::Leftover(_) => Depth::Metadata,
                }
            }
        }
    };
}

disagreements! {
    UnknownSnapshotOfIndex RootUnknownSnapshot Metadata "The root gives an index a snapshot that it does not have."
    DuplicateSnapshot RootDuplicate Metadata "The root lists a snapshot twice."
    SnapshotTwiceInIndex RootDuplicate Metadata "The root gives an index the same snapshot twice."
    EmptyIndex RootEmptyIndex Metadata "The root has an index without snapshots."
    LookupOfUnknownIndex RootLookupUnknownIndex Metadata "A lookup names an index that the root does not have."
    LookupOfUnknownIdentifier RootLookupUnknownIdentifier Metadata "A lookup names an identifier that the root does not have."
    UnusedIdentifier RootUnusedIdentifier Metadata "The root has an identifier that no lookup names."
    UnknownState RootUnknownCode Metadata "A snapshot has a state of an unknown code."
    UnknownPathType RootUnknownCode Metadata "An index has a path type of an unknown code."
    OtherLatest LatestMismatch Metadata "index.latest names another generation."
    Incompatible IncompatibleSnapshots Metadata "Some snapshots are listed as incompatible."
    BrokenIncompatible IncompatibleSnapshots Metadata "The list of incompatible snapshots does not read."
    IndexLackedByInfo SnapshotContentsMismatch Metadata "A snapshot lacks an index that the root gives it."
    IndexOnlyInInfo SnapshotContentsMismatch Metadata "A snapshot has an index that the root does not give it."
    OtherName SnapshotRootMismatch Metadata "A snapshot has another name than in the root."
    OtherUuid SnapshotRootMismatch Metadata "A snapshot has another uuid than in the root."
    OtherState SnapshotRootMismatch Metadata "A snapshot has another state than in the root."
    OtherVersion SnapshotRootMismatch Metadata "A snapshot has another version than in the root."
    OtherStart SnapshotRootMismatch Metadata "A snapshot has another start than in the root."
    OtherEnd SnapshotRootMismatch Metadata "A snapshot has another end than in the root."
    WrongShardCount SnapshotStateInconsistent Metadata "Total, successful and failed shards do not add up."
    OtherIndex IndexMetadataMismatch Metadata "Index metadata are those of an index of another name."
    OtherIdentifier IdentifierMismatch Metadata "Index metadata give another identifier than the root."
    LostMount MountedSnapshotMissing Metadata "An index is mounted from a snapshot that is not there."
    LostPathType ShardPathTypeLost Metadata "The root has lost the path type of an index."
    LostShardFolder ShardFolderMissing Metadata "A shard folder is not there."
    UnnamedTable ShardGenerationUndefined Metadata "Nobody names the table of a shard."
    NumberedTable ShardGenerationFallback Metadata "Only its number makes a table the current one."
    NumberInRoot ShardGenerationNumeric Metadata "The root has a number for the name of a table."
    ListOfOtherSnapshot ShardSnapshotMismatch Metadata "A file list says that it is of another snapshot."
    SnapshotNotInTable SnapshotNotInShardGeneration Metadata "The table of a shard lacks a snapshot."
    UnknownSnapshotInTable UnknownSnapshotInShardGeneration Metadata "The table of a shard has an unknown snapshot."
    FileNotInTable FileNotInShardGeneration Metadata "The table does not give a snapshot one of its files."
    FileNotInList FileNotInShardSnapshot Metadata "The table gives a snapshot a file that it does not list."
    OtherEntryInTable FileEntryMismatch Metadata "Table and list describe a file differently."
    DanglingReference DanglingFileReference Metadata "The table refers to a file that it does not describe."
    UnusedEntry UnusedFileEntry Metadata "The table describes a file that no snapshot uses."
    EntryTwiceInTable ConflictingFileEntries Metadata "The table describes a file twice."
    EntriesOfListsDiffer ConflictingFileEntries Metadata "Two lists describe a file differently."
    NoCommit CommitInvalid Metadata "A list has no commit."
    BrokenCommit CommitInvalid Metadata "The commit of a list does not read."
    FileOfCommitNotListed CommitMismatch Metadata "A list lacks a file that its commit needs."
    FileNotInCommit CommitMismatch Metadata "A list has a file that its commit does not need."
    OtherShardState ShardStateMismatch Metadata "The table has another state of a shard than its commit."
    ExtraPartOfFile ExtraPart Presence "There is a part that its file does not have."
    CorruptInlinedFile InlinedFileCorrupt Footers "A file inside the metadata is corrupt."
    FootlessFile UncheckedLegacyChecksum Footers "A file may be too old to have a footer."
    OtherInlinedCopy InlinedCopyMismatch Content "A file differs from its copy inside the metadata."
}

/// The blob that a finding must name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// This one, from the folder of the repository.
    Blob(BlobPath),
    /// Any of several that disagree.
    Any,
}

impl Disagreement {
    /// Makes the blobs of a repository disagree; `None` when it has nothing of the kind. The editor undoes it.
    ///
    /// # Panics
    /// When a blob cannot be read or written.
    #[must_use]
    pub fn make(self, editor: &Editor) -> Option<Named> {
        root::make(self, editor).or_else(|| snapshot::make(self, editor)).or_else(|| shard::make(self, editor))
    }
}

fn named(editor: &Editor, path: &BlobPath) -> Option<Named> {
    Some(Named::Blob(editor.repository().shown(path)))
}
