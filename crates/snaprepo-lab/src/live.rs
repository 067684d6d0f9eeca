//! A node that keeps indexing, snapshotting and deleting snapshots while somebody else reads the repository.

use std::{
    path::Path,
    sync::{
        Mutex,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Node, Result,
    case::random::Random,
    dialect::Dialect,
    http::{Body, segment},
};

/// The name of the registration.
const REGISTRATION: &str = "live";
/// The index that changes.
const INDEX: &str = "changing";
/// Documents have this many different ids, so that the index stays small while its files change.
const IDS: u64 = 400;
/// Documents written between two snapshots.
const BATCH: usize = 40;
/// Every so many snapshots the index is deleted and made anew, under the same name.
const RECREATE_EVERY: usize = 15;

/// How fast the node changes the repository, and how much stays in it.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// From the start of one snapshot to the start of the next.
    pub every: Duration,
    /// Snapshots that stay; another one goes for each that is taken.
    pub keep: usize,
    /// What the documents and the choice of the deleted snapshot come from.
    pub seed: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { every: Duration::from_secs(2), keep: 4, seed: 1 }
    }
}

/// What the node did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Deeds {
    /// Snapshots that were taken.
    pub snapshots: usize,
    /// Snapshots that were deleted.
    pub deletions: usize,
    /// Documents that were written.
    pub documents: usize,
    /// Times that the index was deleted and made anew.
    pub recreations: usize,
    /// How long it went on, in milliseconds.
    pub took_ms: u64,
}

/// Lets a node change a repository at this pace while `work` runs with the folder of the repository.
///
/// The repository is new, and has its first snapshots before `work` begins.
///
/// # Errors
/// What goes wrong with the node, or what `work` returns.
pub fn beside<T>(node: &Node, pace: Pace, work: impl FnOnce(&Path) -> Result<T>) -> Result<(T, Deeds)> {
    let folder = node.repositories().join(REGISTRATION);
    let mut writer =
        Writer { node, pace, random: Random::of(pace.seed, "live", 0, 0), names: Vec::new(), deeds: Deeds::default() };
    let body = json!({ "type": "fs", "settings": { "location": folder } });
    node.http().put(&format!("/_snapshot/{REGISTRATION}"), Body::Json(&body))?;
    writer.make_index()?;
    while writer.names.len() < pace.keep {
        writer.turn()?;
    }
    let started_at = Instant::now();
    let (stop, stopped) = mpsc::channel::<()>();
    let writer = Mutex::new(writer);
    let result = thread::scope(|scope| {
        let writing = scope.spawn(|| -> Result<()> {
            let stopped = stopped;
            let mut writer = writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            loop {
                let turn_began_at = Instant::now();
                writer.turn()?;
                // The channel closes when the work is done: that ends the wait at once.
                match stopped.recv_timeout(pace.every.saturating_sub(turn_began_at.elapsed())) {
                    Err(RecvTimeoutError::Timeout) => {}
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            }
        });
        let result = work(&folder);
        drop(stop);
        match writing.join() {
            Ok(written) => written.and(result),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    let mut deeds = writer.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).deeds;
    deeds.took_ms = u64::try_from(started_at.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok((result, deeds))
}

struct Writer<'a> {
    node: &'a Node,
    pace: Pace,
    random: Random,
    names: Vec<String>,
    deeds: Deeds,
}

impl Writer<'_> {
    /// Writes documents, takes a snapshot, and deletes one when there are enough.
    fn turn(&mut self) -> Result<()> {
        let n = self.deeds.snapshots;
        if n > 0 && n.is_multiple_of(RECREATE_EVERY) {
            self.node.http().delete(&format!("/{INDEX}"))?;
            self.make_index()?;
            self.deeds.recreations += 1;
        }
        self.write_documents()?;
        let name = format!("live-{n:05}");
        let path = format!("/_snapshot/{REGISTRATION}/{name}?wait_for_completion=true");
        let body = json!({ "indices": INDEX, "include_global_state": n.is_multiple_of(2) });
        let answer = self.node.http().put(&path, Body::Json(&body))?;
        if answer.pointer("/snapshot/state") != Some(&Value::from("SUCCESS")) {
            return Err(crate::Error::Unexpected { request: format!("PUT {path}"), reason: answer.to_string() });
        }
        self.deeds.snapshots += 1;
        self.names.push(name);
        if self.names.len() > self.pace.keep {
            // Any but the one that was just taken.
            let newest = u64::try_from(self.names.len() - 1).unwrap_or(1);
            let chosen = usize::try_from(self.random.between(0, newest.saturating_sub(1))).unwrap_or(0);
            let name = self.names.remove(chosen);
            self.node.http().delete(&format!("/_snapshot/{REGISTRATION}/{}", segment(&name)))?;
            self.deeds.deletions += 1;
        }
        Ok(())
    }

    fn make_index(&self) -> Result<()> {
        let body = json!({ "settings": { "index": { "number_of_shards": 2, "number_of_replicas": 0 } } });
        self.node.http().put(&format!("/{INDEX}"), Body::Json(&body)).map(drop)
    }

    fn write_documents(&mut self) -> Result<()> {
        let kind = if Dialect::of(self.node.release()).has_types() { ", \"_type\": \"doc\"" } else { "" };
        let mut lines = String::new();
        for _ in 0..BATCH {
            let (id, value) = (self.random.between(1, IDS), self.random.next() >> 32);
            lines.push_str(&format!("{{\"index\": {{\"_index\": \"{INDEX}\", \"_id\": \"d{id}\"{kind}}}}}\n"));
            lines.push_str(&format!("{{\"value\": {value}, \"text\": \"{:x}\"}}\n", self.random.next()));
        }
        self.node.http().post("/_bulk", Body::Lines(&lines))?;
        self.node.http().post(&format!("/{INDEX}/_flush"), Body::Empty)?;
        self.deeds.documents += BATCH;
        Ok(())
    }
}
