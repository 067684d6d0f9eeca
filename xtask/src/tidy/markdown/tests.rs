//! Headings, anchors and links, and code that only looks like them.

use super::{anchors, headings, links};

const TEXT: &str = "\
# Title
## The `index-N` blob ##
#no heading
```sh
# a comment
[a](b.md)
```
~~~~
# still code
~~~
# and still
~~~~
## Title
## Wrapper: header, footer
";

#[test]
fn headings_are_outside_fences() {
    assert_eq!(headings(TEXT), ["Title", "The index-N blob", "Title", "Wrapper: header, footer"]);
}

#[test]
fn anchors_are_as_the_web_page_makes_them() {
    assert_eq!(anchors(TEXT), ["title", "the-index-n-blob", "title-1", "wrapper-header-footer"]);
}

#[test]
fn links_of_all_kinds() {
    for (line, expected) in [
        ("see [a](b.md) and [c](d/e.md#f)", vec!["b.md", "d/e.md#f"]),
        ("![picture](p.png \"Title\")", vec!["p.png"]),
        ("[a](<b.md>)", vec!["b.md"]),
        ("[name]: ../b.md", vec!["../b.md"]),
        ("`[a](b.md)` is [c](d.md)", vec!["d.md"]),
        ("[a] (b.md)", vec![]),
        ("[a]()", vec![]),
    ] {
        let found: Vec<String> = links(line).into_iter().map(|(_, target)| target).collect();
        assert_eq!(found, expected, "{line}");
    }
    assert_eq!(links(TEXT), []);
}
