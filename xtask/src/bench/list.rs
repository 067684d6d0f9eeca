//! One root with 100,000 snapshots.

use snaprepo_testkit::scale::Scale;

use super::{
    Bench, peak,
    repositories::built,
    rounds::{Cache, Contender, interleaved},
    table::{AtMost, Tables},
};
use crate::error::Error;

/// Time and memory.
pub(super) fn measure(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    let repository = built(bench, "many_snapshots", &Scale::many_snapshots())?;
    let path = repository.to_string_lossy();
    let arguments = ["list", &*path];
    let mut contenders = [Contender::program("snaprepo list", &bench.snaprepo, &arguments)];
    let times = interleaved(bench.n_rounds, &Cache::Warm, &mut contenders)?;
    tables.title("list: 100,000 snapshots");
    times.iter().for_each(|times| tables.number(times, "s", Some(AtMost(1.0))));
    let peak = peak::megabytes(bench, "snaprepo list, peak memory", &arguments)?;
    tables.number(&peak, "MB", Some(AtMost(400.0)));
    Ok(())
}
