//! Damaged roots: an older readable root is verified instead; without one there is a finding, and no report.

use std::fs;

use snaprepo_core::{
    OpenError,
    verify::{Depth, FindingKind, Outcome, Severity},
};
use snaprepo_testkit::{
    damage::{Damage, Target},
    fixtures,
};
use snaprepo_tests::options;

use super::{Facts, report, verify_alone};
use crate::healthy::DAMAGED;

#[test]
fn an_older_readable_root_is_verified_instead() {
    let mut n_cases = 0;
    for fixture in fixtures::all().iter().filter(|fixture| fixture.name != DAMAGED) {
        let copy = fixture.copy();
        let repository = fixture.copied_repository(&copy);
        let Some(place) = Target::Root.find(&repository) else { continue };
        let generation: u64 = place.blob.name()["index-".len()..].parse().unwrap();
        fs::copy(&place.file, repository.join(format!("index-{}", generation - 1))).unwrap();
        let before = Facts::of(&report(&repository, Depth::Metadata));
        for damage in Damage::ALL {
            let Some(_damaged) = damage.apply(&place) else { continue };
            n_cases += 1;
            let what = format!("{} {damage:?}", fixture.name);
            let report = report(&repository, Depth::Metadata);
            let above: Vec<_> = report.findings.iter().filter(|finding| finding.severity > Severity::Info).collect();
            let [finding] = above[..] else { panic!("{what}: {above:#?}") };
            // A root that is not there is no damage; but index.latest names it.
            let (kind, blob) = match damage {
                Damage::Missing => (FindingKind::LatestMismatch, "index.latest"),
                _ => (FindingKind::RootUnreadable, place.blob.as_str()),
            };
            assert_eq!(finding.kind, kind, "{what}");
            assert_eq!(finding.blob.as_ref().unwrap().as_str(), blob, "{what}");
            assert_eq!(report.repository.generation, Some(generation - 1), "{what}");
            assert_eq!(report.outcome, Outcome::Fail, "{what}");
            let after = Facts::of(&report);
            assert_eq!((&after.snapshots, &after.pairs), (&before.snapshots, &before.pairs), "{what}");
            // The unreadable root may refer to anything.
            assert_eq!(report.unreferenced.is_some(), damage == Damage::Missing, "{what}");
        }
    }
    assert!(n_cases >= 500, "{n_cases}");
}

#[test]
fn without_any_readable_root_there_is_one_finding_and_no_report() {
    for fixture in fixtures::all() {
        let copy = fixture.copy();
        let repository = fixture.copied_repository(&copy);
        let Some(place) = Target::Root.find(&repository) else { continue };
        // Some repositories have roots that their cluster could not remove.
        for entry in fs::read_dir(&repository).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap().to_str().unwrap().starts_with("index-") && path != place.file {
                fs::remove_file(path).unwrap();
            }
        }
        for damage in Damage::ALL {
            let Some(_damaged) = damage.apply(&place) else { continue };
            let what = format!("{} {damage:?}", fixture.name);
            let finding = verify_alone(&repository, &options(Depth::Metadata)).unwrap().err().unwrap().finding;
            let kind = if damage == Damage::Missing { FindingKind::RootMissing } else { FindingKind::RootUnreadable };
            assert_eq!((finding.kind, finding.severity), (kind, Severity::Error), "{what}");
            assert_eq!(finding.blob.as_ref(), Some(&place.blob), "{what}");
            assert!(finding.breaks_restore, "{what}");
        }
    }
}

#[test]
fn a_root_that_is_not_for_us_is_an_error_and_no_finding() {
    let fixture = fixtures::named("elasticsearch-9.5.3-plain");
    let copy = fixture.copy();
    let repository = fixture.copied_repository(&copy);
    let place = Target::Root.find(&repository).unwrap();
    let root = fs::read_to_string(&place.file).unwrap();
    for changed in [root.replacen(r#""min_version":"7.12.0""#, r#""min_version":"99.0.0""#, 1), {
        root.replacen('{', r#"{"brand_new":1,"#, 1)
    }] {
        assert_ne!(changed, root);
        fs::write(&place.file, changed).unwrap();
        let error = verify_alone(&repository, &options(Depth::Metadata)).err().unwrap();
        assert!(matches!(error, OpenError::Refused(_)), "{error}");
    }
}
