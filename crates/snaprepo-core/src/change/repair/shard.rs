//! One shard folder: whether it is where the root says, and whether its file table is whole.

use hashbrown::HashSet;
use snaprepo_codec::BlobPath;
use snaprepo_format::{
    DataName, FileName,
    names::ShardBlob,
    root::{IndexIx, SnapshotIx},
    shard_generation::{self, ShardGeneration},
    shard_paths::ShardPathType,
};

use super::{Part, Repair, references::OfIndex};
use crate::{
    BlobError, Repository,
    change::{
        fence::Refusal,
        plan::How,
        root_folder::{Aged, younger},
    },
    folder::{Detail, Other, ShardFolder},
    shard::{self, Current, Located, ShardContent},
};

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct What<'w> {
    pub(super) parts: &'w [Part],
    /// Whether every file list is read and held against the table.
    pub(super) checks_lists: bool,
    /// Whether a table that another one takes the place of is deleted.
    pub(super) replaces: bool,
}

/// What is done about a table.
pub(super) enum Mending {
    /// The root names this one, which is there.
    Names(String),
    /// Another one is written.
    Writes {
        /// The text behind `index-` of the one that it takes the place of, and its length.
        from: Option<(String, u64)>,
        /// The highest number of a table in the folder.
        highest: Option<u64>,
        how: How,
        /// Whether any snapshot is left in it.
        is_needed: bool,
    },
}

/// What was found in a shard folder.
pub(super) struct OneShard {
    pub(super) index: IndexIx,
    pub(super) shard: u32,
    pub(super) folder: BlobPath,
    pub(super) is_there: bool,
    /// Snapshots that have a file list there.
    pub(super) listed: Vec<SnapshotIx>,
    /// How it lies, when not as the root says.
    pub(super) elsewhere: Option<ShardPathType>,
    pub(super) mend: Option<Mending>,
    pub(super) repairs: Vec<Repair>,
    pub(super) refusals: Vec<Refusal>,
    /// The youngest blob that nothing refers to.
    pub(super) youngest: Option<Aged>,
}

impl OneShard {
    pub(super) fn has_something_to_say(&self) -> bool {
        self.elsewhere.is_some() || self.mend.is_some() || !self.repairs.is_empty() || !self.refusals.is_empty()
    }

    fn says(&mut self, part: Part, path: &BlobPath, message: String, left: Option<String>) {
        self.repairs.push(Repair { part, path: Some(path.clone()), message, left });
    }
}

/// Looks at one shard.
pub(super) fn look(repository: &Repository, of_index: &OfIndex, shard: u32, what: &What<'_>) -> OneShard {
    let mut one = OneShard {
        index: of_index.index,
        shard,
        folder: BlobPath::root(),
        is_there: false,
        listed: Vec::new(),
        elsewhere: None,
        mend: None,
        repairs: Vec::new(),
        refusals: Vec::new(),
        youngest: None,
    };
    let folder = match shard::locate(repository, of_index.index, shard, Detail::Lengths) {
        Ok(Located::AsRecorded(folder)) => folder,
        Ok(Located::Elsewhere(folder, path_type)) => {
            one.elsewhere = Some(path_type);
            folder
        }
        Ok(Located::Nowhere(path)) => {
            nowhere(repository, of_index, shard, &path, &mut one);
            return one;
        }
        Err(error) => {
            one.refusals.push(Refusal::unreadable(error));
            return one;
        }
    };
    (one.folder, one.is_there) = (folder.path.clone(), true);
    if let Err(error) = table(repository, &folder, what, &mut one) {
        one.refusals.push(Refusal::unreadable(error));
    }
    one
}

/// A shard that failed in all its snapshots has no folder; any other has.
fn nowhere(repository: &Repository, of_index: &OfIndex, shard: u32, path: &BlobPath, one: &mut OneShard) {
    let name = &repository.root.index_entry(of_index.index).name;
    for (snapshot, _) in of_index.held.iter().filter(|(_, n_shards)| *n_shards > shard) {
        let Ok(info) = repository.snapshot_info(*snapshot) else { continue };
        let has_data = repository.index_facts(*snapshot, of_index.index).is_ok_and(|facts| facts.elsewhere.is_none());
        if has_data && info.pinned_timestamp.is_none() && !info.has_failed(name, shard) {
            let why = "nothing of it is left here: only a copy may have it".to_owned();
            let message = format!("the folder of shard {shard} of index {name} is gone");
            one.says(Part::ShardTables, path, message, Some(why));
            return;
        }
    }
}

/// Snapshots that have a file list in the folder: position, name.
type Listed<'r> = Vec<(SnapshotIx, &'r str)>;

fn table(repository: &Repository, folder: &ShardFolder, what: &What<'_>, one: &mut OneShard) -> Result<(), BlobError> {
    let parts = what.parts;
    let entry = repository.root.index_entry(one.index);
    let name_of = |snapshot: SnapshotIx| &*repository.root.snapshot_entry(snapshot).name;
    let known: HashSet<&str> = entry.snapshots.iter().map(|snapshot| name_of(*snapshot)).collect();
    let held_by = entry.snapshots.iter().copied();
    let listed: Listed<'_> = held_by
        .filter(|snapshot| folder.has(&repository.shard_snapshot_name(*snapshot)))
        .map(|snapshot| (snapshot, name_of(snapshot)))
        .collect();
    one.listed = listed.iter().map(|(snapshot, _)| *snapshot).collect();
    let current_of = Current::of(repository, one.index, one.shard, folder);
    let current = match &current_of {
        Current::Named(id) | Current::Highest(id) => Some(id.clone()),
        Current::New | Current::Undefined | Current::NoTables => None,
    };
    let shard = format!("shard {} of index {}", one.shard, entry.name);
    let read = match &current {
        Some(id) => match shard::read_generation(repository, &folder.path, &format!("index-{id}")) {
            Ok(table) => Ok(table),
            Err(error) if error.is_finding() => Err(format!("its file table index-{id} {}", error.problem)),
            Err(error) => return Err(error),
        },
        None => Err("nobody names its file table".to_owned()),
    };
    let path = folder.path.clone();
    match read {
        Ok(table) => {
            stale(folder, current.as_deref(), &table, repository, one);
            let mut wrong = disagreement(&table, &listed, &known);
            if wrong.is_none() && what.checks_lists && parts.contains(&Part::ShardTables) {
                wrong = not_given(repository, folder, &table, &listed)?;
            }
            if let Some(wrong) = wrong {
                if parts.contains(&Part::ShardTables) {
                    let message = format!("{shard}: {wrong}");
                    // A number that nobody names may be an old one.
                    let is_named = matches!(current_of, Current::Named(_));
                    let other =
                        if is_named { None } else { other_table(repository, folder, current.as_deref(), &listed)? };
                    put_right(
                        repository,
                        folder,
                        current.as_deref().filter(|_| what.replaces),
                        &listed,
                        other,
                        message,
                        one,
                    )?;
                }
                return Ok(());
            }
            let dead: Vec<&str> =
                table.snapshots.iter().map(|of| &*of.snapshot).filter(|name| !known.contains(name)).collect();
            if !dead.is_empty() && parts.contains(&Part::DeadNames) {
                let message = format!("{shard}: its file table has {}, which the root does not have", dead.join(", "));
                one.says(Part::DeadNames, &path, format!("{message}: they are taken out"), None);
                let is_needed = dead.len() < table.snapshots.len();
                one.mend = Some(Mending::Writes {
                    from: old(folder, current.as_deref()),
                    highest: folder.highest_numbered_generation(),
                    how: How::Known,
                    is_needed,
                });
            }
        }
        // A shard that nothing was ever taken of has none.
        Err(_) if listed.is_empty() && current.is_none() => {}
        Err(wrong) if parts.contains(&Part::ShardTables) => {
            let message = format!("{shard}: {wrong}");
            let other = other_table(repository, folder, current.as_deref(), &listed)?;
            // What cannot be read stays: it may still tell something to somebody.
            put_right(repository, folder, None, &listed, other, message, one)?;
        }
        Err(_) => {}
    }
    Ok(())
}

/// Has the root name another table that is there, where roots name tables; else makes one of the file lists.
fn put_right(
    repository: &Repository,
    folder: &ShardFolder,
    current: Option<&str>,
    listed: &Listed<'_>,
    other: Option<String>,
    message: String,
    one: &mut OneShard,
) -> Result<(), BlobError> {
    match other.filter(|_| repository.era().names_shard_generations()) {
        Some(id) => {
            one.says(Part::ShardTables, &folder.path, format!("{message}: the root names index-{id}"), None);
            one.mend = Some(Mending::Names(id));
            Ok(())
        }
        None => rebuild(repository, folder, current, listed, message, one),
    }
}

/// The table that another one takes the place of.
fn old(folder: &ShardFolder, current: Option<&str>) -> Option<(String, u64)> {
    let id = current?;
    let name = format!("index-{id}");
    let entry = folder.others.iter().find(|other| *other.name == *name)?;
    Some((id.to_owned(), entry.stat.map_or(0, |stat| stat.len_bytes)))
}

/// What of a table that can be read makes the next snapshot or deletion go wrong.
fn disagreement(table: &ShardGeneration, listed: &Listed<'_>, known: &HashSet<&str>) -> Option<String> {
    let missing: Vec<&str> = listed.iter().map(|(_, name)| *name).filter(|name| table.entry(name).is_none()).collect();
    if !missing.is_empty() {
        return Some(format!("its file table lacks {}", missing.join(", ")));
    }
    if !table.duplicates.is_empty() {
        return Some("its file table describes a file twice".to_owned());
    }
    let dangling = table.snapshots.iter().find(|of| known.contains(&*of.snapshot) && !of.dangling.is_empty());
    dangling.map(|of| format!("its file table refers to files of {} that it does not describe", of.snapshot))
}

/// A file that a snapshot needs and that the table does not give it: a later deletion would take it.
fn not_given(
    repository: &Repository,
    folder: &ShardFolder,
    table: &ShardGeneration,
    listed: &Listed<'_>,
) -> Result<Option<String>, BlobError> {
    for (snapshot, name) in listed {
        let Some(entry) = table.entry(name) else { continue };
        let given: HashSet<FileName> = table.files_of(entry).map(|file| file.name).collect();
        let list = match shard::read_snapshot(repository, folder, *snapshot) {
            Ok(ShardContent::Full(list)) => list,
            Ok(ShardContent::Shallow(_)) => continue,
            // Damaged lists are for verify to name; what the table gives them stays.
            Err(error) if error.is_finding() => continue,
            Err(error) => return Err(error),
        };
        if let Some(file) = list.files.iter().find(|file| !given.contains(&file.name)) {
            return Ok(Some(format!("its file table does not give {name} the file {}", file.physical_name)));
        }
    }
    Ok(None)
}

/// A table of the folder that has just the snapshots that have file lists.
fn other_table(
    repository: &Repository,
    folder: &ShardFolder,
    current: Option<&str>,
    listed: &Listed<'_>,
) -> Result<Option<String>, BlobError> {
    let wanted: HashSet<&str> = listed.iter().map(|(_, name)| *name).collect();
    for other in &folder.others {
        let ShardBlob::Generation(id) = ShardBlob::parse(&other.name) else { continue };
        if current == Some(id) {
            continue;
        }
        match shard::read_generation(repository, &folder.path, &other.name) {
            Ok(table) => {
                let names: HashSet<&str> = table.snapshots.iter().map(|of| &*of.snapshot).collect();
                if names == wanted && disagreement(&table, listed, &wanted).is_none() {
                    return Ok(Some(id.to_owned()));
                }
            }
            Err(error) if error.is_finding() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Makes a table of the file lists, if all of them can be read and agree.
fn rebuild(
    repository: &Repository,
    folder: &ShardFolder,
    current: Option<&str>,
    listed: &Listed<'_>,
    message: String,
    one: &mut OneShard,
) -> Result<(), BlobError> {
    let mut lists = Vec::with_capacity(listed.len());
    for (snapshot, name) in listed {
        let path = repository.named(folder.path.join(&repository.shard_snapshot_name(*snapshot)))?;
        lists.push((*name, path.clone(), repository.store().read(&path).map_err(BlobError::from_store)?));
    }
    let (path, n) = (folder.path.clone(), lists.len());
    // One by one, so that the culprit has a name.
    for (name, list_path, list) in &lists {
        if let Err(fault) = shard_generation::of_lists(&[(name, list)]) {
            let why = format!(
                "the file list of {name} cannot be read ({list_path} {fault}): drop-broken takes such snapshots out"
            );
            one.says(Part::ShardTables, &path, message, Some(why));
            return Ok(());
        }
    }
    let all: Vec<(&str, &[u8])> = lists.iter().map(|(name, _, list)| (*name, &**list)).collect();
    if let Err(fault) = shard_generation::of_lists(&all) {
        one.says(Part::ShardTables, &path, message, Some(fault.to_string()));
        return Ok(());
    }
    let of = if n == 1 { "a file list".to_owned() } else { format!("{n} file lists") };
    one.says(Part::ShardTables, &path, format!("{message}: it is made anew of {of}"), None);
    one.mend = Some(Mending::Writes {
        from: old(folder, current),
        highest: folder.highest_numbered_generation(),
        how: How::Rebuilt,
        is_needed: n > 0,
    });
    Ok(())
}

/// Notes the youngest blob that nothing refers to: a snapshot may be in progress.
fn stale(
    folder: &ShardFolder,
    current: Option<&str>,
    table: &ShardGeneration,
    repository: &Repository,
    one: &mut OneShard,
) {
    let data = |name| if let FileName::Data(name) = name { Some(name) } else { None };
    let live: HashSet<DataName> = table.files.iter().filter_map(|file| data(file.name)).collect();
    let held_by = &repository.root.index_entry(one.index).snapshots;
    let lists: HashSet<String> = held_by.iter().map(|snapshot| repository.shard_snapshot_name(*snapshot)).collect();
    let mut note = |name: &str, modified_millis: Option<i64>| {
        if let Ok(path) = folder.path.join(name) {
            younger(&mut one.youngest, modified_millis, path);
        }
    };
    for blob in folder.data.iter().filter(|blob| !live.contains(&blob.name)) {
        let name = snaprepo_format::names::data_blob_name(blob.name, blob.part);
        note(&name, blob.stat.and_then(|stat| stat.modified_millis));
    }
    for other in &folder.others {
        let modified = other.stat.and_then(|stat| stat.modified_millis);
        let is_current = current.is_some_and(|id| other.name.strip_prefix("index-") == Some(id));
        match other.what {
            Other::Transient => note(&other.name, modified),
            Other::Metadata if !is_current && !lists.contains(&*other.name) && !other.name.starts_with("shallow-") => {
                note(&other.name, modified);
            }
            _ => {}
        }
    }
}
