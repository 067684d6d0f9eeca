//! The program: everything is in the library, so that tests can run it in-process.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut io = snaprepo::Io::of_process();
    snaprepo::run(std::env::args_os(), &mut io).into()
}
