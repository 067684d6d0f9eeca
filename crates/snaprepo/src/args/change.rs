//! Arguments of the verbs that change a repository.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};
use snaprepo_core::select::age_millis;

use super::{DepthArg, RepoArg};

/// What every verb takes that changes a repository.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ChangeArgs {
    /// Do it: without this it is only shown
    #[arg(long)]
    pub yes: bool,
    /// You say that no cluster has this repository registered for writing (docs/safety.md)
    #[arg(long)]
    pub no_cluster_writes: bool,
    /// Folder or store for journals, by which a change is gone on with or taken back; not in the repository
    /// [default: snaprepo/journals where the platform keeps such files]
    #[arg(long, visible_alias = "journal-url", value_name = "DIR|URL", env = "SNAPREPO_STATE", hide_env_values = true)]
    pub state: Option<String>,
    /// Folder or store into which blobs are copied before they are deleted: undo brings them back from there
    #[arg(long, value_name = "DIR|URL", env = "SNAPREPO_QUARANTINE", hide_env_values = true)]
    pub quarantine: Option<String>,
}

/// What the verbs take that delete snapshots.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct DeletionArgs {
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Write the plan to a file, for snaprepo apply; nothing is done
    #[arg(long, value_name = "FILE", conflicts_with = "yes")]
    pub plan_out: Option<PathBuf>,
    /// Blobs that nothing refers to and that are not older than the newest root by this may belong to a snapshot in
    /// progress
    #[arg(long, value_name = "AGE", value_parser = parse_age, default_value = "1h")]
    pub window: i64,
    /// Believe shard tables, as the engines do, and do not read the file lists of the snapshots that stay
    #[arg(long)]
    pub trust_tables: bool,
    /// Name of the repository, to delete its last snapshots
    #[arg(long, value_name = "NAME")]
    pub everything_of: Option<String>,
}

/// Arguments of `delete`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Snapshots: names, uuids, globs, @policy, older:30d, all,-latest:7
    #[arg(required = true)]
    pub snapshot: Vec<String>,
    #[command(flatten)]
    pub deletion: DeletionArgs,
}

/// Arguments of `prune`.
#[derive(Debug, Clone, ClapArgs)]
#[command(group(clap::ArgGroup::new("retention").required(true).multiple(true)))]
pub(crate) struct PruneArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Snapshots that may go: names, globs, @policy … [default: all]
    pub snapshot: Vec<String>,
    /// Keep the newest N
    #[arg(long, value_name = "N", group = "retention")]
    pub keep_last: Option<u32>,
    /// Keep the newest of each of the newest N hours that have one
    #[arg(long, value_name = "N", group = "retention")]
    pub keep_hourly: Option<u32>,
    /// The same for days
    #[arg(long, value_name = "N", group = "retention")]
    pub keep_daily: Option<u32>,
    /// The same for weeks, from Monday on
    #[arg(long, value_name = "N", group = "retention")]
    pub keep_weekly: Option<u32>,
    /// The same for months
    #[arg(long, value_name = "N", group = "retention")]
    pub keep_monthly: Option<u32>,
    /// The same for years
    #[arg(long, value_name = "N", group = "retention")]
    pub keep_yearly: Option<u32>,
    /// Keep everything that is younger than the newest one by less than this
    #[arg(long, value_name = "AGE", value_parser = parse_age, group = "retention")]
    pub keep_within: Option<i64>,
    /// Do what these policies say, exactly: the JSON of GET _slm/policy or GET _plugins/_sm/policies
    #[arg(long, value_name = "FILE", group = "retention", conflicts_with_all = ["keep_last", "keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly", "keep_within"])]
    pub policy: Option<PathBuf>,
    /// The same with the SLM policies that the cluster had when it took this snapshot
    #[arg(long, value_name = "SNAPSHOT", group = "retention", conflicts_with_all = ["policy", "keep_last", "keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly", "keep_within"])]
    pub policy_from_snapshot: Option<String>,
    /// Count all snapshots together, and not those of each policy by themselves
    #[arg(long)]
    pub together: bool,
    /// File with names or globs that always stay, one a line
    #[arg(long, value_name = "FILE")]
    pub protect: Option<PathBuf>,
    /// Time zone of hours, days and weeks, such as Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub time_zone: String,
    /// Say of every snapshot why it stays or goes
    #[arg(long)]
    pub explain: bool,
    #[command(flatten)]
    pub deletion: DeletionArgs,
}

/// Arguments of `gc`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct GcArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Collect only these classes [default: all that are ever collected]
    #[arg(long = "class", value_enum, value_name = "CLASS")]
    pub classes: Vec<GcClass>,
    /// Take names that the root does not have out of shard tables first, so that their files can go, too
    #[arg(long)]
    pub rewrite_shard_tables: bool,
    /// Leave what is younger than this
    #[arg(long, value_name = "AGE", value_parser = parse_age, default_value = "24h")]
    pub grace: i64,
    /// Blobs that nothing refers to and that are not older than the newest root by this may belong to a snapshot in
    /// progress: then nothing is collected
    #[arg(long, value_name = "AGE", value_parser = parse_age, default_value = "1h")]
    pub window: i64,
    /// Write the plan to a file, for snaprepo apply; nothing is done
    #[arg(long, value_name = "FILE", conflicts_with = "yes")]
    pub plan_out: Option<PathBuf>,
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// What `gc` collects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GcClass {
    /// Roots of older generations.
    OldRoot,
    /// Blobs of snapshots that the root does not have.
    StaleSnapshot,
    /// Folders of indices that the root does not have.
    StaleIndex,
    /// Index metadata that no snapshot uses.
    StaleIndexMetadata,
    /// What nothing needs in the folders of shards that are in use.
    StaleShardBlob,
    /// What unfinished writes, registrations and analyses left behind.
    Transient,
}

/// Arguments of `repair`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct RepairArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Put right only these [default: all]; latest also writes index.latest where there is none
    #[arg(long = "only", value_enum, value_name = "PART")]
    pub only: Vec<RepairPart>,
    /// Believe shard tables that can be read, and do not hold the file lists of all snapshots against them
    #[arg(long)]
    pub trust_tables: bool,
    /// Blobs that nothing refers to and that are not older than the newest root by this may belong to a snapshot in
    /// progress
    #[arg(long, value_name = "AGE", value_parser = parse_age, default_value = "1h")]
    pub window: i64,
    /// Write the plan to a file, for snaprepo apply; nothing is done
    #[arg(long, value_name = "FILE", conflicts_with = "yes")]
    pub plan_out: Option<PathBuf>,
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// What `repair` puts right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RepairPart {
    /// The whole root, when it is lost or cannot be read.
    Root,
    /// Snapshots, indices and identifiers that the root names and that are not there.
    References,
    /// Where the shard folders of an index lie, which old OpenSearch nodes forget.
    ShardPaths,
    /// File tables of shards that are missing, damaged, or lack a snapshot or a file.
    ShardTables,
    /// Snapshots in file tables that the root does not have.
    DeadNames,
    /// The blob index.latest.
    Latest,
}

/// Arguments of `drop-broken`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct DropBrokenArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Snapshots that may be taken out: names, uuids, globs [default: all]
    pub snapshot: Vec<String>,
    /// How deep to look for what is broken
    #[arg(long, value_enum, default_value_t = DepthArg::Presence)]
    pub depth: DepthArg,
    /// Also those of which some indices can be restored
    #[arg(long)]
    pub partly: bool,
    #[command(flatten)]
    pub deletion: DeletionArgs,
}

/// Arguments of `apply`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Plan that a verb wrote with --plan-out, or the folder or URL of a journal whose run was stopped
    #[arg(value_name = "PLAN")]
    pub plan: String,
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Arguments of `undo`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct UndoArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Folder or URL of the journal [default: the newest one of this repository]
    #[arg(value_name = "JOURNAL")]
    pub journal: Option<String>,
    #[command(flatten)]
    pub change: ChangeArgs,
}

fn parse_age(text: &str) -> Result<i64, String> {
    let none = (text == "0").then_some(0);
    none.or_else(|| age_millis(text)).ok_or_else(|| "write 0, 30m, 1h or 7d; units are s, m, h, d and w".to_owned())
}
