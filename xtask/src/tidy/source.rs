//! What a Rust file is, from its path alone, and how words are found in its lines.

/// Whether the file is a room of a crate: `crates/<crate>/src/…`.
pub(super) fn is_crate_source(path: &str) -> bool {
    let mut folders = path.split('/');
    folders.next() == Some("crates") && folders.nth(1) == Some("src")
}

/// Whether the file never ships: tests, what they are built from, and automation.
pub(super) fn is_test(path: &str) -> bool {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    file == "tests.rs"
        || folders.split('/').any(|folder| folder == "tests")
        || ["crates/snaprepo-lab/", "crates/snaprepo-testkit/", "fuzz/", "xtask/"]
            .iter()
            .any(|room| path.starts_with(room))
}

/// Whether `needle` stands in `line` and is not a piece of a longer name.
pub(super) fn has_word(line: &str, needle: &str) -> bool {
    line.match_indices(needle).any(|(pos, _)| {
        let starts = !needle.starts_with(is_of_name) || !line[..pos].ends_with(is_of_name);
        let ends = !needle.ends_with(is_of_name) || !line[pos + needle.len()..].starts_with(is_of_name);
        starts && ends
    })
}

/// Whether the character can be part of a Rust name.
pub(super) fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests;
