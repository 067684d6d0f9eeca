//! A place inside a store: relative, with `/`, and never able to leave the store.

use std::fmt;

/// The path of a blob or a folder, relative to the root of its store. The empty path is the root.
///
/// Invariant: no component is empty, `.` or `..`, none contains `/`, `\` or NUL. Names that come out of blobs
/// are made into paths only here, so a hostile repository cannot point outside its store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BlobPath(String);

/// Why a text is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{component:?} cannot be a blob name")]
pub struct PathFault {
    /// The component that is not allowed.
    pub component: String,
}

impl BlobPath {
    /// The root of the store.
    #[must_use]
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// Parses a path; leading and trailing slashes are dropped.
    ///
    /// # Errors
    /// When a component is empty, `.`, `..`, or holds a backslash or NUL.
    pub fn parse(text: &str) -> Result<Self, PathFault> {
        let trimmed = text.trim_matches('/');
        if trimmed.is_empty() {
            return Ok(Self::root());
        }
        trimmed.split('/').try_fold(Self::root(), |path, component| path.join(component))
    }

    /// Whether a text can be the name of a blob or a folder: a single legal component.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let is_legal = |byte: u8| !matches!(byte, b'/' | b'\\' | 0);
        !name.is_empty() && name != "." && name != ".." && name.bytes().all(is_legal)
    }

    /// The path of `name` inside this folder.
    ///
    /// # Errors
    /// When the name is not a single legal component.
    pub fn join(&self, name: &str) -> Result<Self, PathFault> {
        if !Self::is_name(name) {
            return Err(PathFault { component: name.to_owned() });
        }
        let mut path = String::with_capacity(self.0.len() + 1 + name.len());
        if !self.0.is_empty() {
            path.push_str(&self.0);
            path.push('/');
        }
        path.push_str(name);
        Ok(Self(path))
    }

    /// The path of `tail` below this folder.
    #[must_use]
    pub fn append(&self, tail: &Self) -> Self {
        match (self.0.is_empty(), tail.0.is_empty()) {
            (true, _) => tail.clone(),
            (_, true) => self.clone(),
            _ => Self(format!("{}/{}", self.0, tail.0)),
        }
    }

    /// The text, without a leading slash; empty for the root.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component; empty for the root.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    /// The folder that holds this path; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())))
    }

    /// Whether this is the root of the store.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The components in order.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|component| !component.is_empty())
    }

    /// This path without the leading folder `base`; `None` when it lies elsewhere.
    #[must_use]
    pub fn relative_to(&self, base: &Self) -> Option<Self> {
        if base.is_root() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(&base.0)?;
        match rest.strip_prefix('/') {
            Some(tail) => Some(Self(tail.to_owned())),
            None => rest.is_empty().then(Self::root),
        }
    }
}

impl fmt::Display for BlobPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "." } else { &self.0 })
    }
}

#[cfg(test)]
mod tests;
