//! `engine matrix`: what every release makes of every case, and of the repositories of the others. Results are kept in
//! `target/engine/matrix.json` as they come, so that a run that ends early has not worked for nothing; docs/compatibility.md
//! is made from that file.

mod document;
pub(crate) mod every_time;
mod results;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;
use snaprepo_lab::{
    Cache, Node, NodeOptions, Release,
    accept::{self, Depth, Given},
    attempt,
    case::{self, Case, Data, Order, Plot},
    release,
    snaprepo::Snaprepo,
};
use snaprepo_testkit::{fixtures, rewrite};

use results::{OfCase, OfRelease, OfRepository, Proof, Results};

use super::judge;
use crate::{error::Error, workspace::Workspace};

/// What the documents of the written cases come from.
const SEED: u64 = 1;

/// Packed repositories whose indices every release is asked to restore: one for each way in which releases differ.
const REPRESENTATIVES: [&str; 14] = [
    "elasticsearch-1.7.6-plain",
    "elasticsearch-2.4.6-plain",
    "elasticsearch-5.6.16-plain",
    "elasticsearch-6.8.23-plain",
    "elasticsearch-6.8.23_7.10.2-mixed",
    "elasticsearch-7.10.2-plain",
    "elasticsearch-7.17.29-plain",
    "elasticsearch-8.19.21-plain",
    "elasticsearch-9.5.3-plain",
    "opensearch-1.3.20-plain",
    "opensearch-2.11.1-plain",
    "opensearch-2.19.6-plain",
    "opensearch-2.19.6-hashed-infix",
    "opensearch-3.6.0-fixed",
];

/// Runs all releases, or those that are named, and writes the document.
pub(crate) fn run(workspace: &Workspace, only: &[String]) -> Result<(), Error> {
    let folder = workspace.target.join("engine");
    let releases: Vec<&'static Release> = match only {
        [] => release::ALL.iter().collect(),
        only => only.iter().map(|name| Release::find(name)).collect::<Result<_, _>>()?,
    };
    let program = judge::program(workspace)?;
    let cache = Cache::open()?;
    let mut results = Results::load(&folder)?;
    for release in releases {
        let sitting = Sitting { cache: &cache, program: &program, folder: &folder, release };
        let of_release = sitting.hold()?;
        println!("{}", of_release.summary(release));
        results.releases.insert(release.to_string(), of_release);
        results.save(&folder)?;
        let path = workspace.root.join("docs/compatibility.md");
        fs::write(&path, document::render(&results)).map_err(|source| Error::Write { path, source })?;
    }
    Ok(())
}

/// Where a case was written, and how many documents were recorded; or why not.
type Written = Result<(PathBuf, usize), snaprepo_lab::Error>;

/// One release and everything it is asked.
struct Sitting<'a> {
    cache: &'a Cache,
    program: &'a Snaprepo,
    folder: &'a Path,
    release: &'static Release,
}

impl Sitting<'_> {
    fn hold(&self) -> Result<OfRelease, Error> {
        let mut cases = Vec::new();
        for case in case::ALL.iter().filter(|case| case.plot == Plot::Full && case.check(self.release, None).is_ok()) {
            cases.push((case, self.write(case)));
        }
        let node = Node::start(self.cache, self.release, &NodeOptions::default())?;
        let mut of_release = OfRelease {
            date: results::today(),
            startup_ms: u64::try_from(node.startup().as_millis()).unwrap_or(u64::MAX),
            peak_rss_bytes: 0,
            jdk: node.jdk_version().to_owned(),
            cases: Vec::new(),
            repositories: Vec::new(),
        };
        // Some shard folders are found only by a node with the same settings as the one that wrote them.
        let (alike, special): (Vec<_>, Vec<_>) = cases.into_iter().partition(|(case, _)| case.node_settings.is_empty());
        for (case, written) in alike {
            of_release.cases.push(self.judge(&node, case, written)?);
        }
        for name in REPRESENTATIVES {
            of_release.repositories.push(self.attempt(&node, name)?);
        }
        of_release.peak_rss_bytes = node.peak_rss();
        node.stop()?;
        for (case, written) in special {
            let settings =
                case.node_settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let node = Node::start(self.cache, self.release, &NodeOptions { settings, ..NodeOptions::default() })?;
            of_release.cases.push(self.judge(&node, case, written)?);
            node.stop()?;
        }
        Ok(of_release)
    }

    /// Writes a case; its folder, and how many documents were recorded.
    fn write(&self, case: &'static Case) -> Written {
        let out = self.folder.join("written").join(format!(
            "{}-{}-{}",
            self.release.product.name(),
            self.release.version,
            case.name
        ));
        if out.exists() {
            fs::remove_dir_all(&out).map_err(|source| snaprepo_lab::Error::Io {
                what: "remove",
                path: out.clone(),
                source,
            })?;
        }
        let order = Order { release: self.release, case, seed: SEED, from: None, out: &out };
        let report = case::write(self.cache, &order, &mut |_| {})?;
        Ok((out, report.n_documents))
    }

    fn judge(&self, node: &Node, case: &Case, written: Written) -> Result<OfCase, Error> {
        let (folder, n_documents) = match written {
            Ok(written) => written,
            Err(error) => return Ok(OfCase::failed(case.name, &error)),
        };
        let (store, truth) = (folder.join("repo"), folder.join("truth"));
        // Without its remote store a shallow snapshot can be listed, and nothing more.
        let deepest = if case.data == Data::Copied { Depth::Write } else { Depth::List };
        let mut given = Given {
            store: &store,
            base_path: case.base_path,
            truth: Some(&truth),
            settings: json!({}),
            name: accept::REGISTRATION,
            depth: deepest.min(Depth::Restore),
        };
        let mut proofs = Vec::new();
        // A copy is a copy in every case: one of them is enough.
        if case.name == case::ALL[0].name || deepest == Depth::List {
            proofs.push(Proof::of("copy", &accept::accept(node, self.program, &given)?));
        }
        let ours = self.folder.join("rewritten");
        if ours.exists() {
            fs::remove_dir_all(&ours).map_err(|source| Error::Write { path: ours.clone(), source })?;
        }
        let rewritten = rewrite::repository(&store, case.base_path, &ours)
            .map_err(|source| Error::Write { path: ours.clone(), source })?;
        // Elasticsearch 1 wrote JSON in a layout of its own: nothing of it is ours to encode.
        if rewritten.changed > 0 && deepest > Depth::List {
            given.store = &ours;
            given.depth = deepest;
            proofs.push(Proof::of("rewritten", &accept::accept(node, self.program, &given)?));
        }
        Ok(OfCase { case: case.name.to_owned(), n_documents, failed: None, proofs })
    }

    fn attempt(&self, node: &Node, name: &str) -> Result<OfRepository, Error> {
        let fixture = fixtures::named(name);
        let attempts = attempt::restores(node, self.program, &fixture.root(), fixture.base(), &json!({}))?;
        Ok(OfRepository::of(name, &attempts))
    }
}
