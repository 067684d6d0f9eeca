//! Bytes to values, and where each byte was.
//!
//! This crate knows how a metadata blob of a snapshot repository is packed, not what it means:
//!
//! ```text
//! blob  =  header (magic, codec name, version) · body · footer (magic, algorithm, CRC-32)     envelope
//! body  =  SMILE  |  "DFL\0" + raw deflate of SMILE  |  "ZSTD\0" + zstd of SMILE              compression
//! ```
//!
//! It is pure: no files, no threads, no clock, no logging. Every input is taken as hostile: nothing here panics,
//! loops without end, or allocates more than a stated multiple of its input.
//!
//! ```
//! use snaprepo_codec::{envelope, smile, value::Value};
//!
//! let document = Value::object([("name", Value::from("snap-1"))]);
//! let blob = envelope::wrap("snapshot", &smile::to_vec(&document));
//! let open = envelope::open(&blob, "snapshot")?;
//! assert_eq!(smile::from_slice::<Value>(open.body)?, document);
//! # Ok::<(), snaprepo_codec::Fault>(())
//! ```

pub mod base36;
pub mod compression;
pub mod crc;
pub mod cursor;
pub mod envelope;
mod fault;
pub mod lzf;
mod path;
pub mod smile;
pub mod value;

pub use fault::{Fault, FaultKind};
pub use path::{BlobPath, PathFault};
