//! What the verbs share that change a repository: who says what, where the journal is, and how it ended.

use std::{
    fs::File,
    hash::{BuildHasher as _, RandomState},
    io::{BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};
use snaprepo_cloud::{Belief, Conditional, Environment, Provider};
use snaprepo_codec::BlobPath;
use snaprepo_core::{
    change::{
        self, Applied, ChangeError, Exclusive, Journal, JournalError, Means, Plan, Quarantine, QuarantinePlace,
        Reached, Stage, Why,
    },
    usage::Blobs,
};
use snaprepo_format::Uuid;
use snaprepo_store::{LocalStore, WriteStore};

use super::{Run, word};
use crate::{
    args::{ApplyArgs, ChangeArgs, UndoArgs},
    exit::Exit,
    explain::Failure,
    outside::{self, Outside},
    session::Session,
    views::change::{ChangeView, Deed, RefusalRow, UndoView},
};

/// Unfinished uploads that are told.
const MAX_UPLOADS: usize = 20;

/// A name that nobody else has.
pub(super) fn new_id() -> Uuid {
    // Each state has keys of chance of its own.
    let half = || RandomState::new().hash_one(0_u8);
    Uuid::random(((u128::from(half()) << 64) | u128::from(half())).to_be_bytes())
}

/// The store, to write to.
fn writer(session: &Session) -> Result<Arc<dyn WriteStore>, Failure> {
    match (&session.remote, &session.directory) {
        (Some(remote), _) => Ok(Arc::new(remote.store.clone())),
        (None, Some(directory)) => {
            let opened = LocalStore::open(directory).map_err(|error| failed(session, ChangeError::Store(error)))?;
            Ok(Arc::new(opened))
        }
        (None, None) => {
            Err(Failure::Usage { message: format!("{} cannot be written", session.shown_location()), hint: None })
        }
    }
}

/// What the store makes of "write it if there is none": asked on a scratch key where nobody promises it.
fn exclusive(session: &Session, base: &BlobPath) -> Result<Exclusive, Failure> {
    let Some(remote) = session.remote.as_ref().filter(|remote| remote.store.belief() == Belief::Asked) else {
        return Ok(Exclusive::Kept);
    };
    match remote.store.probe(base).map_err(|error| failed(session, ChangeError::Store(error)))? {
        Conditional::Honoured => Ok(Exclusive::Kept),
        Conditional::Ignored | Conditional::Unsupported => Ok(Exclusive::Looked),
    }
}

pub(super) fn failed(session: &Session, error: ChangeError) -> Failure {
    Failure::Change { location: session.shown_location(), error: Box::new(error), is_published: false }
}

/// The operator's word, without which nothing is written.
fn need_word(args: &ChangeArgs) -> Result<(), Failure> {
    if args.no_cluster_writes {
        return Ok(());
    }
    Err(Failure::Usage {
        message:
            "--yes needs --no-cluster-writes: your word that no cluster has this repository registered for writing"
                .to_owned(),
        hint: Some(
            "a cluster that writes at the same time destroys snapshots: docs/safety.md says how, and what to do before",
        ),
    })
}

/// Uploads in parts that began not longer ago than the window: whoever began them may be taking a snapshot. Only S3 tells.
pub(super) fn recent_uploads(run: &mut Run<'_>, session: &Session, window_millis: i64) -> Vec<RefusalRow> {
    let remote = session.remote.as_ref().filter(|remote| remote.store.provider() == Provider::S3 && window_millis > 0);
    let Some(remote) = remote else { return Vec::new() };
    let since = run.io.now_millis.saturating_sub(window_millis);
    let mut rows = Vec::new();
    let listed = remote.store.uploads(&session.base, &mut |upload| {
        if upload.begun_millis.is_none_or(|begun| begun > since) {
            rows.push(RefusalRow {
                why: Why::MayBeWriting.name(),
                path: Some(upload.key),
                message: "is being uploaded in parts: a snapshot may be in progress".to_owned(),
                unless: Some("--window 0"),
            });
        }
        rows.len() < MAX_UPLOADS
    });
    // That nobody may look is no sign of anybody at work.
    if let Err(error) = listed {
        run.io.error_text(&format!("note: nobody could look for unfinished uploads: {error}\n"));
    }
    rows
}

/// Where journals of a repository are kept, and in which folder those of this one.
fn journals(run: &Run<'_>, args: &ChangeArgs, session: &Session) -> Result<(Outside, BlobPath), Failure> {
    let usual = || usual_folder(&run.io.environment).map(|folder| folder.display().to_string());
    let state = args.state.clone().or_else(usual).ok_or_else(|| Failure::Usage {
        message: "nobody says where journals are to be kept".to_owned(),
        hint: Some("name a folder with --state"),
    })?;
    let outside = Outside::open(&state, "--state", Some(session), run.global, run.io)?;
    let place = format!("{}\n{}", session.place(), session.base);
    let key: String = Sha256::digest(place).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let folder = outside.base.join(&key)?;
    Ok((outside, folder))
}

/// Where the platform keeps what programs remember.
fn usual_folder(environment: &Environment) -> Option<PathBuf> {
    if let Some(folder) = environment.get("XDG_STATE_HOME").filter(|folder| !folder.is_empty()) {
        return Some(PathBuf::from(folder).join("snaprepo").join("journals"));
    }
    let folder = if cfg!(windows) {
        PathBuf::from(environment.get("LOCALAPPDATA")?)
    } else {
        let below = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/state" };
        PathBuf::from(environment.get("HOME")?).join(below)
    };
    Some(folder.join("snaprepo").join("journals"))
}

/// The journal at a location.
fn journal_at(run: &Run<'_>, location: &str) -> Result<(Outside, Journal, Plan), Failure> {
    let is_there = outside::is_remote(location) || Path::new(location).is_dir();
    let opened = is_there.then(|| Outside::open(location, "JOURNAL", None, run.global, run.io)).transpose()?;
    let failed = |error| Failure::Journal { location: location.to_owned(), error };
    let outside = opened.ok_or_else(|| failed(JournalError::None))?;
    let (journal, plan) = Journal::open(Arc::clone(&outside.store), &outside.base).map_err(failed)?;
    Ok((outside, journal, plan))
}

/// What has to hold before a change is begun: the operator's word, and no other change that was begun and not ended.
pub(super) fn may_begin(run: &Run<'_>, session: &Session, args: &ChangeArgs) -> Result<(Outside, BlobPath), Failure> {
    need_word(args)?;
    let (outside, folder) = journals(run, args, session)?;
    let kept = |error| Failure::Journal { location: outside.location.clone(), error };
    let all = Journal::all(&*outside.store, &folder).map_err(|error| kept(error.into()))?;
    if let Some(newest) = all.last() {
        let path = folder.join(newest)?;
        let (journal, _) = Journal::open(Arc::clone(&outside.store), &path).map_err(kept)?;
        if !journal.has_reached(Reached::Done) && !journal.is_closed() {
            let message = format!("an earlier change of this repository was stopped: {}", outside.location_of(&path));
            return Err(Failure::Usage {
                message,
                hint: Some(
                    "go on with it: snaprepo apply REPO JOURNAL --yes; or take it back: snaprepo undo REPO --yes",
                ),
            });
        }
    }
    Ok((outside, folder))
}

/// What was written and deleted, when anything was.
pub(super) struct Carried {
    /// Shard tables.
    pub tables: u64,
    /// Blobs that were deleted.
    pub blobs: Blobs,
}

/// Ends a verb that has made a plan: carries it out, writes it down, or says how that is done.
pub(super) fn conclude(
    run: &mut Run<'_>,
    session: &Session,
    args: &ChangeArgs,
    plan_out: Option<&Path>,
    plan: &Plan,
) -> Result<(Exit, Deed, Option<Carried>), Failure> {
    if args.yes {
        return carry_out(run, session, args, plan);
    }
    let mut deed = Deed::default();
    deed.next = Some(match plan_out {
        Some(path) => {
            write_plan(plan, path)?;
            deed.plan = Some(path.display().to_string());
            let location = session.shown_location();
            format!("do it: snaprepo apply {location} {} --yes --no-cluster-writes", path.display())
        }
        None => "run again with --yes --no-cluster-writes to do it, or with --plan-out FILE to look at it".to_owned(),
    });
    Ok((Exit::Good, deed, None))
}

/// Begins a journal for a plan, and carries it out.
fn carry_out(
    run: &mut Run<'_>,
    session: &Session,
    args: &ChangeArgs,
    plan: &Plan,
) -> Result<(Exit, Deed, Option<Carried>), Failure> {
    let (outside, folder) = may_begin(run, session, args)?;
    let base = BlobPath::parse(&plan.head.repository.base)?;
    // Sorted by name they are sorted by time.
    let name = format!("{:014}-{}", run.io.now_millis, new_id());
    let quarantine = args.quarantine.as_ref().map(|location| -> Result<_, Failure> {
        let quarantine = Outside::open(location, "--quarantine", Some(session), run.global, run.io)?;
        Ok(QuarantinePlace { location: quarantine.location, folder: quarantine.base.join(&name)?.to_string() })
    });
    let quarantine = quarantine.transpose()?;
    let former = change::check(&*writer(session)?, &base, plan).map_err(|error| failed(session, error))?;
    let journal = folder.join(&name)?;
    let mut journal = Journal::begin(Arc::clone(&outside.store), &journal, plan, &former, quarantine)
        .map_err(|error| Failure::Journal { location: outside.location.clone(), error })?;
    go_on(run, session, plan, &outside, &mut journal)
}

/// The quarantine of a journal, opened.
fn quarantine_of(run: &Run<'_>, journal: &Journal) -> Result<Option<(Outside, BlobPath)>, Failure> {
    let Some(QuarantinePlace { location, folder }) = journal.quarantine() else { return Ok(None) };
    let outside = Outside::open(location, "the quarantine", None, run.global, run.io)?;
    Ok(Some((outside, BlobPath::parse(folder)?)))
}

/// Carries out what is left of a plan.
fn go_on(
    run: &mut Run<'_>,
    session: &Session,
    plan: &Plan,
    outside: &Outside,
    journal: &mut Journal,
) -> Result<(Exit, Deed, Option<Carried>), Failure> {
    let base = BlobPath::parse(&plan.head.repository.base)?;
    let store = writer(session)?;
    let exclusive = exclusive(session, &base)?;
    let quarantine = quarantine_of(run, journal)?;
    let quarantine = quarantine.as_ref().map(|(outside, folder)| Quarantine { store: &*outside.store, folder });
    let progress = run.progress();
    let means = Means { exclusive, quarantine };
    let applied = change::apply(&*store, &base, plan, journal, means, &session.pool, &progress);
    progress.finish();
    let shown_journal = outside.location_of(journal.folder());
    let Applied { stage, n_tables, deleted, n_failed, failures, retained, is_interrupted } = match applied {
        Ok(applied) => applied,
        Err(error) => {
            let is_published = journal.has_reached(Reached::Root);
            let state = if is_published {
                "the new root is published, and some blobs that it does not need are left"
            } else {
                "the repository is as it was; new shard tables may lie in it that nothing refers to"
            };
            run.io.error_text(&format!("note: {state}; journal: {shown_journal}\n"));
            return Err(Failure::Change { location: session.shown_location(), error: Box::new(error), is_published });
        }
    };
    let again = || {
        Some(format!("go on: snaprepo apply {} {shown_journal} --yes --no-cluster-writes", session.shown_location()))
    };
    let (exit, next) = if is_interrupted {
        (Exit::Interrupted, again())
    } else if n_failed > 0 {
        (Exit::Partly, again())
    } else {
        (Exit::Good, None)
    };
    let deed = Deed {
        done: stage != Stage::Before,
        blobs_left: n_failed,
        left: failures.iter().map(ToString::to_string).collect(),
        blobs_retained: retained.n,
        quarantine: journal.quarantine().map(|place| place.location.clone()),
        plan: None,
        store_overwrites: exclusive == Exclusive::Looked,
        next,
        journal: Some(shown_journal),
    };
    Ok((exit, deed, Some(Carried { tables: n_tables, blobs: deleted })))
}

/// What a plan is about to do, as far as it says itself.
pub(super) fn view_of(plan: &Plan, n_snapshots: usize) -> ChangeView {
    let head = &plan.head;
    ChangeView {
        snapshots: head.removes.iter().map(|removed| removed.name.clone()).collect(),
        n_kept: n_snapshots.saturating_sub(head.removes.len()) as u64,
        blobs: plan.doomed.n,
        size_in_bytes: plan.doomed.bytes,
        tables: plan.tables.iter().filter(|table| table.to.is_some()).count() as u64,
        generation: head.repository.generation.unwrap_or(0),
        next_generation: head.publishes,
        mends: head.command == "repair",
        keeps_root: head.keeps_root(),
        ..ChangeView::default()
    }
}

impl ChangeView {
    /// The same with how far it came.
    pub(super) fn with(mut self, deed: Deed, carried: Option<&Carried>) -> Self {
        self.deed = deed;
        if let Some(Carried { tables, blobs }) = carried {
            self.tables = self.tables.max(*tables);
            (self.blobs, self.size_in_bytes) = (blobs.n, blobs.bytes);
        }
        self
    }
}

/// Writes a plan to a file.
fn write_plan(plan: &Plan, path: &Path) -> Result<(), Failure> {
    let written = File::create(path).and_then(|file| {
        let mut file = BufWriter::new(file);
        plan.write(&mut file).and_then(|()| file.flush())
    });
    written.map_err(|source| Failure::Written { path: path.to_owned(), source })
}

/// `apply`: a plan that was made earlier, or the rest of one that was stopped.
pub(crate) fn apply(run: &mut Run<'_>, args: &ApplyArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let path = Path::new(&args.plan);
    let (journal, plan) = if outside::is_remote(&args.plan) || path.is_dir() {
        let (outside, journal, plan) = journal_at(run, &args.plan)?;
        (Some((outside, journal)), plan)
    } else {
        let failed = |error| Failure::Plan { path: path.to_owned(), error };
        let file = File::open(path).map_err(|source| failed(source.into()))?;
        (None, Plan::read(&mut BufReader::new(file)).map_err(failed)?)
    };
    // A plan may be for a repository that cannot be opened: that is what it repairs.
    let repository = match session.open() {
        Err(_) if plan.head.root.is_some() => None,
        opened => Some(opened?),
    };
    let stays = |name: &str| !plan.head.removes.iter().any(|removed| removed.name == name);
    let entries = repository.as_ref().map(|repository| &repository.root.snapshots).into_iter().flatten();
    let n_kept = entries.filter(|entry| stays(&entry.name)).count();
    let view = ChangeView { n_kept: n_kept as u64, ..view_of(&plan, 0) };
    let (exit, view) = match journal {
        Some((_, journal)) if journal.is_closed() || journal.has_reached(Reached::Done) => {
            return Err(Failure::Usage { message: format!("the change of {} has ended", args.plan), hint: None });
        }
        _ if !args.change.yes => {
            let next = Some("run again with --yes --no-cluster-writes to do it".to_owned());
            (Exit::Good, view.with(Deed { next, ..Deed::default() }, None))
        }
        Some((outside, mut journal)) => {
            need_word(&args.change)?;
            let (exit, deed, carried) = go_on(run, &session, &plan, &outside, &mut journal)?;
            (exit, view.with(deed, carried.as_ref()))
        }
        None => {
            let (exit, deed, carried) = carry_out(run, &session, &args.change, &plan)?;
            (exit, view.with(deed, carried.as_ref()))
        }
    };
    run.reply("apply", &session, repository.as_ref(), word(exit), view)?;
    Ok(exit)
}

/// `undo`: takes back the last change.
pub(crate) fn undo(run: &mut Run<'_>, args: &UndoArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let (outside, mut journal, plan) = match &args.journal {
        Some(location) => journal_at(run, location)?,
        None => newest_journal(run, &args.change, &session)?,
    };
    let shown_journal = outside.location_of(journal.folder());
    if journal.is_closed() {
        return Err(Failure::Usage {
            message: format!("the change of {shown_journal} is taken back already"),
            hint: None,
        });
    }
    let quarantine = quarantine_of(run, &journal)?;
    let mut view = UndoView {
        done: false,
        snapshots: plan.head.removes.iter().map(|removed| removed.name.clone()).collect(),
        generation: plan.head.repository.generation,
        was_published: journal.has_reached(Reached::Root),
        journal: shown_journal,
        quarantine: journal.quarantine().map(|place| place.location.clone()),
    };
    if args.change.yes {
        need_word(&args.change)?;
        let store = writer(&session)?;
        let base = BlobPath::parse(&plan.head.repository.base)?;
        let quarantine = quarantine.as_ref().map(|(outside, folder)| Quarantine { store: &*outside.store, folder });
        let undone = change::undo(&*store, &base, &plan, &mut journal, quarantine, &session.pool);
        let undone = undone.map_err(|error| failed(&session, error))?;
        view.done = true;
        view.was_published = undone.was_published;
    }
    run.reply("undo", &session, None, word(Exit::Good), view)?;
    Ok(Exit::Good)
}

/// The newest journal of a repository that is not taken back.
fn newest_journal(run: &Run<'_>, args: &ChangeArgs, session: &Session) -> Result<(Outside, Journal, Plan), Failure> {
    let (outside, folder) = journals(run, args, session)?;
    let kept = |error| Failure::Journal { location: outside.location.clone(), error };
    let all = Journal::all(&*outside.store, &folder).map_err(|error| kept(error.into()))?;
    for name in all.iter().rev() {
        let (journal, plan) = Journal::open(Arc::clone(&outside.store), &folder.join(name)?).map_err(kept)?;
        if !journal.is_closed() {
            return Ok((outside, journal, plan));
        }
    }
    Err(Failure::Usage {
        message: format!("no change of {} is known that could be taken back", session.shown_location()),
        hint: Some("journals are kept by the account that made the change: name the folder, or its --state"),
    })
}
