//! Numbers that look random and depend on nothing but the seed and a place: threads may ask in any order.

use snaprepo_format::Uuid;

/// Where the numbers of one thing come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seed(u64);

impl Seed {
    pub(super) fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// The seed of a part: the same kind and number always give the same one.
    pub(super) fn part(self, kind: &str, number: u64) -> Self {
        let of_kind = kind.bytes().fold(self.0, |hash, byte| mix(hash ^ u64::from(byte)));
        Self(mix(of_kind ^ mix(number)))
    }

    pub(super) fn numbers(self) -> Numbers {
        // Zero is the one state that xorshift never leaves.
        Numbers(self.0 | 1)
    }

    /// A random identity, of version 4 as all of the engines'.
    pub(super) fn uuid(self) -> Uuid {
        let mut bytes = [0; 16];
        self.numbers().fill(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Uuid::from_bytes(bytes)
    }
}

/// A running sequence: xorshift, because files of gigabytes are filled from it.
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn fill(&mut self, bytes: &mut [u8]) {
        let (words, rest) = bytes.as_chunks_mut::<8>();
        for word in words {
            *word = self.next().to_le_bytes();
        }
        let last = self.next().to_le_bytes();
        rest.iter_mut().zip(last).for_each(|(byte, random)| *byte = random);
    }
}

/// The finisher of splitmix64.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}
