//! Plans to put right what can be put right from the repository itself: nothing is invented, and nothing that a snapshot
//! needs is deleted. What cannot be repaired is left alone and named.
//!
//! ```text
//! root ─▶ references: what the root says of itself ──┐
//! shards ─▶ where they lie, their tables ────────────┼─▶ Plan: tables, a root, index.latest
//! index.latest ──────────────────────────────────────┘
//! no root ─▶ rebuild: snapshots, indices, metadata, tables ─▶ Plan: a root
//! ```

use std::{collections::BTreeMap, ops::ControlFlow};

use hashbrown::{HashMap, HashSet};
use snaprepo_codec::{BlobPath, crc};
use snaprepo_format::{
    Uuid,
    engine::Era,
    latest, names,
    root::{self, Edit, IndexIx, NewTable, Oddity, Root},
    shard_paths::ShardPathType,
};
use snaprepo_store::Pool;

use super::{
    fence::{self, Refusal, Why},
    plan::{Draft, Head, Identity, Plan, Table, VERSION},
    publish::{ChangeError, moved, next},
    root_folder::{Aged, RootFolder, younger},
};
use crate::{BlobError, Event, Observer, Phase, Problem, Repository, blob::load};

mod rebuild;
mod references;
mod shard;

pub use rebuild::{Rebuild, Rebuilt, Recovered, rebuild};

/// What is put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The whole root, when it is lost or cannot be read.
    Root,
    /// What the root says of itself: snapshots, indices and identifiers that are not there.
    References,
    /// Where the shard folders of an index lie.
    ShardPaths,
    /// File tables of shards that are missing, damaged, or lack a snapshot.
    ShardTables,
    /// Snapshots in file tables that the root does not have.
    DeadNames,
    /// `index.latest`.
    Latest,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Root, Self::References, Self::ShardPaths, Self::ShardTables, Self::DeadNames, Self::Latest];

    /// The name: stable, for scripts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::References => "references",
            Self::ShardPaths => "shard-paths",
            Self::ShardTables => "shard-tables",
            Self::DeadNames => "dead-names",
            Self::Latest => "latest",
        }
    }
}

/// One thing that is wrong, and whether it is put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repair {
    /// Which part.
    pub part: Part,
    /// The blob or folder that it is about, from the root of the store.
    pub path: Option<BlobPath>,
    /// What is wrong, and what is done about it: a fragment.
    pub message: String,
    /// Why it is left alone, if so.
    pub left: Option<String>,
}

/// What is asked for.
pub struct Mend<'m> {
    /// What is put right.
    pub parts: &'m [Part],
    /// Whether `index.latest` is written where there is none.
    pub makes_latest: bool,
    /// Whether every file list is read and held against the table of its shard.
    pub checks_lists: bool,
    /// As for deletions: see [`Fences::window_millis`](super::Fences::window_millis).
    pub window_millis: i64,
    /// Now, in milliseconds since 1970.
    pub now_millis: i64,
    /// Names for new shard tables: each another one.
    pub new_id: &'m mut dyn FnMut() -> Uuid,
}

/// A plan, or why there is none.
#[derive(Debug)]
pub struct Mended {
    /// What will be done; `None` when nothing is, or something stands in the way.
    pub plan: Option<Plan>,
    /// What does.
    pub refusals: Vec<Refusal>,
    /// What is wrong, in the order of the parts, as far as it was looked for.
    pub repairs: Vec<Repair>,
    /// Whether somebody asked to stop: then there is no plan.
    pub is_interrupted: bool,
}

/// What was found so far.
#[derive(Default)]
struct Found {
    repairs: Vec<Repair>,
    refusals: Vec<Refusal>,
    /// Shard folders by index id.
    path_types: BTreeMap<Box<str>, ShardPathType>,
    /// Tables that the root shall name, by index id.
    named: BTreeMap<Box<str>, Vec<(u32, NewTable)>>,
    /// Blob ids of metadata, by identifier.
    identifiers: HashMap<Box<str>, Box<str>>,
    /// Uuids that indices list and the root does not have.
    unknown: HashSet<Box<str>>,
    /// Whether the root has references to nothing.
    tidies: bool,
    youngest: Option<Aged>,
}

impl Found {
    fn repaired(&mut self, part: Part, path: Option<&BlobPath>, message: impl Into<String>) {
        self.repairs.push(Repair { part, path: path.cloned(), message: message.into(), left: None });
    }

    fn left(&mut self, part: Part, path: Option<&BlobPath>, message: impl Into<String>, why: impl Into<String>) {
        self.repairs.push(Repair { part, path: path.cloned(), message: message.into(), left: Some(why.into()) });
    }

    /// Whether anything in the root but the names of new tables changes.
    fn changes_root(&self) -> bool {
        self.tidies
            || !self.path_types.is_empty()
            || !self.named.is_empty()
            || !self.identifiers.is_empty()
            || !self.unknown.is_empty()
    }
}

/// Plans a repair of a repository that can be opened.
///
/// # Errors
/// When something cannot be listed or read that says nothing of the repository.
pub fn repair(
    repository: &Repository,
    mend: Mend<'_>,
    pool: &Pool,
    observer: &dyn Observer,
) -> Result<Mended, ChangeError> {
    let Mend { parts, makes_latest, checks_lists, window_millis, now_millis, new_id } = mend;
    let wants = |part: Part| parts.contains(&part);
    let mut found = Found { refusals: fences(repository, wants(Part::References)), ..Found::default() };
    let (Some(generation), Some(root_path), true) =
        (repository.generation, repository.root_path(), found.refusals.is_empty())
    else {
        return Ok(Mended { plan: None, refusals: found.refusals, repairs: Vec::new(), is_interrupted: false });
    };
    let old_root = repository.store().read(&root_path)?;
    let mut draft = Draft::new()?;
    let metadata = references::look(repository, wants(Part::References), pool, observer, &mut found);
    shards(
        repository,
        shard::What { parts, checks_lists, replaces: true },
        &metadata,
        new_id,
        pool,
        observer,
        &mut found,
        &mut draft,
        &mut |_| {},
    )?;
    let renews = wants(Part::Latest) && latest_is_wrong(repository, makes_latest, &mut found)?;

    let folder = RootFolder::look(repository, &HashSet::new())?;
    if let Some((age, path)) = folder.youngest.clone() {
        younger(&mut found.youngest, Some(age), path);
    }
    found.refusals.extend(fence::young(found.youngest.as_ref(), folder.root_millis, window_millis));
    found.refusals.extend(fence::moved_on(repository)?);
    found.repairs.sort_by(|a, b| (a.part, &a.path, &a.message).cmp(&(b.part, &b.path, &b.message)));
    let is_interrupted = pool.cancel().is_cancelled();
    let writes_root = found.changes_root() || !draft.tables.is_empty();
    if !found.refusals.is_empty() || is_interrupted || !(writes_root || renews) {
        return Ok(Mended { plan: None, refusals: found.refusals, repairs: found.repairs, is_interrupted });
    }
    if writes_root {
        for (path, len_bytes) in folder.doomed_roots(repository) {
            draft.doom(path, len_bytes)?;
        }
    }
    let head = Head {
        plan: VERSION,
        command: "repair".to_owned(),
        repository: Identity {
            uuid: repository.root.uuid.as_deref().map(str::to_owned),
            base: repository.base().as_str().to_owned(),
            generation: Some(generation),
            root_crc32: crc::crc32(&old_root),
            root_bytes: old_root.len() as u64,
        },
        made_at_in_millis: now_millis,
        removes: Vec::new(),
        publishes: if writes_root { next(generation)? } else { generation },
        renews_latest: renews || (writes_root && repository.scan.has_latest),
        tables_first: repository.era() != Era::E5,
        root: if found.changes_root() { Some(new_root(repository, &old_root, &found, &draft)?) } else { None },
    };
    let plan = draft.finish(head)?;
    Ok(Mended { plan: Some(plan), refusals: Vec::new(), repairs: found.repairs, is_interrupted })
}

/// What stands in the way of any change, but for what is put right.
fn fences(repository: &Repository, mends_references: bool) -> Vec<Refusal> {
    let mut refusals = fence::of_root(repository);
    let is_mended = |oddity: &Oddity| matches!(oddity, Oddity::UnknownSnapshot { .. });
    if mends_references && repository.root.oddities.iter().any(is_mended) {
        let n_others = repository
            .root
            .oddities
            .iter()
            .filter(|oddity| matches!(oddity, Oddity::Duplicate { .. } | Oddity::UnknownShardPathType { .. }));
        if n_others.count() == 0 {
            refusals.retain(|refusal| refusal.why != Why::OddRoot);
        }
    }
    refusals
}

/// The root with everything put right that belongs into it.
fn new_root(repository: &Repository, old_root: &[u8], found: &Found, draft: &Draft) -> Result<String, ChangeError> {
    let mut edit = Edit {
        snapshots: found.unknown.iter().map(|uuid| &**uuid).collect(),
        path_types: found.path_types.iter().map(|(id, path_type)| (&**id, *path_type)).collect(),
        identifiers: found.identifiers.clone(),
        tidies: found.tidies,
        ..Edit::default()
    };
    if repository.era().names_shard_generations() {
        for (id, tables) in &found.named {
            edit.tables.entry(id).or_default().extend(tables.iter().cloned());
        }
        for Table { index, shard, to, .. } in &draft.tables {
            edit.tables.entry(index).or_default().push((*shard, to.as_deref().map(Into::into)));
        }
    }
    let root = root::edited(old_root, &edit).map_err(|fault| moved(format!("the root: {fault}")))?;
    // What we would not read is not written.
    Root::parse(&root).map_err(|fault| moved(format!("the root that would be written: {fault}")))?;
    String::from_utf8(root).map_err(|_| moved("the root is no text"))
}

/// Looks at every shard.
#[expect(clippy::too_many_arguments, reason = "one call, of what the caller has in separate hands")]
fn shards(
    repository: &Repository,
    what: shard::What<'_>,
    metadata: &[references::OfIndex],
    new_id: &mut dyn FnMut() -> Uuid,
    pool: &Pool,
    observer: &dyn Observer,
    found: &mut Found,
    draft: &mut Draft,
    each: &mut dyn FnMut(&shard::OneShard),
) -> Result<(), ChangeError> {
    let parts = what.parts;
    let is_wanted = |part: &Part| matches!(part, Part::ShardPaths | Part::ShardTables | Part::DeadNames);
    if !parts.iter().any(is_wanted) {
        return Ok(());
    }
    let items = || metadata.iter().flat_map(|of| (0..of.n_shards).map(move |shard| (of, shard)));
    observer.event(Event::Begin { phase: Phase::Shards, total: items().count() as u64 });
    // Shard folders of one index that lie in different ways are nobody's to put right.
    let mut kinds: BTreeMap<IndexIx, HashSet<Option<ShardPathType>>> = BTreeMap::new();
    let work = |(of, shard): (&references::OfIndex, u32)| shard::look(repository, of, shard, &what);
    let mut looked = Vec::new();
    pool.map(items(), work, |one| {
        observer.event(Event::Advance);
        each(&one);
        if one.is_there {
            kinds.entry(one.index).or_default().insert(one.elsewhere);
        }
        if let Some((age, path)) = &one.youngest {
            younger(&mut found.youngest, Some(*age), path.clone());
        }
        if one.has_something_to_say() {
            looked.push(one);
        }
        ControlFlow::Continue(())
    });
    for one in looked {
        let entry = repository.root.index_entry(one.index);
        let is_split = kinds.get(&one.index).is_some_and(|kinds| kinds.len() > 1);
        if let (Some(path_type), true) = (one.elsewhere, parts.contains(&Part::ShardPaths)) {
            let message = format!(
                "index {}: the root says {}, the shard folders are {}",
                entry.name,
                entry.shard_path_type.name(),
                path_type.name()
            );
            if is_split {
                let why = "its shards lie in different ways";
                found.left(Part::ShardPaths, repository.root_path().as_ref(), message, why);
            } else if found.path_types.insert(entry.id.clone(), path_type).is_none() {
                found.repaired(Part::ShardPaths, repository.root_path().as_ref(), message);
            }
        }
        // Where nobody finds the shard, its table helps nobody.
        if one.elsewhere.is_some() && (is_split || !parts.contains(&Part::ShardPaths)) {
            continue;
        }
        found.refusals.extend(one.refusals);
        found.repairs.extend(one.repairs);
        match one.mend {
            Some(shard::Mending::Names(id)) => {
                found.named.entry(entry.id.clone()).or_default().push((one.shard, Some(id.into())));
            }
            Some(shard::Mending::Writes { from, highest, how, is_needed }) => {
                let id = match highest.filter(|_| repository.era() == Era::E5) {
                    Some(highest) => highest.saturating_add(1).to_string(),
                    None if repository.era() == Era::E5 => "0".to_owned(),
                    None => new_id().to_string(),
                };
                if let Some((old, len_bytes)) = &from {
                    let path = one.folder.join(&format!("index-{old}")).map_err(std::io::Error::other)?;
                    draft.doom(&path, *len_bytes)?;
                }
                draft.tables.push(Table {
                    index: entry.id.to_string(),
                    shard: one.shard,
                    folder: one.folder.to_string(),
                    from: from.map(|(old, _)| old),
                    to: is_needed.then_some(id),
                    how,
                });
            }
            None => {}
        }
    }
    Ok(())
}

/// Whether `index.latest` has to be written.
fn latest_is_wrong(repository: &Repository, makes_latest: bool, found: &mut Found) -> Result<bool, ChangeError> {
    let Ok(path) = repository.blob(names::LATEST) else { return Ok(false) };
    let message = match load(repository.store(), &path, latest::parse) {
        Ok(generation) if Some(generation) == repository.generation => return Ok(false),
        Ok(generation) => format!("names root {generation}"),
        Err(BlobError { problem: Problem::Absent(_), .. }) if !makes_latest => return Ok(false),
        Err(error) if error.is_finding() => error.problem.to_string(),
        Err(error) => return Err(error.into()),
    };
    found.repaired(Part::Latest, Some(&path), format!("{message}: it is written anew"));
    Ok(true)
}
