//! Ten million blobs, counted for each of 1,000 snapshots and for a set of them: in a process of its own, over a store
//! that lists without holding.

use std::{env, num::NonZeroUsize, process::Command, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver, Repository, chronology,
    usage::{self, Grouping, Question},
};
use snaprepo_store::{Cancel, Pool, ReadStore};
use snaprepo_testkit::scale::{Repeated, Scale};

use super::{
    Bench,
    peak::megabytes_with,
    rounds::{Cache, Contender, interleaved},
    table::{AtMost, Tables},
};
use crate::error::Error;

/// Time and memory of the whole process, the making of the store included.
pub(super) fn measure(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    let xtask = env::current_exe().map_err(|source| Error::Start { command: "xtask".to_owned(), source })?;
    let make = || {
        let mut command = Command::new(&xtask);
        command.arg("count-ten-million");
        command
    };
    let n_rounds = bench.n_rounds.min(3);
    let times = interleaved(n_rounds, &Cache::Warm, &mut [Contender::command("usage::measure", make)])?;
    tables.title("du: ten million blobs, 1,000 snapshots, 5,000 shards");
    times.iter().for_each(|times| tables.number(times, "s", Some(AtMost(60.0))));
    tables.number(&megabytes_with(bench, "usage::measure, peak memory", make)?, "MB", Some(AtMost(1074.0)));
    Ok(())
}

/// What `du --by snapshot --free` measures.
pub(crate) fn count_ten_million() -> Result<(), Error> {
    let failed = |message: String| Error::Usage { message };
    let store = Repeated::new(Scale::ten_million_blobs()).map_err(|error| failed(error.to_string()))?;
    let n_blobs = store.n_blobs();
    let store: Arc<dyn ReadStore> = Arc::new(store);
    let pool = Pool::new(NonZeroUsize::MIN.saturating_add(7), Cancel::default());
    let repository = Repository::open(&store, &BlobPath::root(), &pool).map_err(|error| failed(error.to_string()))?;
    let by_start = chronology::by_start(&repository, &pool).map_err(|error| failed(error.to_string()))?;
    let every_other = by_start.iter().map(|snapshot| u32::from(*snapshot % 2 == 0)).collect();
    let groupings = [Grouping::single(&by_start), Grouping::new(every_other, &by_start)];
    let usage =
        usage::measure(&repository, Question { groupings: &groupings, ..Question::default() }, &pool, &NoObserver)
            .map_err(|error| failed(error.to_string()))?;
    let counted = usage.kinds.total();
    println!("{} blobs, {} bytes, {} of them in vain", counted.n, counted.bytes, usage.unreferenced.len());
    if counted.n == n_blobs && usage.n_missing == 0 && usage.unreadable.is_empty() {
        return Ok(());
    }
    Err(failed(format!(
        "{} of {n_blobs} blobs, {} missing, {} unread",
        counted.n,
        usage.n_missing,
        usage.unreadable.len()
    )))
}
