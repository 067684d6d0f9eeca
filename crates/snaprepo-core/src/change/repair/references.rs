//! What the root says of itself, against the metadata of its indices.

use std::{collections::BTreeMap, ops::ControlFlow};

use snaprepo_format::{
    index_metadata::IndexFacts,
    names::IndexBlob,
    root::{IndexIx, Oddity, ShardGen, SnapshotIx},
};
use snaprepo_store::{Entry, Pool};

use super::{Found, Part};
use crate::{BlobError, Event, Observer, Phase, Repository, blob::load, change::fence::Refusal};

/// What the metadata of an index tell.
pub(super) struct OfIndex {
    pub(super) index: IndexIx,
    /// The most shards that it has in any snapshot; what the root knows where metadata cannot be read.
    pub(super) n_shards: u32,
    /// Snapshots whose metadata could be read, and how many shards they have.
    pub(super) held: Vec<(SnapshotIx, u32)>,
    unreadable: Vec<(SnapshotIx, BlobError)>,
}

/// Reads the metadata of every index; where `mends`, puts right what the root says of itself.
pub(super) fn look(
    repository: &Repository,
    mends: bool,
    pool: &Pool,
    observer: &dyn Observer,
    found: &mut Found,
) -> Vec<OfIndex> {
    let n_indices = u32::try_from(repository.root.indices.len()).unwrap_or(u32::MAX);
    observer.event(Event::Begin { phase: Phase::Indices, total: n_indices.into() });
    let mut all = Vec::new();
    pool.map(
        0..n_indices,
        |index| one(repository, index),
        |of_index| {
            observer.event(Event::Advance);
            all.push(of_index);
            ControlFlow::Continue(())
        },
    );
    if mends {
        oddities(repository, found);
        numbers(repository, found);
        all.iter_mut().for_each(|of_index| lost_metadata(repository, of_index, found));
    }
    for of_index in &mut all {
        // Others say what they cannot do without.
        let unknown = of_index.unreadable.drain(..).filter(|(_, error)| !error.is_finding());
        found.refusals.extend(unknown.map(|(_, error)| Refusal::unreadable(error)));
    }
    all
}

fn one(repository: &Repository, index: IndexIx) -> OfIndex {
    let entry = repository.root.index_entry(index);
    let recorded = u32::try_from(entry.shard_generations.len()).unwrap_or(0);
    let mut of_index = OfIndex { index, n_shards: recorded, held: Vec::new(), unreadable: Vec::new() };
    let mut by_blob: BTreeMap<&str, Vec<SnapshotIx>> = BTreeMap::new();
    for snapshot in &entry.snapshots {
        by_blob.entry(repository.root.metadata_blob_id(*snapshot, index)).or_default().push(*snapshot);
    }
    for users in by_blob.into_values() {
        let Some(first) = users.first() else { continue };
        match repository.index_facts(*first, index) {
            Ok(facts) => {
                of_index.n_shards = of_index.n_shards.max(facts.n_shards);
                of_index.held.extend(users.iter().map(|snapshot| (*snapshot, facts.n_shards)));
            }
            Err(error) => of_index.unreadable.push((*first, error)),
        }
    }
    of_index
}

/// What the root alone shows.
fn oddities(repository: &Repository, found: &mut Found) {
    let root = repository.root_path();
    let root = root.as_ref();
    for oddity in &repository.root.oddities {
        match oddity {
            Oddity::UnknownSnapshot { index, uuid } => {
                let message =
                    format!("index {index} lists snapshot {uuid}, which the root does not have: it is taken out");
                found.repaired(Part::References, root, message);
                found.unknown.insert(uuid.clone());
                // What is empty then goes with it.
                found.tidies = true;
            }
            Oddity::EmptyIndex { index } => {
                // One whose only snapshots are unknown has been told.
                let is_told =
                    |other: &Oddity| matches!(other, Oddity::UnknownSnapshot { index: of, .. } if of == index);
                if !repository.root.oddities.iter().any(is_told) {
                    let message = format!("no snapshot holds index {index}: it is taken out");
                    found.repaired(Part::References, root, message);
                }
                found.tidies = true;
            }
            Oddity::LookupUnknownIndex { snapshot, id } => {
                let message =
                    format!("the lookup of snapshot {snapshot} names index id {id}, which the root does not have");
                found.repaired(Part::References, root, format!("{message}: it is taken out"));
                found.tidies = true;
            }
            Oddity::UnusedIdentifier { identifier } => {
                found.repaired(
                    Part::References,
                    root,
                    format!("no snapshot uses identifier {identifier}: it is taken out"),
                );
                found.tidies = true;
            }
            Oddity::LookupUnknownIdentifier { index, identifier, .. } => {
                let name = &repository.root.index_entry(*index).name;
                let message = format!("the root does not have identifier {identifier} of index {name}");
                find_metadata(repository, *index, identifier, message, found);
            }
            Oddity::Duplicate { what, text } => {
                found.left(
                    Part::References,
                    root,
                    format!("{what} {text} stands in it twice"),
                    "nobody knows which is right",
                );
            }
            _ => {}
        }
    }
}

/// Numbers where names of tables belong: readers take them for nothing, and the highest number of the folder counts.
fn numbers(repository: &Repository, found: &mut Found) {
    let root = repository.root_path();
    for entry in &repository.root.indices {
        for (shard, generation) in (0_u32..).zip(&entry.shard_generations) {
            if let ShardGen::Numeric(number) = generation {
                let what = format!("shard {shard} of index {}: the root has the number {number}", entry.name);
                let message = format!("{what} for the name of its table: it is taken out");
                found.repaired(Part::References, root.as_ref(), message);
                found.named.entry(entry.id.clone()).or_default().push((shard, None));
            }
        }
    }
}

/// Identifiers whose blob is lost, and which another blob has, too.
fn lost_metadata(repository: &Repository, of_index: &mut OfIndex, found: &mut Found) {
    for (snapshot, error) in of_index.unreadable.iter().filter(|(_, error)| error.is_finding()) {
        let name = &repository.root.index_entry(of_index.index).name;
        let message = format!("the metadata of index {name}: {}", error.problem);
        match repository.root.identifier(*snapshot, of_index.index) {
            Some((identifier, _)) => {
                find_metadata(repository, of_index.index, identifier, format!("{} {message}", error.path), found);
            }
            None => found.left(Part::References, Some(&error.path), message, "there is no second one"),
        }
    }
}

/// Looks for a metadata blob that has an identifier by its content.
fn find_metadata(repository: &Repository, index: IndexIx, identifier: &str, message: String, found: &mut Found) {
    if found.identifiers.contains_key(identifier) {
        return;
    }
    let Ok(folder) = repository.index_folder(index) else { return };
    let mut names = Vec::new();
    let listed = repository.store().list(&folder, &mut |entry| {
        if let Entry::Blob { name, .. } = entry
            && let IndexBlob::Metadata(id) = IndexBlob::parse(name)
        {
            names.push((name.to_owned(), id.to_owned()));
        }
    });
    match listed {
        Err(error) if error.is_absence() => {}
        Err(error) => {
            found.refusals.push(Refusal::unreadable(BlobError::from_store(error)));
            return;
        }
        Ok(()) => {}
    }
    names.sort();
    for (name, id) in names {
        let Ok(path) = folder.join(&name) else { continue };
        match load(repository.store(), &path, IndexFacts::parse) {
            Ok(facts) if facts.identifier.as_deref() == Some(identifier) => {
                found.repaired(Part::References, Some(&path), format!("{message}: this blob has it"));
                found.identifiers.insert(identifier.into(), id.into());
                return;
            }
            Ok(_) => {}
            Err(error) if error.is_finding() => {}
            Err(error) => {
                found.refusals.push(Refusal::unreadable(error));
                return;
            }
        }
    }
    found.left(Part::References, Some(&folder), message, "no blob of the index has it: only a copy may");
}
