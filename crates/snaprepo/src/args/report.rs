//! Arguments of `report`.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use snaprepo_core::verify::Sample;

use super::{DepthArg, RepoArg, parse_sample};

/// Arguments of `report`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub repo: RepoArg,
    /// Write one page of HTML that needs nothing else
    #[arg(long, short, value_name = "FILE", required_unless_present_any = ["data", "metrics_file"])]
    pub output: Option<PathBuf>,
    /// Write the JSON that the page is made from; the page has its SHA-256
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Write metrics for Prometheus, such as for node_exporter's folder of text files
    #[arg(long, value_name = "FILE")]
    pub metrics_file: Option<PathBuf>,
    /// How deep to verify: each contains the ones before
    #[arg(long, value_enum, default_value_t = DepthArg::Footers)]
    pub depth: DepthArg,
    /// Read only some of the files: a share (5%), a slice (1/7), or an amount (20GB)
    #[arg(long, value_name = "AMOUNT", value_parser = parse_sample, default_value = "100%")]
    pub sample: Sample,
    /// Decides which files a sample has
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Findings to write down; all are counted
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub max_findings: usize,
}
