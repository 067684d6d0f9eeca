//! CRC-32 (zlib, IEEE 802.3), with the processor's own instructions.

/// A running CRC-32.
///
/// `crc-fast` was chosen over `crc32fast` by measurement: it uses the 512-bit carry-less multiplication where the
/// processor has it (`cargo xtask bench crc` prints both).
pub struct Crc32(crc_fast::Digest);

impl Crc32 {
    /// Starts with no bytes.
    #[must_use]
    pub fn new() -> Self {
        Self(crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32IsoHdlc))
    }

    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.0.update(bytes);
        }
    }

    /// The CRC-32 of all bytes so far.
    #[must_use]
    pub fn value(&self) -> u32 {
        u32::try_from(self.0.finalize()).unwrap_or(u32::MAX)
    }
}

impl Default for Crc32 {
    fn default() -> Self {
        Self::new()
    }
}

/// The CRC-32 of some bytes.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc32::new();
    crc.update(bytes);
    crc.value()
}
