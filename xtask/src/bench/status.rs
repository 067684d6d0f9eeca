//! 1,000 shards in 200 snapshots: one table for each shard, or a file list for each shard and snapshot.

use std::path::Path;

use serde_json::Value;
use snaprepo_testkit::scale::Scale;

use super::{
    Bench,
    repositories::built,
    rounds::{Cache, Contender, interleaved},
    table::Tables,
};
use crate::{error::Error, process};

/// Requests and time of both ways.
pub(super) fn measure(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    let repository = built(bench, "many_shards", &Scale::many_shards())?;
    let path = repository.to_string_lossy();
    let ways: [&[&str]; 2] = [&["status", &*path], &["status", "--incremental", &*path]];
    let [from_tables, from_lists] = ways;
    let mut contenders = [
        Contender::program("snaprepo status", &bench.snaprepo, from_tables),
        Contender::program("snaprepo status --incremental", &bench.snaprepo, from_lists),
    ];
    let times = interleaved(bench.n_rounds.min(3), &Cache::Warm, &mut contenders)?;
    tables.title("status: 1,000 shards in 200 snapshots");
    if let [tables_only, lists] = &times[..] {
        tables.ratio(tables_only, lists, None);
    }
    times.iter().for_each(|times| tables.number(times, "s", None));
    for (way, times) in ways.iter().zip(&times) {
        let requests = requests(&bench.snaprepo, way)?;
        println!("  {:<50} {requests:>9}", format!("{}, requests", times.name));
    }
    Ok(())
}

/// What the program says that it asked of the store.
fn requests(snaprepo: &Path, arguments: &[&str]) -> Result<u64, Error> {
    let program = snaprepo.to_string_lossy();
    let arguments = [&["--json"], arguments].concat();
    let answer: Value = serde_json::from_str(&process::output(None, &program, &arguments)?).map_err(Error::Json)?;
    let count = |key: &str| answer["requests"][key].as_u64();
    match (count("lists"), count("reads")) {
        (Some(lists), Some(reads)) => Ok(lists + reads),
        _ => Err(Error::Answer { command: format!("{program} {}", arguments.join(" ")) }),
    }
}
