//! Memory must follow the largest shard, not the repository.

use snaprepo_testkit::scale::Scale;

use super::{
    Bench, peak,
    repositories::built,
    table::{AtMost, Tables},
};
use crate::error::Error;

/// A repository, and one with four times as many shards, files and bytes.
pub(super) fn measure(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    let mut peaks = Vec::new();
    for times in [1, 4] {
        let repository = built(bench, &format!("memory_{times}x"), &Scale::for_memory(times))?;
        let path = repository.to_string_lossy();
        peaks.push(peak::megabytes(bench, &["verify", "--depth", "content", "--quiet", &*path])?);
    }
    tables.title("memory: verify --depth content, peak");
    if let [once, four_times] = &peaks[..] {
        let ratios: Vec<f64> = four_times.iter().zip(once).map(|(four_times, once)| four_times / once).collect();
        tables.numbers("4x / 1x", &ratios, "", Some(AtMost(1.5)));
        tables.numbers("1x: 16 shards, 3,200 files, 0.13 GB", once, " MB", None);
        tables.numbers("4x: 64 shards, 12,800 files, 0.5 GB", four_times, " MB", None);
    }
    Ok(())
}
