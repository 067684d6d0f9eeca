//! Sixteen bytes of each of 20,000 files.

use snaprepo_testkit::scale::Scale;

use super::{
    Bench,
    repositories::{FIND, built},
    rounds::{Cache, Contender, best, interleaved},
    table::{AtMost, Tables},
};
use crate::error::Error;

/// Against `tail`, and against the clock.
pub(super) fn measure(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    let repository = built(bench, "small_files", &Scale::small_files())?;
    let path = repository.to_string_lossy();
    let arguments = ["verify", "--depth", "footers", "--quiet", &*path];
    let mut contenders = vec![Contender::program("snaprepo", &bench.snaprepo, &arguments)];
    for batch in [64, 1024] {
        let (name, line) =
            (format!("xargs -P2 -n{batch} tail -c16"), format!("{FIND} | xargs -0 -P2 -n{batch} tail -q -c16"));
        contenders.push(Contender::shell(name, &repository, line));
    }
    let times = interleaved(bench.n_rounds, &Cache::Warm, &mut contenders)?;
    tables.title("footers, warm: 20,000 files");
    let [ours, tail @ ..] = &times[..] else { return Ok(()) };
    if let Some(tail) = best(tail) {
        tables.ratio(ours, tail, None);
    }
    tables.number(ours, "s", Some(AtMost(1.0)));
    tail.iter().for_each(|times| tables.number(times, "s", None));
    Ok(())
}
