//! Decides: opens a snapshot repository at one generation, selects, measures and verifies. No printing, no clock, no
//! environment, no async.
//!
//! ```text
//! ReadStore ─▶ repository ─▶ select ─▶ list · find · show · status · ls · compat
//!              (one root)             verify ─▶ findings, verdicts
//! ```
//! A *finding* is what is broken in the repository; an *error* is what we could not do. Reading a damaged repository
//! is a success that reports damage.

mod adler;
pub mod blob;
pub mod cat;
pub mod change;
pub mod chronology;
pub mod compat;
pub mod diff;
pub mod discover;
pub mod documents;
pub mod event;
mod folder;
mod hands;
mod legacy;
mod open_error;
pub mod repository;
pub mod retention;
mod scan;
pub mod select;
mod shard;
pub mod status;
mod tree;
mod unlisted;
pub mod usage;
pub mod verify;

pub use blob::{BlobError, Problem, Unread};
pub use event::{Event, NoObserver, Observer, Phase};
pub use open_error::OpenError;
pub use repository::Repository;
pub use scan::RootScan;
