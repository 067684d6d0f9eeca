//! The table: what verification must say about each damage to each kind of blob.

use std::{collections::BTreeSet, path::Path};

use snaprepo_codec::BlobPath;
use snaprepo_core::verify::{Depth, FindingKind, Severity};
use snaprepo_testkit::damage::{Damage, Editor, Place, Target, Where};

/// What the verdicts must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaks {
    /// As before.
    Nothing,
    /// The index in these snapshots cannot be restored completely; all others are as before.
    Pairs,
    /// These snapshots cannot be restored at all; all others are as before.
    Snapshots,
    /// All but these snapshots are as before: what a snapshot is that has another's blob, nobody can say.
    Any,
}

/// A finding.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The shallowest depth that tells it.
    pub(super) depth: Depth,
    /// One of these.
    pub(super) kinds: &'static [FindingKind],
    pub(super) severity: Severity,
    /// Necessary consequences.
    pub(super) also: &'static [FindingKind],
    pub(super) breaks: Breaks,
    /// Whether it must name exactly `blob` and `snapshots`; else it is between blobs, and any of them may be named.
    pub(super) is_named: bool,
    /// Whether there may be several, one for each thing that disagrees.
    pub(super) is_repeated: bool,
    pub(super) blob: BlobPath,
    pub(super) snapshots: BTreeSet<String>,
    pub(super) index: Option<String>,
}

pub(super) enum Expected {
    /// It cannot be seen, because of this.
    Undetectable(#[expect(dead_code, reason = "the table says why")] &'static str),
    Found(Found),
}

/// The row of the table for a damage to a blob of an intact repository.
pub(super) fn expect(place: &Place, damage: Damage, repository: &Path) -> Expected {
    let editor = Editor::open(repository);
    let root = &editor.repository().root;
    let found = |depth, kind: &'static [FindingKind], breaks| Found {
        depth,
        kinds: kind,
        severity: kind[0].severity(),
        also: &[],
        breaks,
        is_named: true,
        is_repeated: false,
        blob: place.blob.clone(),
        snapshots: place.snapshots.iter().map(|ix| root.snapshot_entry(*ix).name.to_string()).collect(),
        index: place.index.map(|ix| root.index_entry(ix).name.to_string()),
    };
    let metadata = |kind, breaks| found(Depth::Metadata, kind, breaks);
    use FindingKind as Kind;
    Expected::Found(match (place.target, damage) {
        (Target::Root, _) => return Expected::Undetectable("roots have a test of their own"),
        (Target::Latest, Damage::Missing) => metadata(&[Kind::LatestMissing], Breaks::Nothing),
        (Target::Latest, _) => metadata(&[Kind::LatestMismatch], Breaks::Nothing),
        (Target::SnapshotInfo, Damage::SwappedWithSibling) => Found {
            is_repeated: true,
            also: &[
                Kind::SnapshotContentsMismatch,
                Kind::ShardFolderMissing,
                Kind::ShardSnapshotUnreadable,
                Kind::IndexMetadataUnreadable,
                Kind::UnknownSnapshotInShardGeneration,
                Kind::ShardGenerationUndefined,
            ],
            ..metadata(&[Kind::SnapshotRootMismatch], Breaks::Any)
        },
        (Target::SnapshotInfo, _) => metadata(&[Kind::SnapshotInfoUnreadable], Breaks::Snapshots),
        (Target::GlobalMetadata, Damage::SwappedWithSibling) => {
            return Expected::Undetectable("a cluster state does not say to which snapshot it belongs");
        }
        (Target::GlobalMetadata, _) => {
            let info = editor.repository().snapshot_info(place.snapshots[0]).unwrap();
            let has_streams = info.data_streams.is_some_and(|streams| !streams.is_empty());
            let is_needed = info.include_global_state.unwrap_or(true) || has_streams;
            let severity = if is_needed { Severity::Error } else { Severity::Warning };
            Found { severity, ..metadata(&[Kind::GlobalMetadataUnreadable], Breaks::Nothing) }
        }
        (Target::IndexMetadata, Damage::SwappedWithSibling) => Found {
            also: &[Kind::IdentifierMismatch, Kind::ShardFolderMissing, Kind::ShardSnapshotUnreadable],
            ..metadata(&[Kind::IndexMetadataMismatch], Breaks::Pairs)
        },
        (Target::IndexMetadata, _) => metadata(&[Kind::IndexMetadataUnreadable], Breaks::Pairs),
        // The highest number names the table: without its blob there is none.
        (Target::ShardGeneration, Damage::Missing | Damage::ReplacedByFolder)
            if !root.era.names_shard_generations() =>
        {
            Found { blob: place.blob.parent().unwrap(), ..metadata(&[Kind::ShardGenerationUndefined], Breaks::Nothing) }
        }
        (Target::ShardGeneration, Damage::SwappedWithSibling) => Found {
            is_named: false,
            is_repeated: true,
            also: &[
                Kind::FileNotInShardSnapshot,
                Kind::SnapshotNotInShardGeneration,
                Kind::UnknownSnapshotInShardGeneration,
                Kind::ShardStateMismatch,
            ],
            ..metadata(&[Kind::FileNotInShardGeneration, Kind::FileEntryMismatch], Breaks::Nothing)
        },
        (Target::ShardGeneration, _) => {
            Found { snapshots: BTreeSet::new(), ..metadata(&[Kind::ShardGenerationUnreadable], Breaks::Nothing) }
        }
        (Target::ShardSnapshot, Damage::SwappedWithSibling) => Found {
            also: &[
                Kind::FileNotInShardGeneration,
                Kind::FileNotInShardSnapshot,
                Kind::FileEntryMismatch,
                Kind::ShardStateMismatch,
            ],
            ..metadata(&[Kind::ShardSnapshotMismatch], Breaks::Pairs)
        },
        (Target::ShardSnapshot, _) => metadata(&[Kind::ShardSnapshotUnreadable], Breaks::Pairs),
        (Target::DataBlob | Target::FirstPart | Target::LastPart, _) => {
            data(place, damage, found(Depth::Presence, &[Kind::MissingBlob], Breaks::Pairs))
        }
    })
}

fn data(place: &Place, damage: Damage, missing: Found) -> Found {
    use FindingKind as Kind;
    let file = place.lucene_file.as_ref().unwrap();
    let at = |depth, kinds: &'static [Kind], also| Found {
        depth,
        kinds,
        severity: kinds[0].severity(),
        also,
        ..missing.clone()
    };
    // Nobody knows which part of a file is corrupt: the first is named.
    let first = file.parts().unwrap().blob_name(0);
    let corrupt = |also| Found {
        blob: place.blob.parent().unwrap().join(&first).unwrap(),
        ..at(Depth::Content, &[Kind::ContentCorrupt], also)
    };
    let is_last = place.target != Target::FirstPart;
    match damage {
        Damage::Missing | Damage::ReplacedByFolder => missing,
        Damage::Empty | Damage::Truncated | Damage::TrailingBytes | Damage::SwappedWithSibling => {
            at(Depth::Presence, &[Kind::BlobLengthMismatch], &[])
        }
        Damage::FlippedBit(Where::Footer) if is_last => at(Depth::Footers, &[Kind::FooterInvalid], &[]),
        Damage::FlippedBit(Where::Checksum) if is_last && file.checksum.is_some() => {
            at(Depth::Footers, &[Kind::ChecksumMismatch], &[])
        }
        Damage::WrongCodecName | Damage::WrongVersion => at(Depth::Footers, &[Kind::ChecksumMismatch], &[]),
        Damage::FlippedBit(Where::Header) if place.target != Target::LastPart => {
            corrupt(&[Kind::HeaderInvalid, Kind::InlinedCopyMismatch])
        }
        Damage::FlippedBit(_) => corrupt(&[Kind::InlinedCopyMismatch]),
    }
}
