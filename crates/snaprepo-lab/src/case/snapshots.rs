//! Playing the steps that touch the repository, and recording what was in the cluster when a snapshot was taken.

use std::{collections::BTreeMap, thread, time::Duration};

use serde_json::{Value, json};

use super::{
    Data,
    stage::{Stage, refusal},
};
use crate::{
    Error, Result,
    dialect::{Request, SnapshotPlan},
    documents::{self, Documents},
    http::{Answer, Method, segment},
    truth,
};

/// Shallow snapshots need the segments in the remote store, and uploads run behind a flush. A snapshot that comes
/// earlier lacks shards.
const UPLOAD: Duration = Duration::from_secs(3);

impl Stage<'_> {
    /// Takes a snapshot, after recording the documents and the state of the cluster.
    pub(super) fn take(&mut self, plan: &SnapshotPlan) -> Result<()> {
        let documents = self.dump_all()?;
        if self.data != Data::Copied {
            thread::sleep(UPLOAD);
        }
        let takes_indices = self.data != Data::ShallowV2;
        let request = self.dialect.snapshot(&self.registration.name, plan, takes_indices);
        let answer = self.send(&request)?.success()?;
        self.expect_state(plan, &answer)?;
        self.note_step(&format!("create {}", plan.name), &request, &answer)?;
        self.record_state(&plan.name)?;
        for index in indices_of(&answer.json()?, "/snapshot/indices") {
            if let Some(documents) = documents.get(&index) {
                self.n_documents += documents.len();
                self.recorder.documents(&plan.name, &index, documents)?;
            }
        }
        self.status_after_create(&plan.name)
    }

    fn expect_state(&self, plan: &SnapshotPlan, answer: &Answer) -> Result<()> {
        let value = answer.json()?;
        let state = value.pointer("/snapshot/state").and_then(Value::as_str);
        // Shallow snapshots of the second kind do not look at shards at all.
        let expected = if plan.is_partial && self.data != Data::ShallowV2 { "PARTIAL" } else { "SUCCESS" };
        if state == Some(expected) { Ok(()) } else { Err(self.unexpected(answer, &format!("it is not {expected}"))) }
    }

    /// Live documents of all indices by name; none of an index without a node.
    fn dump_all(&self) -> Result<BTreeMap<String, Documents>> {
        let mut all = BTreeMap::new();
        for index in self.index_names()? {
            if self.nowhere.contains(&index) {
                continue;
            }
            let documents = match self.frozen.get(&index) {
                Some(frozen) => frozen.clone(),
                None => documents::dump(self.http(), self.node.release(), &index)?,
            };
            if let Some(missing) = documents.missing.first() {
                let request = format!("documents of {index}, shard {}", missing.shard);
                return Err(Error::Unexpected { request, reason: missing.reason.clone() });
            }
            all.insert(index, documents);
        }
        Ok(all)
    }

    fn index_names(&self) -> Result<Vec<String>> {
        let state = self.http().get("/_cluster/state/metadata")?;
        let indices = state.pointer("/metadata/indices").and_then(Value::as_object);
        Ok(indices.into_iter().flatten().map(|(name, _)| name.clone()).collect())
    }

    fn record_state(&mut self, snapshot: &str) -> Result<()> {
        let folder = format!("state/{}", truth::file_name(snapshot));
        let (indices, segments) = (self.dialect.all_indices(), self.dialect.all_segments());
        self.record(&format!("{folder}/indices"), indices)?;
        self.record(&format!("{folder}/segments"), segments)?;
        self.record(&format!("{folder}/cluster"), "/_cluster/state/metadata").map(drop)
    }

    fn status_after_create(&mut self, snapshot: &str) -> Result<()> {
        let path = format!("{}/_status", self.snapshot_path(snapshot));
        self.record(&format!("answers/status-after-create/{}", truth::file_name(snapshot)), &path).map(drop)
    }

    /// Clones a snapshot; its documents are those of the original. A refusal is noted.
    pub(super) fn clone_snapshot(&mut self, from: &str, to: &str, indices: Option<Vec<String>>) -> Result<()> {
        let expression = indices.as_ref().map_or_else(|| "*".to_owned(), |indices| indices.join(","));
        let path = format!("{}/_clone/{}", self.snapshot_path(from), segment(to));
        let request = Request::json(Method::Put, path, json!({ "indices": expression }));
        let answer = self.send(&request)?;
        self.note_step(&format!("clone {from} to {to}"), &request, &answer)?;
        if !answer.is_success() {
            self.note(&format!("no clone of {from}: {}", refusal(&answer)));
            return Ok(());
        }
        let indices = match indices {
            Some(indices) => indices,
            None => indices_of(&self.get(&self.snapshot_path(from))?.success()?.json()?, "/snapshots/0/indices"),
        };
        for index in indices {
            if let Some(documents) = truth::documents(&self.truth, from, &index)? {
                self.n_documents += documents.len();
                self.recorder.documents(to, &index, &documents)?;
            }
        }
        self.status_after_create(to)
    }

    /// Deletes a snapshot.
    pub(super) fn delete(&mut self, snapshot: String) -> Result<()> {
        let request = Request::empty(Method::Delete, self.snapshot_path(&snapshot));
        let answer = self.send(&request)?.success()?;
        self.note_step(&format!("delete {snapshot}"), &request, &answer)?;
        self.deleted.push(snapshot);
        Ok(())
    }

    /// Cleans the repository up.
    pub(super) fn clean_up(&mut self) -> Result<()> {
        let request = Request::empty(Method::Post, format!("{}/_cleanup", self.repository()));
        let answer = self.send(&request)?.success()?;
        self.note_step("clean up", &request, &answer)
    }

    /// Lists all snapshots.
    pub(super) fn list(&mut self) -> Result<()> {
        let request = Request::empty(Method::Get, format!("{}/_all", self.repository()));
        let answer = self.send(&request)?.success()?;
        self.note_step("list", &request, &answer)
    }
}

/// The names of the indices in an answer about a snapshot.
fn indices_of(answer: &Value, place: &str) -> Vec<String> {
    let indices = answer.pointer(place).and_then(Value::as_array);
    indices.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
