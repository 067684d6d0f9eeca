//! SMILE, the binary JSON inside metadata blobs (`docs/format.md`, *SMILE*).
//!
//! The reader is a serde `Deserializer`, so that blobs are read straight into their types (and the JSON of
//! Elasticsearch 1.x into the same types). The writer takes a [`Value`](crate::value::Value) and reproduces what the
//! engines write byte for byte.

mod read;
mod write;

pub use read::from_slice;
pub use write::to_vec;

/// First three bytes of every document: `:)\n`.
pub const MARK: &[u8] = b":)\n";
/// The header byte that the engines write: version 0, shared names, no shared values, raw binary.
const FLAGS: u8 = 0x05;
/// Flag: names are shared by back reference.
const SHARED_NAMES: u8 = 0x01;
/// Flag: short strings are shared by back reference.
const SHARED_VALUES: u8 = 0x02;
/// Slots in a table of shared names or strings; when all are used, the table starts again.
const MAX_SHARED: usize = 1024;
/// Longest shared string value, in bytes. Names are shared at any length.
const MAX_SHARED_LEN: usize = 64;
/// Deepest nesting that is followed. Mappings nest to 20 levels by default, two levels of document for each.
pub const MAX_DEPTH: usize = 256;

#[cfg(test)]
mod tests;
