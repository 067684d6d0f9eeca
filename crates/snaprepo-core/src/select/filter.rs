//! Filters: snapshots by what is known of them.

use hashbrown::HashSet;
use snaprepo_codec::value::Value;
use snaprepo_format::{
    root::{SnapshotEntry, SnapshotIx},
    snapshot_info::SnapshotState,
};
use snaprepo_store::Pool;

use super::glob;
use crate::{
    BlobError, Repository,
    chronology::{self, InfoResult},
};

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
struct Known<'a> {
    state: Option<SnapshotState>,
    start_millis: Option<i64>,
    policy: Option<&'a str>,
    metadata: &'a [(Box<str>, Value)],
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
        let entry = |ix: SnapshotIx| repository.root.snapshot_entry(ix);
        let needs_blob = |ix: &SnapshotIx| self.needs_blob(entry(*ix));
        let unknown: Vec<SnapshotIx> = snapshots.iter().copied().filter(needs_blob).collect();
        let mut kept = HashSet::new();
        let mut unread = None;
        chronology::read_infos(repository, pool, &unknown, |ix, info| {
            if self.keeps(entry(ix), Some(&info)) {
                kept.insert(ix);
            }
            match info {
                Err(error) if !error.is_finding() => unread = Some(error),
                _ => {}
            }
        });
        if let Some(error) = unread {
            return Err(error);
        }
        let matches = |ix: &SnapshotIx| if needs_blob(ix) { kept.contains(ix) } else { self.keeps(entry(*ix), None) };
        Ok(snapshots.iter().copied().filter(matches).collect())
    }

    /// Whether a snapshot matches: by the root where that tells all that is asked for, else by its blob. What is not
    /// known, because the blob was not read or cannot be, rules nothing out.
    #[must_use]
    pub fn keeps(&self, entry: &SnapshotEntry, info: Option<&InfoResult>) -> bool {
        if !self.needs_blob(entry) {
            return self.matches(&Known {
                state: entry.state,
                start_millis: entry.start_millis,
                policy: entry.slm_policy.as_deref(),
                metadata: &[],
            });
        }
        let Some(Ok(info)) = info else { return true };
        self.matches(&Known {
            state: Some(info.state),
            start_millis: Some(info.start_millis),
            policy: info.policy(),
            metadata: info.metadata.as_ref().map_or(&[], Value::members),
        })
    }

    /// Whether the root of a repository does not tell all that is asked for.
    #[must_use]
    pub fn needs_blobs(&self, repository: &Repository) -> bool {
        repository.root.snapshots.iter().any(|entry| self.needs_blob(entry))
    }

    /// Whether the root does not tell all that is asked for of this snapshot.
    #[must_use]
    pub fn needs_blob(&self, entry: &SnapshotEntry) -> bool {
        !self.metadata.is_empty()
            || !self.states.is_empty() && entry.state.is_none()
            || (self.before_millis.is_some() || self.since_millis.is_some()) && entry.start_millis.is_none()
            || self.policy.is_some() && entry.slm_policy.is_none()
    }

    fn matches(&self, known: &Known<'_>) -> bool {
        let state = || self.states.is_empty() || known.state.is_some_and(|state| self.states.contains(&state));
        let before = || self.before_millis.is_none_or(|limit| known.start_millis.is_some_and(|start| start < limit));
        let since = || self.since_millis.is_none_or(|limit| known.start_millis.is_some_and(|start| start >= limit));
        let policy = || match (&self.policy, known.policy) {
            (None, _) => true,
            (Some(pattern), Some(name)) => !name.is_empty() && glob(pattern, name),
            (Some(_), None) => false,
        };
        let metadata = || {
            self.metadata.iter().all(|(key, wanted)| {
                // Of members with the same name the last one counts.
                let found = known.metadata.iter().rfind(|(name, _)| **name == **key);
                found.is_some_and(|(_, value)| text(value) == *wanted)
            })
        };
        state() && before() && since() && policy() && metadata()
    }
}

fn text(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => String::from_utf8(value.to_json()).unwrap_or_default(),
    }
}
