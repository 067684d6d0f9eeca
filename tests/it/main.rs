//! One test program for the whole workspace; a module per promise.

// `cfg(test)` tells the lints that a helper of a test may unwrap, too.
#[cfg(test)]
mod buckets;
#[cfg(test)]
mod cache;
#[cfg(test)]
mod change;
#[cfg(test)]
mod cluster_shapes;
#[cfg(test)]
mod concurrent;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod damaged_by_older_node;
#[cfg(test)]
mod deleting;
#[cfg(test)]
mod diff;
#[cfg(test)]
mod discover;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod du;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod healthy;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod inventory;
#[cfg(test)]
mod listings;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod one_listing;
#[cfg(test)]
mod program;
#[cfg(test)]
mod reencode;
#[cfg(test)]
mod report;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod unlisted;
