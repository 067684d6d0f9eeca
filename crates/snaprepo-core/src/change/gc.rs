//! Plans the collection of what nothing refers to (`docs/format.md`, *Liveness*). No root is written: what is collected
//! was never part of one, and what a shard table lists is not touched, so a cluster that goes on loses nothing. Only where
//! that is asked for, tables lose the names that the root does not know first; then there is a new root, as in a deletion.

use std::{collections::BTreeMap, io};

use snaprepo_codec::{BlobPath, crc};
use snaprepo_format::{
    Uuid,
    engine::Era,
    names::{RootBlob, ShardBlob},
};
use snaprepo_store::{BlobStat, Pool};

use super::{
    fence::{self, Refusal, Why},
    plan::{Draft, Head, How, Identity, Plan, Table, VERSION},
    publish::{ChangeError, moved, next},
    root_folder::{Aged, younger},
};
use crate::{
    Observer, Repository,
    usage::{self, Blobs, DeadTable, Question},
    verify::Class,
};

/// What is asked for.
pub struct Collect<'c> {
    /// Classes that are collected.
    pub classes: &'c [Class],
    /// What is younger stays, in milliseconds.
    pub grace_millis: i64,
    /// As for deletions: see [`Fences::window_millis`](super::Fences::window_millis).
    pub window_millis: i64,
    /// Now, in milliseconds since 1970.
    pub now_millis: i64,
    /// Whether names that the root does not know are taken out of shard tables first: names for the new tables.
    pub rewrites_tables: Option<&'c mut dyn FnMut() -> Uuid>,
}

/// What was found of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Blobs that are deleted.
    pub doomed: Blobs,
    /// Blobs that stay: too young, of a class that was not asked for, or never deleted.
    pub kept: Blobs,
}

/// A plan, or why there is none.
#[derive(Debug)]
pub struct Collected {
    /// What will be done; `None` when something stands in the way.
    pub plan: Option<Plan>,
    /// What does.
    pub refusals: Vec<Refusal>,
    /// By class.
    pub classes: BTreeMap<Class, Tally>,
    /// Whether somebody asked to stop: then there is no plan.
    pub is_interrupted: bool,
}

/// Plans a collection.
///
/// # Errors
/// When something cannot be listed or read that says nothing of the repository.
pub fn gc(
    repository: &Repository,
    mut collect: Collect<'_>,
    pool: &Pool,
    observer: &dyn Observer,
) -> Result<Collected, ChangeError> {
    let mut collected =
        Collected { plan: None, refusals: fence::of_root(repository), classes: BTreeMap::new(), is_interrupted: false };
    let Some(generation) = repository.generation.filter(|_| collected.refusals.is_empty()) else {
        return Ok(collected);
    };
    let path = repository.root_path().ok_or_else(|| moved("has no root"))?;
    let root = repository.store().read(&path)?;
    let mut draft = Draft::new()?;
    let (mut youngest, mut failed): (Option<Aged>, Option<io::Error>) = (None, None);
    let question =
        Question { deletes: true, forgets_unknown: collect.rewrites_tables.is_some(), ..Question::default() };
    let mut each = |class: Class, path: &BlobPath, stat: BlobStat| {
        let tally = collected.classes.entry(class).or_default();
        let blob = Blobs::one(stat.len_bytes);
        let tells = !matches!(class, Class::Foreign | Class::OldRoot)
            && !matches!(RootBlob::parse(path.name()), RootBlob::Scratch);
        if tells {
            younger(&mut youngest, stat.modified_millis, path.clone());
        }
        let is_old =
            stat.modified_millis.is_some_and(|age| age <= collect.now_millis.saturating_sub(collect.grace_millis));
        if !is_old || !collect.classes.contains(&class) || never_goes(repository, generation, class, path) {
            tally.kept.add(blob);
            return;
        }
        tally.doomed.add(blob);
        if failed.is_none() {
            failed = draft.doom(path, stat.len_bytes).err();
        }
    };
    let usage = usage::measure_naming(repository, question, pool, observer, Some(&mut each))?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    let refusals = &mut collected.refusals;
    refusals.extend(usage.misplaced.iter().map(|path| {
        Refusal::new(Why::Misplaced, "lies elsewhere than the root says: snaprepo verify tells more").at(path)
    }));
    refusals
        .extend(usage.unreadable.iter().map(|unread| Refusal::new(Why::Unreadable, &*unread.message).at(&unread.path)));
    refusals.extend(fence::young(youngest.as_ref(), usage.root_millis, collect.window_millis));
    refusals.extend(fence::moved_on(repository)?);
    collected.is_interrupted = usage.is_interrupted;
    let new_id = collect.rewrites_tables.take().filter(|_| !usage.dead_tables.is_empty());
    let rewrites = new_id.is_some();
    if let Some(new_id) = new_id {
        tables(repository, &usage.dead_tables, new_id, &mut draft)?;
        // The open root goes with the tables that it names. Elasticsearch before 7.6 keeps it.
        if repository.era() != Era::E5 {
            draft.doom(&path, root.len() as u64)?;
        }
    }
    if collected.refusals.is_empty() && !collected.is_interrupted {
        let head = Head {
            plan: VERSION,
            command: "gc".to_owned(),
            repository: Identity {
                uuid: repository.root.uuid.as_deref().map(str::to_owned),
                base: repository.base().as_str().to_owned(),
                generation: Some(generation),
                root_crc32: crc::crc32(&root),
                root_bytes: root.len() as u64,
            },
            made_at_in_millis: collect.now_millis,
            removes: Vec::new(),
            publishes: if rewrites { next(generation)? } else { generation },
            renews_latest: rewrites && repository.scan.has_latest,
            tables_first: repository.era() != Era::E5,
            root: None,
        };
        collected.plan = Some(draft.finish(head)?);
    }
    Ok(collected)
}

/// Tables without the names that the root does not know.
fn tables(
    repository: &Repository,
    dead: &[DeadTable],
    new_id: &mut dyn FnMut() -> Uuid,
    draft: &mut Draft,
) -> Result<(), ChangeError> {
    for table in dead {
        let path = table.folder.join(&format!("index-{}", table.id)).map_err(io::Error::other)?;
        draft.doom(&path, table.len_bytes)?;
        let to = match table.highest.filter(|_| repository.era() == Era::E5) {
            Some(highest) => highest.saturating_add(1).to_string(),
            None => new_id().to_string(),
        };
        draft.tables.push(Table {
            index: repository.root.index_entry(table.index).id.to_string(),
            shard: table.shard,
            folder: table.folder.to_string(),
            from: Some(table.id.clone()),
            to: table.is_needed.then_some(to),
            how: How::Known,
        });
    }
    Ok(())
}

/// What no collection takes, whatever was asked for.
fn never_goes(repository: &Repository, generation: u64, class: Class, path: &BlobPath) -> bool {
    match class {
        Class::Foreign => true,
        // Elasticsearch before 7.6 keeps the root before the newest one on purpose.
        Class::OldRoot => {
            repository.era() == Era::E5
                && matches!(RootBlob::parse(path.name()), RootBlob::Root(number) if number + 1 == generation)
        }
        // Its lock and its data are in a remote store.
        _ => matches!(ShardBlob::parse(path.name()), ShardBlob::ShallowSnapshot(_)),
    }
}
