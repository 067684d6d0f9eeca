//! `index.latest`: eight bytes, a hint at the newest generation (`docs/format.md`, *Root generation*).

use snaprepo_codec::{Fault, FaultKind};

/// Reads the generation.
///
/// # Errors
/// When the blob is not eight bytes, or the number is negative.
pub fn parse(blob: &[u8]) -> Result<u64, Fault> {
    if blob.is_empty() {
        return Err(Fault::new(0, FaultKind::Empty));
    }
    let len = blob.len() as u64;
    let bytes = blob.get(..8).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(|| Fault::new(len, FaultKind::Truncated { needed: 8 - len.min(8), available: 0 }))?;
    if len > 8 {
        return Err(Fault::new(8, FaultKind::TrailingBytes(len - 8)));
    }
    u64::try_from(i64::from_be_bytes(bytes))
        .map_err(|_| Fault::new(0, FaultKind::Document("a negative generation".to_owned())))
}

/// Writes a generation.
#[must_use]
pub fn encode(generation: u64) -> [u8; 8] {
    generation.to_be_bytes()
}
