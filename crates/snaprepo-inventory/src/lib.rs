//! Listings of buckets that others made, instead of a listing by us: a bucket of a hundred million objects is listed by
//! its owner every night anyway.
//!
//! ```text
//! S3 Inventory (CSV, Parquet) ──┐
//! aws s3 ls --recursive ────────┼─▶ keys and lengths ─▶ Sorted ─▶ Inventoried: a ReadStore that lists
//! rclone lsf ───────────────────┘   one by one          on disk   from it, and reads from the bucket
//! ```
//! Such a listing is in any order and has no bounds, so it is sorted in runs of bounded size in temporary files.

mod fault;
mod manifest;
mod parquet;
mod sorted;
mod store;
mod text;

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read},
    path::Path,
};

pub use fault::Fault;
pub use sorted::Sorted;
use sorted::Sorter;
pub use store::Inventoried;

/// Longest line of a listing, in bytes: keys have at most 1,024.
const MAX_LINE_LEN: u64 = 64 << 10;

/// What a listing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `manifest.json` of S3 Inventory, with CSV or Parquet files beside it; or one Parquet file alone.
    S3Inventory,
    /// `aws s3 ls --recursive`.
    AwsLs,
    /// `rclone lsf -R --format sp` or `tsp`.
    RcloneLsf,
}

impl Format {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::S3Inventory => "s3-inventory",
            Self::AwsLs => "aws-s3-ls",
            Self::RcloneLsf => "rclone-lsf",
        }
    }

    /// Whether its names count from the top of the bucket; else they count from the folder that was listed.
    #[must_use]
    pub fn counts_from_bucket(self) -> bool {
        !matches!(self, Self::RcloneLsf)
    }
}

/// Reads a listing from a file.
///
/// # Errors
/// When it cannot be read, or is none; the line is named. Nothing is guessed of a line that is like no other.
pub fn read(path: &Path) -> Result<(Format, Sorted), Fault> {
    let file = File::open(path).map_err(|source| Fault::Read { path: path.to_owned(), source })?;
    let mut input = BufReader::new(file);
    let start = input.fill_buf().map_err(|source| Fault::Read { path: path.to_owned(), source })?;
    let is_parquet = start.starts_with(parquet::MAGIC);
    let is_manifest = start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let mut sorter = Sorter::default();
    let format = if is_parquet {
        manifest::parquet(path, &mut sorter)?;
        Format::S3Inventory
    } else if is_manifest {
        manifest::read(path, &mut input, &mut sorter)?;
        Format::S3Inventory
    } else {
        lines(path, &mut input, &mut sorter)?
    };
    Ok((format, sorter.finish()?))
}

/// One line after the other; the first one decides what they are.
fn lines(path: &Path, input: &mut impl std::io::BufRead, sorter: &mut Sorter) -> Result<Format, Fault> {
    let mut format = None;
    let (mut line, mut number) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        number += 1;
        let failed = |source| Fault::Read { path: path.to_owned(), source };
        let read = input.by_ref().take(MAX_LINE_LEN).read_until(b'\n', &mut line).map_err(failed)?;
        if read == 0 {
            return format.ok_or_else(|| Fault::Empty { path: path.to_owned() });
        }
        let bad = |reason: &'static str| Fault::Line { path: path.to_owned(), number, reason };
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if read as u64 == MAX_LINE_LEN {
            return Err(bad("the line is longer than any key can be"));
        }
        let text = std::str::from_utf8(&line).map_err(|_| bad("the line is not UTF-8"))?;
        let text = text.strip_suffix('\r').unwrap_or(text);
        if text.is_empty() {
            continue;
        }
        let format = *format.get_or_insert(text::format(text).map_err(bad)?);
        if let Some((key, len_bytes)) = text::entry(format, text).map_err(bad)? {
            sorter.add(key, len_bytes)?;
        }
    }
}
