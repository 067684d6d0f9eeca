//! Does the file list of a shard snapshot belong to its Lucene commit?

use hashbrown::{HashMap, HashSet};
use snaprepo_format::FileInfo;
use snaprepo_lucene::{Commit, SegmentInfo, commit_generation, is_commit_file, shard_state_id};

use super::finding::FindingKind;

/// What a commit says about a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommitFacts {
    /// What `shard_state_id` must be, where the commit tells.
    pub(super) shard_state_id: Option<String>,
}

/// What is wrong with the commit of a file list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommitFault {
    pub(super) kind: FindingKind,
    /// The file it is about.
    pub(super) file: Box<str>,
    pub(super) message: String,
}

impl CommitFault {
    fn new(kind: FindingKind, file: &str, message: String) -> Self {
        Self { kind, file: file.into(), message }
    }
}

/// Checks the file list of one shard snapshot. The commit and the segment infos are always inlined in the metadata,
/// also by versions that upload them as well; where they are not, only what can be told without them is checked.
pub(super) fn check(files: &[FileInfo]) -> Result<Option<CommitFacts>, CommitFault> {
    let commits: Vec<&FileInfo> = files.iter().filter(|file| is_commit_file(&file.physical_name)).collect();
    let [commit_file] = commits[..] else {
        let message = format!("{} files named segments_N instead of one", commits.len());
        return Err(CommitFault::new(FindingKind::CommitInvalid, "segments_N", message));
    };
    let name = &commit_file.physical_name;
    if commit_generation(name).is_none() {
        return Err(CommitFault::new(FindingKind::CommitInvalid, name, "has no generation in its name".to_owned()));
    }
    let Some(bytes) = commit_file.inlined() else { return Ok(None) };
    let commit = Commit::parse(bytes)
        .map_err(|fault| CommitFault::new(FindingKind::CommitInvalid, name, format!("does not read: {fault}")))?;

    let present: HashMap<&str, &FileInfo> = files.iter().map(|file| (&*file.physical_name, file)).collect();
    let mut needed: HashSet<String> = HashSet::from([name.to_string()]);
    for segment in &commit.segments {
        let info_name = segment.info_file();
        let info = present.get(info_name.as_str()).and_then(|file| file.inlined());
        needed.extend(segment.update_files.iter().cloned());
        needed.extend(segment.live_docs_file(&commit));
        // Without a readable segment info the files of the segment are those that carry its name.
        match info.and_then(|bytes| SegmentInfo::parse(bytes, &segment.codec).ok()) {
            Some(info) => needed.extend(info.files),
            None => {
                let of_segment = present.keys().filter(|file| is_of_segment(file, &segment.name));
                needed.extend(of_segment.map(ToString::to_string));
            }
        }
        needed.insert(info_name);
    }
    // The least of several, so that the answer is the same each time.
    if let Some(absent) = needed.iter().filter(|file| !present.contains_key(file.as_str())).min() {
        let message = format!("the commit {name} needs {absent}, the snapshot does not list it");
        return Err(CommitFault::new(FindingKind::CommitMismatch, absent, message));
    }
    if let Some(stray) = present.keys().filter(|file| !needed.contains(**file)).min() {
        let message = format!("the snapshot lists {stray}, the commit {name} does not need it");
        return Err(CommitFault::new(FindingKind::CommitMismatch, stray, message));
    }
    Ok(Some(CommitFacts { shard_state_id: shard_state_id(&commit) }))
}

/// Whether a file carries the name of a segment: `_1.cfs`, `_1_2.liv`, but not `_10.cfs`.
fn is_of_segment(file: &str, segment: &str) -> bool {
    file.strip_prefix(segment).is_some_and(|rest| rest.starts_with(['.', '_']))
}
