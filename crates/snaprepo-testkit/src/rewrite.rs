//! The same repository in our own hand: every metadata document is decoded and encoded again, and every wrapped one
//! changes between plain and deflated, so that no byte of it is the engine's. What a real node makes of the result shows
//! whether our writer is right.

use std::{fs, io, path::Path};

use snaprepo_codec::compression::Encoding;
use snaprepo_format::{Document, document, encode, json_document};

use crate::{blobs::Content, fixtures};

/// What a rewrite did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// Blobs that were decoded and encoded.
    pub encoded: usize,
    /// Those among them whose bytes are others than before.
    pub changed: usize,
    /// Blobs that were copied as they are: data, `index.latest`, notes about shard folders, and what Elasticsearch 1
    /// wrote as JSON in a layout of its own.
    pub copied: usize,
}

/// Writes a store with a repository at `base` again, into a folder that does not exist yet.
///
/// # Errors
/// When a file cannot be read, understood or written; the error names it.
pub fn repository(store: &Path, base: &str, to: &Path) -> io::Result<Rewritten> {
    let mut rewritten = Rewritten::default();
    for path in fixtures::files(store)? {
        let named = |source: io::Error| io::Error::new(source.kind(), format!("{path}: {source}"));
        let old = fs::read(store.join(&path)).map_err(named)?;
        let content = Content::of(&path, base).map_err(io::Error::other)?;
        let new = blob(&old, content).map_err(|fault| io::Error::other(format!("{path}: {fault}")))?;
        match &new {
            Some(new) => {
                rewritten.encoded += 1;
                rewritten.changed += usize::from(*new != old);
            }
            None => rewritten.copied += 1,
        }
        let target = to.join(&path);
        fs::create_dir_all(target.parent().unwrap_or(to)).map_err(named)?;
        fs::write(&target, new.unwrap_or(old)).map_err(named)?;
    }
    Ok(rewritten)
}

/// A blob in our hand; nothing for what is copied as it is.
fn blob(bytes: &[u8], content: Option<Content>) -> Result<Option<Vec<u8>>, snaprepo_codec::Fault> {
    let Some(content) = content else { return Ok(None) };
    match content.kind() {
        Some(kind) => {
            let (document, packed) = document(bytes, kind)?;
            Ok(match packed {
                Document::Wrapped(encoding) => Some(encode(&document, kind, Document::Wrapped(other(encoding)))),
                Document::Json | Document::Lzf => None,
            })
        }
        None if content == Content::Root => Ok(Some(json_document(bytes)?.0.to_json())),
        None => Ok(None),
    }
}

fn other(encoding: Encoding) -> Encoding {
    if encoding == Encoding::Plain { Encoding::Deflate } else { Encoding::Plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrapped_document_changes_and_the_root_does_not() {
        let fixture = fixtures::named("opensearch-3.6.0-hashed-infix");
        let folder = tempfile::tempdir().unwrap();
        let rewritten = repository(&fixture.root(), fixture.base(), folder.path()).unwrap();
        let n_roots = 1;
        assert_eq!(rewritten.encoded - rewritten.changed, n_roots);
        assert!(rewritten.changed >= 50, "{rewritten:?}");
        assert_eq!(fixtures::files(folder.path()).unwrap(), fixtures::files(&fixture.root()).unwrap());
    }
}
