//! A repository may change while it is verified. What was found broken is then looked at again, so that a snapshot
//! that a cluster has just deleted is not reported as damage.

use std::{collections::BTreeSet, sync::Arc};

use hashbrown::{HashMap, HashSet};
use snaprepo_codec::BlobPath;
use snaprepo_format::root::{IndexIx, SnapshotIx};
use snaprepo_store::{Pool, ReadStore};

use super::{
    finding::{Finding, FindingKind, Severity},
    options::{Options, Scope},
    report::{Outcome, PairVerdict, ReadFailure, Report, Unopened},
    root, run,
    verdicts::Carried,
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
    repository.find_shards()?;
    let mut report = run::run(&repository, options, &[], pool, observer);
    for attempt in 0..=ATTEMPTS {
        if pool.cancel().is_cancelled() {
            break;
        }
        let now = match report.repository.newest_generation() {
            Ok(now) => now,
            Err(error) => {
                doubt(&mut report, &error.path, error.kind.to_string());
                break;
            }
        };
        if now == report.repository.scan.generations.last().copied() {
            break;
        }
        report.final_generation = now;
        // Unfinished snapshots and their blobs look like garbage, and those of the new root are none.
        report.unreferenced = None;
        if attempt == ATTEMPTS {
            if report.outcome != Outcome::Pass {
                report.outcome = Outcome::Inconclusive;
            }
            break;
        }
        match report.repository.reopen(pool).and_then(|moved| moved.find_shards().map(|()| moved)) {
            Ok(moved) => report = look_again(&report, &moved, options, pool, observer),
            Err(error) => {
                let path = report.repository.base().clone();
                doubt(&mut report, &path, error.to_string());
                break;
            }
        }
    }
    Ok(Ok(report))
}

/// Notes that nobody knows whether the repository changed meanwhile.
fn doubt(report: &mut Report, path: &BlobPath, message: String) {
    report.failures.push(ReadFailure { path: report.repository.shown(path), message });
    report.n_failures += 1;
    report.outcome = Outcome::Inconclusive;
}

/// Verifies what was broken once more, at the generation that is there now; the rest keeps its verdicts.
fn look_again(first: &Report, moved: &Repository, options: &Options, pool: &Pool, observer: &dyn Observer) -> Report {
    let scope = narrowed(first, options);
    let suspects = Options { scope, ..options.clone() };
    let carried = carried(first, moved, suspects.scope.indices.as_ref());
    let mut report = run::run(moved, &suspects, &carried, pool, observer);
    report.tally = first.tally;
    let message = format!(
        "the root generation moved from {} to {} during the verification; findings were looked at again",
        generation(first.repository.generation),
        generation(moved.generation),
    );
    let mut finding = Finding::new(FindingKind::GenerationMoved, message);
    finding.blob = moved.root_path().map(|path| moved.shown(&path));
    report.n_findings[0] += 1;
    report.findings.push(finding);
    report
}

/// The part of the repository that is to be looked at again: indices with findings, in the snapshots of the first look.
fn narrowed(first: &Report, options: &Options) -> Scope {
    let root = &first.repository.root;
    let findings = || first.findings.iter().filter(|finding| finding.severity > Severity::Info);
    // What was not kept, could not be read, or is about whole snapshots may be about any index.
    let is_complete = first.n_findings.iter().sum::<u64>() == first.findings.len() as u64 && first.n_failures == 0;
    let indices: Option<BTreeSet<Box<str>>> = findings()
        .map(|finding| finding.index.map(|index| root.index_entry(index).name.clone()))
        .collect::<Option<BTreeSet<_>>>()
        .filter(|_| is_complete);
    let snapshots = first.snapshots.iter().map(|verdict| root.snapshot_entry(verdict.snapshot).uuid.clone());
    Scope {
        snapshots: Some(snapshots.collect()),
        indices: indices.or_else(|| options.scope.indices.clone()),
        shards: options.scope.shards.clone(),
    }
}

/// The verdicts of the first look on what is not looked at again, in positions of the root that is there now.
fn carried(first: &Report, moved: &Repository, suspects: Option<&BTreeSet<Box<str>>>) -> Vec<Carried> {
    let Some(suspects) = suspects else { return Vec::new() };
    let root = &first.repository.root;
    let now: HashMap<&str, SnapshotIx> =
        (0..).zip(&moved.root.snapshots).map(|(ix, entry)| (&*entry.uuid, ix)).collect();
    let indices: HashMap<&str, IndexIx> = (0..).zip(&moved.root.indices).map(|(ix, entry)| (&*entry.id, ix)).collect();
    let snapshot_now = |ix: SnapshotIx| now.get(&*root.snapshot_entry(ix).uuid).copied();
    let looked_at: HashSet<SnapshotIx> = first.snapshots.iter().map(|verdict| verdict.snapshot).collect();
    let mut pairs: HashMap<IndexIx, Vec<PairVerdict>> = HashMap::new();
    for pair in &first.pairs {
        pairs.entry(pair.index).or_default().push(pair.clone());
    }
    let mut carried = Vec::new();
    for (index, _, _) in &first.indices {
        let entry = root.index_entry(*index);
        let Some(index_now) = indices.get(&*entry.id).copied().filter(|_| !suspects.contains(&entry.name)) else {
            continue;
        };
        let still_held: HashSet<SnapshotIx> = moved.root.index_entry(index_now).snapshots.iter().copied().collect();
        let held = entry.snapshots.iter().copied().filter(|snapshot| looked_at.contains(snapshot));
        let held = held.filter_map(snapshot_now).filter(|snapshot| still_held.contains(snapshot)).collect();
        let pairs = pairs.remove(index).unwrap_or_default().into_iter().filter_map(|pair| {
            let snapshot = snapshot_now(pair.snapshot).filter(|snapshot| still_held.contains(snapshot))?;
            Some(PairVerdict { snapshot, index: index_now, ..pair })
        });
        carried.push(Carried { index: index_now, held, pairs: pairs.collect() });
    }
    carried
}

fn generation(generation: Option<u64>) -> String {
    generation.map_or_else(|| "none".to_owned(), |generation| generation.to_string())
}
