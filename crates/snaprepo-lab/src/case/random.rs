//! Numbers that look random and depend on nothing but the seed and a place, so that no step of a story can shift what
//! another one writes. SplitMix64; for content only.

/// A running sequence.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The sequence of one thing: the same seed, kind, number and revision always give the same one.
    pub(crate) fn of(seed: u64, kind: &str, number: u64, revision: u64) -> Self {
        let of_kind = kind.bytes().fold(mix(seed), |state, byte| mix(state ^ u64::from(byte)));
        Self(mix(mix(of_kind ^ mix(number)) ^ mix(revision)))
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        finish(self.0)
    }

    /// A number from `low` to `high`, both included. `low` must not be greater.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        match (high - low).checked_add(1) {
            Some(n) => low + self.next() % n,
            None => self.next(),
        }
    }

    /// Whether something happens that happens once in `n` times. `n` must not be 0.
    pub(crate) fn once_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }

    /// One of several; there must be one.
    pub(crate) fn pick<'a, T>(&mut self, choice: &'a [T]) -> &'a T {
        &choice[self.below(choice.len())]
    }

    /// `n` different ones of `choice`, or all if it has fewer, in an order of their own.
    pub(crate) fn some_of(&mut self, choice: &[u64], n: usize) -> Vec<u64> {
        let mut left = choice.to_vec();
        (0..n.min(choice.len())).map(|_| left.swap_remove(self.below(left.len()))).collect()
    }

    fn below(&mut self, n: usize) -> usize {
        let high = usize::try_from(self.next() >> 33).expect("31 bits fit everywhere");
        high % n
    }
}

fn mix(number: u64) -> u64 {
    finish(number.wrapping_add(0x9e37_79b9_7f4a_7c15))
}

fn finish(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[cfg(test)]
mod tests;
