//! Listing: everything once, nothing else, folders told from blobs.

use std::collections::BTreeMap;

use snaprepo_codec::BlobPath;
use snaprepo_store::{Entry, Listed, ReadStore, StoreError};

use super::{
    Absent, Trial, below,
    samples::{self, DEEP, LENGTHS, NAMES_FOLDER, SIBLINGS},
};

/// What was shown, with how often; a folder has no length.
type Shown = BTreeMap<(String, Option<u64>), usize>;

pub(super) fn check(trial: &mut Trial, store: &dyn ReadStore, folder: &BlobPath, left_out: &[&str]) {
    let blobs = LENGTHS.iter().map(|(name, len)| ((*name).to_owned(), Some(*len as u64)));
    let folders = SIBLINGS.iter().chain([&NAMES_FOLDER]).map(|name| ((*name).to_owned(), None));
    is_shown(trial, store, folder, &once(blobs.chain(folders)));
    let names = samples::kept(left_out).into_iter().map(|name| (name.to_owned(), Some(name.len() as u64)));
    is_shown(trial, store, &below(folder, NAMES_FOLDER), &once(names));
    for name in SIBLINGS {
        is_shown(trial, store, &below(folder, name), &once([("deep".to_owned(), None)]));
        let deep = below(folder, &format!("{name}/deep"));
        is_shown(trial, store, &deep, &once([("blob".to_owned(), Some(name.len() as u64))]));
    }
    walks(trial, store, folder, left_out);
}

fn once(entries: impl IntoIterator<Item = (String, Option<u64>)>) -> Shown {
    entries.into_iter().map(|entry| (entry, 1)).collect()
}

fn is_shown(trial: &mut Trial, store: &dyn ReadStore, folder: &BlobPath, expected: &Shown) {
    if let Some(found) = trial.good("a folder is listed", shown(store, folder)) {
        differences(trial, "a listing shows everything once and nothing else", folder, &found, expected);
    }
    let mut names = Shown::new();
    let listed = store.list_names(folder, &mut |listed| match listed {
        Listed::Entry(entry) => *names.entry(key(&entry)).or_default() += 1,
        // Its length is in the other listing.
        Listed::Name(name) => {
            let len = expected.keys().find(|(other, len)| other == name && len.is_some()).and_then(|(_, len)| *len);
            *names.entry((name.to_owned(), Some(len.unwrap_or(u64::MAX)))).or_default() += 1;
        }
    });
    if trial.good("the names in a folder are listed", listed).is_some() {
        differences(trial, "a listing of names shows everything once and nothing else", folder, &names, expected);
    }
}

/// What a listing shows.
pub(super) fn shown(store: &dyn ReadStore, folder: &BlobPath) -> Result<Shown, StoreError> {
    let mut shown = Shown::new();
    store.list(folder, &mut |entry| *shown.entry(key(&entry)).or_default() += 1)?;
    Ok(shown)
}

fn key(entry: &Entry<'_>) -> (String, Option<u64>) {
    match entry {
        Entry::Blob { name, len_bytes, .. } => ((*name).to_owned(), Some(*len_bytes)),
        Entry::Folder { name } => ((*name).to_owned(), None),
        Entry::Odd { name, what } => (format!("{name} ({what:?})"), None),
    }
}

/// Says only what differs: listings are long.
fn differences(trial: &mut Trial, check: &'static str, folder: &BlobPath, found: &Shown, expected: &Shown) {
    let differ = |one: &Shown, other: &Shown| -> Vec<String> {
        let differing = one.iter().filter(|(entry, n)| other.get(*entry) != Some(*n));
        differing.take(10).map(|(entry, n)| format!("{entry:?} × {n}")).collect()
    };
    let (only_found, missing) = (differ(found, expected), differ(expected, found));
    trial.holds(check, only_found.is_empty() && missing.is_empty(), || {
        format!("{folder}: missing {missing:?}, instead {only_found:?}")
    });
}

fn walks(trial: &mut Trial, store: &dyn ReadStore, folder: &BlobPath, left_out: &[&str]) {
    let walk = |n_wanted: usize| -> Result<Vec<(String, u64)>, StoreError> {
        let mut found = Vec::new();
        store.walk(folder, &mut |path, entry| {
            if let Entry::Blob { name, len_bytes, .. } = entry {
                let path = if path.name() == name { path.to_string() } else { format!("{path} but {name}") };
                found.push((path, len_bytes));
            }
            found.len() < n_wanted
        })?;
        Ok(found)
    };
    let Some(found) = trial.good("a folder is walked", walk(usize::MAX)) else { return };
    let relative = |path: &BlobPath| path.relative_to(folder).unwrap_or_default().to_string();
    let mut expected: Vec<(String, u64)> =
        samples::all(folder, left_out).iter().map(|(path, bytes)| (relative(path), bytes.len() as u64)).collect();
    expected.sort();
    let mut sorted = found.clone();
    sorted.sort();
    trial.equal("a walk shows every blob once", folder, &sorted, &expected);
    if let Some(again) = trial.good("a folder is walked again", walk(usize::MAX)) {
        trial.equal("a walk has a certain order", folder, &again, &found);
    }
    if let Some(first) = trial.good("a walk is stopped", walk(2)) {
        trial.equal("a walk stops when it is told", folder, &first.len(), &2);
    }
    let deep = below(folder, SIBLINGS[0]);
    let mut n_deep = 0;
    let walked = store.walk(&deep, &mut |path, _| {
        n_deep += usize::from(path.as_str() == DEEP);
        true
    });
    trial.good("a folder in a folder is walked", walked);
    trial.equal("a walk tells paths below its folder", &deep, &n_deep, &1);
}

/// A folder that does not exist.
pub(super) fn absent(trial: &mut Trial, store: &dyn ReadStore, folder: &BlobPath, promise: Absent) {
    match (shown(store, folder), promise) {
        (Ok(found), Absent::IsFine | Absent::IsEither) => {
            trial.equal("an absent folder is empty", folder, &found.len(), &0);
        }
        (found, _) => trial.absent("a listing of an absent folder says so", folder, found),
    }
}
