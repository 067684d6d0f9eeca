//! Arguments of `diff`.

use clap::Args as ClapArgs;

use super::RepoArg;

/// Arguments of `diff`.
#[derive(Debug, Clone, ClapArgs)]
#[command(override_usage = "snaprepo diff [OPTIONS] <REPO> <OTHER>\n       \
    snaprepo diff [OPTIONS] <REPO> <SNAPSHOT> <SNAPSHOT> [--with <OTHER>]")]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// The repository that should be a copy of REPO; or two snapshots
    #[arg(value_name = "OTHER | SNAPSHOT", required = true, num_args = 1..=2)]
    pub what: Vec<String>,
    /// Repository of the second snapshot [default: REPO]
    #[arg(long, value_name = "OTHER")]
    pub with: Option<String>,
    /// As --base-path, of the other repository
    #[arg(long, value_name = "PATH")]
    pub other_base_path: Option<String>,
    /// Compare the cluster states of two snapshots, too: templates, pipelines, settings (may hold secrets)
    #[arg(long)]
    pub global: bool,
    /// Read every byte of both repositories and check it; without, blobs must be there with the right lengths
    #[arg(long)]
    pub verify_content: bool,
}
