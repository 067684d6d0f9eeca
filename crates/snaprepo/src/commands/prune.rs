//! `prune`: what a retention keeps, why, and the deletion of the rest.

use std::{collections::BTreeMap, fs};

use jiff::{Timestamp, tz::TimeZone};
use snaprepo_core::{
    Repository,
    change::Damaged,
    chronology::{self, Origin, Wanted},
    retention::{self, Calendar, Candidate, Reason, Rules, Unit, Verdict},
    select::glob,
};
use snaprepo_format::{
    root::{SnapshotEntry, SnapshotIx},
    snapshot_info::SnapshotState,
};

use super::{Run, delete, word};
use crate::{
    args::PruneArgs,
    exit::Exit,
    explain::Failure,
    policies::{self, Policy, Retention},
    session::Session,
    views::change::{ChangeView, ExplainedRow},
};

pub(crate) fn run(run: &mut Run<'_>, args: &PruneArgs) -> Result<Exit, Failure> {
    let zone = TimeZone::get(&args.time_zone).map_err(|_| Failure::Usage {
        message: format!("--time-zone {}: there is no such time zone", args.time_zone),
        hint: Some("write a name such as Europe/Berlin, or UTC"),
    })?;
    let policies = args.policy.as_deref().map(policies::read).transpose()?;
    let protected = args.protect.as_deref().map(lines).transpose()?.unwrap_or_default();
    let (session, repository) = delete::open(run, &args.repo.repo)?;
    let all = vec!["all".to_owned()];
    let terms = if args.snapshot.is_empty() { &all } else { &args.snapshot };
    let chosen = session.select(&repository, terms)?;
    let policies = match &args.policy_from_snapshot {
        Some(snapshot) => Some(of_snapshot(&session, &repository, snapshot)?),
        None => policies,
    };
    let origins = chronology::origins(&repository, &session.pool, Wanted::Policies)?;
    let candidates = candidates(&repository, &origins);
    let mut verdicts = vec![Verdict { keeps: true, reason: Reason::NotOfGroup }; candidates.len()];
    match &policies {
        Some(policies) => by_policies(policies, &candidates, run.io.now_millis, &mut verdicts)?,
        None => by_calendar(args, &zone, &candidates, &mut verdicts),
    }
    let mut is_chosen = vec![false; candidates.len()];
    chosen.iter().for_each(|ix| {
        if let Some(place) = at(*ix).and_then(|at| is_chosen.get_mut(at)) {
            *place = true;
        }
    });
    for ((verdict, candidate), is_chosen) in verdicts.iter_mut().zip(&candidates).zip(is_chosen) {
        if !is_chosen {
            *verdict = Verdict { keeps: true, reason: Reason::NotOfGroup };
        } else if protected.iter().any(|pattern| glob(pattern, &candidate.name)) {
            *verdict = Verdict { keeps: true, reason: Reason::Protected };
        }
    }
    answer(run, args, &session, &repository, &candidates, &verdicts, &origins)
}

/// The policies that a cluster had when it took a snapshot.
fn of_snapshot(session: &Session, repository: &Repository, term: &str) -> Result<Vec<Policy>, Failure> {
    let usage = |message: String, hint| Failure::Usage { message, hint: Some(hint) };
    let [snapshot] = session.select(repository, &[term.to_owned()])?[..] else {
        let message = format!("--policy-from-snapshot {term}: it stands for more than one snapshot");
        return Err(usage(message, "name one snapshot, such as latest"));
    };
    let name = &repository.root.snapshot_entry(snapshot).name;
    let state = repository.global_metadata(snapshot)?.document.to_json();
    let state = serde_json::from_slice(&state).unwrap_or_default();
    let policies = policies::of_state(&state).map_err(|reason| {
        usage(format!("--policy-from-snapshot {name}: {reason}"), "give the policy with --policy FILE")
    })?;
    if policies.is_empty() {
        let message = format!("--policy-from-snapshot {name}: its cluster state has no SLM policy that deletes");
        return Err(usage(
            message,
            "a snapshot without global state has none, nor has one of OpenSearch: give the policy with --policy FILE",
        ));
    }
    Ok(policies)
}

fn answer(
    run: &mut Run<'_>,
    args: &PruneArgs,
    session: &Session,
    repository: &Repository,
    candidates: &[Candidate],
    verdicts: &[Verdict],
    origins: &[Origin],
) -> Result<Exit, Failure> {
    let by_start = chronology::sorted_by(repository, origins);
    let goes = |ix: &&SnapshotIx| at(**ix).and_then(|at| verdicts.get(at)).is_some_and(|verdict| !verdict.keeps);
    let doomed: Vec<SnapshotIx> = by_start.iter().filter(goes).copied().collect();
    let explained = by_start.iter().filter_map(|ix| {
        let (candidate, verdict) = (candidates.get(at(*ix)?)?, verdicts.get(at(*ix)?)?);
        Some(ExplainedRow {
            snapshot: candidate.name.to_string(),
            start_in_millis: candidate.start_millis,
            state: candidate.state.map(SnapshotState::name),
            policy: candidate.policy.as_deref().map(str::to_owned),
            keeps: verdict.keeps,
            reason: verdict.reason.name(),
        })
    });
    let explained: Vec<_> = if args.explain { explained.collect() } else { Vec::new() };
    let (exit, view) = if doomed.is_empty() {
        let n_kept = by_start.len() as u64;
        (Exit::Good, ChangeView { n_kept, ..ChangeView::default() })
    } else {
        match delete::propose(run, session, repository, &doomed, Damaged::Refuses, &args.deletion)? {
            Some(proposed) => proposed,
            None => return Ok(run.interrupted()),
        }
    };
    run.reply("prune", session, Some(repository), word(exit), ChangeView { explained, ..view })?;
    Ok(exit)
}

fn at(snapshot: SnapshotIx) -> Option<usize> {
    usize::try_from(snapshot).ok()
}

fn candidates(repository: &Repository, origins: &[Origin]) -> Vec<Candidate> {
    let entries = repository.root.snapshots.iter().zip(origins);
    let candidate = |(entry, origin): (&SnapshotEntry, &Origin)| Candidate {
        name: entry.name.clone(),
        start_millis: origin.start_millis,
        state: entry.state,
        policy: origin.policy.clone(),
    };
    entries.map(candidate).collect()
}

/// Names or globs, one a line.
fn lines(path: &std::path::Path) -> Result<Vec<String>, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|source| Failure::Usage { message: format!("--protect {}: {source}", path.display()), hint: None })?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

/// Verdicts for some of the candidates, by their positions.
fn settle(
    positions: &[usize],
    candidates: &[Candidate],
    verdicts: &mut [Verdict],
    decide: impl FnOnce(&[Candidate]) -> Vec<Verdict>,
) {
    let group: Vec<Candidate> = positions.iter().filter_map(|at| candidates.get(*at).cloned()).collect();
    for (at, verdict) in positions.iter().zip(decide(&group)) {
        if let Some(place) = verdicts.get_mut(*at) {
            *place = verdict;
        }
    }
}

fn by_policies(
    policies: &[Policy],
    candidates: &[Candidate],
    now_millis: i64,
    verdicts: &mut [Verdict],
) -> Result<(), Failure> {
    for policy in policies {
        let is_of = |candidate: &Candidate| {
            let is_own = candidate.policy.as_deref() == Some(&*policy.name);
            match &policy.retention {
                Retention::Slm(_) => is_own,
                // SM looks among the names that begin with that of the policy.
                Retention::Sm(_) => {
                    (is_own && candidate.name.starts_with(&policy.name))
                        || policy.patterns.iter().any(|pattern| glob(pattern, &candidate.name))
                }
            }
        };
        let positions: Vec<usize> =
            candidates.iter().enumerate().filter(|(_, candidate)| is_of(candidate)).map(|(at, _)| at).collect();
        if let Some(twice) =
            positions.iter().find(|at| verdicts.get(**at).is_some_and(|of| of.reason != Reason::NotOfGroup))
        {
            let name = candidates.get(*twice).map_or("", |candidate| &candidate.name);
            return Err(Failure::Usage {
                message: format!("policy {} and another one both want snapshot {name}", policy.name),
                hint: Some("give one of them at a time"),
            });
        }
        settle(&positions, candidates, verdicts, |group| match &policy.retention {
            Retention::Slm(slm) => retention::slm(group, slm, now_millis),
            Retention::Sm(sm) => retention::sm(group, sm, now_millis),
        });
    }
    Ok(())
}

fn by_calendar(args: &PruneArgs, zone: &TimeZone, candidates: &[Candidate], verdicts: &mut [Verdict]) {
    let slots =
        [args.keep_last, args.keep_hourly, args.keep_daily, args.keep_weekly, args.keep_monthly, args.keep_yearly];
    let rules = Rules { slots, within_millis: args.keep_within };
    let mut groups: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let group = candidate.policy.as_deref().filter(|_| !args.together);
        groups.entry(group).or_default().push(at);
    }
    for positions in groups.values() {
        settle(positions, candidates, verdicts, |group| retention::by_calendar(group, &rules, &Zoned(zone)));
    }
}

/// Hours, days, weeks, months and years of a time zone.
struct Zoned<'z>(&'z TimeZone);

impl Calendar for Zoned<'_> {
    fn key(&self, unit: Unit, millis: i64) -> i64 {
        // Nobody took a snapshot at a time that there is not.
        let Ok(time) = Timestamp::from_millisecond(millis) else { return millis };
        let time = time.to_zoned(self.0.clone());
        let date = time.date();
        let (year, month, day) = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
        match unit {
            Unit::Last => millis,
            // Two hours of one name, when clocks go back, are two hours; some zones begin theirs at half past.
            Unit::Hour => {
                let begin = i64::from(time.offset().seconds()).rem_euclid(3_600) * 1_000;
                millis.saturating_add(begin).div_euclid(3_600_000)
            }
            Unit::Day => (year * 12 + month) * 31 + day,
            Unit::Week => {
                let week = date.iso_week_date();
                i64::from(week.year()) * 53 + i64::from(week.week())
            }
            Unit::Month => year * 12 + month,
            Unit::Year => year,
        }
    }
}
