//! Which crate may name which dependency from outside, and why we have it at all. A dependency that is not in the table
//! is an error, so that a new one is a decision somebody wrote down.

use super::{Problem, manifest, tree::TextFile};
use crate::workspace::{Dependency, DependencyKind, DependencyOrigin, Member};

/// Who may name a dependency.
enum Who {
    /// Every crate.
    Anyone,
    /// Every crate, for its tests; and the crates that are only tests.
    Tests,
    /// These crates.
    Only(&'static [&'static str]),
}

use Who::{Anyone, Only, Tests};

const CLI: &str = "snaprepo";
const CLOUD: &str = "snaprepo-cloud";
const CODEC: &str = "snaprepo-codec";
const CORE: &str = "snaprepo-core";
const FORMAT: &str = "snaprepo-format";
const INVENTORY: &str = "snaprepo-inventory";
const LAB: &str = "snaprepo-lab";
const STORE: &str = "snaprepo-store";
const TESTKIT: &str = "snaprepo-testkit";
const TESTS: &str = "snaprepo-tests";
const XTASK: &str = "xtask";

/// The crates that never ship: what others may use in tests only, they may use as they like.
const NEVER_SHIPPED: [&str; 4] = [LAB, TESTKIT, TESTS, XTASK];

const TABLE: &[(&str, Who, &str)] = &[
    ("async-trait", Only(&[CLOUD]), "the traits of object_store for HTTP and credentials"),
    ("aws-config", Only(&[CLOUD]), "credentials of AWS, as its own tools find them"),
    ("aws-credential-types", Only(&[CLOUD]), "the types of aws-config"),
    ("aws-runtime", Only(&[CLOUD]), "the files of aws-config"),
    ("aws-smithy-runtime-api", Only(&[CLOUD]), "lets aws-config use our HTTP client"),
    ("aws-smithy-types", Only(&[CLOUD]), "lets aws-config use our HTTP client"),
    ("aws-types", Only(&[CLOUD]), "an environment of their own for tests of aws-config"),
    ("base64", Only(&[CLOUD, FORMAT, LAB]), "uuids are base64 in blob names; passwords are in HTTP headers"),
    ("bytes", Only(&[CLOUD, INVENTORY]), "pieces of answers, as the HTTP client has them; pages of inventories"),
    ("chrono", Only(&[CLOUD]), "instants in listings and headers, as object_store has them"),
    ("clap", Only(&[CLI, XTASK]), "the command line"),
    ("clap_complete", Only(&[CLI]), "shell completions"),
    ("clap_mangen", Only(&[CLI, XTASK]), "the manual pages"),
    ("crc-fast", Only(&[XTASK]), "what crc32fast is measured against"),
    ("crc32fast", Only(&[CODEC]), "the checksum of every file, at the speed of memory"),
    ("csv", Only(&[INVENTORY]), "inventories of buckets"),
    ("ctrlc", Only(&[CLI, XTASK]), "stop at a safe point"),
    ("fastrand", Only(&[CLOUD]), "spreads retries; names of scratch blobs"),
    (
        "flate2",
        Only(&[CODEC, INVENTORY, TESTS]),
        "bodies are deflated, byte for byte as zlib does; inventories are packed",
    ),
    ("foldhash", Only(&[CORE, FORMAT]), "the hasher of large tables of random names"),
    ("futures-util", Only(&[CLOUD]), "streams of object_store"),
    ("hashbrown", Only(&[CORE, FORMAT]), "tables that are searched by a borrowed key"),
    ("http", Only(&[CLOUD]), "requests of object_store"),
    ("indicatif", Only(&[CLI]), "progress on a terminal"),
    ("insta", Tests, "long expectations as files"),
    ("jiff", Only(&[CLI, LAB, XTASK]), "instants for people, and in signatures"),
    ("jsonschema", Tests, "our JSON holds its schema"),
    ("memchr", Only(&[CODEC]), "finds bytes in bodies"),
    ("mimalloc", Only(&[CLI, XTASK]), "gives memory back that many threads have used: half the peak of large tables"),
    ("object_store", Only(&[CLOUD]), "the HTTP client, signatures, credentials and bulk deletes of S3, GCS and Azure"),
    ("percent-encoding", Only(&[CLOUD, INVENTORY]), "keys in URLs, and in inventories"),
    ("proptest", Tests, "round trips"),
    ("quick-xml", Only(&[CLOUD]), "listings"),
    ("rayon", Only(&[CORE, TESTKIT]), "computing on all processors; builds synthetic repositories"),
    ("reqwest", Only(&[CLOUD]), "chooses the TLS of the HTTP client"),
    ("rustix", Only(&[LAB, STORE, XTASK]), "file calls that the standard library lacks"),
    ("rustls", Only(&[CLOUD]), "the TLS itself; tells a bad certificate from a bad network"),
    ("schemars", Only(&[CLI]), "the schema of our JSON"),
    (
        "serde",
        Only(&[CLI, CODEC, CORE, FORMAT, INVENTORY, LAB, TESTKIT, TESTS, XTASK]),
        "types on disk, our JSON, plans and journals; none of the domain",
    ),
    ("serde-smile", Tests, "a second opinion on SMILE"),
    (
        "serde_json",
        Only(&[CLI, CLOUD, CODEC, CORE, FORMAT, INVENTORY, LAB, TESTKIT, TESTS, XTASK]),
        "roots, our JSON, plans and journals",
    ),
    ("sha2", Only(&[CLI, LAB, TESTS]), "a fetched engine is the one we know, and so are the data of a report"),
    ("snap", Only(&[INVENTORY]), "pages of inventories in Parquet"),
    ("tar", Tests, "unpacks repositories written by real engines"),
    (
        "tempfile",
        Only(&[CLI, CLOUD, CORE, INVENTORY, LAB, STORE, TESTKIT, TESTS, XTASK]),
        "spooling, and writes that are renamed into place",
    ),
    ("terminal_size", Only(&[CLI]), "tables as wide as the terminal"),
    ("thiserror", Anyone, "one error type per crate"),
    ("tokio", Only(&[CLOUD]), "the runtime under object_store"),
    ("toml", Only(&[CLI]), "the configuration file"),
    ("unicode-width", Only(&[CLI]), "tables with names in any script"),
    ("ureq", Only(&[LAB]), "requests to engines on loopback"),
    ("url", Only(&[CLOUD]), "endpoints"),
    ("walkdir", Only(&[LAB, STORE]), "lists a local repository, or what a node wrote"),
    ("zip", Only(&[LAB]), "unpacks engines and JDKs"),
    ("zlib-rs", Only(&[CODEC]), "inflates bodies in half the time of zlib"),
    (
        "zstd",
        Only(&[CODEC, INVENTORY, TESTKIT, XTASK]),
        "bodies of OpenSearch; packed test repositories and inventories",
    ),
];

/// Every dependency from outside is in the table, and only where the table says.
pub(super) fn check(members: &[Member], files: &[TextFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in members {
        let outer = member.dependencies.iter().filter(|dependency| dependency.origin == DependencyOrigin::External);
        for dependency in outer {
            let entry = TABLE.iter().find(|(name, ..)| *name == dependency.name);
            let refusal = match entry {
                None => "is new: add it to the table in xtask/src/tidy/dependencies.rs with a reason".to_owned(),
                Some((_, who, _)) if who.includes(member, dependency) => continue,
                Some((_, who, _)) => format!("may be named only {}, not by {}", who.words(), member.name),
            };
            let line = manifest::line_of(files, &member.manifest, &dependency.name);
            problems.push(Problem::new(&member.manifest, line, format!("dependency {} {refusal}", dependency.name)));
        }
    }
    problems
}

impl Who {
    fn includes(&self, member: &Member, dependency: &Dependency) -> bool {
        match self {
            Anyone => true,
            Tests => dependency.kind == DependencyKind::Dev || NEVER_SHIPPED.contains(&member.name.as_str()),
            Only(names) => names.contains(&member.name.as_str()),
        }
    }

    fn words(&self) -> String {
        match self {
            Anyone => "by anyone".to_owned(),
            Tests => "as a dev-dependency".to_owned(),
            Only(names) => format!("by {}", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests;
