//! `GET /_snapshot/<repo>/<snapshots>/_status` of completed snapshots.

use serde_json::{Value, json};
use snaprepo_core::{
    BlobError, Repository,
    status::{Amount, IndexStatus, ShardDone, ShardStatus, SnapshotStatus},
};
use snaprepo_format::snapshot_info::SnapshotState;

use super::{Node, Object, amount, put};

/// The answer.
pub(crate) fn answer(node: &Node, repository: &Repository, statuses: &[SnapshotStatus]) -> Value {
    json!({ "snapshots": statuses.iter().map(|status| snapshot(node, repository, status)).collect::<Vec<_>>() })
}

/// What cannot be read of an index: a cluster would refuse the whole answer.
pub(crate) fn problems(index: &IndexStatus) -> Vec<&BlobError> {
    match &index.shards {
        Err(error) => vec![error],
        Ok(shards) => shards
            .iter()
            .filter_map(|shard| match shard {
                ShardStatus::Unreadable(error) => Some(error),
                _ => None,
            })
            .collect(),
    }
}

/// Numbers of a shard, an index or a snapshot.
#[derive(Default, Clone, Copy)]
struct Stats {
    incremental: Amount,
    total: Amount,
    start_millis: i64,
    time_millis: i64,
}

impl Stats {
    fn of_shard(shard: &ShardStatus) -> Self {
        match shard {
            ShardStatus::Done(ShardDone { incremental, total, start_millis, time_millis, .. }) => Self {
                incremental: *incremental,
                total: *total,
                start_millis: *start_millis,
                time_millis: *time_millis,
            },
            _ => Self::default(),
        }
    }

    /// Sums of the numbers; from the earliest start to the latest end. Failed shards have no times.
    fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut sum = Self::default();
        let mut end = 0;
        for part in parts {
            sum.incremental = sum.incremental.plus(part.incremental);
            sum.total = sum.total.plus(part.total);
            if part.start_millis != 0 {
                let start =
                    if sum.start_millis == 0 { part.start_millis } else { sum.start_millis.min(part.start_millis) };
                sum.start_millis = start;
                end = end.max(part.start_millis.saturating_add(part.time_millis));
            }
        }
        sum.time_millis = if sum.start_millis == 0 { 0 } else { end.saturating_sub(sum.start_millis) };
        sum
    }

    fn value(self, node: &Node) -> Value {
        let mut stats = Object::new();
        if node.has_new_stats() {
            put(&mut stats, "incremental", amount(self.incremental));
            put(&mut stats, "total", amount(self.total));
            put(&mut stats, "start_time_in_millis", self.start_millis);
            put(&mut stats, "time_in_millis", self.time_millis);
        }
        if node.has_old_stats() {
            put(&mut stats, "number_of_files", self.incremental.files);
            put(&mut stats, "processed_files", self.incremental.files);
            put(&mut stats, "total_size_in_bytes", self.incremental.bytes);
            put(&mut stats, "processed_size_in_bytes", self.incremental.bytes);
            if !node.has_new_stats() {
                put(&mut stats, "start_time_in_millis", self.start_millis);
                put(&mut stats, "time_in_millis", self.time_millis);
            }
        }
        Value::Object(stats)
    }
}

fn snapshot(node: &Node, repository: &Repository, status: &SnapshotStatus) -> Value {
    let info = &status.info;
    let mut row = Object::new();
    put(&mut row, "snapshot", &*info.name);
    put(&mut row, "repository", node.repository.as_str());
    if node.has_uuid() {
        put(&mut row, "uuid", &*repository.root.snapshot_entry(status.snapshot).uuid);
    }
    let state = match info.state {
        SnapshotState::Partial if !node.tells_partial() => SnapshotState::Success,
        state => state,
    };
    put(&mut row, "state", state.name());
    if let Some(included) = info.include_global_state.filter(|_| node.has_global_state()) {
        put(&mut row, "include_global_state", included);
    }
    let shards = || status.indices.iter().flat_map(|index| index.shards.iter().flatten());
    put(&mut row, "shards_stats", shards_stats(shards()));
    let mut stats = Stats::sum(shards().map(Stats::of_shard));
    if node.times_from_info() {
        stats.start_millis = info.start_millis;
        stats.time_millis = info.end_millis.saturating_sub(info.start_millis);
    }
    put(&mut row, "stats", stats.value(node));
    let mut indices = Object::new();
    for index in &status.indices {
        put(&mut indices, &repository.root.index_entry(index.index).name, self::index(node, index));
    }
    put(&mut row, "indices", indices);
    Value::Object(row)
}

fn shards_stats<'a>(shards: impl Iterator<Item = &'a ShardStatus>) -> Value {
    let (mut done, mut failed) = (0_u64, 0_u64);
    for shard in shards {
        match shard {
            ShardStatus::Failed { .. } => failed += 1,
            ShardStatus::Done(_) | ShardStatus::Unreadable(_) => done += 1,
        }
    }
    json!({ "initializing": 0, "started": 0, "finalizing": 0, "done": done, "failed": failed, "total": done + failed })
}

fn index(node: &Node, index: &IndexStatus) -> Value {
    let shards = || index.shards.iter().flatten();
    let mut by_number = Object::new();
    for (number, shard) in shards().enumerate() {
        let mut row = Object::new();
        let failed = matches!(shard, ShardStatus::Failed { .. });
        put(&mut row, "stage", if failed { "FAILURE" } else { "DONE" });
        put(&mut row, "stats", Stats::of_shard(shard).value(node));
        if let ShardStatus::Failed { reason: Some(reason) } = shard {
            put(&mut row, "reason", &**reason);
        }
        put(&mut by_number, &number.to_string(), row);
    }
    json!({
        "shards_stats": shards_stats(shards()),
        "stats": Stats::sum(shards().map(Stats::of_shard)).value(node),
        "shards": by_number,
    })
}
