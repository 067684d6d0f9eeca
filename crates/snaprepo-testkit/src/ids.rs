//! Identities that are the same in every run, and no two alike.

use snaprepo_format::Uuid;

/// One after the other.
pub fn new() -> impl FnMut() -> Uuid {
    let mut number = 0_u128;
    move || {
        number += 1;
        Uuid::random(number.to_be_bytes())
    }
}
