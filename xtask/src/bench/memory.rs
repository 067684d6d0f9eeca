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
    for (times, name) in [(1, "1x (16 shards, 0.1 GB)"), (4, "4x (64 shards, 0.5 GB)")] {
        let repository = built(bench, &format!("memory_{times}x"), &Scale::for_memory(times))?;
        let path = repository.to_string_lossy();
        peaks.push(peak::megabytes(bench, name, &["verify", "--depth", "content", "--quiet", &*path])?);
    }
    tables.title("memory: verify --depth content, peak");
    if let [once, four_times] = &peaks[..] {
        tables.ratio(four_times, once, Some(AtMost(1.5)));
    }
    peaks.iter().for_each(|peak| tables.number(peak, "MB", None));
    Ok(())
}
