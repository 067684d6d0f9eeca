//! Defects, named. [`Damage`] is in the bytes of one blob, whatever it means; [`Disagreement`] is between blobs that
//! are each whole. Both change a copy of a fixture.

mod bytes;
mod disagreement;
mod edit;
mod next;
mod place;

pub use bytes::{Damage, Damaged, Where};
pub use disagreement::{Disagreement, Named};
pub use edit::{Editor, Shard};
pub use next::delete_snapshot;
pub use place::{Place, Target};
