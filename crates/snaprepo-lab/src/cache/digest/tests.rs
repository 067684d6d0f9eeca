//! Digests, and what becomes of a file that has the wrong one.

use super::*;

#[test]
fn a_file_with_another_digest_is_removed_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "abc").unwrap();
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(of_text("abc"), expected);
    check(&path, "thing", expected).unwrap();
    fs::write(&path, "abd").unwrap();
    let error = check(&path, "thing", expected).unwrap_err();
    assert_eq!(
        error.to_string(),
        "thing has SHA-256 a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9, not \
         ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad: the file was removed, so that it is fetched anew next time"
    );
    assert!(!path.exists());
}
