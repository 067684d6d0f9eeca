//! Files that real writers wrote, whole and damaged (`testdata/inventory`).

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/inventory")
}

/// Every file of a writer.
fn files(of: &str) -> Vec<PathBuf> {
    let names = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let wanted = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(of);
    names.filter(|path| path.extension().is_some_and(|extension| extension == "parquet") && wanted(path)).collect()
}

/// Keys and lengths of what a reader of the bucket sees.
fn seen(path: &Path) -> Result<Vec<(String, u64)>, Fault> {
    let mut seen = Vec::new();
    rows(path, &mut |_, row| {
        if row.is_latest == Some(true) && row.is_marker != Some(true) {
            let len_bytes = row.len_bytes.unwrap_or_default().cast_unsigned();
            seen.push((String::from_utf8_lossy(&row.key).into_owned(), len_bytes));
        }
        Ok(())
    })?;
    seen.sort();
    Ok(seen)
}

#[test]
fn every_writer_is_understood() {
    let names = fs::read_to_string(folder().join("names.txt")).unwrap();
    let expected = names.lines().map(|line| line.split_once(' ').unwrap());
    let mut expected: Vec<_> = expected.map(|(len, key)| (key.to_owned(), len.parse::<u64>().unwrap())).collect();
    expected.sort();
    let mut n_files = 0;
    for of in ["arrow", "duckdb", "spark"] {
        for path in files(of) {
            assert_eq!(seen(&path).unwrap(), expected, "{}", path.display());
            n_files += 1;
        }
    }
    assert_eq!(n_files, 10);
}

#[test]
fn replaced_versions_and_markers_are_rows_too() {
    let (mut n_replaced, mut n_markers) = (0, 0);
    rows(&folder().join("spark-v1.parquet"), &mut |_, row| {
        n_replaced += u32::from(row.is_latest == Some(false));
        n_markers += u32::from(row.is_marker == Some(true) && row.len_bytes.is_none());
        Ok(())
    })
    .unwrap();
    assert_eq!((n_replaced, n_markers), (38, 6));
}

#[test]
fn other_packings_are_refused_by_name() {
    for (file, name) in [("refused-brotli.parquet", "BROTLI"), ("refused-lz4.parquet", "LZ4")] {
        let fault = seen(&folder().join(file)).unwrap_err().to_string();
        assert!(fault.contains(name), "{fault}");
    }
}

/// Bytes of every file are changed, and every file is cut: that is an error or another answer, and never an end of the
/// program, nor the work of a day.
#[test]
fn damage_is_never_more_than_an_error() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("damaged.parquet");
    let mut n_errors = 0_u64;
    for file in files("") {
        let whole = fs::read(&file).unwrap();
        // Files of few bytes a row have the more to be damaged in each.
        for at in (0..whole.len()).step_by(whole.len() / 4_000) {
            let mut damaged = whole.clone();
            damaged[at] ^= [0xff, 0x01, 0x80][at % 3];
            fs::write(&path, &damaged).unwrap();
            n_errors += u64::from(seen(&path).is_err());
        }
        for len in (0..whole.len()).step_by(97) {
            fs::write(&path, &whole[..len]).unwrap();
            assert!(seen(&path).is_err(), "{} cut to {len}", file.display());
        }
    }
    assert!(n_errors > 5_000, "{n_errors}");
}

/// Where a page has a checksum, no changed byte of it is read as another value.
#[test]
fn checksums_of_pages_are_checked() {
    let file = folder().join("arrow-gzip-small-pages.parquet");
    let whole = fs::read(&file).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("damaged.parquet");
    // The time in the head of each packed page: no value of it changes, and no unpacking minds.
    let pages = whole.windows(2).enumerate().filter(|(_, bytes)| bytes == &[0x1f, 0x8b]);
    let n_found = pages.filter(|(at, _)| {
        let mut damaged = whole.clone();
        damaged[at + 4] ^= 1;
        fs::write(&path, &damaged).unwrap();
        seen(&path).is_err_and(|fault| fault.to_string().contains("checksum"))
    });
    assert!(n_found.count() >= 8);
}

#[test]
fn structures_in_structures_end() {
    let deep = [0x1c; 64];
    assert!(Footer::parse(&deep, 64).is_err());
    let long_list = [0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x7f];
    assert_eq!(Footer::parse(&long_list, 64).unwrap_err(), ENDS);
}
