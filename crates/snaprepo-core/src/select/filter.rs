//! Filters: snapshots by what is known of them.

use std::collections::HashMap;

use snaprepo_format::{
    root::{SnapshotEntry, SnapshotIx},
    snapshot_info::SnapshotState,
};
use snaprepo_store::Pool;

use super::glob;
use crate::{BlobError, Repository, chronology};

/// What snapshots must be like; a filter without conditions keeps all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of these states; any when there are none.
    pub states: Vec<SnapshotState>,
    /// Begun before this, in milliseconds since 1970.
    pub before_millis: Option<i64>,
    /// Begun at or after this, in milliseconds since 1970.
    pub since_millis: Option<i64>,
    /// Made by a policy of this name; `*` and `?` work.
    pub policy: Option<String>,
    /// Each of these keys of the metadata has this value, as text.
    pub metadata: Vec<(String, String)>,
}

/// What is known of one snapshot.
#[derive(Default)]
struct Known {
    state: Option<SnapshotState>,
    start_millis: Option<i64>,
    policy: Option<Box<str>>,
    /// By key; read only when it is asked for.
    metadata: HashMap<Box<str>, String>,
    /// Its blob is damaged: nobody can rule it out.
    is_damaged: bool,
}

impl Filter {
    /// Whether it keeps all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The snapshots that match, in the order given. Snapshot blobs are read where the root does not tell. What cannot be
    /// told of a snapshot because its blob is damaged cannot rule it out.
    ///
    /// # Errors
    /// When a blob that is needed cannot be read.
    pub fn apply(
        &self,
        repository: &Repository,
        pool: &Pool,
        snapshots: &[SnapshotIx],
    ) -> Result<Vec<SnapshotIx>, BlobError> {
        if self.is_empty() {
            return Ok(snapshots.to_vec());
        }
        let entry = |ix: &SnapshotIx| repository.root.snapshot_entry(*ix);
        let mut known: HashMap<SnapshotIx, Known> = HashMap::new();
        let unknown: Vec<SnapshotIx> = snapshots.iter().copied().filter(|ix| self.needs_blob(entry(ix))).collect();
        let mut unread = None;
        chronology::read_infos(repository, pool, &unknown, |ix, info| match info {
            Ok(info) => {
                let members = info.metadata.as_ref().map_or(&[][..], |metadata| metadata.members());
                let text = |value: &snaprepo_codec::value::Value| match value.as_str() {
                    Some(text) => text.to_owned(),
                    None => String::from_utf8(value.to_json()).unwrap_or_default(),
                };
                let facts = Known {
                    state: Some(info.state),
                    start_millis: Some(info.start_millis),
                    policy: info.policy().map(Into::into),
                    metadata: members.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
                    is_damaged: false,
                };
                known.insert(ix, facts);
            }
            Err(error) if error.is_finding() => {
                known.insert(ix, Known { is_damaged: true, ..Known::default() });
            }
            Err(error) => unread = Some(error),
        });
        if let Some(error) = unread {
            return Err(error);
        }
        let of_root = |entry: &SnapshotEntry| Known {
            state: entry.state,
            start_millis: entry.start_millis,
            policy: entry.slm_policy.clone(),
            ..Known::default()
        };
        let matches = |ix: &SnapshotIx| match known.get(ix) {
            Some(known) => self.keeps(known),
            None => self.keeps(&of_root(entry(ix))),
        };
        Ok(snapshots.iter().copied().filter(matches).collect())
    }

    /// Whether the root of a repository does not tell all that is asked for.
    #[must_use]
    pub fn needs_blobs(&self, repository: &Repository) -> bool {
        repository.root.snapshots.iter().any(|entry| self.needs_blob(entry))
    }

    fn needs_blob(&self, entry: &SnapshotEntry) -> bool {
        !self.metadata.is_empty()
            || !self.states.is_empty() && entry.state.is_none()
            || (self.before_millis.is_some() || self.since_millis.is_some()) && entry.start_millis.is_none()
            || self.policy.is_some() && entry.slm_policy.is_none()
    }

    fn keeps(&self, known: &Known) -> bool {
        let state = || self.states.is_empty() || known.state.is_some_and(|state| self.states.contains(&state));
        let before = || self.before_millis.is_none_or(|limit| known.start_millis.is_some_and(|start| start < limit));
        let since = || self.since_millis.is_none_or(|limit| known.start_millis.is_some_and(|start| start >= limit));
        let policy = || match (&self.policy, &known.policy) {
            (None, _) => true,
            (Some(pattern), Some(name)) => !name.is_empty() && glob(pattern, name),
            (Some(_), None) => false,
        };
        let metadata = || self.metadata.iter().all(|(key, value)| known.metadata.get(&**key) == Some(value));
        known.is_damaged || state() && before() && since() && policy() && metadata()
    }
}
