//! Bounds what large documents take in memory while they are taken apart and put together: by the bytes of their blobs,
//! of which a document is many times as large.

use std::sync::{Condvar, Mutex, PoisonError};

/// Bytes of blobs, as they lie in the store, that are worked on at once; one that is longer is worked on alone. The table
/// of a shard in 20,000 snapshots has 6 MB; it takes 200 MB to be read and compared, and 300 MB to be written anew.
const MAX_BYTES_IN_HAND: u64 = 12 << 20;

/// What is worked on.
#[derive(Debug, Default)]
pub(crate) struct Hands {
    bytes: Mutex<u64>,
    given_back: Condvar,
}

/// Bytes that are worked on until this is dropped.
#[must_use]
pub(crate) struct InHand<'h> {
    hands: &'h Hands,
    bytes: u64,
}

impl Hands {
    /// Waits until there is room for so many bytes, or nothing else is worked on.
    pub(crate) fn take(&self, bytes: u64) -> InHand<'_> {
        let mut in_hand = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        while *in_hand > 0 && in_hand.saturating_add(bytes) > MAX_BYTES_IN_HAND {
            in_hand = self.given_back.wait(in_hand).unwrap_or_else(PoisonError::into_inner);
        }
        *in_hand = in_hand.saturating_add(bytes);
        InHand { hands: self, bytes }
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        let mut in_hand = self.hands.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *in_hand = in_hand.saturating_sub(self.bytes);
        drop(in_hand);
        self.hands.given_back.notify_all();
    }
}
