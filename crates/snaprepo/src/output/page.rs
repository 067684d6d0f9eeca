//! The answer of a verb in all its voices, and the envelope of its JSON.

use schemars::JsonSchema;
use serde::Serialize;
use snaprepo_core::Repository;
use snaprepo_store::Requests;

/// What stands around every JSON answer (`docs/json.md`).
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Envelope<'a, B> {
    /// The program.
    pub snaprepo: Program,
    /// The repository; missing when it could not be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryFacts>,
    /// The answer in one word: `good`, `bad`, `partly`, `interrupted`; for `verify`: `pass`, `fail`, `inconclusive`, `interrupted`.
    pub result: &'a str,
    /// The verb's own part.
    #[serde(flatten)]
    pub body: B,
    /// What was asked of the store.
    pub requests: RequestCounts,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

/// The program that answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Program {
    /// Its version.
    pub version: &'static str,
    /// The verb.
    pub command: &'static str,
}

impl Program {
    /// This program, running a verb.
    #[must_use]
    pub(crate) fn running(command: &'static str) -> Self {
        Self { version: env!("CARGO_PKG_VERSION"), command }
    }
}

/// The repository that was opened.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct RepositoryFacts {
    /// The location as it was given.
    pub location: String,
    /// Root generation; missing before Elasticsearch 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Identity of the repository (Elasticsearch 7.12 and later).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Product that wrote it: `Elasticsearch`, `OpenSearch` or `CrateDB`.
    pub product: &'static str,
    /// Format era: `es-1`, `es-2`, `es-5`, `es-7.6`, `es-7.9`, `es-7.12`, `opensearch-2`, `cratedb`.
    pub era: &'static str,
}

impl RepositoryFacts {
    /// The facts of an open repository.
    #[must_use]
    pub(crate) fn of(location: &str, repository: &Repository) -> Self {
        Self {
            location: location.to_owned(),
            generation: repository.generation,
            uuid: repository.root.uuid.as_deref().map(str::to_owned),
            product: repository.root.product().name(),
            era: repository.era().name(),
        }
    }
}

/// Requests to the store.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct RequestCounts {
    /// Folders listed.
    pub lists: u64,
    /// Blobs or ranges read.
    pub reads: u64,
    /// Bytes read.
    pub read_bytes: u64,
}

impl From<Requests> for RequestCounts {
    fn from(requests: Requests) -> Self {
        Self { lists: requests.lists, reads: requests.reads, read_bytes: requests.bytes }
    }
}
