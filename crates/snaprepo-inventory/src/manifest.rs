//! S3 Inventory: a manifest that names files, and CSV or Parquet files that name objects.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::{Fault, parquet, sorted::Sorter};

/// Longest manifest, in bytes: it names one file for some millions of objects.
const MAX_MANIFEST_LEN: u64 = 64 << 20;

#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "fileFormat")]
    file_format: String,
    #[serde(rename = "fileSchema")]
    file_schema: String,
    files: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    key: String,
    size: Option<u64>,
}

/// Which column of a row is what.
struct Columns {
    key: usize,
    len_bytes: usize,
    is_latest: Option<usize>,
    is_marker: Option<usize>,
}

/// Reads a manifest and all that it names.
pub(super) fn read(path: &Path, input: &mut impl Read, sorter: &mut Sorter) -> Result<(), Fault> {
    let bad = |reason: String| Fault::Manifest { path: path.to_owned(), reason };
    let mut text = Vec::new();
    let failed = |source| Fault::Read { path: path.to_owned(), source };
    input.take(MAX_MANIFEST_LEN).read_to_end(&mut text).map_err(failed)?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| bad(format!("is no manifest of S3 Inventory: {error}")))?;
    let columns = match &*manifest.file_format {
        "CSV" => Some(Columns::of(&manifest.file_schema).map_err(bad)?),
        "Parquet" => None,
        other => {
            let reason = format!("its files are {other}: set the inventory to CSV or Parquet, which are read");
            return Err(bad(reason));
        }
    };
    for part in &manifest.files {
        let file = beside(path, &part.key).map_err(bad)?;
        let len = fs::metadata(&file).map_err(|source| Fault::Read { path: file.clone(), source })?.len();
        if let Some(size) = part.size.filter(|size| *size != len) {
            return Err(bad(format!("says that {} has {size} bytes, and it has {len}", file.display())));
        }
        match &columns {
            Some(columns) => csv(&file, columns, sorter)?,
            None => parquet(&file, sorter)?,
        }
    }
    Ok(())
}

/// Rows of a Parquet file; keys stand as they are.
pub(super) fn parquet(path: &Path, sorter: &mut Sorter) -> Result<(), Fault> {
    parquet::rows(path, &mut |number, row| {
        let bad = |reason| Fault::Line { path: path.to_owned(), number, reason };
        let key = str::from_utf8(&row.key).map_err(|_| bad("the key is not UTF-8"))?;
        if key.is_empty() {
            return Err(bad("the row has no key"));
        }
        let len_bytes = row.len_bytes.map(u64::try_from).transpose().map_err(|_| bad("the length is negative"))?;
        if !is_seen(row.is_latest, row.is_marker) {
            return Ok(());
        }
        add(key, len_bytes.ok_or_else(|| bad("the row has no length"))?, sorter)
    })
}

/// Versions that were replaced, and markers of deletes, are not what a reader sees.
fn is_seen(is_latest: Option<bool>, is_marker: Option<bool>) -> bool {
    is_latest != Some(false) && is_marker != Some(true)
}

/// Consoles make "folders" of no length.
fn add(key: &str, len_bytes: u64, sorter: &mut Sorter) -> Result<(), Fault> {
    if key.ends_with('/') && len_bytes == 0 { Ok(()) } else { sorter.add(key, len_bytes) }
}

impl Columns {
    fn of(schema: &str) -> Result<Self, String> {
        let names: Vec<&str> = schema.split(',').map(str::trim).collect();
        let at = |name: &str| names.iter().position(|column| *column == name);
        let needed = |name| at(name).ok_or_else(|| format!("its files have no column {name}: {schema}"));
        Ok(Self {
            key: needed("Key")?,
            len_bytes: needed("Size")?,
            is_latest: at("IsLatest"),
            is_marker: at("IsDeleteMarker"),
        })
    }
}

/// A file that the manifest names by its key: below the folder of the manifest, or in the folder `data` beside it, as
/// the service lays them out.
fn beside(manifest: &Path, key: &str) -> Result<PathBuf, String> {
    let name = key.rsplit('/').next().unwrap_or(key);
    if name.is_empty() || name == ".." || name.contains(['\\', '\0']) {
        return Err(format!("names a file {key:?}, which is no file name"));
    }
    let folder = manifest.parent().unwrap_or(Path::new(""));
    let places = [folder.join(name), folder.join("data").join(name), folder.join("..").join("data").join(name)];
    let found = places.into_iter().find(|place| place.is_file());
    found.ok_or_else(|| format!("names {key}, and there is no {name} beside it nor in a folder data"))
}

/// Rows without a heading; keys are encoded as in URLs.
fn csv(path: &Path, columns: &Columns, sorter: &mut Sorter) -> Result<(), Fault> {
    let failed = |source| Fault::Read { path: path.to_owned(), source };
    let file = BufReader::new(File::open(path).map_err(failed)?);
    let is_packed = path.extension().is_some_and(|extension| extension == "gz");
    let input: Box<dyn Read> = if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(input);
    let mut row = csv::StringRecord::new();
    for number in 1.. {
        let more = reader.read_record(&mut row).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(source) => failed(source),
            kind => failed(io::Error::new(io::ErrorKind::InvalidData, format!("row {number}: {kind:?}"))),
        })?;
        if !more {
            return Ok(());
        }
        let bad = |reason: &'static str| Fault::Line { path: path.to_owned(), number, reason };
        let cell = |at: usize| row.get(at).ok_or_else(|| bad("the row has too few columns"));
        let flag = |at: Option<usize>| at.map(cell).transpose().map(|cell| cell.map(|text| text == "true"));
        if !is_seen(flag(columns.is_latest)?, flag(columns.is_marker)?) {
            continue;
        }
        let key = percent_decode_str(cell(columns.key)?).decode_utf8().map_err(|_| bad("the key is not UTF-8"))?;
        let len_bytes = cell(columns.len_bytes)?.parse().map_err(|_| bad("the length is no number"))?;
        add(&key, len_bytes, sorter)?;
    }
    Ok(())
}
