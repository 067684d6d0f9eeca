//! The text files of the workspace: what git tracks, and what it would track after `git add`. The only module of tidy
//! that reads files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{error::Error, process};

/// A file that is UTF-8 and has no NUL.
#[derive(Debug, Clone)]
pub(crate) struct TextFile {
    /// From the root, with `/`.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

impl TextFile {
    /// The lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Whether this is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// The text of one file, if it is a text file of the workspace.
pub(crate) fn find<'a>(files: &'a [TextFile], path: &str) -> Option<&'a TextFile> {
    files.iter().find(|file| file.path == path)
}

/// Reads all text files, sorted by path.
pub(crate) fn read(root: &Path) -> Result<Vec<TextFile>, Error> {
    let mut paths = if root.join(".git").exists() { paths_of_git(root)? } else { paths_of_folder(root)? };
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        if let Some(text) = read_text(&root.join(&path))? {
            files.push(TextFile { path, text });
        }
    }
    Ok(files)
}

fn paths_of_git(root: &Path) -> Result<Vec<String>, Error> {
    // CI often checks out as one user and tests as another, which git refuses unless told that this is known.
    let safe = format!("safe.directory={}", root.display());
    let arguments = ["-c", safe.as_str(), "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let list = process::output(Some(root), "git", &arguments)?;
    Ok(list.split_terminator('\0').map(str::to_owned).collect())
}

/// A source archive has no git: everything in it counts, except what building adds.
fn paths_of_folder(root: &Path) -> Result<Vec<String>, Error> {
    let mut paths = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let failed = |source| Error::Read { path: root.join(&folder), source };
        for entry in fs::read_dir(root.join(&folder)).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = folder.join(entry.file_name());
            if !entry.file_type().map_err(failed)?.is_dir() {
                paths.push(path.to_string_lossy().replace('\\', "/"));
            } else if entry.file_name() != "target" {
                folders.push(path);
            }
        }
    }
    Ok(paths)
}

/// Nothing for a file that is not text, is no plain file, or was removed but not yet for git.
fn read_text(path: &Path) -> Result<Option<String>, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Ok(None),
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(source)),
    }
    let bytes = fs::read(path).map_err(failed)?;
    Ok(String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')))
}
