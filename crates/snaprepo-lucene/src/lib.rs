//! The Lucene files of one shard, as far as a repository audit needs them: the commit (`segments_N`) and the segment
//! infos (`.si`). Pure: bytes in, values out.
//!
//! ```text
//! segments_N ── names ──▶ segments ── each has ──▶ _x.si ── names ──▶ the files of the segment
//! ```

mod commit;
mod segment_info;

pub use commit::{Commit, SegmentCommit, commit_generation, is_commit_file, shard_state_id};
pub use segment_info::SegmentInfo;
