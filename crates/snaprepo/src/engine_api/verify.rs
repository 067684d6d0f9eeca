//! `POST /_snapshot/<repo>/_verify_integrity` (Elasticsearch 8.16 and later).

use serde_json::{Value, json};
use snaprepo_core::verify::{Depth, Finding, FindingKind, Options, Outcome, Report};

use super::{Node, Object, list, put};

/// The answer: a log of snapshots, indices and anomalies, then the result.
pub(crate) fn answer(node: &Node, report: &Report, options: &Options, now_millis: i64) -> Value {
    let repository = &report.repository;
    let mut log = Vec::new();
    let entry = || {
        let mut entry = Object::new();
        put(&mut entry, "timestamp_in_millis", now_millis);
        entry
    };
    for verdict in &report.snapshots {
        if let Ok(info) = repository.snapshot_info(verdict.snapshot) {
            let mut entry = entry();
            put(&mut entry, "snapshot", list::row(node, repository, verdict.snapshot, &info, false));
            log.push(Value::Object(entry));
        }
    }
    let mut n_anomalies = 0;
    for finding in &report.findings {
        if let Some(anomaly) = anomaly(finding.kind) {
            n_anomalies += 1;
            let mut entry = entry();
            put(&mut entry, "anomaly", anomaly);
            describe(&mut entry, report, finding);
            log.push(Value::Object(entry));
        }
    }
    for (index, total, restorable) in &report.indices {
        let of = repository.root.index_entry(*index);
        let mut entry = entry();
        put(&mut entry, "index", json!({ "name": of.name, "uuid": of.id }));
        let counts = json!({ "total_snapshot_count": total, "restorable_snapshot_count": restorable });
        put(&mut entry, "snapshot_restorability", counts);
        log.push(Value::Object(entry));
    }
    json!({ "log": log, "results": results(node, report, options, n_anomalies) })
}

fn results(node: &Node, report: &Report, options: &Options, n_anomalies: u64) -> Value {
    let tally = &report.tally;
    let both = |n: u64| json!({ "verified": n, "total": n });
    let mut blobs = Object::new();
    put(&mut blobs, "verified", tally.blobs);
    if options.depth == Depth::Content {
        put(&mut blobs, "verified_size_in_bytes", tally.content_bytes);
        put(&mut blobs, "throttled_time_in_millis", 0);
    }
    let mut of = Object::new();
    put(&mut of, "name", node.repository.as_str());
    put(&mut of, "uuid", report.repository.root.uuid.as_deref().unwrap_or("_na_"));
    put(&mut of, "generation", report.repository.generation);
    let result = match (report.outcome, n_anomalies) {
        (Outcome::Pass, _) => "pass",
        (Outcome::Inconclusive, 0) => "inconclusive due to concurrent writes",
        _ => "fail",
    };
    json!({
        "status": {
            "repository": of,
            "snapshots": both(tally.snapshots),
            "indices": both(tally.indices),
            "index_snapshots": both(tally.index_snapshots),
            "blobs": blobs,
        },
        "final_repository_generation": report.final_generation,
        "total_anomalies": n_anomalies,
        "result": result,
    })
}

/// The engine's text for a kind of finding; it has none for what only we look for. That of archived blobs is ours: an
/// engine has no word for them and fails in many ways.
fn anomaly(kind: FindingKind) -> Option<&'static str> {
    use FindingKind as K;
    Some(match kind {
        K::SnapshotInfoUnreadable => "failed to load snapshot info",
        K::SnapshotContentsMismatch => "snapshot contents mismatch",
        K::GlobalMetadataUnreadable => "failed to load global metadata",
        K::IndexMetadataUnreadable => "failed to load index metadata",
        K::ShardFolderMissing => "failed to list shard container contents",
        K::ShardGenerationUndefined | K::ShardGenerationNumeric => "shard generation not defined",
        K::ShardGenerationUnreadable => "failed to load shard generation",
        K::ShardSnapshotUnreadable => "failed to load shard snapshot",
        K::MissingBlob => "missing blob",
        K::BlobArchived => "archived blob",
        K::BlobLengthMismatch => "mismatched blob length",
        K::FooterInvalid | K::ChecksumMismatch | K::ContentCorrupt => "corrupt data blob",
        K::SnapshotNotInShardGeneration => "snapshot not in shard generation",
        K::FileNotInShardSnapshot => "blob in shard generation but not snapshot",
        K::FileEntryMismatch => "snapshot shard generation mismatch",
        K::FileNotInShardGeneration => "blob in snapshot but not shard generation",
        _ => return None,
    })
}

fn describe(entry: &mut Object, report: &Report, finding: &Finding) {
    let root = &report.repository.root;
    if let Some(snapshot) = finding.snapshots.first() {
        let of = root.snapshot_entry(*snapshot);
        put(entry, "snapshot", json!({ "snapshot": of.name, "uuid": of.uuid }));
    }
    if let Some(index) = finding.index {
        let of = root.index_entry(index);
        put(entry, "index", json!({ "name": of.name, "uuid": of.id }));
    }
    if let Some(shard) = finding.shard {
        put(entry, "shard_id", shard);
    }
    if let Some(blob) = &finding.blob {
        put(entry, "blob_name", blob.name());
    }
    if let Some(file) = &finding.file {
        put(entry, "physical_file_name", &**file);
    }
    if finding.kind == FindingKind::BlobLengthMismatch {
        let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<u64>().ok());
        put(entry, "part_length_in_bytes", number(&finding.expected));
        put(entry, "blob_length_in_bytes", number(&finding.found));
    }
    put(entry, "exception", json!({ "type": "snaprepo_finding", "reason": finding.message }));
}
