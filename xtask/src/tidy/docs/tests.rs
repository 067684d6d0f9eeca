//! Documents that are there, empty, or not there.

use super::{
    super::tests::{file, places},
    REQUIRED, check,
};

#[test]
fn every_document_has_to_exist_and_say_something() {
    let mut files: Vec<_> = REQUIRED.iter().map(|path| file(path, "# Title\n")).collect();
    assert!(check(&files).is_empty());
    files[0].text = "\n".to_owned();
    files.pop();
    assert_eq!(places(&check(&files)), ["README.md:1", "docs/performance.md:1"]);
}
