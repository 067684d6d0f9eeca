//! Which snapshots a retention keeps, and why each: by a calendar, or by the exact rules of a cluster's policies.
//! Pure: times, states and names in, one verdict for each snapshot out. Nothing is read and nothing is deleted here.

use std::collections::HashSet;

use snaprepo_format::snapshot_info::SnapshotState;

/// What is known of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Name.
    pub name: Box<str>,
    /// Start, in milliseconds since 1970; `None` when nobody knows.
    pub start_millis: Option<i64>,
    /// State; `None` when nobody knows.
    pub state: Option<SnapshotState>,
    /// The policy that took it.
    pub policy: Option<Box<str>>,
}

/// What becomes of a snapshot, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it stays.
    pub keeps: bool,
    /// Why: a word that never changes.
    pub reason: Reason,
}

/// Why a snapshot stays or goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Stays: not of the group that is pruned.
    NotOfGroup,
    /// Stays: named by the operator.
    Protected,
    /// Stays: still being taken, too old to be read, or of a state, start or policy that nobody knows.
    Unknown,
    /// Stays: the newest of its hour, day, week, month or year, or one of the newest.
    Slot(Unit),
    /// Stays: younger than the time that everything is kept for.
    Within,
    /// Stays: one of the least number.
    MinCount,
    /// Stays: no rule removes it.
    NoRule,
    /// Goes: no rule keeps it.
    NotKept,
    /// Goes: older than allowed.
    Expired,
    /// Goes: more than allowed.
    MaxCount,
    /// Goes: failed or partial, and a newer one succeeded.
    Superseded,
}

/// What snapshots are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Each by itself.
    Last,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks, from Monday on.
    Week,
    /// Months.
    Month,
    /// Years.
    Year,
}

impl Unit {
    /// All, finest first.
    pub const ALL: [Self; 6] = [Self::Last, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];
}

impl Reason {
    /// The name in JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotOfGroup => "not-of-group",
            Self::Protected => "protected",
            Self::Unknown => "unknown",
            Self::Slot(Unit::Last) => "keep-last",
            Self::Slot(Unit::Hour) => "keep-hourly",
            Self::Slot(Unit::Day) => "keep-daily",
            Self::Slot(Unit::Week) => "keep-weekly",
            Self::Slot(Unit::Month) => "keep-monthly",
            Self::Slot(Unit::Year) => "keep-yearly",
            Self::Within => "keep-within",
            Self::MinCount => "min-count",
            Self::NoRule => "no-rule",
            Self::NotKept => "not-kept",
            Self::Expired => "expired",
            Self::MaxCount => "max-count",
            Self::Superseded => "superseded",
        }
    }
}

fn keep(reason: Reason) -> Verdict {
    Verdict { keeps: true, reason }
}

fn remove(reason: Reason) -> Verdict {
    Verdict { keeps: false, reason }
}

/// How many to keep of each unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// By unit, in the order of [`Unit::ALL`].
    pub slots: [Option<u32>; Unit::ALL.len()],
    /// Everything younger than this, in milliseconds, before the newest snapshot of the group.
    pub within_millis: Option<i64>,
}

/// Tells hours, days, weeks, months and years apart, in some time zone.
pub trait Calendar {
    /// A number that is the same for two instants of one unit, and greater for later ones.
    fn key(&self, unit: Unit, millis: i64) -> i64;
}

/// Keeps the newest of each of so many hours, days, weeks, months and years that have one. A unit counts by its newest
/// `SUCCESS`, or where it has none by its newest `PARTIAL`; a `FAILED` one restores nothing and fills no place. What
/// nobody knows enough of stays.
#[must_use]
pub fn by_calendar(group: &[Candidate], rules: &Rules, calendar: &dyn Calendar) -> Vec<Verdict> {
    let mut verdicts = vec![remove(Reason::NotKept); group.len()];
    // Newest first; of equal start by name, so that the answer does not depend on the order in which they came.
    let mut known: Vec<(usize, i64, SnapshotState)> = Vec::new();
    for (at, (candidate, verdict)) in group.iter().zip(&mut verdicts).enumerate() {
        match (candidate.start_millis, candidate.state) {
            (Some(start), Some(state @ (SnapshotState::Success | SnapshotState::Partial))) => {
                known.push((at, start, state));
            }
            (_, Some(SnapshotState::Failed)) => {}
            _ => *verdict = keep(Reason::Unknown),
        }
    }
    known.sort_by(|a, b| {
        let name = |at: usize| group.get(at).map(|candidate| &candidate.name);
        (b.1, name(b.0)).cmp(&(a.1, name(a.0)))
    });
    let newest = known.first().map(|(_, start, _)| *start);
    let mut settle = |at: usize, reason: Reason| {
        if let Some(verdict) = verdicts.get_mut(at).filter(|verdict| !verdict.keeps) {
            *verdict = keep(reason);
        }
    };
    for (unit, slots) in Unit::ALL.into_iter().zip(rules.slots) {
        let mut left = slots.unwrap_or(0);
        if left == 0 {
            continue;
        }
        let key = |number: i64, start: i64| if unit == Unit::Last { -number } else { calendar.key(unit, start) };
        let numbered = || (0_i64..).zip(&known).map(|(number, (at, start, state))| (*at, key(number, *start), *state));
        let successes = numbered().filter(|(.., state)| *state == SnapshotState::Success);
        let succeeded: HashSet<i64> = successes.map(|(_, key, _)| key).collect();
        let mut done: HashSet<i64> = HashSet::new();
        for (at, key, state) in numbered() {
            // A partial one stands for its unit only where nothing better does; by itself it is no last one, as long as
            // enough others succeeded.
            let stands = state == SnapshotState::Success || (unit != Unit::Last && !succeeded.contains(&key));
            if left > 0 && stands && done.insert(key) {
                settle(at, Reason::Slot(unit));
                left -= 1;
            }
        }
        if unit == Unit::Last {
            let partial = known.iter().filter(|(.., state)| *state == SnapshotState::Partial);
            for (at, ..) in partial.take(usize::try_from(left).unwrap_or(usize::MAX)) {
                settle(*at, Reason::Slot(unit));
            }
        }
    }
    if let (Some(within), Some(newest)) = (rules.within_millis, newest) {
        for (at, start, _) in &known {
            if newest.saturating_sub(*start) < within {
                settle(*at, Reason::Within);
            }
        }
    }
    verdicts
}

/// The retention of an SLM policy (Elasticsearch).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slm {
    /// The least number of successes.
    pub min_count: Option<u64>,
    /// The most.
    pub max_count: Option<u64>,
    /// Age at which they go, in milliseconds.
    pub expire_after_millis: Option<i64>,
}

/// The deletion condition of an SM policy (OpenSearch).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sm {
    /// Age at which they go, in milliseconds.
    pub max_age_millis: Option<i64>,
    /// The most.
    pub max_count: Option<u64>,
    /// The least number that age leaves.
    pub min_count: u64,
}

/// Positions of what takes part, oldest first.
fn oldest_first(group: &[Candidate], takes_part: impl Fn(&Candidate) -> bool) -> Vec<(usize, i64, &Candidate)> {
    let known = group.iter().enumerate().filter(|(_, candidate)| takes_part(candidate));
    let mut known: Vec<_> = known.filter_map(|(at, of)| Some((at, of.start_millis?, of))).collect();
    known.sort_by(|a, b| (a.1, &a.2.name).cmp(&(b.1, &b.2.name)));
    known
}

/// What SLM does with the snapshots of one policy, exactly (`docs/guides/retention.md`). What is still being taken or
/// whose state or start nobody knows takes no part.
#[must_use]
pub fn slm(group: &[Candidate], policy: &Slm, now_millis: i64) -> Vec<Verdict> {
    use SnapshotState::{Failed, Partial, Success};
    let mut verdicts = vec![keep(Reason::Unknown); group.len()];
    let known = oldest_first(group, |of| matches!(of.state, Some(Success | Failed | Partial)));
    let is_success = |of: &Candidate| of.state == Some(Success);
    let n = known.iter().filter(|(.., of)| is_success(of)).count() as u64;
    let newest_success = known.iter().filter(|(.., of)| is_success(of)).map(|(_, start, _)| *start).max();
    let n_beyond = policy.max_count.map_or(0, |max| n.saturating_sub(max));
    let n_above_min = policy.min_count.map_or(n, |min| n.saturating_sub(min));
    let mut n_successes = 0;
    for (at, start, of) in &known {
        let success = is_success(of);
        n_successes += u64::from(success);
        let is_replaced = !success && newest_success.is_some_and(|newest| newest > *start);
        // What lies before the success that the limit leaves, failed ones included.
        let is_beyond = n_beyond > 0 && if success { n_successes <= n_beyond } else { n_successes < n_beyond + 1 };
        let verdict = if policy.expire_after_millis.is_none() && is_replaced {
            remove(Reason::Superseded)
        } else if is_beyond {
            remove(Reason::MaxCount)
        } else if success && policy.min_count.is_some_and(|min| n <= min) {
            keep(Reason::MinCount)
        } else if let Some(expire_after) = policy.expire_after_millis {
            if success && n_successes > n_above_min {
                keep(Reason::MinCount)
            } else if now_millis.saturating_sub(*start) > expire_after {
                remove(Reason::Expired)
            } else {
                keep(Reason::NoRule)
            }
        } else {
            keep(Reason::NoRule)
        };
        if let Some(place) = verdicts.get_mut(*at) {
            *place = verdict;
        }
    }
    verdicts
}

/// What SM does with the snapshots of one policy, exactly (`docs/guides/retention.md`): every state counts but what is
/// still being taken.
#[must_use]
pub fn sm(group: &[Candidate], policy: &Sm, now_millis: i64) -> Vec<Verdict> {
    let mut verdicts = vec![keep(Reason::Unknown); group.len()];
    let known = oldest_first(group, |of| of.state.is_some_and(|state| state != SnapshotState::InProgress));
    let n = known.len() as u64;
    // Whole seconds.
    let seconds = |millis: i64| millis.div_euclid(1_000);
    let mut n_expired = policy.max_age_millis.map_or(0, |max_age| {
        let before = seconds(now_millis) - seconds(max_age);
        known.iter().rposition(|(_, start, _)| seconds(*start) < before).map_or(0, |last| last as u64 + 1)
    });
    let is_held = n - n_expired < policy.min_count;
    if is_held {
        n_expired = n_expired.min(n.saturating_sub(policy.min_count));
    }
    let n_gone = policy.max_count.map_or(n_expired, |max| n_expired.max(n.saturating_sub(max)));
    for (number, (at, ..)) in (0_u64..).zip(&known) {
        let verdict = if number < n_expired {
            remove(Reason::Expired)
        } else if number < n_gone {
            remove(Reason::MaxCount)
        } else if is_held {
            keep(Reason::MinCount)
        } else {
            keep(Reason::NoRule)
        };
        if let Some(place) = verdicts.get_mut(*at) {
            *place = verdict;
        }
    }
    verdicts
}

#[cfg(test)]
mod tests;
