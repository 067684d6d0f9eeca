//! What can be typed (`docs/cli.md` is made from this).

mod change;
mod diff;
mod list;
mod report;
mod store;

use std::{num::NonZeroUsize, path::PathBuf};

use clap::{Args as ClapArgs, CommandFactory as _, Parser, Subcommand, ValueEnum, builder::FalseyValueParser};
use snaprepo_core::verify::{Depth, Sample};
use snaprepo_format::engine::Target;

pub(crate) use change::{
    ApplyArgs, ChangeArgs, DeleteArgs, DeletionArgs, DropBrokenArgs, GcArgs, GcClass, PruneArgs, RepairArgs,
    RepairPart, UndoArgs,
};
pub(crate) use diff::DiffArgs;
pub(crate) use list::{Column, IndexSort, ListArgs, ListSort, LsArgs, ShowArgs};
pub(crate) use report::ReportArgs;
pub(crate) use store::StoreArgs;

/// The definition of the command line, for completions and manual pages.
#[must_use]
pub fn command() -> clap::Command {
    Args::command()
}

/// Opens Elasticsearch and OpenSearch snapshot repositories by reading their blobs; no cluster needed.
#[derive(Debug, Parser)]
#[command(name = "snaprepo", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "REPO is a path, a location such as s3://bucket/base, or @name from the configuration file \
    (docs/guides/locations.md). Exit codes: 0 good, 1 bad (damage, broken rows), \
    2 not done, 3 partly done, 130 interrupted.")]
pub(crate) struct Args {
    /// Options of every verb.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options of every verb.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Answer as one JSON document (docs/json.md)
    #[arg(long, global = true, env = "SNAPREPO_JSON", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub json: bool,
    /// Answer as JSON, one line for each row
    #[arg(long, global = true, env = "SNAPREPO_NDJSON", hide_env_values = true, value_parser = FalseyValueParser::new(), conflicts_with = "json")]
    pub ndjson: bool,
    /// Answer as a cluster would: the JSON of its API, or the text of its _cat API
    #[arg(long, global = true, value_enum, env = "SNAPREPO_FORMAT", hide_env_values = true, conflicts_with = "ndjson")]
    pub format: Option<ApiFormat>,
    /// Node to imitate with --format, such as es:8.19 or os:2.19 [default: newest writer]
    #[arg(long = "as", global = true, value_name = "NODE", env = "SNAPREPO_AS", hide_env_values = true)]
    pub imitate: Option<Target>,
    /// Repository name to show with --format [default: last part of the location]
    #[arg(long, global = true, value_name = "NAME", env = "SNAPREPO_NAME", hide_env_values = true)]
    pub name: Option<String>,
    /// Folder of the repository below REPO, when its shard folders lie outside it (hashed prefixes)
    #[arg(long, global = true, value_name = "PATH", env = "SNAPREPO_BASE_PATH", hide_env_values = true)]
    pub base_path: Option<String>,
    /// Cluster's JSON of its repositories (GET /_snapshot): REPO is then the name of one of them
    #[arg(long, global = true, value_name = "FILE", env = "SNAPREPO_FROM_REGISTRATION", hide_env_values = true)]
    pub from_registration: Option<PathBuf>,
    /// Configuration file, for REPO as @name [default: snaprepo/config.toml where the platform keeps such files]
    #[arg(long, global = true, value_name = "FILE", env = "SNAPREPO_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Folder that keeps metadata blobs of remote repositories between runs; verify and cat-blob never use it
    /// [default: snaprepo/blobs where the platform keeps caches]
    #[arg(long, global = true, value_name = "DIR", env = "SNAPREPO_CACHE", hide_env_values = true)]
    pub cache: Option<PathBuf>,
    /// Keep nothing between runs, and use nothing that was kept
    #[arg(long, global = true, env = "SNAPREPO_NO_CACHE", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub no_cache: bool,
    /// Requests at a time, at most 256 [default: 8, for remote stores 32]
    #[arg(long, global = true, value_name = "N", value_parser = parse_concurrency, env = "SNAPREPO_CONCURRENCY", hide_env_values = true)]
    pub concurrency: Option<NonZeroUsize>,
    /// Show sizes as bytes
    #[arg(long, global = true, env = "SNAPREPO_BYTES", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub bytes: bool,
    /// Show times in the local time zone instead of UTC
    #[arg(long, global = true, env = "SNAPREPO_LOCAL", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub local: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, env = "SNAPREPO_COLOR", hide_env_values = true)]
    pub color: Color,
    /// How to show progress on standard error
    #[arg(long, global = true, value_enum, default_value_t = Progress::Auto, env = "SNAPREPO_PROGRESS", hide_env_values = true)]
    pub progress: Progress,
    /// Print the answer line only
    #[arg(long, short, global = true, env = "SNAPREPO_QUIET", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub quiet: bool,
    /// How to get to a remote store.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Shapes of a cluster's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApiFormat {
    /// The JSON of the snapshot APIs.
    Es,
    /// The text of _cat/snapshots; with --json its JSON.
    Cat,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How to show progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Progress {
    /// A bar on a terminal, else nothing.
    Auto,
    /// A bar.
    Bar,
    /// One line of JSON at a time.
    Json,
    /// Nothing.
    None,
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Verb {
    /// Say what a repository is: product, format, generation, counts, oddities
    Info {
        #[command(flatten)]
        repo: RepoArg,
    },
    /// List snapshots
    List(ListArgs),
    /// Show one snapshot: times, state, failures, indices; or one index, or the cluster state in it
    Show(ShowArgs),
    /// Count files and bytes of snapshots, as a cluster's _status does
    Status(StatusArgs),
    /// List what a snapshot holds: indices, shards, Lucene files, blobs
    Ls(LsArgs),
    /// Find the snapshots that hold an index
    Find {
        #[command(flatten)]
        repo: RepoArg,
        /// Index names; * and ? match any text and any character
        #[arg(required = true)]
        index: Vec<String>,
    },
    /// Say what takes how much room, and what deleting snapshots would free
    Du(DuArgs),
    /// Say what changed between two snapshots, or whether a repository is a complete copy of another
    Diff(DiffArgs),
    /// Check whether everything is intact, and what can be restored
    Verify(VerifyArgs),
    /// Verify, measure, and write it all down as one page, or as metrics
    Report(ReportArgs),
    /// Delete snapshots: shows what goes and what that frees, and does it with --yes
    Delete(DeleteArgs),
    /// Delete the snapshots that a retention does not keep
    Prune(PruneArgs),
    /// Collect what nothing refers to, also in the folders of shards that are in use
    Gc(GcArgs),
    /// Put right what can be put right from the repository itself: root, shard paths and tables, index.latest
    Repair(RepairArgs),
    /// Take snapshots that cannot be read or restored out of the root, so that the rest lives again
    DropBroken(DropBrokenArgs),
    /// Carry out a plan that was made earlier, or go on with one that was stopped
    Apply(ApplyArgs),
    /// Take back the last change, as long as nothing is gone that was there
    Undo(UndoArgs),
    /// Decode any blob to JSON
    CatBlob {
        #[command(flatten)]
        repo: RepoArg,
        /// The blob, from the folder of the repository
        path: String,
        /// Write the decoded body as it is
        #[arg(long)]
        raw: bool,
    },
    /// Say where snapshots and indices can be restored, by the version that created each index
    Compat {
        #[command(flatten)]
        repo: RepoArg,
        /// Snapshots [default: all]
        snapshot: Vec<String>,
        /// Release to restore into, such as es:9.1 or os:2.19
        #[arg(long)]
        target: Target,
    },
    /// Find repositories below a folder or in a bucket, one line each
    Discover {
        /// Where to look: a folder or a bucket, with or without a path
        #[arg(value_name = "LOCATION")]
        location: String,
        /// Levels of folders below it to look into
        #[arg(long, value_name = "N", default_value_t = 3)]
        depth: u32,
    },
    /// Say whether a store can be reached, as whom, and what is allowed there
    Doctor(DoctorArgs),
    /// Look at a store as it is: blobs, not snapshots
    #[command(subcommand)]
    Store(StoreVerb),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Arguments of `doctor`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Also write, into a scratch blob that is deleted again
    #[arg(long)]
    pub write_test: bool,
    /// Print the least that an identity must be allowed to for this verb, as the cloud's own JSON; asks nobody
    #[arg(long, value_name = "VERB", conflicts_with = "write_test")]
    pub policy: Option<String>,
}

/// Raw access to a store.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum StoreVerb {
    /// List blobs, with sizes, times and storage classes
    Ls {
        #[command(flatten)]
        at: StoreAt,
        /// Everything below the folder, not only what is directly in it
        #[arg(long, short)]
        recursive: bool,
        /// Also non-current versions, delete markers and unfinished uploads (S3)
        #[arg(long)]
        versions: bool,
    },
    /// Say how long a blob is, and when it was written
    Stat {
        #[command(flatten)]
        at: StoreAt,
    },
    /// Write the bytes of a blob to standard output
    Get {
        #[command(flatten)]
        at: StoreAt,
    },
    /// Add up the blobs below a folder, for each folder in it
    Du {
        #[command(flatten)]
        at: StoreAt,
        /// Also non-current versions, delete markers and unfinished uploads (S3)
        #[arg(long)]
        versions: bool,
    },
}

/// A place in a store.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct StoreAt {
    /// Location of the store
    #[arg(value_name = "LOCATION")]
    pub location: String,
    /// Blob or folder below it
    #[arg(default_value = "")]
    pub path: String,
}

/// The repository.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct RepoArg {
    /// Location of the repository
    #[arg(value_name = "REPO", env = "SNAPREPO_REPO", hide_env_values = true)]
    pub repo: String,
}

/// Arguments of `status`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Snapshots, in full; without any, totals of all from the file tables
    pub snapshot: Vec<String>,
    /// Read the file lists of all snapshots, too, for what each added
    #[arg(long)]
    pub incremental: bool,
}

/// Arguments of `du`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct DuArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// One row for each of these
    #[arg(long, value_enum, value_name = "WHAT")]
    pub by: Option<DuBy>,
    /// Say what deleting these snapshots together would free: names, globs, @policy, older:30d, all,-latest:7
    #[arg(long, value_name = "SNAPSHOT")]
    pub free: Vec<String>,
    /// Also by storage class: one more listing of the bucket
    #[arg(long)]
    pub classes: bool,
    /// Also replaced versions, delete markers and unfinished uploads (S3)
    #[arg(long)]
    pub versions: bool,
    /// Prices as TOML: what keeping, deleting and copying out costs (docs/guides/sizes.md)
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
}

/// What `du` has a row for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DuBy {
    /// Snapshots, oldest first.
    Snapshot,
    /// Indices, largest first.
    Index,
    /// Data streams, largest first; indices of no stream by themselves.
    DataStream,
    /// Policies that made the snapshots.
    Policy,
    /// Snapshots of an age.
    Age,
    /// Snapshots of a month.
    Month,
    /// Shards, largest first.
    Shard,
}

/// Arguments of `verify`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// How deep: each contains the ones before
    #[arg(long, value_enum, default_value_t = DepthArg::Footers)]
    pub depth: DepthArg,
    /// Only these snapshots
    #[arg(long, value_name = "SNAPSHOT")]
    pub snapshot: Vec<String>,
    /// Only the newest N snapshots
    #[arg(long, value_name = "N", value_parser = parse_newest, conflicts_with = "snapshot")]
    pub newest: Option<NonZeroUsize>,
    /// Only these indices, selected as the restore APIs do
    #[arg(long, value_name = "INDEX", allow_hyphen_values = true)]
    pub index: Vec<String>,
    /// Only these shard numbers
    #[arg(long, value_name = "SHARD")]
    pub shard: Vec<u32>,
    /// Read only some of the files: a share (5%), a slice (1/7), or an amount (20GB)
    #[arg(long, value_name = "AMOUNT", value_parser = parse_sample, default_value = "100%")]
    pub sample: Sample,
    /// Decides which files a sample has
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Findings to print; all are counted
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub max_findings: usize,
}

/// Depth on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DepthArg {
    /// Metadata blobs read, and agree with each other.
    Metadata,
    /// All parts of all files are there, with the right length.
    Presence,
    /// The footer of each file has the recorded checksum (16 bytes read of each).
    Footers,
    /// Every byte is read, and its checksum computed.
    Content,
}

impl From<DepthArg> for Depth {
    fn from(depth: DepthArg) -> Self {
        match depth {
            DepthArg::Metadata => Self::Metadata,
            DepthArg::Presence => Self::Presence,
            DepthArg::Footers => Self::Footers,
            DepthArg::Content => Self::Content,
        }
    }
}

/// Most requests at a time: each costs a thread.
const MAX_CONCURRENCY: usize = 256;

fn parse_newest(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| format!("{text:?} is no number of snapshots: write 1 or more"))
}

fn parse_concurrency(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok().filter(|n| (1..=MAX_CONCURRENCY).contains(n)).and_then(NonZeroUsize::new);
    number.ok_or_else(|| format!("{text:?} is no number from 1 to {MAX_CONCURRENCY}"))
}

/// Reads `5%`, `1/7` or `20GB`.
fn parse_sample(text: &str) -> Result<Sample, String> {
    let bad = || format!("{text:?} is no sample: write 5%, 1/7 or 20GB");
    if let Some(percent) = text.strip_suffix('%') {
        let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
        let whole: u32 = whole.parse().map_err(|_| bad())?;
        let digits: String = format!("{fraction:0<4}").chars().take(4).collect();
        let fraction: u32 = digits.parse().map_err(|_| bad())?;
        let per_million = whole.checked_mul(10_000).and_then(|whole| whole.checked_add(fraction)).ok_or_else(bad)?;
        return match per_million {
            0 => Err(format!("{text:?} would read nothing")),
            1_000_000 => Ok(Sample::All),
            1..1_000_000 => Ok(Sample::PerMillion(per_million)),
            _ => Err(format!("{text:?} is more than everything")),
        };
    }
    if let Some((part, of)) = text.split_once('/') {
        let (part, of): (u32, u32) = (part.parse().map_err(|_| bad())?, of.parse().map_err(|_| bad())?);
        return match part.checked_sub(1) {
            Some(part) if part < of => Ok(Sample::Slice { part, of }),
            _ if of == 0 => Err(bad()),
            _ => Err(format!("{text:?} is no slice: parts count from 1 to {of}")),
        };
    }
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match &lower[digits.len()..] {
        "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(bad()),
    };
    let number: u64 = digits.parse().map_err(|_| bad())?;
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0).map(Sample::Bytes).ok_or_else(bad)
}

#[cfg(test)]
mod tests;
