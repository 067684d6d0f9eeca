//! How many small objects a second, next to a client that does nothing but ask.

use std::{net::SocketAddr, path::Path, time::Instant};

use snaprepo_testkit::{fixtures, scale::Scale};

use super::{
    Bench, bare,
    cores::Pinned,
    remote::Stage,
    repositories::built,
    rounds::{Cache, Contender, Measured, interleaved},
    table::{AtMost, Tables},
};
use crate::error::Error;

/// Connections of the bare client: as many requests at a time as we make.
const WIDTH: usize = 32;
/// The bucket.
const BUCKET: &str = "rate";
/// At least nine tenths of the rate.
const BOUND: AtMost = AtMost(1.0 / 0.9);

/// Measures twice. With a core for the server and one for the client, the rate is what the server can answer, as it is
/// from another machine. On shared cores each takes the other's time, and the ratio says what a request costs us.
pub(super) fn measure(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    let scale = Scale { n_indices: 10, indices_per_snapshot: 10, ..Scale::small_files() };
    let repository = built(bench, "forty_thousand", &scale)?;
    let read = |source| Error::Read { path: repository.clone(), source };
    let paths: Vec<_> = fixtures::files(&repository).map_err(read)?;
    let paths: Vec<_> = paths.iter().filter(|key| key.contains("/__")).map(|key| format!("/{BUCKET}/{key}")).collect();
    if let Some(pinned) = Pinned::to_first()? {
        if let Some(stage) = Stage::start(bench)? {
            pinned.move_to_second()?;
            let times = run(&stage, &repository, &paths)?;
            tables.title(&format!("S3, {} objects, a core for the server and one for the client", paths.len()));
            told(tables, &times, Some(BOUND));
            stage.stop()?;
        }
    } else {
        println!("\nrate: without two cores and taskset, the rate of a server alone is left out");
    }
    let Some(stage) = Stage::start(bench)? else { return Ok(()) };
    let times = run(&stage, &repository, &paths)?;
    tables.title(&format!("S3, {} objects, the same cores for both", paths.len()));
    told(tables, &times, None);
    stage.stop()
}

/// The rate is that of reading: what is done before it, listings above all, is a run of its own and taken off.
fn told(tables: &mut Tables, times: &[Measured], bound: Option<AtMost>) {
    let [whole, signed, before, bare] = times else { return };
    let reading = Measured::new("reading", vec![whole.median() - before.median()]);
    tables.ratio(&reading, bare, bound);
    tables.ratio(whole, bare, None);
    tables.ratio(signed, bare, None);
    times.iter().for_each(|times| tables.number(times, "s", None));
}

/// All in turns. The bare client needs no credentials, and a server works longer for a request that is signed: the rate
/// is told for requests like its own, and for signed ones beside.
fn run(stage: &Stage<'_>, repository: &Path, paths: &[String]) -> Result<Vec<Measured>, Error> {
    stage.fill(BUCKET, repository)?;
    stage.server.let_everybody_read(BUCKET)?;
    let address: SocketAddr = stage.address()?;
    let location = stage.near(BUCKET);
    let signed = ["verify", &location, "--depth", "content", "--quiet"];
    let whole = ["verify", &location, "--depth", "content", "--quiet", "--anonymous"];
    let before = ["verify", &location, "--depth", "presence", "--quiet", "--anonymous"];
    let bare = || {
        let failed = |source| Error::Start { command: "a bare client".to_owned(), source };
        let started_at = Instant::now();
        bare::get_all(address, paths, WIDTH).map_err(failed)?;
        Ok(started_at.elapsed().as_secs_f64())
    };
    let mut contenders = [
        Contender::command("whole run", || stage.ours(&whole)),
        Contender::command("whole run, signed", || stage.ours(&signed)),
        Contender::command("--depth presence", || stage.ours(&before)),
        Contender::new("bare client", bare),
    ];
    interleaved(stage.bench.n_rounds, &Cache::Warm, &mut contenders)
}
