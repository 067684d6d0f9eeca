//! `discover`: which repositories are below here?

use std::ops::ControlFlow;

use snaprepo_core::{
    OpenError,
    discover::{self, Found},
    repository::Repository,
};

use super::{Problems, Run, info, word};
use crate::{
    exit::Exit,
    explain::Failure,
    output::units::counted,
    session::Session,
    views::discover::{DiscoverRow, DiscoverView},
};

pub(crate) fn run(run: &mut Run<'_>, location: &str, depth: u32) -> Result<Exit, Failure> {
    let session = run.session(location)?;
    let mut view = DiscoverView { repositories: Vec::new(), unlisted: Vec::new() };
    let mut first_unlisted = None;
    let mut problems = Problems::default();
    discover::discover(&session.store, &session.base, depth, &session.pool, &mut |found| {
        match found {
            Found::Repository(folder, opened) => {
                let location = session.location_of(&folder);
                view.repositories.push(match *opened {
                    Ok(repository) => row(location, &repository, &mut problems),
                    Err(error) => {
                        // What could not be read is not broken for all that we know.
                        let is_unread = matches!(error, OpenError::Store(_) | OpenError::Blob(_));
                        problems.unread |= is_unread;
                        problems.damage |= !is_unread;
                        DiscoverRow { location, error: Some(error.to_string()), ..DiscoverRow::default() }
                    }
                });
            }
            Found::Unlisted(error) => {
                view.unlisted.push(format!("{}: {}", session.location_of(&error.path), error.kind));
                first_unlisted.get_or_insert(error);
            }
            Found::TooMany(n) => view.unlisted.push(format!("{} more are left out", counted(n as u64, "folder"))),
        }
        ControlFlow::Continue(())
    });
    // Where not even the first folder can be listed there is no answer at all.
    if let Some(error) = first_unlisted.filter(|_| view.repositories.is_empty())
        && error.path == session.base
    {
        return Err(Failure::Open { location: session.location.clone(), error: error.into() });
    }
    let exit = exit(&session, &view, problems);
    if run.global.ndjson {
        // Its lines are repositories.
        let unlisted = view.unlisted.iter().map(|folder| format!("not looked into: {folder}\n"));
        run.io.error_text(&unlisted.collect::<String>());
    }
    run.reply("discover", &session, None, word(exit), view)?;
    Ok(exit)
}

fn exit(session: &Session, view: &DiscoverView, problems: Problems) -> Exit {
    if session.is_cancelled() {
        Exit::Interrupted
    } else if problems.damage || (view.repositories.is_empty() && view.unlisted.is_empty()) {
        Exit::Bad
    } else if problems.unread || !view.unlisted.is_empty() {
        Exit::Partly
    } else {
        Exit::Good
    }
}

fn row(location: String, repository: &Repository, problems: &mut Problems) -> DiscoverRow {
    let (product, newest, error) = info::writer_and_newest(repository);
    let damaged = repository.unreadable_roots.first().map(|(_, error)| format!("damaged: {error}"));
    problems.damage |= damaged.is_some();
    error.iter().for_each(|error| problems.note(error));
    DiscoverRow {
        location,
        product: Some(product),
        generation: repository.generation,
        uuid: repository.root.uuid.as_deref().map(str::to_owned),
        n_snapshots: Some(repository.root.snapshots.len() as u64),
        n_indices: Some(repository.root.indices.len() as u64),
        newest_in_millis: newest,
        error: damaged.or_else(|| error.map(|error| format!("its newest snapshot cannot be read: {error}"))),
    }
}
