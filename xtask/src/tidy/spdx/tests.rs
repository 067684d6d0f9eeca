//! Expressions that hold, do not hold, and cannot be read.

use super::{SpdxFault, holds};

fn check(expression: &str, expected: &Result<bool, SpdxFault>) {
    let allowed = |id: &str| ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Zlib"].contains(&id);
    assert_eq!(&holds(expression, allowed), expected, "{expression}");
}

#[test]
fn operators_bind_as_in_the_standard() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("mit", false),
        ("MIT OR GPL-3.0", true),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 / LGPL-2.1", false),
        ("MIT AND Zlib", true),
        ("MIT AND GPL-3.0", false),
        ("MIT OR Zlib AND GPL-3.0", true),
        ("(MIT OR Zlib) AND GPL-3.0", false),
        ("GPL-3.0 AND Zlib OR MIT", true),
        ("GPL-3.0 AND (Zlib OR MIT)", false),
        ("((MIT))", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true),
        ("MIT WITH LLVM-exception", false),
        ("Apache-2.0 WITH Unknown-exception AND MIT", false),
    ] {
        check(expression, &Ok(expected));
    }
}

#[test]
fn faults_are_named() {
    let found = |found: Option<&str>| SpdxFault::NoLicence { found: found.map(str::to_owned) };
    for (expression, fault) in [
        ("", found(None)),
        ("MIT OR", found(None)),
        ("MIT OR OR Zlib", found(Some("OR"))),
        ("AND MIT", found(Some("AND"))),
        ("MIT WITH", found(None)),
        ("()", found(Some(")"))),
        ("(MIT OR Zlib", SpdxFault::NotClosed),
        ("MIT)", SpdxFault::Trailing { found: ")".to_owned() }),
        ("MIT Zlib", SpdxFault::Trailing { found: "Zlib".to_owned() }),
    ] {
        check(expression, &Err(fault));
    }
}
