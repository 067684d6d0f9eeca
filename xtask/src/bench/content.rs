//! Reading everything and computing checksums, against reading everything, and against `cksum`.

use std::path::Path;

use snaprepo_testkit::scale::Scale;

use super::{
    Bench,
    repositories::{FIND, built, evict},
    rounds::{Cache, Contender, best, interleaved},
    table::{AtMost, Tables},
};
use crate::error::Error;

/// One repository in one state of the page cache, and what our time may be.
struct Case<'a> {
    title: &'static str,
    repository: &'a Path,
    /// Files that `xargs` hands to one process: the peer is taken at its best.
    batches: &'a [usize],
    cache: Cache<'a>,
    of_cat: Option<AtMost>,
    /// Not compared when there is no bound.
    of_cksum: Option<AtMost>,
}

/// Large and small files, warm and cold.
pub(super) fn measure(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    let large = built(bench, "large_files", &Scale::large_files())?;
    let small = built(bench, "small_files", &Scale::small_files())?;
    let (evict_large, evict_small) = (|| evict(&large), || evict(&small));
    let cases = [
        Case {
            title: "content, warm: 8 files, 2.1 GB",
            repository: &large,
            batches: &[1, 4],
            cache: Cache::Warm,
            of_cat: Some(AtMost(1.35)),
            of_cksum: Some(AtMost(0.9)),
        },
        Case {
            title: "content, warm: 20,000 files, 0.4 GB",
            repository: &small,
            batches: &[64, 1024],
            cache: Cache::Warm,
            of_cat: None,
            of_cksum: Some(AtMost(1.0)),
        },
        Case {
            title: "content, cold: 8 files, 2.1 GB",
            repository: &large,
            batches: &[1, 4],
            cache: Cache::Cold(&evict_large),
            of_cat: Some(AtMost(1.05)),
            of_cksum: None,
        },
        Case {
            title: "content, cold: 20,000 files, 0.4 GB",
            repository: &small,
            batches: &[64, 1024],
            cache: Cache::Cold(&evict_small),
            of_cat: Some(AtMost(1.05)),
            of_cksum: None,
        },
    ];
    cases.iter().try_for_each(|case| measure_case(bench, tables, case))
}

fn measure_case(bench: &Bench, tables: &mut Tables, case: &Case<'_>) -> Result<(), Error> {
    let path = case.repository.to_string_lossy();
    let arguments = ["verify", "--depth", "content", "--quiet", &*path];
    let mut contenders = vec![Contender::program("snaprepo", &bench.snaprepo, &arguments)];
    let peers: &[&str] = if case.of_cksum.is_some() { &["cat", "cksum"] } else { &["cat"] };
    for peer in peers {
        contenders.extend(case.batches.iter().map(|batch| way(peer, *batch, case.repository)));
    }
    let times = interleaved(bench.n_rounds, &case.cache, &mut contenders)?;
    tables.title(case.title);
    if let [ours, theirs @ ..] = &times[..] {
        let (cat, cksum) = theirs.split_at(case.batches.len());
        for (ways, bound) in [(cat, case.of_cat), (cksum, case.of_cksum)] {
            best(ways).into_iter().for_each(|peer| tables.ratio(ours, peer, bound));
        }
    }
    times.iter().for_each(|times| tables.number(times, "s", None));
    Ok(())
}

fn way<'a>(peer: &str, batch: usize, repository: &'a Path) -> Contender<'a> {
    let xargs = format!("xargs -0 -P2 -n{batch} {peer}");
    let line = format!("{FIND} | {xargs}");
    Contender::shell(xargs, repository, line)
}
