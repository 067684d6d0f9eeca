//! Licences and sources of every package in the resolved graph, on any platform: our own check, for machines without
//! cargo-deny. `deny.toml` allows the same licences; a test holds the two together.

use super::{
    Problem, spdx,
    tree::{self, TextFile},
};
use crate::workspace::Package;

const LOCK: &str = "Cargo.lock";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What may be linked into a program under the Apache License 2.0 without a second thought.
const ALLOWED: [&str; 13] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Every package can be used under allowed licences, and comes from crates.io or from here.
pub(super) fn check(packages: &[Package], files: &[TextFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in packages {
        let line = line_of(files, package);
        let Package { name, version, .. } = package;
        if let Some(reason) = refusal(package.licence.as_deref()) {
            problems.push(Problem::new(LOCK, line, format!("{name} {version}: {reason}")));
        }
        if let Some(source) = package.source.as_deref().filter(|source| *source != CRATES_IO) {
            problems.push(Problem::new(LOCK, line, format!("{name} {version}: comes from {source}, not crates.io")));
        }
    }
    problems
}

fn refusal(licence: Option<&str>) -> Option<String> {
    let Some(licence) = licence else {
        return Some("its manifest has no SPDX licence expression".to_owned());
    };
    match spdx::holds(licence, |id| ALLOWED.contains(&id)) {
        Ok(true) => None,
        Ok(false) => Some(format!("licence `{licence}` is not allowed")),
        Err(fault) => Some(format!("licence `{licence}` cannot be read: {fault}")),
    }
}

fn line_of(files: &[TextFile], package: &Package) -> usize {
    let Some(lock) = tree::find(files, LOCK) else { return 1 };
    let lines: Vec<&str> = lock.text.lines().collect();
    let wanted = [format!("name = \"{}\"", package.name), format!("version = \"{}\"", package.version)];
    lines.windows(2).position(|pair| pair == wanted).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests;
