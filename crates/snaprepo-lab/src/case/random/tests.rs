//! The numbers behind the content.

use super::*;

#[test]
fn the_sequence_is_splitmix64() {
    // First numbers of the published algorithm for the state 1234567.
    let mut random = Random(1_234_567);
    assert_eq!([random.next(), random.next()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
}

#[test]
fn each_place_has_its_own_numbers() {
    let first = |seed, kind, number, revision| Random::of(seed, kind, number, revision).next();
    let places =
        [first(1, "a", 1, 0), first(2, "a", 1, 0), first(1, "b", 1, 0), first(1, "a", 2, 0), first(1, "a", 1, 1)];
    let different: std::collections::BTreeSet<_> = places.iter().collect();
    assert_eq!(different.len(), places.len());
    assert_eq!(first(1, "a", 1, 0), places[0]);
}

#[test]
fn samples_have_no_repetition() {
    let mut sample = Random::of(1, "sample", 0, 0).some_of(&[1, 2, 3, 4, 5], 4);
    sample.sort_unstable();
    sample.dedup();
    assert_eq!(sample.len(), 4);
    assert_eq!(Random::of(1, "sample", 0, 0).some_of(&[7], 3), [7]);
    assert!((3..=5).contains(&Random::of(1, "n", 0, 0).between(3, 5)));
    Random::of(1, "n", 0, 0).between(0, u64::MAX);
}
