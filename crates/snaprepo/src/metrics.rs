//! Metrics for Prometheus: the names of elasticsearch_exporter where the meaning is the same, so that dashboards and
//! alerts keep working, and names of ours for what no cluster tells.

use std::fmt::Write as _;

use crate::{output::page::RepositoryFacts, views::report::ReportView};

/// What a metric is, in the format's words.
struct Metrics(String);

impl Metrics {
    fn family(&mut self, name: &str, help: &str) {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge\n");
    }

    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
        let _ = writeln!(self.0, "{name}{{{}}} {value}", labels.join(","));
    }

    fn one(&mut self, name: &str, help: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.family(name, help);
        self.value(name, labels, value);
    }
}

/// Backslashes, quotation marks and ends of lines are written with a backslash.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Milliseconds as seconds.
fn seconds(millis: i64) -> String {
    format!("{}.{:03}", millis.div_euclid(1_000), millis.rem_euclid(1_000))
}

/// All metrics of a report; `name` is the name of the registration.
pub(crate) fn metrics(report: &ReportView, repository: &RepositoryFacts, name: &str) -> String {
    let mut metrics = Metrics(String::new());
    of_exporter(&mut metrics, report, name);
    of_ours(&mut metrics, report, repository, name);
    metrics.0
}

fn of_exporter(metrics: &mut Metrics, report: &ReportView, name: &str) {
    let stem = |rest: &str| format!("elasticsearch_snapshot_stats_{rest}");
    let by_repository = [("repository", name)];
    let starts = || report.snapshots.iter().filter_map(|row| row.start_time_in_millis);
    let n_snapshots = report.snapshots.len();
    metrics.one(&stem("number_of_snapshots"), "Number of snapshots in a repository", &by_repository, n_snapshots);
    if let Some(oldest) = starts().min() {
        let help = "Timestamp of the oldest snapshot";
        metrics.one(&stem("oldest_snapshot_timestamp"), help, &by_repository, seconds(oldest));
    }
    let done = report.snapshots.iter().filter(|row| matches!(row.state, Some("SUCCESS" | "PARTIAL")));
    if let Some(latest) = done.filter_map(|row| row.start_time_in_millis).max() {
        let help = "Timestamp of the latest SUCCESS or PARTIAL snapshot";
        metrics.one(&stem("latest_snapshot_timestamp_seconds"), help, &by_repository, seconds(latest));
    }
    if let Some(last) = &report.last {
        let labels = [("repository", name), ("state", last.state), ("version", last.version.as_deref().unwrap_or(""))];
        let values: [(&str, &str, String); 7] = [
            ("number_of_indices", "Number of indices in the last snapshot", last.n_indices.to_string()),
            ("start_time_timestamp", "Last snapshot start timestamp", seconds(last.start_time_in_millis)),
            ("end_time_timestamp", "Last snapshot end timestamp", seconds(last.end_time_in_millis)),
            ("number_of_failures", "Last snapshot number of failures", last.n_failures.to_string()),
            ("total_shards", "Last snapshot total shards", last.total_shards.to_string()),
            ("failed_shards", "Last snapshot failed shards", (last.total_shards - last.successful_shards).to_string()),
            ("successful_shards", "Last snapshot successful shards", last.successful_shards.to_string()),
        ];
        for (rest, help, value) in values {
            metrics.one(&stem(&format!("snapshot_{rest}")), help, &labels, value);
        }
    }
    let size = stem("size_in_bytes_total");
    metrics.family(&size, "Length of all files of a snapshot");
    for row in &report.snapshots {
        let labels = [("repository", name), ("snapshot", &row.snapshot), ("state", row.state.unwrap_or(""))];
        metrics.value(&size, &labels, row.size_in_bytes);
    }
}

fn of_ours(metrics: &mut Metrics, report: &ReportView, repository: &RepositoryFacts, name: &str) {
    let by_repository = [("repository", name)];
    let verify = &report.verify;
    let facts = [
        ("repository", name),
        ("uuid", repository.uuid.as_deref().unwrap_or("")),
        ("product", repository.product),
        ("era", repository.era),
    ];
    metrics.one("snaprepo_repository_info", "What the repository is", &facts, 1);
    metrics.one(
        "snaprepo_report_timestamp_seconds",
        "When this was measured",
        &by_repository,
        seconds(report.made_at_in_millis),
    );
    if let Some(generation) = repository.generation {
        metrics.one("snaprepo_generation", "Root generation", &by_repository, generation);
    }
    metrics.family("snaprepo_verify_result", "1 for what the verification came to");
    for result in ["pass", "fail", "inconclusive", "interrupted"] {
        let labels = [("repository", name), ("depth", verify.depth), ("result", result)];
        metrics.value("snaprepo_verify_result", &labels, u8::from(verify.result == result));
    }
    metrics.family("snaprepo_findings", "Findings by severity");
    for (severity, n) in
        [("error", verify.counts.error), ("warning", verify.counts.warning), ("info", verify.counts.info)]
    {
        metrics.value("snaprepo_findings", &[("repository", name), ("severity", severity)], n);
    }
    metrics.one("snaprepo_failed_reads", "Reads that failed", &by_repository, verify.n_errors);
    metrics.family("snaprepo_snapshots", "Snapshots by verdict");
    for verdict in ["restorable", "partly", "not", "unknown"] {
        let n = report.snapshots.iter().filter(|row| row.verdict == verdict).count();
        metrics.value("snaprepo_snapshots", &[("repository", name), ("verdict", verdict)], n);
    }
    metrics.family("snaprepo_stored_bytes", "Blobs by what they are for");
    for kind in &report.du.kinds {
        metrics.value("snaprepo_stored_bytes", &[("repository", name), ("kind", kind.kind)], kind.size_in_bytes);
    }
    metrics.family("snaprepo_unreferenced_bytes", "Blobs that nothing refers to, by class");
    for class in &report.du.unreferenced {
        let labels = [("repository", name), ("class", class.class)];
        metrics.value("snaprepo_unreferenced_bytes", &labels, class.size_in_bytes);
    }
    metrics.one(
        "snaprepo_missing_blobs",
        "Blobs that snapshots need and that are not there",
        &by_repository,
        report.du.missing_blobs,
    );
    metrics.family("snaprepo_policy_latest_success_timestamp_seconds", "Start of the newest SUCCESS of a policy");
    for row in &report.policies {
        if let Some(at) = row.newest_success_in_millis {
            let labels = [("repository", name), ("policy", row.policy.as_deref().unwrap_or(""))];
            metrics.value("snaprepo_policy_latest_success_timestamp_seconds", &labels, seconds(at));
        }
    }
}
