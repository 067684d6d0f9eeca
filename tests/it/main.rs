//! One test program for the whole workspace; a module per promise.

// `cfg(test)` tells the lints that a helper of a test may unwrap, too.
#[cfg(test)]
mod healthy;
#[cfg(test)]
mod reencode;
