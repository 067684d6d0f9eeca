//! Lines on disk: what is deleted may be ten million blobs, and is never held in memory.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write},
};

/// Longest line of a plan or journal. The first one names every snapshot that goes.
pub(super) const MAX_LINE_LEN: u64 = 256 << 20;

/// Lines that are being written to a temporary file.
pub(super) struct Writer(BufWriter<File>);

/// Lines that were written, to be read any number of times.
#[derive(Debug)]
pub(super) struct Spool(File);

impl Writer {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(BufWriter::new(tempfile::tempfile()?)))
    }

    pub(super) fn line(&mut self, line: &[u8]) -> io::Result<()> {
        self.0.write_all(line)?;
        self.0.write_all(b"\n")
    }

    /// Bytes that may be any part of lines.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    pub(super) fn finish(self) -> io::Result<Spool> {
        Ok(Spool(self.0.into_inner().map_err(io::IntoInnerError::into_error)?))
    }
}

impl Spool {
    /// The lines, from the first one on. Only one reader at a time: they share a position.
    pub(super) fn read(&self) -> io::Result<BufReader<&File>> {
        (&self.0).seek(SeekFrom::Start(0))?;
        Ok(BufReader::new(&self.0))
    }
}

/// The next line, without its end; `false` at the end of the input.
pub(super) fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let read = input.by_ref().take(MAX_LINE_LEN).read_until(b'\n', line)?;
    if line.pop_if(|last| *last == b'\n').is_none() && read > 0 {
        // A line that was cut off, or that no program of ours writes.
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "its last line is cut off"));
    }
    Ok(read > 0)
}
