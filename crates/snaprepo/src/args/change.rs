//! Arguments of the verbs that change a repository.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use snaprepo_core::select::age_millis;

use super::RepoArg;

/// What every verb takes that changes a repository.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ChangeArgs {
    /// Do it: without this it is only shown
    #[arg(long)]
    pub yes: bool,
    /// You say that no cluster has this repository registered for writing (docs/safety.md)
    #[arg(long)]
    pub no_cluster_writes: bool,
    /// Folder for journals, by which a change is gone on with or taken back; not in the repository
    /// [default: snaprepo/journals where the platform keeps such files]
    #[arg(long, value_name = "DIR", env = "SNAPREPO_STATE", hide_env_values = true)]
    pub state: Option<PathBuf>,
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

/// Arguments of `apply`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Plan that delete --plan-out wrote, or the folder of a journal whose run was stopped
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Arguments of `undo`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct UndoArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Folder of the journal [default: the newest one of this repository]
    #[arg(value_name = "JOURNAL")]
    pub journal: Option<PathBuf>,
    #[command(flatten)]
    pub change: ChangeArgs,
}

fn parse_age(text: &str) -> Result<i64, String> {
    let none = (text == "0").then_some(0);
    none.or_else(|| age_millis(text)).ok_or_else(|| "write 0, 30m, 1h or 7d; units are s, m, h, d and w".to_owned())
}
