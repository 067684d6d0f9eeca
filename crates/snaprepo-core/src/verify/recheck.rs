//! A repository may change while it is verified. What was found broken is then looked at again, so that a snapshot
//! that a cluster has just deleted is not reported as damage.

use std::{collections::BTreeSet, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_store::{Pool, ReadStore};

use super::{
    finding::{Finding, FindingKind, Severity},
    options::{Options, Scope},
    report::{Outcome, Report, Unopened},
    root, run,
};
use crate::{Observer, OpenError, Repository};

/// Times that findings are looked at again before they are called inconclusive.
const ATTEMPTS: usize = 3;

/// What came of a verification.
pub type Verified = Result<Report, Unopened>;

/// Opens and verifies a repository.
///
/// # Errors
/// When it is no repository, is not for this program, or cannot be asked. A repository without a readable root is no
/// error: it gives one finding.
pub fn verify(
    store: &Arc<dyn ReadStore>,
    base: &BlobPath,
    options: &Options,
    pool: &Pool,
    observer: &dyn Observer,
) -> Result<Verified, OpenError> {
    let repository = match Repository::open(store, base, pool) {
        Ok(repository) => repository,
        Err(error) => return root::unopened(error).map(Err),
    };
    let mut report = run::run(&repository, options, pool, observer);
    let mut suspects = options.clone();
    for _ in 0..ATTEMPTS {
        if pool.cancel().is_cancelled() {
            break;
        }
        let now = repository.newest_generation()?;
        if now == report.final_generation || now == report.repository.scan.generations.last().copied() {
            return Ok(Ok(report));
        }
        let Ok(moved) = repository.reopen(pool) else { break };
        suspects.scope = narrowed(&report, options);
        report = merge(report, run::run(&moved, &suspects, pool, observer), &moved);
        report.final_generation = moved.generation;
    }
    let now = repository.newest_generation()?;
    if now != report.final_generation && !pool.cancel().is_cancelled() && report.outcome != Outcome::Pass {
        report.outcome = Outcome::Inconclusive;
    }
    Ok(Ok(report))
}

/// The part of the repository that has findings: what is to be looked at again.
fn narrowed(report: &Report, options: &Options) -> Scope {
    let root = &report.repository.root;
    let findings = || report.findings.iter().filter(|finding| finding.severity > Severity::Info);
    let indices: BTreeSet<Box<str>> =
        findings().filter_map(|finding| finding.index).map(|ix| root.index_entry(ix).name.clone()).collect();
    Scope {
        // Findings about whole snapshots have no index: then every index is looked at again.
        indices: if findings().all(|finding| finding.index.is_some()) {
            Some(indices)
        } else {
            options.scope.indices.clone()
        },
        ..options.scope.clone()
    }
}

/// The first report, with its findings replaced by those that the second look confirmed.
fn merge(first: Report, second: Report, moved: &Repository) -> Report {
    let mut merged = Report { tally: first.tally, unreferenced: first.unreferenced, ..second };
    merged.repository = moved.clone();
    // The second look covers only suspects; what it leaves out was intact.
    let known: BTreeSet<_> = merged.indices.iter().map(|(ix, _, _)| moved.root.index_entry(*ix).name.clone()).collect();
    for (ix, total, restorable) in first.indices {
        let name = &first.repository.root.index_entry(ix).name;
        if let (false, Some(now)) = (known.contains(name), moved.index_named(name)) {
            merged.indices.push((now, total, restorable));
        }
    }
    let message = format!(
        "the root generation moved from {} to {} during the verification; findings were looked at again",
        generation(first.repository.generation),
        generation(moved.generation),
    );
    let mut finding = Finding::new(FindingKind::SnapshotMayBeRunning, message);
    finding.blob = moved.root_path().map(|path| moved.shown(&path));
    merged.n_findings[0] += 1;
    merged.findings.push(finding);
    merged
}

fn generation(generation: Option<u64>) -> String {
    generation.map_or_else(|| "none".to_owned(), |generation| generation.to_string())
}
