//! The checksum alone: the crate that we use against its rival, and against zlib.

use std::{hint::black_box, time::Instant};

use super::{
    Bench,
    rounds::{Cache, Contender, interleaved},
    table::Tables,
};
use crate::{error::Error, process};

/// Bytes that are summed up in one run: more than any cache holds.
const LEN: usize = 64 << 20;
/// Bytes that a store hands out at once: they stay in a cache, and are what verification sums up.
const PIECE_LEN: usize = 256 << 10;

/// Sums up the same bytes in turns: all of them from memory, and one piece again and again.
pub(super) fn measure(bench: &Bench, tables: &mut Tables) -> Result<(), Error> {
    if cfg!(debug_assertions) {
        // What is inlined decides here: this program has to be built as the product is.
        let rounds = bench.n_rounds.to_string();
        let arguments =
            ["run", "--release", "--quiet", "--package", "xtask", "--", "bench", "crc", "--rounds", &*rounds];
        return process::run(&bench.root, "cargo", &arguments, &[]);
    }
    let data: Vec<u8> = (0..=u8::MAX).cycle().take(LEN).collect();
    let with_zlib = process::answers("python3", &["-c", "import zlib"])?;
    for (title, len) in [("crc: 64 MiB from memory, one thread", LEN), ("crc: 256 KiB, 256 times", PIECE_LEN)] {
        let piece = &data[..len];
        let mut contenders = vec![
            Contender::new("crc32fast", || Ok(timed(piece, snaprepo_codec::crc::crc32))),
            Contender::new("crc-fast", || Ok(timed(piece, with_crc_fast))),
        ];
        if with_zlib {
            contenders.push(Contender::new("zlib", move || zlib(len)));
        }
        let times = interleaved(bench.n_rounds, &Cache::Warm, &mut contenders)?;
        tables.title(title);
        let [ours, theirs @ ..] = &times[..] else { continue };
        theirs.iter().for_each(|theirs| tables.ratio(ours, theirs, None));
        for of in &times {
            println!("  {:<50} {:>9.0} {:>9.0}   MB/s", of.name, speed(of.median()), speed(of.least()));
        }
    }
    Ok(())
}

/// Sums up [`LEN`] bytes piece by piece, and returns the time in seconds.
fn timed(piece: &[u8], sum: fn(&[u8]) -> u32) -> f64 {
    let started_at = Instant::now();
    for _ in 0..LEN / piece.len() {
        black_box(sum(black_box(piece)));
    }
    started_at.elapsed().as_secs_f64()
}

fn with_crc_fast(piece: &[u8]) -> u32 {
    u32::try_from(crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, piece)).unwrap_or(u32::MAX)
}

/// The same in Python, whose zlib is the system's: no crate calls zlib's checksum without unsafe code.
fn zlib(len: usize) -> Result<f64, Error> {
    let script = format!(
        "import time, zlib\n\
         piece = bytes(range(256)) * ({len} // 256)\n\
         started_at = time.perf_counter()\n\
         for _ in range({LEN} // {len}): zlib.crc32(piece)\n\
         print(time.perf_counter() - started_at)"
    );
    let printed = process::output(None, "python3", &["-c", &script])?;
    printed.trim().parse().map_err(|_| Error::Answer { command: "python3 -c …".to_owned() })
}

/// In megabytes a second.
fn speed(seconds: f64) -> f64 {
    f64::from(u32::try_from(LEN).unwrap_or(u32::MAX)) / seconds / 1e6
}
