//! What the tests of this workspace share. A dependency of tests only: it panics where a test cannot go on.
//!
//! ```text
//! testdata/archives/*.tar.zst ──▶ fixtures    repositories that real engines wrote, and what the engines said
//! testdata/vectors.tsv        ──▶             what independent readers found in them
//! a fixture's copy            ──▶ damage      one defect, named: in one blob, or between two that disagree
//! a store                     ──▶ doubles     the same store, refusing, changing or counting
//! a store in memory           ──▶ dying       the same, stopped or refusing at a chosen effect
//! any store                   ──▶ discarding  the same store, which takes writes and only counts them
//! any store                   ──▶ contract    what every store has to do, as one suite; memory keeps it
//! a folder                    ──▶ bucket      an S3 on loopback that answers well, or as badly as a test likes; server is under it
//! a repository                ──▶ rewrite     the same repository, every document decoded and encoded by us
//! a seed                      ──▶ scale       synthetic repositories of any size
//! ```
//!
//! ```
//! let fixture = snaprepo_testkit::fixtures::named("opensearch-3.6.0-plain");
//! assert_eq!(fixture.vector().generation, Some(4));
//! assert!(fixture.repository().join("index-4").is_file());
//! ```

pub mod blobs;
pub mod bucket;
pub mod contract;
pub mod damage;
pub mod discarding;
pub mod doubles;
pub mod dying;
pub mod fixtures;
pub mod ids;
pub mod memory;
pub mod rewrite;
pub mod scale;
pub mod server;
