//! Where blobs live: one reading and one writing interface, and the stores behind them.
//!
//! ```text
//! Location ──▶ open ──▶ ReadStore      list a folder, read a blob, a range, or a stream
//!                       WriteStore     create if absent, replace, delete
//! ```
//! Callers see blocking calls; waiting work is spread over a [`Pool`] of plain threads. Only this crate knows about
//! file systems (and, later, about object stores and async).

mod cache;
mod cancel;
mod error;
mod local;
mod location;
mod meter;
mod pool;
mod read;
mod remote;
mod write;

pub use cache::{Cache, Cached, Keeps, MAX_CACHE_LEN, MAX_CACHED_BLOB_LEN};
pub use cancel::Cancel;
pub use error::{StoreError, StoreErrorKind};
pub use local::LocalStore;
pub use location::{Location, LocationFault};
pub use meter::{Meter, Metered, Requests};
pub use pool::Pool;
pub use read::{
    BlobStat, Entry, FolderReader, Listed, MAX_BLOB_IN_MEMORY, OddEntry, ReadStore, STREAM_BUFFER_LEN, Streamed,
};
pub use remote::RemoteErrorKind;
pub use write::{Upload, Version, WriteStore};
