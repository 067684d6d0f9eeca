//! Which crate of the workspace may depend on which: the picture in `docs/architecture.md`, as a table.

use super::{Problem, manifest, tree::TextFile};
use crate::workspace::{Dependency, DependencyKind, DependencyOrigin, Member};

/// What a crate may name in its manifest.
enum May {
    /// These crates; in its tests also [`TESTKIT`].
    Only(&'static [&'static str]),
    /// Every crate: it is never part of the product.
    All,
}

const TESTKIT: &str = "snaprepo-testkit";

const ARROWS: &[(&str, May)] = &[
    (
        "snaprepo",
        May::Only(&[
            "snaprepo-cloud",
            "snaprepo-core",
            "snaprepo-format",
            "snaprepo-inventory",
            "snaprepo-store",
            "snaprepo-codec",
        ]),
    ),
    ("snaprepo-cloud", May::Only(&["snaprepo-store", "snaprepo-codec"])),
    ("snaprepo-core", May::Only(&["snaprepo-format", "snaprepo-lucene", "snaprepo-store", "snaprepo-codec"])),
    ("snaprepo-format", May::Only(&["snaprepo-codec"])),
    ("snaprepo-inventory", May::Only(&["snaprepo-store", "snaprepo-codec"])),
    ("snaprepo-lucene", May::Only(&["snaprepo-codec"])),
    ("snaprepo-store", May::Only(&["snaprepo-codec"])),
    ("snaprepo-codec", May::Only(&[])),
    // The judge may not share a mistake with what it judges.
    ("snaprepo-lab", May::Only(&[])),
    (TESTKIT, May::All),
    ("snaprepo-tests", May::All),
    ("xtask", May::All),
];

/// Every dependency between members is an arrow of the table.
pub(super) fn check(members: &[Member], files: &[TextFile]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in members {
        let Some((_, may)) = ARROWS.iter().find(|(name, _)| *name == member.name) else {
            let message = format!("crate {} has no arrows: add it to xtask/src/tidy/arrows.rs", member.name);
            problems.push(Problem::new(&member.manifest, 1, message));
            continue;
        };
        let inner = member.dependencies.iter().filter(|dependency| dependency.origin == DependencyOrigin::Workspace);
        for dependency in inner.filter(|dependency| !may.name(dependency)) {
            let line = manifest::line_of(files, &member.manifest, &dependency.name);
            problems.push(Problem::new(&member.manifest, line, may.refusal(&member.name, dependency)));
        }
    }
    problems
}

impl May {
    fn name(&self, dependency: &Dependency) -> bool {
        match self {
            Self::All => true,
            Self::Only(_) if dependency.name == TESTKIT => dependency.kind == DependencyKind::Dev,
            Self::Only(names) => names.contains(&dependency.name.as_str()),
        }
    }

    fn refusal(&self, from: &str, to: &Dependency) -> String {
        let rule = match self {
            Self::Only(_) if to.name == TESTKIT => "it is a dev-dependency only".to_owned(),
            Self::Only([]) | Self::All => format!("{from} depends on no crate of the workspace"),
            Self::Only(names) => format!("{from} may depend on {}", names.join(", ")),
        };
        format!("the arrow {from} → {} is not in docs/architecture.md: {rule}", to.name)
    }
}

#[cfg(test)]
mod tests;
