//! Arguments of `diff`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::RepoArg;

/// Arguments of `diff`.
#[derive(Debug, Clone, ClapArgs)]
#[command(override_usage = "snaprepo diff [OPTIONS] <REPO> <OTHER>\n       \
    snaprepo diff [OPTIONS] <REPO> <SNAPSHOT> <SNAPSHOT> [--with <OTHER>]\n       \
    snaprepo diff [OPTIONS] <REPO> --listing [<FILE>]")]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// The repository that should be a copy of REPO; or two snapshots
    #[arg(value_name = "OTHER | SNAPSHOT", required_unless_present = "listing", num_args = 1..=2)]
    pub what: Vec<String>,
    /// Repository of the second snapshot [default: REPO]
    #[arg(long, value_name = "OTHER")]
    pub with: Option<String>,
    /// As --base-path, of the other repository
    #[arg(long, value_name = "PATH")]
    pub other_base_path: Option<String>,
    /// Compare with what lies there, as the store lists it, or as FILE does: manifest.json of S3 Inventory, or what
    /// `aws s3 ls --recursive` or `rclone lsf -R --format tsp` printed
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with_all = ["what", "with", "global", "verify_content"])]
    pub listing: Option<Option<PathBuf>>,
    /// Blobs to name of each class, and findings
    #[arg(long, value_name = "N", default_value_t = 100, requires = "listing")]
    pub max_findings: usize,
    /// Compare the cluster states of two snapshots, too: templates, pipelines, settings (may hold secrets)
    #[arg(long)]
    pub global: bool,
    /// Read every byte of both repositories and check it; without, blobs must be there with the right lengths
    #[arg(long)]
    pub verify_content: bool,
}
