//! Relative links of the documents lead somewhere: to a file or folder that exists and, in a document, to a heading.

use super::{
    Problem, markdown,
    tree::{self, TextFile},
};

/// Every relative link in `README.md` and below `docs/` resolves; `exists` takes a path from the root.
pub(super) fn check(files: &[TextFile], exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| is_document(&file.path)) {
        for (number, link) in markdown::links(&file.text) {
            if let Some(reason) = fault(file, &link, files, &exists) {
                problems.push(Problem::new(&file.path, number, format!("link `{link}` {reason}")));
            }
        }
    }
    problems
}

fn is_document(path: &str) -> bool {
    path == "README.md" || path.starts_with("docs/") && path.ends_with(".md")
}

fn fault(from: &TextFile, link: &str, files: &[TextFile], exists: &impl Fn(&str) -> bool) -> Option<String> {
    if link.starts_with("//") || link.split(['/', '#']).next().is_some_and(|first| first.contains(':')) {
        return None;
    }
    let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
    let path = if target.is_empty() { Some(from.path.clone()) } else { resolve(&from.path, target) };
    let Some(path) = path else { return Some("leaves the repository".to_owned()) };
    if !exists(&path) {
        return Some(format!("leads nowhere: there is no {path}"));
    }
    let document = tree::find(files, &path).filter(|file| file.path.ends_with(".md"))?;
    let found = anchor.is_empty() || markdown::anchors(&document.text).iter().any(|known| known == anchor);
    (!found).then(|| format!("leads nowhere: {path} has no such heading"))
}

/// The path from the root that `target` means in the document `from`; nothing if it is outside.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    if target.starts_with('/') {
        folders.clear();
    }
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                folders.pop()?;
            }
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

#[cfg(test)]
mod tests;
