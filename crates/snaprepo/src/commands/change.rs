//! What the verbs share that change a repository: who says what, where the journal is, and how it ended.

use std::{
    fs::{self, File},
    hash::{BuildHasher as _, RandomState},
    io::{BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};
use snaprepo_cloud::{Belief, Conditional, Environment};
use snaprepo_codec::BlobPath;
use snaprepo_core::change::{self, Applied, ChangeError, Exclusive, Journal, Plan, Reached, Stage};
use snaprepo_format::Uuid;
use snaprepo_store::{LocalStore, WriteStore};

use super::{Run, word};
use crate::{
    args::{ApplyArgs, ChangeArgs, UndoArgs},
    exit::Exit,
    explain::Failure,
    session::Session,
    views::change::{ChangeView, UndoView},
};

/// A name that nobody else has.
pub(super) fn new_id() -> Uuid {
    // Each state has keys of chance of its own.
    let half = || RandomState::new().hash_one(0_u8);
    Uuid::from_bytes(((u128::from(half()) << 64) | u128::from(half())).to_be_bytes())
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

/// Where journals of a repository are kept.
fn journals(args: &ChangeArgs, environment: &Environment, session: &Session) -> Result<PathBuf, Failure> {
    let state = args.state.clone().or_else(|| usual_folder(environment)).ok_or_else(|| Failure::Usage {
        message: "nobody says where journals are to be kept".to_owned(),
        hint: Some("name a folder with --state"),
    })?;
    let state = std::path::absolute(&state).map_err(|source| Failure::Written { path: state, source })?;
    if let Some(directory) = &session.directory
        && state.starts_with(std::path::absolute(directory).unwrap_or_else(|_| directory.clone()))
    {
        return Err(Failure::Usage {
            message: format!("--state {} lies in the repository's own folder", state.display()),
            hint: Some("journals must outlive the repository: name a folder elsewhere"),
        });
    }
    let place = format!("{}\n{}", session.place(), session.base);
    let key: String = Sha256::digest(place).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(state.join(key))
}

/// Where the platform keeps what programs remember.
fn usual_folder(environment: &Environment) -> Option<PathBuf> {
    let folder = match environment.get("XDG_STATE_HOME").filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None if cfg!(windows) => environment.get("LOCALAPPDATA")?.into(),
        None if cfg!(target_os = "macos") => {
            PathBuf::from(environment.get("HOME")?).join("Library/Application Support")
        }
        None => PathBuf::from(environment.get("HOME")?).join(".local/state"),
    };
    Some(folder.join("snaprepo").join("journals"))
}

/// Journals of a repository, newest last.
fn all_journals(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Failure::Written { path: folder.to_owned(), source }),
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths =
        paths.collect::<Result<Vec<_>, _>>().map_err(|source| Failure::Written { path: folder.to_owned(), source })?;
    paths.retain(|path| path.extension().is_none_or(|extension| extension != change::UNFINISHED));
    paths.sort();
    Ok(paths)
}

/// What has to hold before a change is begun: the operator's word, and no other change that was begun and not ended.
pub(super) fn may_begin(run: &Run<'_>, session: &Session, args: &ChangeArgs) -> Result<PathBuf, Failure> {
    need_word(args)?;
    let folder = journals(args, &run.io.environment, session)?;
    none_open(&folder)?;
    Ok(folder)
}

fn none_open(folder: &Path) -> Result<(), Failure> {
    let Some(newest) = all_journals(folder)?.pop() else { return Ok(()) };
    let (journal, _) = Journal::open(&newest)?;
    if journal.has_reached(Reached::Done) || journal.is_closed() {
        return Ok(());
    }
    Err(Failure::Usage {
        message: format!("an earlier change of this repository was stopped: {}", newest.display()),
        hint: Some("go on with it: snaprepo apply REPO JOURNAL --yes; or take it back: snaprepo undo REPO --yes"),
    })
}

/// Begins a journal for a plan, and carries it out.
pub(super) fn carry_out(
    run: &mut Run<'_>,
    session: &Session,
    args: &ChangeArgs,
    plan: &Plan,
    view: ChangeView,
) -> Result<(Exit, ChangeView), Failure> {
    let folder = may_begin(run, session, args)?;
    let base = BlobPath::parse(&plan.head.repository.base)?;
    let old_root = change::check(&*writer(session)?, &base, plan).map_err(|error| failed(session, error))?;
    // Sorted by name they are sorted by time.
    let name = format!("{:014}-{}", run.io.now_millis, new_id());
    let mut journal = Journal::begin(&folder.join(name), plan, &old_root)?;
    go_on(run, session, plan, &mut journal, view)
}

/// Carries out what is left of a plan.
fn go_on(
    run: &mut Run<'_>,
    session: &Session,
    plan: &Plan,
    journal: &mut Journal,
    mut view: ChangeView,
) -> Result<(Exit, ChangeView), Failure> {
    let base = BlobPath::parse(&plan.head.repository.base)?;
    let store = writer(session)?;
    let exclusive = exclusive(session, &base)?;
    let progress = run.progress();
    let applied = change::apply(&*store, &base, plan, journal, exclusive, &session.pool, &progress);
    progress.finish();
    view.journal = Some(journal.folder().display().to_string());
    let Applied { stage, n_tables, deleted, n_failed, failures, is_interrupted } = match applied {
        Ok(applied) => applied,
        Err(error) => {
            let is_published = journal.has_reached(Reached::Root);
            let state = if is_published {
                "the new root is published, and some blobs that it does not need are left"
            } else {
                "the repository is as it was; new shard tables may lie in it that nothing refers to"
            };
            run.io.error_text(&format!("note: {state}; journal: {}\n", journal.folder().display()));
            return Err(Failure::Change { location: session.shown_location(), error: Box::new(error), is_published });
        }
    };
    view.done = stage != Stage::Before;
    view.tables = view.tables.max(n_tables);
    view.blobs = deleted.n;
    view.size_in_bytes = deleted.bytes;
    view.blobs_left = n_failed;
    view.left = failures.iter().map(ToString::to_string).collect();
    view.store_overwrites = exclusive == Exclusive::Looked;
    let again = || {
        let journal = journal.folder().display();
        Some(format!("go on: snaprepo apply {} {journal} --yes --no-cluster-writes", session.shown_location()))
    };
    let exit = if is_interrupted {
        view.next = again();
        Exit::Interrupted
    } else if n_failed > 0 {
        view.next = again();
        Exit::Partly
    } else {
        Exit::Good
    };
    Ok((exit, view))
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
        generation: head.repository.generation,
        next_generation: head.publishes,
        ..ChangeView::default()
    }
}

/// Writes a plan to a file.
pub(super) fn write_plan(plan: &Plan, path: &Path) -> Result<(), Failure> {
    let written = File::create(path).and_then(|file| {
        let mut file = BufWriter::new(file);
        plan.write(&mut file).and_then(|()| file.flush())
    });
    written.map_err(|source| Failure::Written { path: path.to_owned(), source })
}

/// `apply`: a plan that was made earlier, or the rest of one that was stopped.
pub(crate) fn apply(run: &mut Run<'_>, args: &ApplyArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let repository = session.open()?;
    let path = &args.plan;
    let (journal, plan) = if path.is_dir() {
        let (journal, plan) = Journal::open(path)?;
        (Some(journal), plan)
    } else {
        let file = File::open(path).map_err(|source| Failure::Plan { path: path.clone(), error: source.into() })?;
        let plan = Plan::read(&mut BufReader::new(file));
        (None, plan.map_err(|error| Failure::Plan { path: path.clone(), error })?)
    };
    let stays = |name: &str| !plan.head.removes.iter().any(|removed| removed.name == name);
    let n_kept = repository.root.snapshots.iter().filter(|entry| stays(&entry.name)).count();
    let view = ChangeView { n_kept: n_kept as u64, ..view_of(&plan, 0) };
    let (exit, view) = match journal {
        Some(journal) if journal.is_closed() || journal.has_reached(Reached::Done) => {
            return Err(Failure::Usage { message: format!("the change of {} has ended", path.display()), hint: None });
        }
        _ if !args.change.yes => {
            let next = Some("run again with --yes --no-cluster-writes to do it".to_owned());
            (Exit::Good, ChangeView { next, ..view })
        }
        Some(mut journal) => {
            need_word(&args.change)?;
            go_on(run, &session, &plan, &mut journal, view)?
        }
        None => carry_out(run, &session, &args.change, &plan, view)?,
    };
    run.reply("apply", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

/// `undo`: takes back the last change.
pub(crate) fn undo(run: &mut Run<'_>, args: &UndoArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let path = match &args.journal {
        Some(path) => path.clone(),
        None => {
            let folder = journals(&args.change, &run.io.environment, &session)?;
            let open = |path: &PathBuf| Journal::open(path).map(|(journal, _)| !journal.is_closed()).unwrap_or(true);
            all_journals(&folder)?.into_iter().rfind(open).ok_or_else(|| Failure::Usage {
                message: format!("no change of {} is known that could be taken back", session.shown_location()),
                hint: Some("journals are kept by the account that made the change: name the folder, or its --state"),
            })?
        }
    };
    let (mut journal, plan) = Journal::open(&path)?;
    if journal.is_closed() {
        return Err(Failure::Usage {
            message: format!("the change of {} is taken back already", path.display()),
            hint: None,
        });
    }
    let mut view = UndoView {
        done: false,
        snapshots: plan.head.removes.iter().map(|removed| removed.name.clone()).collect(),
        generation: plan.head.repository.generation,
        was_published: journal.has_reached(Reached::Root),
        journal: path.display().to_string(),
    };
    if args.change.yes {
        need_word(&args.change)?;
        let store = writer(&session)?;
        let base = BlobPath::parse(&plan.head.repository.base)?;
        let undone = change::undo(&*store, &base, &plan, &mut journal, &session.pool);
        let undone = undone.map_err(|error| failed(&session, error))?;
        view.done = true;
        view.was_published = undone.was_published;
    }
    run.reply("undo", &session, None, word(Exit::Good), view)?;
    Ok(Exit::Good)
}
