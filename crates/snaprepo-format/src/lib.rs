//! The blobs of a snapshot repository: their names, their bodies, and how the releases differ.
//!
//! ```text
//! <base>/index-N                          root               the one truth: snapshots × indices
//! <base>/index.latest                     latest             a hint at N
//! <base>/snap-<uuid>.dat                  snapshot_info      one per snapshot
//! <base>/meta-<uuid>.dat                  (a Value)          cluster state
//! <base>/indices/<id>/meta-<…>.dat        index_metadata     settings, mappings; the number of shards
//! <shard folder>/index-<gen>              shard_generation   files of all snapshots of the shard
//! <shard folder>/snap-<uuid>.dat          shard_snapshot     files of one snapshot
//! <shard folder>/__<name>[.part<i>]       names              pieces of Lucene files
//! ```
//! Pure: bytes in, values out. The types here are the domain's; the shapes on disk are private to each module.

mod direct;
pub mod engine;
mod file;
pub mod global_metadata;
mod ids;
pub mod incompatible;
pub mod index_metadata;
pub mod latest;
pub mod names;
pub mod root;
pub mod shard_generation;
pub mod shard_paths;
pub mod shard_snapshot;
mod short;
pub mod snapshot_info;
mod wrapped;

pub use file::{FileInfo, Parts};
pub use ids::{DataName, FileName, Uuid, time_of_metadata_blob};
pub use short::{ShortBytes, ShortText};
pub use wrapped::{Document, Kind, document, encode, json_document, read};
