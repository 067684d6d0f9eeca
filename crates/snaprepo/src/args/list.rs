//! Arguments of `list`, `show` and `ls`.

use clap::{Args as ClapArgs, ValueEnum};
use jiff::{Timestamp, civil, tz::TimeZone};
use snaprepo_core::select;
use snaprepo_format::snapshot_info::SnapshotState;

use super::RepoArg;

/// Arguments of `list`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Names, uuids, globs, latest, latest~1, @policy; a,b,-c leaves c out [default: all]
    pub snapshot: Vec<String>,
    /// Read each snapshot's blob, too: shards, failures, exact times (implied by --format)
    #[arg(long)]
    pub details: bool,
    /// With --format es: answer from the root alone, as verbose=false does
    #[arg(long, conflicts_with = "details")]
    pub no_details: bool,
    /// With --format es: add the recorded sizes per index, as index_details=true does
    #[arg(long, conflicts_with = "no_details")]
    pub index_details: bool,
    /// Only snapshots of these states: SUCCESS, PARTIAL, FAILED, IN_PROGRESS
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = parse_state)]
    pub state: Vec<SnapshotState>,
    /// Only snapshots begun longer ago (30d, 12h), or before a day or an instant (2026-11-01, 2026-11-01T12:00Z)
    #[arg(long, value_name = "WHEN", value_parser = Moment::parse)]
    pub older_than: Option<Moment>,
    /// Only snapshots begun since
    #[arg(long, value_name = "WHEN", value_parser = Moment::parse)]
    pub newer_than: Option<Moment>,
    /// Only snapshots of this policy; * and ? match any text and any character
    #[arg(long, value_name = "POLICY")]
    pub policy: Option<String>,
    /// Only snapshots to which this was attached; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_metadata)]
    pub metadata: Vec<(String, String)>,
    /// Add sizes: of all files, of blobs that it added, and of those that only it needs (reads every file table)
    #[arg(long)]
    pub size: bool,
    /// Order of the rows; the largest first, the oldest first, names from a to z [default: time]
    #[arg(long, value_enum, value_name = "COLUMN")]
    pub sort: Option<ListSort>,
    /// The other way round
    #[arg(long)]
    pub reverse: bool,
    /// Columns of the table, in this order
    #[arg(long, value_enum, value_name = "COLUMN", value_delimiter = ',')]
    pub columns: Vec<Column>,
}

/// What the rows of `list` are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListSort {
    /// Start.
    Time,
    /// Name.
    Name,
    /// State.
    State,
    /// How long it took.
    Took,
    /// Number of indices.
    Indices,
    /// Length of all files.
    Size,
    /// Blobs that it added.
    Added,
    /// Blobs that only it needs.
    Exclusive,
}

impl ListSort {
    /// Whether sizes have to be counted for it.
    #[must_use]
    pub(crate) fn is_size(self) -> bool {
        matches!(self, Self::Size | Self::Added | Self::Exclusive)
    }
}

/// A column of `list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Column {
    /// Name.
    Snapshot,
    /// Uuid.
    Uuid,
    /// State.
    State,
    /// Start.
    Taken,
    /// End minus start.
    Took,
    /// Number of indices.
    Indices,
    /// Shards; reads each snapshot's blob.
    Shards,
    /// Length of all files.
    Size,
    /// Blobs that it added.
    Added,
    /// Blobs that only it needs.
    Exclusive,
    /// Version that took it.
    Version,
    /// Policy that took it.
    Policy,
    /// What its creator attached to it; reads each snapshot's blob.
    Metadata,
}

impl Column {
    /// Whether sizes have to be counted for it.
    #[must_use]
    pub(crate) fn is_size(self) -> bool {
        matches!(self, Self::Size | Self::Added | Self::Exclusive)
    }

    /// Whether only the blob of the snapshot tells.
    #[must_use]
    pub(crate) fn is_detail(self) -> bool {
        matches!(self, Self::Shards | Self::Metadata)
    }
}

/// Arguments of `show`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// One snapshot: name, uuid, latest, latest~1
    pub snapshot: String,
    /// Show settings, mappings, aliases and versions of this index
    #[arg(long, conflicts_with = "global")]
    pub index: Option<String>,
    /// Show the cluster state: templates, pipelines, policies, settings (may hold secrets)
    #[arg(long)]
    pub global: bool,
    #[command(flatten)]
    pub indices: IndexRowsArgs,
}

/// Arguments of `ls`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct LsArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// SNAPSHOT, SNAPSHOT:INDEX or SNAPSHOT:INDEX/SHARD
    pub what: String,
    #[command(flatten)]
    pub indices: IndexRowsArgs,
}

/// How rows of a snapshot are shown.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub(crate) struct IndexRowsArgs {
    /// Add to each index the blobs that the snapshot added, and those that only it needs (reads every file table)
    #[arg(long)]
    pub size: bool,
    /// Order of the rows; the largest first, names from a to z [default: name]
    #[arg(long, value_enum, value_name = "COLUMN")]
    pub sort: Option<IndexSort>,
}

/// What rows of a snapshot are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IndexSort {
    /// Name; shards by number.
    Name,
    /// Length of the files.
    Size,
    /// Number of files.
    Files,
}

/// A point in time, from now or by the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So many milliseconds ago.
    Ago(i64),
    /// Milliseconds since 1970.
    At(i64),
}

impl Moment {
    fn parse(text: &str) -> Result<Self, String> {
        if let Some(age) = select::age_millis(text) {
            return Ok(Self::Ago(age));
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Self::At(at.as_millisecond()));
        }
        let day = text.parse::<civil::Date>().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
        day.map(|day| Self::At(day.timestamp().as_millisecond()))
            .ok_or_else(|| format!("{text:?} is no age and no time: write 30d, 12h, 2026-11-01 or 2026-11-01T12:00Z"))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub(crate) fn millis(self, now_millis: i64) -> i64 {
        match self {
            Self::Ago(age) => now_millis.saturating_sub(age),
            Self::At(at) => at,
        }
    }
}

fn parse_state(text: &str) -> Result<SnapshotState, String> {
    let name = text.to_ascii_uppercase().replace('-', "_");
    SnapshotState::from_name(&name)
        .ok_or_else(|| format!("{text:?} is no state: SUCCESS, PARTIAL, FAILED, IN_PROGRESS or INCOMPATIBLE"))
}

fn parse_metadata(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("{text:?} is no pair: write key=value"))?;
    Ok((key.to_owned(), value.to_owned()))
}
