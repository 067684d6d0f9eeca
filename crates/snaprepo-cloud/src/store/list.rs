//! Folders and everything below them, from listings of keys. A key that no path can name is shown as odd, never left
//! out. Visitors are called outside of the runtime, so that they may use the store themselves.

use snaprepo_codec::BlobPath;
use snaprepo_store::{Entry, OddEntry};

use super::CloudStore;
use super::{
    flat::Flat,
    pages::{Depth, Object, Pages, broken},
};
use crate::wire::{Refusal, Transient};

/// An object below a folder, as a listing tells of it.
pub(crate) struct Listing<'l> {
    /// The path below the folder; `None` when the key is none.
    pub(crate) path: Option<BlobPath>,
    /// The key behind that of the folder.
    pub(crate) rest: &'l str,
    /// The object itself.
    pub(crate) object: &'l Object,
}

/// Shows what is directly in a folder and has a name that begins with `start`.
pub(super) fn list(
    store: &CloudStore,
    folder: &BlobPath,
    start: &str,
    visit: &mut dyn FnMut(Entry<'_>),
) -> Result<(), Refusal> {
    let prefix = prefix(folder);
    let mut pages = Pages::new(store.client(), &format!("{prefix}{start}"), Depth::Folder);
    while let Some(page) = store.block(pages.next()).map_err(Refusal::of_listing)? {
        for object in &page.objects {
            let rest = below(&object.key, &prefix)?;
            if is_marker(rest, object) {
                continue;
            }
            if rest.contains('/') && !rest.ends_with('/') {
                return Err(broken("the store does not sum up folders", Transient::Never));
            }
            visit(if is_name(rest) { blob(rest, object) } else { odd(rest) });
        }
        for folder in &page.folders {
            let rest = below(folder, &prefix)?;
            let name = rest.strip_suffix('/').unwrap_or(rest);
            visit(if is_name(name) { Entry::Folder { name } } else { odd(rest) });
        }
    }
    Ok(())
}

/// Shows every blob below a folder.
pub(super) fn walk(
    store: &CloudStore,
    folder: &BlobPath,
    visit: &mut dyn FnMut(&BlobPath, Entry<'_>) -> bool,
) -> Result<(), Refusal> {
    let nowhere = BlobPath::root();
    each(store, folder, &mut |listing| match &listing.path {
        Some(path) => visit(path, blob(path.name(), listing.object)),
        None => visit(&nowhere, odd(listing.rest)),
    })
    .map_err(Refusal::of_listing)
}

/// Shows every object below a folder with all that the listing tells, until `visit` returns `false`.
pub(crate) fn each(
    store: &CloudStore,
    folder: &BlobPath,
    visit: &mut dyn FnMut(Listing<'_>) -> bool,
) -> Result<(), Refusal> {
    let prefix = prefix(folder);
    let mut pages = Flat::new(store.client(), &prefix);
    while let Some(page) = store.block(pages.next())? {
        for object in &page.objects {
            let rest = below(&object.key, &prefix)?;
            if !is_marker(rest, object) && !visit(Listing { path: path(rest), rest, object }) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// What the keys in a folder begin with.
pub(crate) fn prefix(folder: &BlobPath) -> String {
    if folder.is_root() { String::new() } else { format!("{folder}/") }
}

pub(crate) fn below<'k>(key: &'k str, prefix: &str) -> Result<&'k str, Refusal> {
    key.strip_prefix(prefix).ok_or_else(|| broken("the store shows keys of other folders", Transient::Never))
}

/// The path of a key below a folder: only when the path leads back to the very same key.
pub(crate) fn path(rest: &str) -> Option<BlobPath> {
    BlobPath::parse(rest).ok().filter(|path| !path.is_root() && path.as_str() == rest && !is_mangled(rest))
}

/// Some services put this in place of characters that their XML cannot hold: the real key is another.
fn is_mangled(rest: &str) -> bool {
    rest.contains(char::REPLACEMENT_CHARACTER)
}

/// Consoles show folders by empty objects whose keys end in a slash. They mean nothing.
fn is_marker(rest: &str, object: &Object) -> bool {
    object.len_bytes == 0 && (rest.is_empty() || rest.ends_with('/'))
}

fn is_name(name: &str) -> bool {
    BlobPath::root().join(name).is_ok() && !is_mangled(name)
}

fn blob<'e>(name: &'e str, object: &Object) -> Entry<'e> {
    Entry::Blob { name, len_bytes: object.len_bytes, modified_millis: object.modified_millis }
}

fn odd(name: &str) -> Entry<'_> {
    let what = if is_mangled(name) { OddEntry::NotUtf8 } else { OddEntry::Special };
    Entry::Odd { name, what }
}
