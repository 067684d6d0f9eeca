//! The answer of a verb in all its voices, and the envelope of its JSON.

use schemars::JsonSchema;
use serde::Serialize;
use snaprepo_cloud::TrafficCounts;
use snaprepo_core::Repository;
use snaprepo_store::Requests;

use super::units::{Units, count, counted};

/// What stands around every JSON answer (`docs/json.md`).
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Envelope<'a, B> {
    /// The program.
    pub snaprepo: Program,
    /// The repository; missing when it could not be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<RepositoryFacts>,
    /// The answer in one word: `good`, `bad`, `partly`, `interrupted`; for `verify`: `pass`, `fail`, `inconclusive`, `interrupted`; for `diff`: `same`, `different`, `unknown`, `interrupted`.
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
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub(crate) struct RequestCounts {
    /// Folders listed; of a remote store, pages of listings.
    pub lists: u64,
    /// Blobs or ranges read.
    pub reads: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Blobs that were kept from earlier runs, and not read now.
    #[serde(skip_serializing_if = "is_none")]
    pub cached: u64,
    /// What only remote stores have.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemoteCounts>,
}

/// More about the requests to a remote store.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct RemoteCounts {
    /// Blobs looked at without reading them.
    pub looks: u64,
    /// Requests that wrote blobs, or parts of blobs.
    #[serde(skip_serializing_if = "is_none")]
    pub writes: u64,
    /// Bytes written.
    #[serde(skip_serializing_if = "is_none")]
    pub written_bytes: u64,
    /// Requests to delete, of up to a thousand blobs each.
    #[serde(skip_serializing_if = "is_none")]
    pub deletes: u64,
    /// Requests for credentials, and others that are not about blobs.
    pub others: u64,
    /// Requests that were made again; part of the counts above.
    pub retries: u64,
    /// How many of these the run may make.
    pub retries_allowed: u64,
    /// Answers that asked to slow down.
    pub throttled: u64,
}

// The signature is serde's.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl RequestCounts {
    /// All of them.
    #[must_use]
    pub(crate) fn total(&self) -> u64 {
        let of_remote = self.remote.map_or(0, |remote| remote.looks + remote.writes + remote.deletes + remote.others);
        self.lists + self.reads + of_remote
    }

    /// For people: `2 listings, 14 reads, 1.2 MiB`.
    #[must_use]
    pub(crate) fn words(&self, units: &Units) -> String {
        let Self { lists, reads, read_bytes, cached, remote } = *self;
        let mut parts = vec![counted(lists, "listing"), counted(reads, "read"), units.size(read_bytes)];
        if cached > 0 {
            parts.push(format!("{} from the cache", counted(cached, "blob")));
        }
        if let Some(remote) = remote {
            let RemoteCounts { looks, writes, written_bytes, deletes, others, retries, retries_allowed, throttled } =
                remote;
            if looks > 0 {
                parts.push(counted(looks, "look"));
            }
            if writes > 0 {
                parts.push(format!("{} of {}", counted(writes, "write"), units.size(written_bytes)));
            }
            if deletes > 0 {
                parts.push(format!("{} to delete", counted(deletes, "request")));
            }
            if others > 0 {
                parts.push(format!("{} for credentials", count(others)));
            }
            if retries > 0 {
                parts.push(format!("{} of {} retries used", count(retries), count(retries_allowed)));
            }
            if throttled > 0 {
                parts.push(format!("asked {} to slow down", counted(throttled, "time")));
            }
        }
        parts.join(", ")
    }
}

impl From<Requests> for RequestCounts {
    fn from(requests: Requests) -> Self {
        Self { lists: requests.lists, reads: requests.reads, read_bytes: requests.bytes, ..Self::default() }
    }
}

impl From<TrafficCounts> for RequestCounts {
    fn from(counts: TrafficCounts) -> Self {
        let TrafficCounts { lists, reads, looks, writes, deletes, others, bytes_read, bytes_written, .. } = counts;
        let TrafficCounts { retries, retries_allowed, throttled, .. } = counts;
        let written_bytes = bytes_written;
        let remote =
            RemoteCounts { looks, writes, written_bytes, deletes, others, retries, retries_allowed, throttled };
        Self { lists, reads, read_bytes: bytes_read, cached: 0, remote: Some(remote) }
    }
}
