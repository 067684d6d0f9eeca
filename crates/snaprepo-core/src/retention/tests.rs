//! The rules against a second, naive reading of them, and the differences between the two products.

use snaprepo_format::snapshot_info::SnapshotState::{self, Failed, InProgress, Partial, Success};

use super::*;

const DAY: i64 = 86_400_000;

fn candidate(number: usize, start: i64, state: SnapshotState) -> Candidate {
    Candidate { name: format!("s{number:03}").into(), start_millis: Some(start), state: Some(state), policy: None }
}

/// Numbers of chance that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn group(&mut self) -> Vec<Candidate> {
        let n = self.below(12);
        let state =
            |number: u64| [Success, Success, Success, Failed, Partial, InProgress][usize::try_from(number).unwrap()];
        (0..n)
            .map(|number| {
                let start = i64::try_from(self.below(15)).unwrap() * DAY / 2;
                let picked = self.below(6);
                candidate(usize::try_from(number).unwrap(), start, state(picked))
            })
            .collect()
    }

    fn maybe(&mut self, end: u64) -> Option<u64> {
        let number = self.below(end + 2);
        (number > 1).then(|| number - 1)
    }
}

fn kept(verdicts: &[Verdict]) -> Vec<bool> {
    verdicts.iter().map(|verdict| verdict.keeps).collect()
}

/// Rule after rule, each with a pass of its own over the whole group.
fn naive_slm(group: &[Candidate], policy: &Slm, now: i64) -> Vec<bool> {
    let of = |one: &Candidate| (one.start_millis.unwrap(), one.name.clone());
    let takes_part = |one: &Candidate| matches!(one.state, Some(Success | Failed | Partial));
    let mut sorted: Vec<&Candidate> = group.iter().filter(|one| takes_part(one)).collect();
    sorted.sort_by_key(|one| of(one));
    let successes: Vec<&Candidate> = sorted.iter().copied().filter(|one| one.state == Some(Success)).collect();
    let n = successes.len();
    let goes = |one: &Candidate| {
        if !takes_part(one) {
            return false;
        }
        let is_success = one.state == Some(Success);
        let newest = successes.iter().map(|one| one.start_millis.unwrap()).max();
        if policy.expire_after_millis.is_none()
            && !is_success
            && newest.is_some_and(|newest| newest > one.start_millis.unwrap())
        {
            return true;
        }
        if let Some(max) = policy.max_count.map(|max| usize::try_from(max).unwrap()).filter(|max| n > *max) {
            let first_kept = successes[n - max..].first();
            if first_kept.is_none_or(|first| of(one) < of(first)) {
                return true;
            }
        }
        let min = policy.min_count.map(|min| usize::try_from(min).unwrap());
        if is_success && min.is_some_and(|min| n <= min) {
            return false;
        }
        let Some(expire_after) = policy.expire_after_millis else { return false };
        if is_success
            && let Some(min) = min
            && !successes[..n - min].iter().any(|oldest| oldest.name == one.name)
        {
            return false;
        }
        now - one.start_millis.unwrap() > expire_after
    };
    group.iter().map(|one| !goes(one)).collect()
}

#[test]
fn slm_is_what_a_naive_reading_of_its_rules_says() {
    let mut chance = Chance(7);
    for round in 0..20_000 {
        let group = chance.group();
        let (min, max) = (chance.maybe(5), chance.maybe(8));
        let expire_after_millis = chance.maybe(8).map(|days| i64::try_from(days).unwrap() * DAY);
        let policy = Slm { min_count: min, max_count: max.map(|max| max.max(min.unwrap_or(1))), expire_after_millis };
        let expected = naive_slm(&group, &policy, 8 * DAY);
        assert_eq!(kept(&slm(&group, &policy, 8 * DAY)), expected, "{round}: {policy:?} {group:?}");
    }
}

/// Deletes one after the other, the oldest first, as long as a rule says so.
fn naive_sm(group: &[Candidate], policy: &Sm, now: i64) -> Vec<bool> {
    let mut sorted: Vec<&Candidate> = group.iter().filter(|one| one.state != Some(InProgress)).collect();
    sorted.sort_by_key(|one| (one.start_millis.unwrap(), one.name.clone()));
    let mut gone = Vec::new();
    let is_old =
        |one: &Candidate| policy.max_age_millis.is_some_and(|max_age| one.start_millis.unwrap() < now - max_age);
    while sorted.len() as u64 > policy.min_count && sorted.first().is_some_and(|one| is_old(one)) {
        gone.push(sorted.remove(0).name.clone());
    }
    while policy.max_count.is_some_and(|max| sorted.len() as u64 > max) {
        gone.push(sorted.remove(0).name.clone());
    }
    group.iter().map(|one| !gone.contains(&one.name)).collect()
}

#[test]
fn sm_is_what_a_naive_reading_of_its_rules_says() {
    let mut chance = Chance(11);
    for round in 0..20_000 {
        let group = chance.group();
        let min_count = chance.below(5) + 1;
        let max_age_millis = chance.maybe(8).map(|days| i64::try_from(days).unwrap() * DAY);
        let policy = Sm { max_age_millis, max_count: chance.maybe(8).map(|max| max + min_count), min_count };
        let expected = naive_sm(&group, &policy, 8 * DAY);
        assert_eq!(kept(&sm(&group, &policy, 8 * DAY)), expected, "{round}: {policy:?} {group:?}");
    }
}

/// The differences that bite.
#[test]
fn the_two_products_differ() {
    let group = [(0, Failed), (1, Success), (2, Partial), (3, Success), (4, Success)]
        .map(|(day, state)| candidate(usize::try_from(day).unwrap(), day * DAY, state));
    // Failed and partial ones count in SM, and have rules of their own in SLM.
    let of_slm = slm(&group, &Slm { max_count: Some(3), ..Slm::default() }, 10 * DAY);
    assert_eq!(kept(&of_slm), [false, true, false, true, true]);
    assert_eq!((&of_slm[0].reason, &of_slm[2].reason), (&Reason::Superseded, &Reason::Superseded));
    let of_sm = sm(&group, &Sm { max_age_millis: None, max_count: Some(3), min_count: 1 }, 10 * DAY);
    assert_eq!(kept(&of_sm), [false, false, true, true, true]);
    assert_eq!(of_sm[0].reason, Reason::MaxCount);
    // The least number guards against age alone.
    let of_slm = slm(&group, &Slm { min_count: Some(2), max_count: Some(2), expire_after_millis: Some(DAY) }, 10 * DAY);
    assert_eq!(kept(&of_slm), [false, false, false, true, true]);
    let of_sm = sm(&group, &Sm { max_age_millis: Some(DAY), max_count: Some(2), min_count: 4 }, 10 * DAY);
    assert_eq!(kept(&of_sm), [false, false, false, true, true]);
    // Exactly as old as allowed: stays, in both.
    let of_slm = slm(&group, &Slm { expire_after_millis: Some(9 * DAY), ..Slm::default() }, 10 * DAY);
    assert_eq!(kept(&of_slm), [false, true, true, true, true]);
    let of_sm = sm(&group, &Sm { max_age_millis: Some(9 * DAY), max_count: None, min_count: 1 }, 10 * DAY);
    assert_eq!(kept(&of_sm), [false, true, true, true, true]);
    // Nothing set: nothing goes.
    assert!(slm(&group[3..], &Slm::default(), 10 * DAY).iter().all(|verdict| verdict.keeps));
}

/// Days are days of UTC, weeks are seven of them, months thirty.
struct Plain;

impl Calendar for Plain {
    fn key(&self, unit: Unit, millis: i64) -> i64 {
        let days = match unit {
            Unit::Last => unreachable!("counts by itself"),
            Unit::Hour => return millis / 3_600_000,
            Unit::Day => 1,
            Unit::Week => 7,
            Unit::Month => 30,
            Unit::Year => 365,
        };
        millis / (days * DAY)
    }
}

fn reasons(group: &[Candidate], rules: &Rules) -> Vec<&'static str> {
    by_calendar(group, rules, &Plain).iter().map(|verdict| verdict.reason.name()).collect()
}

#[test]
fn the_newest_of_each_unit_stays() {
    let group: Vec<Candidate> =
        (0..10).map(|half| candidate(half, i64::try_from(half).unwrap() * DAY / 2, Success)).collect();
    let rules = Rules { slots: [Some(1), None, Some(3), Some(1), None, None], ..Rules::default() };
    let found = reasons(&group, &rules);
    let gone = "not-kept";
    assert_eq!(found, [gone, gone, gone, gone, gone, "keep-daily", gone, "keep-daily", gone, "keep-last"]);
    // In any order.
    let mut turned = group.clone();
    turned.reverse();
    let mut expected = found.clone();
    expected.reverse();
    assert_eq!(reasons(&turned, &rules), expected);
    let within = Rules { within_millis: Some(DAY), ..Rules::default() };
    assert_eq!(reasons(&group, &within).iter().filter(|reason| **reason == "keep-within").count(), 2);
}

#[test]
fn what_restores_little_stands_for_nothing_better() {
    // Of a day with a success and a later partial one, the success stays; of a day with a partial one alone, that.
    let group = [
        candidate(0, DAY / 4, Partial),
        candidate(1, DAY, Success),
        candidate(2, DAY + DAY / 2, Partial),
        candidate(3, 2 * DAY, Failed),
        candidate(4, 3 * DAY, InProgress),
    ];
    let rules = Rules { slots: [None, None, Some(5), None, None, None], ..Rules::default() };
    assert_eq!(reasons(&group, &rules), ["keep-daily", "keep-daily", "not-kept", "not-kept", "unknown"]);
    let last = Rules { slots: [Some(2), None, None, None, None, None], ..Rules::default() };
    assert_eq!(reasons(&group, &last), ["not-kept", "keep-last", "keep-last", "not-kept", "unknown"]);
    let nobody_knows = Candidate { start_millis: None, ..group[1].clone() };
    assert_eq!(reasons(&[nobody_knows], &last), ["unknown"]);
}
