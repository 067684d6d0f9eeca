//! `GET /_cat/snapshots/<repo>`.

use serde_json::Value;
use snaprepo_format::{root::SnapshotIx, snapshot_info::SnapshotInfo};
use unicode_width::UnicodeWidthStr as _;

use super::{Node, Object, put, readable_duration};

/// Columns that are set to the right.
const RIGHT: [&str; 6] = ["status", "duration", "indices", "successful_shards", "failed_shards", "total_shards"];

/// The answer of `format=json`: every value is text.
pub(crate) fn rows(node: &Node, infos: &[(SnapshotIx, SnapshotInfo)]) -> Value {
    let rows = infos.iter().map(|(_, info)| {
        let mut row = Object::new();
        for (name, value) in columns(node, info) {
            put(&mut row, name, value);
        }
        Value::Object(row)
    });
    Value::Array(rows.collect())
}

/// The text without headings, as the API answers by default.
pub(crate) fn text(node: &Node, infos: &[(SnapshotIx, SnapshotInfo)]) -> String {
    let rows: Vec<Vec<(&str, String)>> = infos.iter().map(|(_, info)| columns(node, info)).collect();
    let mut widths = vec![0; rows.first().map_or(0, Vec::len)];
    for row in &rows {
        for (width, (_, value)) in widths.iter_mut().zip(row) {
            *width = (*width).max(value.width());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let start = text.len();
        for ((name, value), width) in row.iter().zip(&widths) {
            let pad = " ".repeat(width.saturating_sub(value.width()));
            if text.len() > start {
                text.push(' ');
            }
            if RIGHT.contains(name) {
                text.extend([pad.as_str(), value]);
            } else {
                text.extend([value.as_str(), &pad]);
            }
        }
        text.truncate(start + text[start..].trim_end().len());
        text.push('\n');
    }
    text
}

fn columns(node: &Node, info: &SnapshotInfo) -> Vec<(&'static str, String)> {
    let time = |millis: i64| {
        let at = jiff::Timestamp::from_millisecond(millis);
        at.map_or_else(|_| String::new(), |at| at.strftime("%H:%M:%S").to_string())
    };
    let mut columns = vec![("id", info.name.to_string())];
    if node.has_repository() {
        columns.push(("repository", node.repository.clone()));
    }
    columns.extend([
        ("status", info.state.name().to_owned()),
        ("start_epoch", info.start_millis.div_euclid(1000).to_string()),
        ("start_time", time(info.start_millis)),
        ("end_epoch", info.end_millis.div_euclid(1000).to_string()),
        ("end_time", time(info.end_millis)),
        ("duration", readable_duration(info.end_millis.saturating_sub(info.start_millis))),
        ("indices", info.indices.len().to_string()),
        ("successful_shards", info.successful_shards.to_string()),
        ("failed_shards", info.total_shards.saturating_sub(info.successful_shards).to_string()),
        ("total_shards", info.total_shards.to_string()),
    ]);
    columns
}
