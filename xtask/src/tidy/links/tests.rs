//! Links that lead somewhere, and links that do not.

use super::{
    super::tests::{file, places},
    check, resolve,
};

#[test]
fn relative_links_resolve() {
    for (link, resolves) in [
        ("format.md", true),
        ("format.md#the-root", true),
        ("format.md#the-stem", false),
        ("#here", true),
        ("#there", false),
        ("../README.md", true),
        ("/README.md", true),
        ("../LICENSE#any", true),
        ("absent.md", false),
        ("../../outside.md", false),
        ("https://example.org/x", true),
        ("mailto:a@example.org", true),
        ("//example.org/x", true),
    ] {
        let files = [file("docs/a.md", &format!("# Here\n[x]({link})\n")), file("docs/format.md", "# The root\n")];
        let there = ["docs/a.md", "docs/format.md", "README.md", "LICENSE"];
        let expected: &[&str] = if resolves { &[] } else { &["docs/a.md:2"] };
        assert_eq!(places(&check(&files, |path| there.contains(&path))), expected, "{link}");
    }
}

#[test]
fn only_our_documents_are_read() {
    let files = ["README.md", "docs/guides/a.md", "testdata/a.md", "docs/a.txt"].map(|path| file(path, "[x](absent)"));
    assert_eq!(places(&check(&files, |_| false)), ["README.md:1", "docs/guides/a.md:1"]);
}

#[test]
fn paths_are_from_the_root() {
    for (target, path) in [("b.md", Some("docs/b.md")), ("./c/../b.md", Some("docs/b.md")), ("../../b.md", None)] {
        assert_eq!(resolve("docs/a.md", target).as_deref(), path, "{target}");
    }
}
