//! Every damage to every kind of blob of every fixture is found: at the shallowest depth that can see it and not
//! before, under its name, with the right snapshots, and without false alarms beside it.
//!
//! The rule of necessary consequences: a damaged blob gives one finding that names it. More findings are allowed only
//! where [`Found::also`] lists them, and only about the index and shard of that blob.

mod disagreement;
mod expect;
mod roots;

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use expect::{Breaks, Expected, Found, expect};
use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver, OpenError,
    verify::{self, Depth, Finding, FindingKind, Options, Report, Severity, Verdict, Verified},
};
use snaprepo_store::{Cancel, Pool};
use snaprepo_testkit::{
    damage::{Damage, Place, Target},
    fixtures::{self, Fixture},
};
use snaprepo_tests::{options, store};

use crate::healthy::DAMAGED;

/// Depths, shallowest first.
const DEPTHS: [Depth; 4] = [Depth::Metadata, Depth::Presence, Depth::Footers, Depth::Content];

#[test]
fn every_damage_to_every_blob_is_found_and_nothing_else() {
    let fixtures: Vec<_> = fixtures::all().iter().filter(|fixture| fixture.name != DAMAGED).collect();
    let (next, results) = (AtomicUsize::new(0), Mutex::new((0, Vec::new())));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(fixture) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (n_cases, wrong) = damage_all(fixture);
                    let mut results = results.lock().unwrap();
                    results.0 += n_cases;
                    results.1.extend(wrong);
                }
            });
        }
    });
    let (n_cases, wrong) = results.into_inner().unwrap();
    println!("{n_cases} cases");
    assert!(wrong.is_empty(), "{} of {n_cases} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(n_cases >= 5000, "only {n_cases} cases");
}

/// Verifies with one thread: the tests use the processors for fixtures.
pub(crate) fn verify_alone(repository: &Path, options: &Options) -> Result<Verified, OpenError> {
    let pool = Pool::new(NonZeroUsize::MIN, Cancel::default());
    let options = Options { width: NonZeroUsize::MIN, ..options.clone() };
    verify::verify(&store(repository), &BlobPath::root(), &options, &pool, &NoObserver)
}

fn report(repository: &Path, depth: Depth) -> Report {
    verify_alone(repository, &options(depth)).unwrap().unwrap()
}

fn damage_all(fixture: &Fixture) -> (usize, Vec<String>) {
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let before: Vec<Facts> = DEPTHS.iter().map(|depth| Facts::of(&report(&repository, *depth))).collect();
    let (mut n_cases, mut wrong) = (0, Vec::new());
    for target in Target::ALL.into_iter().filter(|target| *target != Target::Root) {
        let Some(place) = target.find(&repository) else { continue };
        for damage in Damage::ALL {
            let expected = expect(&place, damage, &repository);
            let Some(damaged) = damage.apply(&place) else { continue };
            n_cases += 1;
            if let Err(what) = check(&repository, &place, &expected, &before) {
                wrong.push(format!("{} {target:?} {damage:?} {}: {what}", fixture.name, place.blob));
            }
            drop(damaged);
        }
    }
    (n_cases, wrong)
}

fn check(repository: &Path, place: &Place, expected: &Expected, before: &[Facts]) -> Result<(), String> {
    let found = match expected {
        Expected::Undetectable(_) => {
            let after = Facts::of(&report(repository, Depth::Content));
            let is_as_before =
                after.findings == before[3].findings && after.pairs.iter().all(|pair| before[3].has(pair));
            return if is_as_before { Ok(()) } else { Err(format!("was to be undetectable: {after:?}")) };
        }
        Expected::Found(found) => found,
    };
    let at = DEPTHS.iter().position(|depth| *depth == found.depth).unwrap();
    if at > 0 {
        let shallower = Facts::of(&report(repository, DEPTHS[at - 1]));
        if shallower != before[at - 1] {
            return Err(format!("is told too early: {:?}", shallower.findings));
        }
    }
    let report = report(repository, found.depth);
    check_findings(&report, place, found)?;
    check_verdicts(&Facts::of(&report), &before[at], found)
}

fn check_findings(report: &Report, place: &Place, found: &Found) -> Result<(), String> {
    let names = |finding: &Finding| -> BTreeSet<String> {
        finding.snapshots.iter().map(|ix| report.repository.root.snapshot_entry(*ix).name.to_string()).collect()
    };
    let is_expected = |finding: &&Finding| {
        found.kinds.contains(&finding.kind)
            && finding.severity == found.severity
            && (!found.is_named || finding.blob.as_ref() == Some(&found.blob))
            && (!found.is_named || names(finding) == found.snapshots)
            && (place.shard.is_none() || finding.shard == place.shard)
    };
    let about_it = |finding: &&Finding| place.index.is_none() || finding.index == place.index;
    let least = if found.severity == Severity::Info { found.severity } else { Severity::Warning };
    let findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.severity >= least).collect();
    let n = findings.iter().copied().filter(|finding| is_expected(finding)).count();
    let is_new = |finding: &&&Finding| !is_expected(finding) && finding.severity > Severity::Info;
    let stray = findings.iter().filter(is_new).find(|finding| {
        let is_allowed = found.also.contains(&finding.kind) || (!found.is_named && found.kinds.contains(&finding.kind));
        !is_allowed || !about_it(finding)
    });
    match (n, stray) {
        (0, _) => Err(format!("not found as {found:?}; findings {}", shown(&findings, report))),
        (1.., Some(stray)) => Err(format!("a stray finding {}", shown(&[stray], report))),
        (1, None) => Ok(()),
        (_, None) if found.is_repeated => Ok(()),
        (n, None) => Err(format!("told {n} times: {}", shown(&findings, report))),
    }
}

fn shown(findings: &[&Finding], report: &Report) -> String {
    let one = |finding: &&Finding| {
        let snapshots: Vec<_> =
            finding.snapshots.iter().map(|ix| &*report.repository.root.snapshot_entry(*ix).name).collect();
        let blob = finding.blob.as_ref().map_or("", BlobPath::as_str);
        format!(
            "[{} {:?} {blob} {snapshots:?} {:?}: {}]",
            finding.kind.name(),
            finding.severity,
            finding.shard,
            finding.message
        )
    };
    findings.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn check_verdicts(after: &Facts, before: &Facts, found: &Found) -> Result<(), String> {
    let is_touched = |snapshot: &String| found.snapshots.contains(snapshot) && found.breaks != Breaks::Nothing;
    for (pair @ (snapshot, index), verdict) in &after.pairs {
        let of_place = is_touched(snapshot) && found.index.as_ref().is_none_or(|expected| expected == index);
        match (found.breaks, of_place) {
            (Breaks::Pairs, true) if *verdict < Verdict::Partly => return Err(format!("{pair:?} is {verdict:?}")),
            (Breaks::Pairs | Breaks::Snapshots | Breaks::Any, true) => {}
            _ if before.pairs.get(pair) != Some(verdict) => {
                return Err(format!("{pair:?} was {:?}, is {verdict:?}", before.pairs.get(pair)));
            }
            _ => {}
        }
    }
    for (snapshot, verdict) in &after.snapshots {
        let is_right = match found.breaks {
            Breaks::Snapshots if is_touched(snapshot) => *verdict == Verdict::Not,
            Breaks::Pairs if is_touched(snapshot) => *verdict >= Verdict::Partly,
            Breaks::Any if is_touched(snapshot) => true,
            _ => before.snapshots.get(snapshot) == Some(verdict),
        };
        if !is_right {
            return Err(format!("{snapshot} was {:?}, is {verdict:?}", before.snapshots.get(snapshot)));
        }
    }
    Ok(())
}

/// What a report says, by names: a damaged repository may have other positions.
#[derive(Debug, PartialEq)]
struct Facts {
    findings: Vec<(FindingKind, String)>,
    snapshots: BTreeMap<String, Verdict>,
    pairs: BTreeMap<(String, String), Verdict>,
}

impl Facts {
    fn has(&self, (pair, verdict): (&(String, String), &Verdict)) -> bool {
        self.pairs.get(pair) == Some(verdict)
    }

    fn of(report: &Report) -> Self {
        let root = &report.repository.root;
        let snapshot = |ix| root.snapshot_entry(ix).name.to_string();
        let index = |ix| root.index_entry(ix).name.to_string();
        let findings = report.findings.iter().filter(|finding| finding.severity > Severity::Info);
        let mut pairs = BTreeMap::new();
        for entry in &root.indices {
            for ix in &entry.snapshots {
                pairs.insert((snapshot(*ix), entry.name.to_string()), Verdict::Restorable);
            }
        }
        pairs.extend(report.pairs.iter().map(|pair| ((snapshot(pair.snapshot), index(pair.index)), pair.verdict)));
        Self {
            findings: findings.map(|finding| (finding.kind, finding.message.clone())).collect(),
            snapshots: report.snapshots.iter().map(|verdict| (snapshot(verdict.snapshot), verdict.verdict)).collect(),
            pairs,
        }
    }
}
