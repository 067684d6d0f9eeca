//! Does the file list of a shard snapshot belong to its Lucene commit?

use hashbrown::HashMap;
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

    let mut listed = Listed::new(files);
    listed.need(name);
    for segment in &commit.segments {
        let info_name = segment.info_file();
        let info = listed.file(&info_name).and_then(FileInfo::inlined);
        segment.update_files.iter().for_each(|file| listed.need(file));
        segment.live_docs_file(&commit).iter().for_each(|file| listed.need(file));
        // Without a readable segment info the files of the segment are those that carry its name.
        match info.and_then(|bytes| SegmentInfo::parse(bytes, &segment.codec).ok()) {
            Some(info) => info.files.iter().for_each(|file| listed.need(file)),
            None => listed.need_all_of(&segment.name),
        }
        listed.need(&info_name);
    }
    if let Some(absent) = listed.absent {
        let message = format!("the commit {name} needs {absent}, the snapshot does not list it");
        return Err(CommitFault::new(FindingKind::CommitMismatch, &absent, message));
    }
    if let Some(stray) = listed.stray() {
        let message = format!("the snapshot lists {stray}, the commit {name} does not need it");
        return Err(CommitFault::new(FindingKind::CommitMismatch, stray, message));
    }
    Ok(Some(CommitFacts { shard_state_id: shard_state_id(&commit) }))
}

/// The files that a snapshot lists, and which of them its commit needs.
struct Listed<'a> {
    /// By name; whether it is needed.
    files: HashMap<&'a str, (&'a FileInfo, Needed)>,
    /// What is needed and not listed: the least of several, so that the answer is the same each time.
    absent: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    Yes,
    No,
}

impl<'a> Listed<'a> {
    fn new(files: &'a [FileInfo]) -> Self {
        let files = files.iter().map(|file| (&*file.physical_name, (file, Needed::No)));
        Self { files: files.collect(), absent: None }
    }

    fn file(&self, name: &str) -> Option<&'a FileInfo> {
        self.files.get(name).map(|(file, _)| *file)
    }

    fn need(&mut self, name: &str) {
        match self.files.get_mut(name) {
            Some((_, needed)) => *needed = Needed::Yes,
            None if self.absent.as_deref().is_none_or(|least| name < least) => self.absent = Some(name.to_owned()),
            None => {}
        }
    }

    fn need_all_of(&mut self, segment: &str) {
        let of_segment = self.files.iter_mut().filter(|(name, _)| is_of_segment(name, segment));
        of_segment.for_each(|(_, (_, needed))| *needed = Needed::Yes);
    }

    /// What is listed and not needed: the least of several.
    fn stray(&self) -> Option<&'a str> {
        self.files.iter().filter(|(_, (_, needed))| *needed == Needed::No).map(|(name, _)| *name).min()
    }
}

/// Whether a file carries the name of a segment: `_1.cfs`, `_1_2.liv`, but not `_10.cfs`.
fn is_of_segment(file: &str, segment: &str) -> bool {
    file.strip_prefix(segment).is_some_and(|rest| rest.starts_with(['.', '_']))
}
