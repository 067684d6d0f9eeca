//! What the tests of this workspace share. A dependency of tests only: it panics where a test cannot go on.
//!
//! ```text
//! testdata/archives/*.tar.zst ──▶ fixtures    repositories that real engines wrote, and what the engines said
//! testdata/vectors.tsv        ──▶             what independent readers found in them
//! ```
//!
//! ```
//! let fixture = snaprepo_testkit::fixtures::named("opensearch-3.6.0-plain");
//! assert_eq!(fixture.vector().generation, Some(4));
//! assert!(fixture.repository().join("index-4").is_file());
//! ```

pub mod fixtures;
