//! Blobs that every reader is asked about: lengths at the borders, and names with every character that is easily lost
//! between a path, a URL, a signature and a listing.

use snaprepo_codec::BlobPath;
use snaprepo_store::{StoreError, WriteStore};

use super::below;

/// Lengths that matter, by name.
pub(super) const LENGTHS: [(&str, usize); 4] = [("empty", 0), ("one", 1), ("some", 1_000), ("large", 5 << 20)];
/// Where the blobs with odd names are. Its own name is odd.
pub(super) const NAMES_FOLDER: &str = "names + more% (ü)";
/// Folders of which one name begins another, with one blob each.
pub(super) const SIBLINGS: [&str; 3] = ["sub", "sub-more", "submarine"];
/// Their blob, two levels down.
pub(super) const DEEP: &str = "deep/blob";

/// Names that are legal everywhere, and odd.
pub const NAMES: [&str; 30] = [
    "with space",
    " space before",
    "space behind ",
    "two  spaces",
    "plus+plus",
    "+",
    "percent%",
    "%41",
    "a%20b",
    "%2F",
    "question?mark",
    "hash#1",
    "and&and",
    "equals=equals",
    "\u{fc}n\u{ef}code",
    "u\u{308}nicode",
    "\u{65e5}\u{672c}",
    "\u{1f600}",
    "single'quote",
    "double\"quote",
    "tilde~",
    "colon:semicolon;comma,",
    "at@dollar$exclaim!",
    "(round)[square]{curly}",
    "<less>",
    "back`tick^pipe|",
    "star*",
    "..dots...more",
    "-dash_underscore",
    "__MACOSX",
];

/// The bytes of a sample: no two positions near each other are alike.
pub(super) fn content(len: usize) -> Vec<u8> {
    (0..len).map(|pos| u8::try_from((pos ^ (pos >> 8) ^ (pos >> 16)) % 251).unwrap_or(0)).collect()
}

/// The odd names that a store keeps.
pub(super) fn kept<'n>(left_out: &[&str]) -> Vec<&'n str> {
    NAMES.into_iter().filter(|name| !left_out.contains(name)).collect()
}

/// Every sample with its path.
pub(super) fn all(folder: &BlobPath, left_out: &[&str]) -> Vec<(BlobPath, Vec<u8>)> {
    let lengths = LENGTHS.iter().map(|(name, len)| (below(folder, name), content(*len)));
    let names = kept(left_out).into_iter().map(|name| {
        let path = below(folder, NAMES_FOLDER).join(name);
        (crate::fixtures::must(path, &name), name.as_bytes().to_vec())
    });
    let siblings = SIBLINGS.iter().map(|name| (below(folder, &format!("{name}/{DEEP}")), name.as_bytes().to_vec()));
    lengths.chain(names).chain(siblings).collect()
}

/// Writes the samples into a folder.
///
/// # Errors
/// The first that the store has; it stops there.
pub fn write_samples(store: &dyn WriteStore, folder: &BlobPath, left_out: &[&str]) -> Result<(), StoreError> {
    all(folder, left_out).iter().try_for_each(|(path, bytes)| store.replace(path, bytes))
}
