//! Names and lengths in order, on disk.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write},
    sync::{Mutex, PoisonError},
};

use super::Fault;

/// Bytes of names that are sorted in memory at once.
const RUN_LEN: usize = 64 << 20;
/// Runs that are merged at once: each is an open file with a buffer.
const MAX_RUNS: usize = 64;
/// Every so many entries, the position of one is kept in memory: 16 bytes and a name for each.
const SPARSE: u64 = 1_024;

/// Takes names in any order.
#[derive(Default)]
pub(super) struct Sorter {
    run: Vec<(Box<str>, u64)>,
    run_len: usize,
    runs: Vec<File>,
}

/// A listing in the order of its names. Duplicates are refused.
#[derive(Debug)]
pub struct Sorted {
    /// The lock protects the position in the file.
    file: Mutex<File>,
    /// Names, and where they stand in the file.
    sparse: Vec<(Box<str>, u64)>,
    n_entries: u64,
    bytes: u64,
}

impl Sorter {
    pub(super) fn add(&mut self, key: &str, len_bytes: u64) -> Result<(), Fault> {
        self.run.push((key.into(), len_bytes));
        self.run_len += key.len() + size_of::<(Box<str>, u64)>();
        if self.run_len >= RUN_LEN { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<(), Fault> {
        self.run.sort_unstable();
        let mut out = BufWriter::new(tempfile::tempfile()?);
        for (key, len_bytes) in self.run.drain(..) {
            write_entry(&mut out, &key, len_bytes)?;
        }
        self.run_len = 0;
        self.runs.push(rewound(out)?);
        if self.runs.len() == MAX_RUNS {
            let runs = std::mem::take(&mut self.runs);
            let mut out = BufWriter::new(tempfile::tempfile()?);
            merge(runs, &mut |key, len_bytes| Ok(write_entry(&mut out, key, len_bytes).map(drop)?))?;
            self.runs.push(rewound(out)?);
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Sorted, Fault> {
        self.spill()?;
        let mut out = BufWriter::new(tempfile::tempfile()?);
        let (mut sparse, mut at, mut n_entries, mut bytes) = (Vec::new(), 0_u64, 0_u64, 0_u64);
        let mut last: Option<Box<str>> = None;
        merge(self.runs, &mut |key, len_bytes| {
            if last.as_deref() == Some(key) {
                return Err(Fault::Twice { key: key.to_owned() });
            }
            if n_entries.is_multiple_of(SPARSE) {
                sparse.push((key.into(), at));
            }
            at += write_entry(&mut out, key, len_bytes)?;
            n_entries += 1;
            bytes = bytes.saturating_add(len_bytes);
            last = Some(key.into());
            Ok(())
        })?;
        Ok(Sorted { file: Mutex::new(rewound(out)?), sparse, n_entries, bytes })
    }
}

/// Runs as one, in order.
fn merge(runs: Vec<File>, each: &mut dyn FnMut(&str, u64) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut inputs: Vec<BufReader<File>> = runs.into_iter().map(BufReader::new).collect();
    let mut heap = BinaryHeap::new();
    for (at, input) in inputs.iter_mut().enumerate() {
        heap.extend(read_entry(input)?.map(|(key, len_bytes)| Reverse((key, len_bytes, at))));
    }
    while let Some(Reverse((key, len_bytes, at))) = heap.pop() {
        each(&key, len_bytes)?;
        heap.extend(read_entry(&mut inputs[at])?.map(|(key, len_bytes)| Reverse((key, len_bytes, at))));
    }
    Ok(())
}

fn rewound(out: BufWriter<File>) -> io::Result<File> {
    let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// Length of the name, name, length of the blob; how many bytes that are.
fn write_entry(out: &mut impl Write, key: &str, len_bytes: u64) -> io::Result<u64> {
    let key_len = u32::try_from(key.len()).map_err(|_| io::Error::other("a name of gigabytes"))?;
    out.write_all(&key_len.to_le_bytes())?;
    out.write_all(key.as_bytes())?;
    out.write_all(&len_bytes.to_le_bytes())?;
    Ok(u64::from(key_len) + 12)
}

fn read_entry(input: &mut impl Read) -> io::Result<Option<(Box<str>, u64)>> {
    let mut number = [0; 4];
    match input.read_exact(&mut number) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut key = vec![0; usize::try_from(u32::from_le_bytes(number)).unwrap_or(0)];
    input.read_exact(&mut key)?;
    let mut number = [0; 8];
    input.read_exact(&mut number)?;
    let key = String::from_utf8(key).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok(Some((key.into(), u64::from_le_bytes(number))))
}

impl Sorted {
    /// How many blobs it has.
    #[must_use]
    pub fn n_entries(&self) -> u64 {
        self.n_entries
    }

    /// Their lengths, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Shows what begins with `prefix`, in order. `visit` says what comes next: the following entry, the first one from a
    /// name on, or none.
    pub(super) fn from(&self, prefix: &str, visit: &mut dyn FnMut(&str, u64) -> Next) -> io::Result<()> {
        let mut from: Box<str> = prefix.into();
        let mut input = self.reader(self.sparse_before(&from));
        while let Some((key, len_bytes)) = read_entry(&mut input)? {
            if *key < *from {
                continue;
            }
            if !key.starts_with(prefix) {
                break;
            }
            match visit(&key, len_bytes) {
                Next::Follows => {}
                Next::From(name) => {
                    from = name;
                    // What lies near is reached by reading on, what lies behind the next known position by a jump.
                    let known = self.sparse_before(&from);
                    if self.sparse.get(known).is_some_and(|(known, _)| **known > *key) {
                        input = self.reader(known);
                    }
                }
                Next::Nothing => break,
            }
        }
        Ok(())
    }

    /// The last known position that is not behind a name.
    fn sparse_before(&self, name: &str) -> usize {
        self.sparse.partition_point(|(key, _)| **key <= *name).saturating_sub(1)
    }

    fn reader(&self, sparse_at: usize) -> BufReader<Positioned<'_>> {
        let at = self.sparse.get(sparse_at).map_or(0, |(_, at)| *at);
        BufReader::new(Positioned { file: &self.file, at })
    }
}

/// What to show next.
pub(super) enum Next {
    Follows,
    /// The first entry that is not before this name.
    From(Box<str>),
    Nothing,
}

/// Reads a file that several readers share.
struct Positioned<'f> {
    file: &'f Mutex<File>,
    at: u64,
}

impl Read for Positioned<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let n = file.read(buffer)?;
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
