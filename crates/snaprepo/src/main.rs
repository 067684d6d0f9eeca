//! The program: everything is in the library, so that tests can run it in-process.

use std::process::ExitCode;

/// Shards are taken apart by many threads, and what one has given back the next has to find: with the allocator of the
/// system each thread keeps the most that it ever needed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut io = snaprepo::Io::of_process();
    snaprepo::run(std::env::args_os(), &mut io).into()
}
