//! `engine testdata`: writes testdata/stories anew, archive by archive, each by the release in its name.

use std::fs;

use snaprepo_lab::{
    Cache, Release,
    case::{self, Case, Order},
};

use super::archive;
use crate::{error::Error, workspace::Workspace};

/// One archive: the release that writes it, the case, the seed, and the release that had written before it.
struct Story {
    release: &'static str,
    case: &'static str,
    seed: u64,
    before: Option<&'static str>,
}

const fn story(release: &'static str, case: &'static str, seed: u64) -> Story {
    Story { release, case, seed, before: None }
}

/// Each format of the metadata, and each feature that a story has; even seeds have awkward names.
const STORIES: [Story; 12] = [
    story("es:1.7.6", "plain", 2),
    story("es:2.4.6", "compressed", 2),
    story("es:5.6.16", "plain", 1),
    story("es:6.8.23", "plain", 2),
    story("es:7.10.2", "plain", 1),
    Story { release: "es:7.17.29", case: "upgraded", seed: 1, before: Some("es:7.6.2") },
    story("es:8.19.21", "compressed", 2),
    story("es:9.5.3", "compressed", 2),
    story("os:1.3.20", "plain", 2),
    story("os:2.19.6", "hashed-infix", 2),
    story("os:2.19.6", "shallow", 1),
    story("os:3.6.0", "default", 2),
];

/// Writes all archives, or those of the named releases.
pub(crate) fn run(workspace: &Workspace, only: &[String]) -> Result<(), Error> {
    let cache = Cache::open()?;
    let only: Vec<String> =
        only.iter().map(|name| Release::find(name).map(ToString::to_string)).collect::<Result<_, _>>()?;
    let scratch = tempfile::tempdir().map_err(|source| Error::Write { path: "a temporary folder".into(), source })?;
    for (n, story) in STORIES.iter().enumerate() {
        let release = Release::find(story.release)?;
        if !only.is_empty() && !only.contains(&release.to_string()) {
            continue;
        }
        let before = scratch.path().join(format!("{n}-before"));
        if let Some(older) = story.before {
            let order = Order {
                release: Release::find(older)?,
                case: Case::find("plain")?,
                seed: story.seed,
                from: None,
                out: &before,
            };
            case::write(&cache, &order, &mut |_| {})?;
        }
        let out = scratch.path().join(n.to_string());
        let from = story.before.is_some().then_some(&*before);
        let order = Order { release, case: Case::find(story.case)?, seed: story.seed, from, out: &out };
        case::write(&cache, &order, &mut |_| {})?;
        let name = format!("{}-{}-{}-seed-{}", release.product.name(), release.version, story.case, story.seed);
        let target = workspace.root.join("testdata/stories").join(format!("{name}.tar.zst"));
        if target.exists() {
            fs::remove_file(&target).map_err(|source| Error::Write { path: target.clone(), source })?;
        }
        archive::pack(&out, &target)?;
        println!("{}", target.display());
    }
    Ok(())
}
