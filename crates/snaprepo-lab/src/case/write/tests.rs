//! Where a written folder appears.

use super::*;

#[test]
fn a_trap_needs_hashed_folders() {
    let check = |version, settings: &[(&str, &str)], expected| {
        let repository = Registration { settings: texts(settings), ..registration(&crate::case::ALL[0], 1) };
        assert_eq!(is_hashed(version, &repository), expected);
    };
    check(Version::new(3, 0, 0), &[], false);
    check(Version::new(3, 1, 0), &[], true);
    check(Version::new(2, 19, 6), &[("shard_path_type", "HASHED_INFIX")], true);
    check(Version::new(3, 6, 0), &[("shard_path_type", "FIXED")], false);
}

#[test]
fn a_folder_appears_as_a_whole_or_not_at_all() {
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join("out");
    let names = || fs::read_dir(parent.path()).unwrap().count();

    let place = Place::new(&out).unwrap();
    assert!(Place::new(&out).is_err_and(|error| error.to_string().starts_with("cannot lock ")));
    drop(place);
    assert_eq!(names(), 0);

    fs::create_dir_all(parent.path().join(".out.partial/written/truth")).unwrap();
    fs::create_dir(&out).unwrap();
    let place = Place::new(&out).unwrap();
    assert!(!place.truth().exists());
    fs::create_dir(place.truth()).unwrap();
    place.finish().unwrap();
    assert_eq!(names(), 1);
    assert!(out.join("truth").is_dir());
    assert!(matches!(Place::new(&out), Err(Error::Exists { .. })));
}
