//! `store ls|stat|get|du`: a store as it is.

use std::{collections::BTreeMap, io};

use snaprepo_codec::BlobPath;
use snaprepo_store::{BlobStat, Entry, StoreError, Streamed};

use super::{Run, word};
use crate::{
    args::{StoreAt, StoreVerb},
    exit::Exit,
    explain::Failure,
    session::Session,
    views::{
        store::{BlobRow, DuRow, DuView, StatView},
        write_row,
    },
};

/// Folders that `du` tells apart; the rest are added up together.
const MAX_FOLDERS: usize = 10_000;

pub(crate) fn run(run: &mut Run<'_>, verb: &StoreVerb) -> Result<Exit, Failure> {
    match verb {
        StoreVerb::Ls { at, recursive, versions } => ls(run, at, *recursive, *versions),
        StoreVerb::Stat { at } => stat(run, at),
        StoreVerb::Get { at } => get(run, at),
        StoreVerb::Du { at, versions } => du(run, at, *versions),
    }
}

/// The session, and the place in its store.
fn open(run: &mut Run<'_>, at: &StoreAt, versions: bool) -> Result<(Session, BlobPath), Failure> {
    let session = run.session(&at.location)?;
    if versions && session.remote.is_none() {
        return Err(Failure::Usage {
            message: format!("--versions: {} is a folder, which keeps no versions", session.shown_location()),
            hint: None,
        });
    }
    let path = session.base.append(&BlobPath::parse(&at.path)?);
    Ok((session, path))
}

fn failed(session: &Session, error: StoreError) -> Failure {
    Failure::Open { location: session.location_of(&error.path), error: error.into() }
}

/// Writes each blob as it comes: a bucket has no end that could be kept in memory.
fn ls(run: &mut Run<'_>, at: &StoreAt, recursive: bool, versions: bool) -> Result<Exit, Failure> {
    if run.global.json {
        return Err(Failure::Usage {
            message: "store ls has no answer as one document: a listing may be longer than memory".to_owned(),
            hint: Some("use --ndjson, one line for each blob"),
        });
    }
    let (session, folder) = open(run, at, versions)?;
    let units = run.layout().units;
    let as_rows = run.global.ndjson;
    let mut written = Ok(());
    let out = run.io.stdout();
    let mut show = |row: BlobRow| {
        written = if as_rows { write_row(out, &row) } else { out.write_all(row.line(&units).as_bytes()) };
        written.is_ok() && !session.is_cancelled()
    };
    let listed = each(&session, &folder, recursive, versions, &mut show);
    if let Err(error) = written.and_then(|()| run.io.stdout().flush()) {
        return Err(Failure::Output(error));
    }
    listed.map_err(|error| failed(&session, error))?;
    run.tell_requests(&session);
    Ok(if session.is_cancelled() { Exit::Interrupted } else { Exit::Good })
}

/// Shows what is in a folder, until `show` returns `false`.
fn each(
    session: &Session,
    folder: &BlobPath,
    recursive: bool,
    versions: bool,
    show: &mut dyn FnMut(BlobRow) -> bool,
) -> Result<(), StoreError> {
    let mut goes_on = true;
    match &session.remote {
        Some(remote) if versions => {
            remote.store.versions(folder, &mut |version| {
                goes_on = show(BlobRow::of_version(version));
                goes_on
            })?;
            if goes_on {
                remote.store.uploads(folder, &mut |upload| show(BlobRow::of_upload(upload)))?;
            }
            Ok(())
        }
        Some(remote) if recursive => remote.store.stored_blobs(folder, &mut |blob| show(BlobRow::of_stored(blob))),
        _ if recursive => session.store.walk(folder, &mut |path, entry| show(BlobRow::of_entry(path.as_str(), entry))),
        _ => session.store.list(folder, &mut |entry| {
            goes_on = goes_on && show(BlobRow::of_entry(entry_name(entry), entry));
        }),
    }
}

fn entry_name(entry: Entry<'_>) -> &str {
    match entry {
        Entry::Blob { name, .. } | Entry::Folder { name } | Entry::Odd { name, .. } => name,
    }
}

fn stat(run: &mut Run<'_>, at: &StoreAt) -> Result<Exit, Failure> {
    let (session, path) = open(run, at, false)?;
    let BlobStat { len_bytes, modified_millis } = session.store.stat(&path).map_err(|error| failed(&session, error))?;
    let view = StatView {
        location: session.location_of(&path),
        size_in_bytes: len_bytes,
        modified_in_millis: modified_millis,
    };
    run.reply("store stat", &session, None, word(Exit::Good), view)?;
    Ok(Exit::Good)
}

fn get(run: &mut Run<'_>, at: &StoreAt) -> Result<Exit, Failure> {
    let (session, path) = open(run, at, false)?;
    let failed = |error| failed(&session, error);
    let BlobStat { len_bytes, .. } = session.store.stat(&path).map_err(failed)?;
    let mut written: io::Result<()> = Ok(());
    let mut n_written = 0_u64;
    let out = run.io.stdout();
    let streamed = session
        .store
        .stream(&path, len_bytes, &mut Vec::new(), &mut |piece| {
            written = out.write_all(piece);
            n_written += piece.len() as u64;
            written.is_ok() && !session.is_cancelled()
        })
        .map_err(failed)?;
    written.and_then(|()| run.io.stdout().flush())?;
    if session.is_cancelled() {
        return Ok(Exit::Interrupted);
    }
    if matches!(streamed, Streamed::OtherLength(_)) || n_written != len_bytes {
        return Err(Failure::Usage {
            message: format!("{}: its length changed while it was read", session.location_of(&path)),
            hint: Some("run again"),
        });
    }
    run.tell_requests(&session);
    Ok(Exit::Good)
}

fn du(run: &mut Run<'_>, at: &StoreAt, versions: bool) -> Result<Exit, Failure> {
    let (session, folder) = open(run, at, versions)?;
    let mut sums = Sums::default();
    each(&session, &folder, true, versions, &mut |row| {
        sums.add(&row);
        !session.is_cancelled()
    })
    .map_err(|error| failed(&session, error))?;
    let exit = if session.is_cancelled() { Exit::Interrupted } else { Exit::Good };
    let Sums { folders, rest, mut total } = sums;
    total.name = session.location_of(&folder);
    let mut rows: Vec<DuRow> = folders.into_values().collect();
    rows.extend(rest);
    run.reply("store du", &session, None, word(exit), DuView { folders: rows, total })?;
    Ok(exit)
}

/// Sums by the first folder of a path.
#[derive(Default)]
struct Sums {
    folders: BTreeMap<String, DuRow>,
    /// Folders beyond those that are told apart.
    rest: Option<DuRow>,
    total: DuRow,
}

impl Sums {
    fn add(&mut self, row: &BlobRow) {
        let folder = row.name.split_once('/').map_or(".", |(folder, _)| folder);
        let of_folder = if self.folders.len() < MAX_FOLDERS || self.folders.contains_key(folder) {
            self.folders
                .entry(folder.to_owned())
                .or_insert_with(|| DuRow { name: folder.to_owned(), ..DuRow::default() })
        } else {
            self.rest.get_or_insert_with(|| DuRow { name: "(other folders)".to_owned(), ..DuRow::default() })
        };
        of_folder.add(row);
        self.total.add(row);
    }
}
