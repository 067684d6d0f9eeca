//! Adler-32: the checksum that Elasticsearch 1 recorded for files of Lucene before 4.8, over the whole file.

/// A running Adler-32.
pub(crate) struct Adler32 {
    low: u32,
    high: u32,
}

/// Largest prime below 2^16.
const MODULUS: u32 = 65_521;
/// Bytes that can be added before the sums could overflow 32 bits.
const RUN: usize = 5_552;

impl Adler32 {
    pub(crate) fn new() -> Self {
        Self { low: 1, high: 0 }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for run in bytes.chunks(RUN) {
            for byte in run {
                self.low += u32::from(*byte);
                self.high += self.low;
            }
            self.low %= MODULUS;
            self.high %= MODULUS;
        }
    }

    pub(crate) fn value(&self) -> u32 {
        self.high << 16 | self.low
    }
}

#[cfg(test)]
mod tests {
    use super::Adler32;

    #[test]
    fn known_value() {
        let mut adler = Adler32::new();
        adler.update(b"Wikipedia");
        assert_eq!(adler.value(), 0x11E6_0398);
    }
}
