//! What happens while long work runs: amounts, no words. Dropping all events changes no result.

/// A stage of long work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading the blobs of snapshots.
    Snapshots,
    /// Reading index metadata.
    Indices,
    /// Reading shard folders, and checking files.
    Shards,
    /// Looking for blobs that nothing refers to.
    Unreferenced,
    /// Copying blobs that are deleted afterwards.
    Quarantine,
    /// Writing shard tables.
    Tables,
    /// Deleting blobs.
    Deletes,
}

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A stage begins; `total` items will be reported.
    Begin {
        /// The stage.
        phase: Phase,
        /// Its items.
        total: u64,
    },
    /// An item of the stage is finished.
    Advance,
    /// Files were checked.
    Files {
        /// How many.
        n_files: u64,
        /// Bytes read for them.
        bytes: u64,
    },
    /// A finding was made.
    Finding,
}

/// Whoever wants to know.
pub trait Observer: Sync {
    /// Takes note.
    fn event(&self, event: Event);
}

/// Nobody.
pub struct NoObserver;

impl Observer for NoObserver {
    fn event(&self, _: Event) {}
}
