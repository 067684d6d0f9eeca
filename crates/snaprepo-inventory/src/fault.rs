//! Why a listing cannot be used.

use std::{io, path::PathBuf};

/// Why a listing cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A file of it cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// It has no line.
    #[error("{} is empty", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A line of it cannot be one.
    #[error("{} line {number}: {reason}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        number: u64,
        /// Why.
        reason: &'static str,
    },
    /// A Parquet file cannot be used.
    #[error("{} at byte {offset}: {reason}", .path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Where the part begins that is wrong.
        offset: u64,
        /// Why.
        reason: &'static str,
    },
    /// The manifest cannot be used.
    #[error("{}: {reason}", .path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A name stands twice in it.
    #[error("the listing has {key:?} twice")]
    Twice {
        /// The name.
        key: String,
    },
    /// It cannot be sorted.
    #[error("cannot sort the listing in a temporary file: {0}")]
    Sort(#[from] io::Error),
}
