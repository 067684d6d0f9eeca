//! The stage: one node, one repository, and the recorder of what happens. How the steps are played is in [`super::play`]
//! and [`super::snapshots`].

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::{Case, Data, written::Registration};
use crate::{
    Error, Http, Node, Result,
    dialect::{Dialect, Feature, Request},
    documents::Documents,
    http::{Answer, Body, Method, segment},
    truth::{Recorder, Steps},
};

/// The folder of the store below the node's folder for repositories.
const STORE: &str = "store";

/// Everything that playing a story needs.
pub(super) struct Stage<'a> {
    pub(super) node: &'a Node,
    pub(super) dialect: Dialect,
    pub(super) data: Data,
    pub(super) registration: Registration,
    /// The root of the store that holds the repository.
    pub(super) store: PathBuf,
    /// The folder of truth.
    pub(super) truth: PathBuf,
    pub(super) recorder: Recorder,
    pub(super) steps: Steps,
    /// Documents of closed indices, as they were before.
    pub(super) frozen: BTreeMap<String, Documents>,
    /// Indices whose shards have no node.
    pub(super) nowhere: BTreeSet<String>,
    pub(super) deleted: Vec<String>,
    pub(super) notes: Vec<String>,
    /// How many documents were recorded.
    pub(super) n_documents: usize,
    progress: &'a mut dyn FnMut(&str),
}

impl<'a> Stage<'a> {
    /// Sets the stage: the store may hold a repository already, see [`store_of`].
    pub(super) fn new(
        node: &'a Node,
        case: &Case,
        registration: Registration,
        truth: &Path,
        progress: &'a mut dyn FnMut(&str),
    ) -> Result<Self> {
        let (repositories, store, remote) = (node.repositories(), store_of(node), node.remote_store());
        let mut paths = vec![(repositories, "/lab/repositories")];
        paths.extend(remote.map(|remote| (remote, "/lab/remote")));
        paths.extend(repositories.parent().map(|run| (run, "/lab")));
        Ok(Self {
            node,
            dialect: Dialect::of(node.release()),
            data: case.data,
            registration,
            truth: truth.to_owned(),
            recorder: Recorder::new(truth, &paths),
            steps: Steps::new(&store, remote)?,
            store,
            frozen: BTreeMap::new(),
            nowhere: BTreeSet::new(),
            deleted: Vec::new(),
            notes: Vec::new(),
            n_documents: 0,
            progress,
        })
    }

    /// Registers the repository.
    pub(super) fn register(&mut self) -> Result<()> {
        let base_path = self.registration.base_path.as_str();
        let mut settings: BTreeMap<&str, String> = BTreeMap::new();
        settings.extend(self.registration.settings.iter().map(|(name, value)| (name.as_str(), value.clone())));
        let mut location = self.store.clone();
        if self.dialect.has(Feature::BasePath) && !base_path.is_empty() {
            settings.insert("base_path", base_path.to_owned());
        } else if !base_path.is_empty() {
            // For a release without the setting, the folder of the repository is all there is.
            location.push(base_path);
        }
        settings.insert("location", location.to_string_lossy().into_owned());
        let body = json!({ "type": self.registration.kind, "settings": settings });
        let request = Request::json(Method::Put, self.repository(), body);
        let answer = self.send(&request)?.success()?;
        self.note_step("register", &request, &answer)
    }

    /// The path of the repository in requests.
    pub(super) fn repository(&self) -> String {
        format!("/_snapshot/{}", segment(&self.registration.name))
    }

    /// The path of a snapshot in requests.
    pub(super) fn snapshot_path(&self, snapshot: &str) -> String {
        format!("{}/{}", self.repository(), segment(snapshot))
    }

    pub(super) fn http(&self) -> &'a Http {
        self.node.http()
    }

    /// Sends a request; any status is an answer.
    pub(super) fn send(&self, request: &Request) -> Result<Answer> {
        let body = request.body.as_ref().map_or(Body::Empty, Body::Json);
        self.http().send(request.method, &request.path, body)
    }

    /// Sends a `GET`; any status is an answer.
    pub(super) fn get(&self, path: &str) -> Result<Answer> {
        self.send(&Request::empty(Method::Get, path))
    }

    /// Tells whoever waits what happens.
    pub(super) fn tell(&mut self, what: &str) {
        (self.progress)(what);
    }

    /// Notes something that is not as in other releases.
    pub(super) fn note(&mut self, note: &str) {
        self.tell(&format!("note: {note}"));
        let note = self.recorder.scrubbed(note);
        self.notes.push(note);
    }

    /// Records a request that touched the repository.
    pub(super) fn note_step(&mut self, step: &str, request: &Request, answer: &Answer) -> Result<()> {
        self.tell(step);
        self.steps.asked(step, request, answer)
    }

    /// Sends a `GET` and records the answer below `name`; a refusal is noted.
    pub(super) fn record(&mut self, name: &str, path: &str) -> Result<Answer> {
        let answer = self.get(path)?;
        if !self.recorder.answer(name, &answer)? {
            self.note(&format!("{name}: {}", refusal(&answer)));
        }
        Ok(answer)
    }

    /// An answer that does not say what the story needs.
    pub(super) fn unexpected(&self, answer: &Answer, reason: &str) -> Error {
        let text: String = answer.text.chars().take(600).collect();
        Error::Unexpected { request: answer.request.clone(), reason: format!("{reason}: {text}") }
    }
}

/// Where a node finds the store that holds the repository.
pub(super) fn store_of(node: &Node) -> PathBuf {
    node.repositories().join(STORE)
}

/// Status and reason of a refusal, on one line.
pub(super) fn refusal(answer: &Answer) -> String {
    let value = answer.json().unwrap_or(Value::Null);
    let reason = value.pointer("/error/reason").or_else(|| value.get("error")).and_then(Value::as_str);
    let reason: String = reason.unwrap_or(&answer.text).chars().take(300).collect();
    format!("HTTP {}: {}", answer.status, reason.replace('\n', " "))
}
