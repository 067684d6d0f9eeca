//! Is the repository intact? Findings, and a verdict per snapshot and per index.
//!
//! ```text
//! roots ─▶ snapshot blobs ─▶ index metadata ─▶ shard folders, one at a time:   listing ⋈ tables ⋈ shard snapshots
//!                                                    └▶ files: footer or content
//!        ─▶ what nothing refers to ─▶ generation again ─▶ verdicts
//! ```
//! Each depth contains the one before. Memory holds one folder per thread, whatever the size of the repository.

pub(crate) mod collect;
mod commit;
mod file;
mod files;
mod finding;
pub(crate) mod indices;
mod options;
mod order;
mod recheck;
mod report;
mod root;
mod run;
mod shard;
mod snapshots;
mod table;
pub(crate) mod unreferenced;
mod verdicts;

pub use finding::{Finding, FindingKind, Severity};
pub use options::{Depth, Options, Sample, Scope};
pub use recheck::{Verified, verify};
pub use report::{
    Cause, ClassTally, Outcome, PairVerdict, ReadFailure, Report, SnapshotVerdict, Tally, Unopened, Verdict,
};
pub use unreferenced::Class;
