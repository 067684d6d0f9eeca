//! Changing a repository: the one part of this program that writes to one (`docs/safety.md`).
//!
//! ```text
//! repository ─▶ delete, gc, repair ─▶ Plan: what is written, what is published, what is deleted; or why not (Refusal)
//! Plan ─▶ apply ─▶ new shard tables ─▶ root, if there is none of its number ─▶ index.latest ─▶ deletes
//!            │
//!         Journal: the plan, the old root, and how far it came ─▶ apply again, or undo
//! ```
//! Every step leaves a repository that is whole: before the root is written nothing refers to what was written, and
//! after it nothing refers to what is deleted. A step that was done is done again without harm, so whoever was stopped
//! goes on by starting over.

mod apply;
mod delete;
mod fence;
mod gc;
mod journal;
mod plan;
mod publish;
mod quarantine;
mod repair;
mod root_folder;
mod shard;
mod spool;
mod survey;
mod undo;

pub use apply::{Applied, Means, Stage, apply, check};
pub use delete::{Fate, Planned, Request, delete};
pub use fence::{Damaged, Fences, Override, Refusal, Why};
pub use gc::{Collect, Collected, Tally, gc};
pub use journal::{Former, Journal, JournalError, QuarantinePlace, Reached};
pub use plan::{Head, How, Identity, Plan, PlanError, Removed, Table};
pub use publish::{ChangeError, Exclusive};
pub use quarantine::Quarantine;
pub use repair::{Mend, Mended, Part, Rebuild, Rebuilt, Recovered, Repair, rebuild, repair};
pub use undo::{Undone, undo};
