//! Names that try to leave the store.

use super::BlobPath;

#[test]
fn names_from_blobs_cannot_leave_the_store() {
    for name in ["", ".", "..", "a/b", "a\\b", "a\0b", "../../etc/passwd"] {
        assert!(BlobPath::root().join(name).is_err(), "{name:?}");
    }
    assert!(BlobPath::parse("indices/../../etc").is_err());
    assert!(BlobPath::parse("indices//0").is_err());
}

#[test]
fn parents_names_and_bases() {
    let path = BlobPath::parse("/team/backups/indices/0/").unwrap();
    assert_eq!(path.as_str(), "team/backups/indices/0");
    assert_eq!(path.name(), "0");
    assert_eq!(path.parent().unwrap().as_str(), "team/backups/indices");
    let base = BlobPath::parse("team/backups").unwrap();
    assert_eq!(path.relative_to(&base).unwrap().as_str(), "indices/0");
    assert_eq!(BlobPath::parse("team/backups2").unwrap().relative_to(&base), None);
    assert_eq!(base.relative_to(&base), Some(BlobPath::root()));
}
