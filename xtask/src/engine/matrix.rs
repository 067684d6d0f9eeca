//! `engine matrix`: what every release makes of every case, and of the repositories of the others. Results are kept in
//! `target/engine/matrix.json` as they come, so that a run that ends early has not worked for nothing; docs/compatibility.md
//! is made from that file.

mod document;
pub(crate) mod every_time;
mod results;
mod ruin;
mod sequels;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;
use snaprepo_lab::{
    Cache, Node, NodeOptions, Release,
    accept::{self, Depth, Given},
    attempt,
    case::{self, Case, Data, Order, Plot, Report},
    release,
    snaprepo::Snaprepo,
    trap,
};
use snaprepo_testkit::{fixtures, rewrite};

use results::{OfCase, OfRelease, OfRepository, Proof, Results};
use sequels::{SEQUELS, Sequel};

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

/// Runs all releases, or those that are named, and writes the document. With `case`, only that case is run, and the
/// rest of what is known of a release stays. The first case brings along what the release makes of the repositories of
/// others.
pub(crate) fn run(workspace: &Workspace, only: &[String], case: Option<&'static Case>) -> Result<(), Error> {
    let folder = workspace.target.join("engine");
    let releases: Vec<&'static Release> = match only {
        [] => release::ALL.iter().collect(),
        only => only.iter().map(|name| Release::find(name)).collect::<Result<_, _>>()?,
    };
    let program = judge::program(workspace)?;
    let cache = Cache::open()?;
    let mut results = Results::load(&folder)?;
    let mut n_rows = 0;
    for release in releases {
        let sitting = Sitting { cache: &cache, program: &program, folder: &folder, release, case };
        let rows = sitting.rows();
        if rows.is_empty() {
            continue;
        }
        n_rows += rows.len();
        let of_release = sitting.hold(&rows)?;
        println!("{}", of_release.summary(release));
        match (case, results.releases.get_mut(&release.to_string())) {
            (Some(_), Some(known)) => known.merge(of_release),
            _ => {
                results.releases.insert(release.to_string(), of_release);
            }
        }
        results.save(&folder)?;
        let path = workspace.root.join("docs/compatibility.md");
        fs::write(&path, document::render(&results)).map_err(|source| Error::Write { path, source })?;
    }
    match case {
        Some(case) if n_rows == 0 => {
            Err(Error::Usage { message: format!("the matrix has no case {} of these releases", case.name) })
        }
        _ => Ok(()),
    }
}

/// One case of a release, and what it goes on with.
#[derive(Debug, Clone, Copy)]
struct Row {
    case: &'static Case,
    sequel: Option<&'static Sequel>,
}

/// A case that was written: its folder, the folder that it went on with, and what the lab says.
struct Written {
    folder: PathBuf,
    from: Option<PathBuf>,
    report: Report,
}

/// One release and everything it is asked.
struct Sitting<'a> {
    cache: &'a Cache,
    program: &'a Snaprepo,
    folder: &'a Path,
    release: &'static Release,
    /// The only case to run, when not all are wanted.
    case: Option<&'static Case>,
}

impl Sitting<'_> {
    /// What the release is asked to write.
    fn rows(&self) -> Vec<Row> {
        let full = case::ALL.iter().filter(|case| case.plot == Plot::Full && case.check(self.release, None).is_ok());
        let full = full.map(|case| Row { case, sequel: None });
        let sequels = SEQUELS.iter().filter(|sequel| sequel.release == self.release.to_string());
        let sequels =
            sequels.filter_map(|sequel| Some(Row { case: Case::find(sequel.case).ok()?, sequel: Some(sequel) }));
        full.chain(sequels).filter(|row| self.case.is_none_or(|only| only.name == row.case.name)).collect()
    }

    fn hold(&self, rows: &[Row]) -> Result<OfRelease, Error> {
        let written = rows.iter().map(|row| (row, self.write(row)));
        // Some shard folders are found only by a node with the same settings as the one that wrote them, and some data
        // only by one with a remote store.
        let (special, alike): (Vec<_>, Vec<_>) = written.partition(|(row, _)| row.case.needs_its_node());
        let node = Node::start(self.cache, self.release, &NodeOptions::default())?;
        let mut of_release = OfRelease {
            date: results::today(),
            startup_ms: u64::try_from(node.startup().as_millis()).unwrap_or(u64::MAX),
            peak_rss_bytes: 0,
            jdk: node.jdk_version().to_owned(),
            cases: Vec::new(),
            repositories: Vec::new(),
        };
        for (row, written) in alike {
            of_release.cases.push(self.judge(&node, row, written)?);
        }
        if self.case.is_none_or(|only| only.name == case::ALL[0].name) {
            for name in REPRESENTATIVES {
                of_release.repositories.push(self.attempt(&node, name)?);
            }
        }
        of_release.peak_rss_bytes = node.peak_rss();
        node.stop()?;
        for (row, written) in special {
            let node = Node::start(self.cache, self.release, &row.case.node_options())?;
            if let (Ok(written), Some(remote_store)) = (&written, node.remote_store()) {
                accept::copy_tree(&written.folder.join("remote"), remote_store)?;
                node.adopt(remote_store)?;
            }
            of_release.cases.push(self.judge(&node, row, written)?);
            node.stop()?;
        }
        Ok(of_release)
    }

    /// Writes a case, and before it what it goes on with.
    fn write(&self, row: &Row) -> Result<Written, snaprepo_lab::Error> {
        let written = self.folder.join("written");
        let from = row.sequel.map(|sequel| sequel.from(self.cache, &written, SEED)).transpose()?;
        let folder = sequels::folder(&written, self.release, row.case);
        let order = Order { release: self.release, case: row.case, seed: SEED, from: from.as_deref(), out: &folder };
        let report = sequels::write(self.cache, &order)?;
        Ok(Written { folder, from, report })
    }

    fn judge(&self, node: &Node, row: &Row, written: Result<Written, snaprepo_lab::Error>) -> Result<OfCase, Error> {
        let mut of_case = OfCase {
            case: row.case.name.to_owned(),
            from: row.sequel.map(Sequel::origin),
            date: None,
            n_documents: 0,
            failed: None,
            proofs: Vec::new(),
        };
        match written {
            Ok(written) => {
                of_case.n_documents = written.report.n_documents;
                of_case.proofs = match &written.from {
                    Some(from) if row.case.plot == Plot::Trap => {
                        vec![Proof::of_damage(trap::verify(self.program, &written.folder, from)?)]
                    }
                    _ => self.accepted(node, row, &written)?,
                };
            }
            Err(error) => of_case.failed = Some(error.to_string()),
        }
        Ok(of_case)
    }

    /// What the node makes of the repository, and of the same one in our hand.
    fn accepted(&self, node: &Node, row: &Row, written: &Written) -> Result<Vec<Proof>, Error> {
        let (store, truth) = (written.folder.join("repo"), written.folder.join("truth"));
        // A sequel keeps the place of the repository that it goes on with.
        let repository = &written.report.written.repository;
        // Going on belongs to the cluster whose remote store it is; a copy of that store is only read.
        let (deepest, settings) = match row.case.data {
            Data::Copied => (Depth::Write, json!({})),
            Data::Shallow | Data::ShallowV2 => (Depth::Restore, json!(repository.settings)),
        };
        let mut given = Given {
            store: &store,
            base_path: &repository.base_path,
            truth: Some(&truth),
            settings,
            name: &repository.name,
            depth: deepest.min(Depth::Restore),
        };
        let mut proofs = Vec::new();
        // A copy is a copy in every case: one of them is enough, and every mixture.
        if row.case.name == case::ALL[0].name || row.sequel.is_some() || deepest < Depth::Write {
            proofs.push(Proof::of("copy", &accept::accept(node, self.program, &given)?));
        }
        let ours = self.folder.join("rewritten");
        if ours.exists() {
            fs::remove_dir_all(&ours).map_err(|source| Error::Write { path: ours.clone(), source })?;
        }
        let rewritten = rewrite::repository(&store, &repository.base_path, &ours)
            .map_err(|source| Error::Write { path: ours.clone(), source })?;
        // Elasticsearch 1 wrote JSON in a layout of its own: nothing of it is ours to encode.
        if rewritten.changed > 0 {
            given.store = &ours;
            given.depth = deepest;
            proofs.push(Proof::of("rewritten", &accept::accept(node, self.program, &given)?));
        }
        Ok(proofs)
    }

    fn attempt(&self, node: &Node, name: &str) -> Result<OfRepository, Error> {
        let fixture = fixtures::named(name);
        let attempts = attempt::restores(node, self.program, &fixture.root(), fixture.base(), &json!({}))?;
        Ok(OfRepository::of(name, &attempts))
    }
}
