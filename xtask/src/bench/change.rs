//! Changes at scale, in a process of its own, over a store that lists without holding: a collection over ten million
//! blobs, and the deletion of every other of 20,000 snapshots of 500 shards.

use std::{env, num::NonZeroUsize, process::Command, sync::Arc, time::Instant};

use clap::ValueEnum;
use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver, Repository,
    change::{self, Collect, Damaged, Exclusive, Fences, Journal, Means, Request, Stage},
    verify::Class,
};
use snaprepo_store::{Cancel, LocalStore, Pool, ReadStore};
use snaprepo_testkit::{
    discarding::Discarding,
    ids,
    scale::{Repeated, Scale},
};

use super::{
    Bench,
    peak::megabytes_with,
    rounds::{Cache, Contender, interleaved},
    table::{AtMost, Tables},
};
use crate::error::Error;

/// A change that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Change {
    /// The plan of a collection over ten million blobs.
    Collect,
    /// Every other of 20,000 snapshots of 500 shards deleted: plan, and all that it says.
    Delete,
    /// The same of half as many.
    DeleteHalf,
}

/// Times and memory of whole processes, the making of the store included.
pub(super) fn measure(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    let xtask = env::current_exe().map_err(|source| Error::Start { command: "xtask".to_owned(), source })?;
    let make = |what: &'static str| {
        let xtask = &xtask;
        move || {
            let mut command = Command::new(xtask);
            command.args(["change-at-scale", what]);
            command
        }
    };
    let n_rounds = bench.n_rounds.min(3);
    let mut contenders = [
        Contender::command("change::gc", make("collect")),
        Contender::command("change::delete and apply, 10,000 of 20,000", make("delete")),
        Contender::command("the same, 5,000 of 10,000", make("delete-half")),
    ];
    let times = interleaved(n_rounds, &Cache::Warm, &mut contenders)?;
    let [collect, delete, half] = &times[..] else { return Ok(()) };
    tables.title("gc: ten million blobs, 1,000 snapshots, 5,000 shards");
    tables.number(collect, "s", Some(AtMost(60.0)));
    tables.number(&megabytes_with(bench, "change::gc, peak memory", make("collect"))?, "MB", Some(AtMost(1074.0)));
    tables.title("delete: every other snapshot of 500 shards");
    tables.number(delete, "s", None);
    // Tables are read and written whole, so twice the snapshots are twice the bytes.
    tables.ratio(delete, half, Some(AtMost(2.5)));
    tables.number(&megabytes_with(bench, "10,000 of 20,000, peak memory", make("delete"))?, "MB", Some(AtMost(1074.0)));
    Ok(())
}

/// Does one of them, and prints what was asked of the store.
pub(crate) fn at_scale(what: Change) -> Result<(), Error> {
    match what {
        Change::Collect => collect(),
        Change::Delete => delete(20_000),
        Change::DeleteHalf => delete(10_000),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn failed(message: impl ToString) -> Error {
    Error::Usage { message: message.to_string() }
}

fn pool() -> Pool {
    Pool::new(NonZeroUsize::MIN.saturating_add(7), Cancel::default())
}

fn open(store: &Arc<dyn ReadStore>) -> Result<Repository, Error> {
    let repository = Repository::open(store, &BlobPath::root(), &pool()).map_err(failed)?;
    repository.find_shards().map_err(failed)?;
    Ok(repository)
}

fn collect() -> Result<(), Error> {
    let store: Arc<dyn ReadStore> = Arc::new(Repeated::new(Scale::ten_million_blobs()).map_err(failed)?);
    let repository = open(&store)?;
    let classes = [Class::OldRoot, Class::StaleSnapshot, Class::StaleIndex, Class::StaleShardBlob];
    let collect =
        Collect { classes: &classes, grace_millis: 0, window_millis: 0, now_millis: i64::MAX, rewrites_tables: None };
    let collected = change::gc(&repository, collect, &pool(), &NoObserver).map_err(failed)?;
    match collected.plan {
        Some(plan) => println!("{} blobs to collect", plan.doomed.n),
        None => return Err(failed(format!("{:?}", collected.refusals))),
    }
    Ok(())
}

fn delete(n_snapshots: u32) -> Result<(), Error> {
    let begun_at = Instant::now();
    let repeated: Arc<dyn ReadStore> = Arc::new(Repeated::new(Scale::hourly_snapshots(n_snapshots)).map_err(failed)?);
    let store = Arc::new(Discarding::new(repeated));
    let as_read: Arc<dyn ReadStore> = Arc::clone(&store) as _;
    let made = begun_at.elapsed();
    let repository = open(&as_read)?;
    let every_other: Vec<u32> = (0..n_snapshots).step_by(2).collect();
    // As the engines do: the file lists of the snapshots that stay are not read.
    let fences = Fences { window_millis: 0, checks_lists: false, damaged: Damaged::Refuses };
    let request = Request { snapshots: &every_other, fences, now_millis: 0, new_id: &mut ids::new() };
    let planned = change::delete(&repository, request, &pool(), &NoObserver).map_err(failed)?;
    let plan = planned.plan.ok_or_else(|| failed(format!("{:?}", planned.refusals)))?;
    let (planned, asked) = (begun_at.elapsed(), store.discarded());
    let base = BlobPath::root();
    let state = tempfile::tempdir().map_err(failed)?;
    let journals = Arc::new(LocalStore::open(state.path()).map_err(failed)?);
    let former = change::check(&*store, &base, &plan).map_err(failed)?;
    let mut journal = Journal::begin(journals, &base, &plan, &former, None).map_err(failed)?;
    let means = Means { exclusive: Exclusive::Kept, quarantine: None };
    let applied = change::apply(&*store, &base, &plan, &mut journal, means, &pool(), &NoObserver).map_err(failed)?;
    if applied.stage != Stage::Done || applied.deleted != plan.doomed {
        return Err(failed(format!("{applied:?}")));
    }
    println!(
        "store made in {:.1} s; planned after {:.1} s with {asked:?}; done after {:.1} s with {:?}",
        made.as_secs_f64(),
        planned.as_secs_f64(),
        begun_at.elapsed().as_secs_f64(),
        store.discarded()
    );
    Ok(())
}
