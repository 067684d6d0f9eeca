//! Every disagreement between blobs that are each whole, in every fixture that can have it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use snaprepo_core::verify::{Depth, FindingKind, Report, Severity, Verdict};
use snaprepo_testkit::{
    damage::{Damage, Disagreement, Editor, Named, Target},
    fixtures::{self, Fixture},
};

use super::{DEPTHS, Facts, report, shown};
use crate::healthy::DAMAGED;

/// What one run over the fixtures gave.
#[derive(Default)]
struct Results {
    n_made: BTreeMap<Disagreement, usize>,
    wrong: Vec<String>,
    /// Kinds that were told, by disagreements and by what the fixtures are.
    kinds: BTreeSet<FindingKind>,
}

#[test]
fn every_disagreement_is_found_and_every_kind_of_finding_is_provoked() {
    let fixtures: Vec<_> = fixtures::all().iter().filter(|fixture| fixture.name != DAMAGED).collect();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Results::default()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(fixture) = fixtures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    disagree(fixture, &results);
                }
            });
        }
    });
    let Results { n_made, wrong, mut kinds } = results.into_inner().unwrap();
    println!("{} cases: {n_made:?}", n_made.values().sum::<usize>());
    assert!(wrong.is_empty(), "{} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
    for disagreement in Disagreement::ALL {
        assert!(n_made.contains_key(disagreement), "no fixture can have {disagreement:?}");
    }
    kinds.extend(of_damage());
    // Without a root there is no report; `roots.rs` sees both.
    kinds.extend([FindingKind::RootMissing, FindingKind::RootUnreadable]);
    // No damage: `concurrent.rs` moves the repository while it is verified.
    kinds.insert(FindingKind::GenerationMoved);
    // Only in Elasticsearch 1 and 2: `hostile.rs` damages the list.
    kinds.insert(FindingKind::SnapshotListMismatch);
    // A folder has no archive: `faults.rs` has one.
    kinds.insert(FindingKind::BlobArchived);
    let silent: Vec<_> = FindingKind::ALL.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert!(silent.is_empty(), "never provoked: {silent:?}");
}

/// The kinds that damage to single blobs gives.
fn of_damage() -> BTreeSet<FindingKind> {
    let fixture = fixtures::named("elasticsearch-7.6.2-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let mut kinds = BTreeSet::new();
    for target in Target::ALL.into_iter().filter(|target| *target != Target::Root) {
        let Some(place) = target.find(&repository) else { continue };
        for damage in Damage::ALL {
            if let Some(_damaged) = damage.apply(&place) {
                kinds.extend(report(&repository, Depth::Content).findings.iter().map(|finding| finding.kind));
            }
        }
    }
    kinds
}

fn disagree(fixture: &Fixture, results: &Mutex<Results>) {
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let before: Vec<Report> = DEPTHS.iter().map(|depth| report(&repository, *depth)).collect();
    let mut found = Results::default();
    for disagreement in Disagreement::ALL {
        let editor = Editor::open(&repository);
        let Some(named) = disagreement.make(&editor) else { continue };
        *found.n_made.entry(*disagreement).or_default() += 1;
        let at = DEPTHS.iter().position(|depth| *depth == disagreement.depth()).unwrap();
        let after = report(&repository, DEPTHS[at]);
        let mut told = check(*disagreement, &named, &before[at], &after);
        if at > 0 {
            let shallower = Facts::of(&report(&repository, DEPTHS[at - 1]));
            if shallower != Facts::of(&before[at - 1]) {
                told = Err(format!("is told too early: {:?}", shallower.findings));
            }
        }
        if let Err(what) = told {
            found.wrong.push(format!("{} {disagreement:?}: {what}", fixture.name));
        }
        found.kinds.extend(after.findings.iter().map(|finding| finding.kind));
    }
    // All changes are undone: the fixture is what it was.
    assert_eq!(Facts::of(&report(&repository, Depth::Content)), Facts::of(&before[3]), "{}", fixture.name);
    let mut results = results.lock().unwrap();
    results.wrong.append(&mut found.wrong);
    results.kinds.append(&mut found.kinds);
    for (disagreement, n) in found.n_made {
        *results.n_made.entry(disagreement).or_default() += n;
    }
}

fn check(disagreement: Disagreement, named: &Named, before: &Report, after: &Report) -> Result<(), String> {
    let severity = match disagreement {
        Disagreement::BrokenIncompatible => Severity::Warning,
        _ => disagreement.kind().severity(),
    };
    let (ours, others): (Vec<_>, Vec<_>) =
        after.findings.iter().partition(|finding| finding.kind == disagreement.kind() && finding.severity == severity);
    if ours.is_empty() {
        return Err(format!("is not told; findings {}", shown(&others, after)));
    }
    if let (Named::Blob(blob), false) = (named, matches!(disagreement, Disagreement::Leftover(_)))
        && !ours.iter().any(|finding| finding.blob.as_ref() == Some(blob))
    {
        return Err(format!("does not name {blob}: {}", shown(&ours, after)));
    }
    let stray = others
        .iter()
        .find(|finding| finding.severity > Severity::Info && !consequences(disagreement).contains(&finding.kind));
    if let Some(stray) = stray {
        return Err(format!("a stray finding {}", shown(&[stray], after)));
    }
    if let Disagreement::Leftover(class) = disagreement {
        let n = |report: &Report| {
            let classes = report.unreferenced.iter().flatten();
            classes.filter(|tally| tally.class == class).map(|tally| tally.n_blobs).sum::<u64>()
        };
        if n(after) != n(before) + 1 {
            return Err(format!("{} blobs before, {} after", n(before), n(after)));
        }
    }
    check_verdicts(disagreement, &Facts::of(before), &Facts::of(after))
}

/// What else a disagreement is, or leads to, because the blobs say so.
fn consequences(disagreement: Disagreement) -> &'static [FindingKind] {
    use FindingKind as Kind;
    match disagreement {
        // The first of two equal entries has no indices: the root gives them to the other.
        Disagreement::DuplicateSnapshot => &[Kind::SnapshotContentsMismatch],
        // There is no blob to read, and perhaps no user of the identifier that stood there.
        Disagreement::LookupOfUnknownIdentifier => &[Kind::IndexMetadataUnreadable, Kind::RootUnusedIdentifier],
        // A file that only this snapshot had is now nobody's.
        Disagreement::SnapshotNotInTable | Disagreement::FileNotInTable => &[Kind::UnusedFileEntry],
        Disagreement::NoCommit | Disagreement::FileOfCommitNotListed => &[Kind::FileNotInShardSnapshot],
        Disagreement::FileNotInCommit => &[Kind::FileNotInShardGeneration],
        Disagreement::BrokenCommit => &[Kind::FileEntryMismatch, Kind::ConflictingFileEntries],
        Disagreement::EntriesOfListsDiffer => &[Kind::FileEntryMismatch],
        _ => &[],
    }
}

/// Which pairs of snapshot and index become worse: all that `disagreement` breaks, and no others.
fn check_verdicts(disagreement: Disagreement, before: &Facts, after: &Facts) -> Result<(), String> {
    let is_worse =
        |(pair, verdict): &(&(String, String), &Verdict)| before.pairs.get(*pair).is_some_and(|was| *verdict > was);
    let n_pairs = after.pairs.iter().filter(is_worse).count();
    let n_snapshots = after
        .snapshots
        .iter()
        .filter(|(name, verdict)| before.snapshots.get(*name).is_some_and(|was| *verdict > was))
        .count();
    let (pairs, snapshots) = match disagreement {
        Disagreement::UnknownSnapshotOfIndex => (0..=0, before.snapshots.len()..=before.snapshots.len()),
        // These are about one list, or one snapshot.
        Disagreement::IndexLackedByInfo
        | Disagreement::ListOfOtherSnapshot
        | Disagreement::NoCommit
        | Disagreement::BrokenCommit
        | Disagreement::FileOfCommitNotListed
        | Disagreement::FileNotInCommit => (1..=1, 0..=1),
        // These are about all snapshots that have the index, the shard, or the file.
        Disagreement::OtherIndex
        | Disagreement::LostMount
        | Disagreement::LostPathType
        | Disagreement::LostShardFolder
        | Disagreement::CorruptInlinedFile
        | Disagreement::OtherInlinedCopy => (1..=9, 0..=9),
        // The index may have failed as a whole before.
        Disagreement::LookupOfUnknownIdentifier => (0..=1, 0..=1),
        // Positions of equal names: the verdict on one of them counts.
        Disagreement::DuplicateSnapshot => (0..=0, 0..=1),
        _ => (0..=0, 0..=0),
    };
    if pairs.contains(&n_pairs) && snapshots.contains(&n_snapshots) {
        return Ok(());
    }
    Err(format!("breaks {n_pairs} pairs and {n_snapshots} snapshots, {pairs:?} and {snapshots:?} expected"))
}
