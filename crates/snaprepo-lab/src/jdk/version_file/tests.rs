//! What a JDK says about itself.

use super::*;

#[test]
fn versions_have_a_major() {
    let check = |version, expected| assert_eq!(major(version), expected, "{version}");
    check("17.0.15", Some(17));
    check("25", Some(25));
    check("25-ea", Some(25));
    check("1.8.0_292", Some(8));
    check("", None);
    check("x", None);
    check("4000", None);
}

#[test]
fn a_file_says_version_and_modules() {
    let check = |text: &str, expected: Option<(&str, u8, Option<&[&str]>)>| {
        let modules = |modules: &[&str]| modules.iter().map(ToString::to_string).collect();
        let expected = expected.map(|(version, major, names)| VersionFile {
            version: version.to_owned(),
            major,
            modules: names.map(modules),
        });
        assert_eq!(VersionFile::parse(text), expected, "{text}");
    };
    check("IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"17.0.15\"\nJAVA_VERSION_DATE=\"2025\"\n", Some(("17.0.15", 17, None)));
    let two: &[&str] = &["java.base", "jdk.net"];
    check("JAVA_VERSION=\"21.0.8\"\r\nMODULES=\"java.base jdk.net\"\r\n", Some(("21.0.8", 21, Some(two))));
    check("MODULES=\"java.base\"\n", None);
    check("", None);
}
