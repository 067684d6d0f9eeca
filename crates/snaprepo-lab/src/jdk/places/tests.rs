//! Where JDKs are looked for.

use super::*;

#[test]
fn the_persons_choice_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("jdk-17/bin")).unwrap();
    fs::write(path("jdk-17/bin/java"), "").unwrap();
    fs::create_dir_all(path("person/.jdks/a")).unwrap();
    fs::create_dir_all(path("person/.jdks/b")).unwrap();
    let found = homes(|name| match name {
        "JAVA_HOME" => Some(path("chosen").into()),
        "PATH" => Some(std::env::join_paths([path("nothing"), path("jdk-17/bin")]).unwrap()),
        "HOME" => Some(path("person").into()),
        _ => None,
    });
    let canonical = fs::canonicalize(path("jdk-17")).unwrap();
    assert_eq!(found[..2], [path("chosen"), canonical]);
    let pos = |home: &Path| found.iter().position(|found| found == home).unwrap();
    assert!(pos(&path("person/.jdks/b")) < pos(&path("person/.jdks/a")));
    assert!(found.contains(&path("person/.jdks/a/Contents/Home")));
}

#[test]
fn nothing_is_said_nothing_is_chosen() {
    let found = homes(|_| Some(OsString::new()));
    assert!(found.iter().all(|home| home.is_absolute()), "{found:?}");
}
