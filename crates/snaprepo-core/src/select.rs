//! Which snapshots, and which indices of a snapshot, the operator means.

mod filter;

use std::collections::BTreeSet;

use snaprepo_format::{
    engine::Product,
    root::{SnapshotEntry, SnapshotIx},
};
use snaprepo_store::Pool;

use crate::{
    BlobError, Repository,
    chronology::{self, Origin, Wanted},
};

pub use filter::Filter;

/// Shortest uuid prefix that is looked up.
const MIN_UUID_PREFIX: usize = 4;
/// Names listed in a message.
const MAX_CANDIDATES: usize = 8;

/// Why a selection cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SelectFault {
    /// Nothing has this name.
    #[error("no snapshot matches {term:?}{}", listed(" (there are: ", .candidates, ")"))]
    NoSnapshot {
        /// The term.
        term: String,
        /// Some that exist.
        candidates: Vec<String>,
    },
    /// A limit whose number or unit is none.
    #[error("{term:?}: write latest:7, older:30d or newer:12h; units are s, m, h, d and w")]
    BadTerm {
        /// The term.
        term: String,
    },
    /// Several have this uuid prefix.
    #[error("{term:?} is ambiguous{}", listed(": ", .candidates, ""))]
    Ambiguous {
        /// The term.
        term: String,
        /// Those that match.
        candidates: Vec<String>,
    },
    /// What would decide cannot be read.
    #[error("which snapshots {term:?} means is not known: cannot read {error}")]
    Unread {
        /// The term.
        term: String,
        /// The blob.
        error: BlobError,
    },
    /// No index has this name.
    #[error("no such index {index:?}")]
    NoIndex {
        /// The name.
        index: String,
    },
}

fn listed(before: &str, names: &[String], after: &str) -> String {
    if names.is_empty() { String::new() } else { format!("{before}{}{after}", names.join(", ")) }
}

/// Resolves snapshot terms, each a comma list of names, uuids, uuid prefixes, globs, `latest`, `latest~2`, `latest:7`,
/// `older:30d`, `newer:12h`, `@policy`, `all`, or one of these with `-` in front to leave it out. Ages count back from
/// `now_millis`, in milliseconds since 1970. Returns the snapshots by start time where the order had
/// to be known, else in the order of the root.
///
/// # Errors
/// When a term matches nothing, or a uuid prefix several.
pub fn snapshots(
    repository: &Repository,
    pool: &Pool,
    terms: &[String],
    now_millis: i64,
) -> Result<Vec<SnapshotIx>, SelectFault> {
    let entries = &repository.root.snapshots;
    let mut known = Known { repository, pool, now_millis, origins: None };
    let mut selected = BTreeSet::new();
    let asked = terms.join(",");
    let terms: Vec<&str> = terms.iter().flat_map(|term| term.split(',')).filter(|term| !term.is_empty()).collect();
    for (position, term) in terms.iter().enumerate() {
        let exact = entries.iter().any(|entry| &*entry.name == *term);
        let (term, exclude) = match term.strip_prefix('-') {
            Some(rest) if !exact => (rest, true),
            _ => (*term, false),
        };
        let matched = one_term(&mut known, term)?;
        if exclude && position == 0 {
            selected.extend((0..).zip(entries).map(|(ix, _)| ix));
        }
        for ix in matched {
            if exclude {
                selected.remove(&ix);
            } else {
                selected.insert(ix);
            }
        }
    }
    if selected.is_empty() {
        // An unset variable in a script must not pass for "nothing to complain about".
        return Err(SelectFault::NoSnapshot { term: asked, candidates: candidates(repository) });
    }
    Ok(match known.origins {
        Some(origins) => {
            let order = chronology::sorted_by(repository, &origins).into_iter();
            order.filter(|ix| selected.contains(ix)).collect()
        }
        None => selected.into_iter().collect(),
    })
}

/// What terms are resolved with. Origins are read once for all of them, and only when a term asks for them.
struct Known<'a> {
    repository: &'a Repository,
    pool: &'a Pool,
    now_millis: i64,
    origins: Option<Vec<Origin>>,
}

impl Known<'_> {
    fn origins(&mut self) -> Result<&[Origin], BlobError> {
        if self.origins.is_none() {
            self.origins = Some(chronology::origins(self.repository, self.pool, Wanted::Times)?);
        }
        Ok(self.origins.as_deref().unwrap_or_default())
    }
}

fn one_term(known: &mut Known<'_>, term: &str) -> Result<Vec<SnapshotIx>, SelectFault> {
    let Known { repository, pool, .. } = *known;
    let entries = || (0_u32..).zip(&repository.root.snapshots);
    let matching = |matches: &dyn Fn(&SnapshotEntry) -> bool| -> Vec<SnapshotIx> {
        entries().filter(|(_, entry)| matches(entry)).map(|(ix, _)| ix).collect()
    };
    let named = matching(&|entry| &*entry.name == term || &*entry.uuid == term);
    if !named.is_empty() {
        return Ok(named);
    }
    if matches!(term, "all" | "_all") {
        return Ok(matching(&|_| true));
    }
    let unread = |error| SelectFault::Unread { term: term.to_owned(), error };
    if let Some(limit) = Limit::parse(term)? {
        return limited(known, limit).map_err(unread);
    }
    let by_age = match term.strip_prefix("latest") {
        Some("") => Some(0),
        Some(rest) => rest.strip_prefix('~').and_then(|n| n.parse::<usize>().ok()),
        None => None,
    };
    let mut found = if let Some(back) = by_age {
        let order = chronology::sorted_by(repository, known.origins().map_err(unread)?);
        order.iter().rev().nth(back).copied().into_iter().collect()
    } else if let Some(policy) = term.strip_prefix('@') {
        by_policy(repository, pool, policy).map_err(unread)?
    } else if term.contains(['*', '?']) {
        matching(&|entry| glob(term, &entry.name))
    } else {
        Vec::new()
    };
    if found.is_empty() && term.len() >= MIN_UUID_PREFIX {
        found = matching(&|entry| entry.uuid.starts_with(term));
        if found.len() > 1 {
            let name = |ix: &SnapshotIx| {
                let entry = repository.root.snapshot_entry(*ix);
                format!("{} ({})", entry.name, entry.uuid)
            };
            let candidates = found.iter().take(MAX_CANDIDATES).map(name).collect();
            return Err(SelectFault::Ambiguous { term: term.to_owned(), candidates });
        }
    }
    if found.is_empty() {
        return Err(SelectFault::NoSnapshot { term: term.to_owned(), candidates: candidates(repository) });
    }
    Ok(found)
}

/// A term that stands for as many as there are, even none: who keeps the newest seven of five has nothing to complain
/// about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// The newest so many.
    Latest(usize),
    /// Begun longer ago than so many milliseconds.
    Older(i64),
    /// Begun since.
    Newer(i64),
}

impl Limit {
    fn parse(term: &str) -> Result<Option<Self>, SelectFault> {
        let Some((word, amount)) = term.split_once(':') else { return Ok(None) };
        let bad = || SelectFault::BadTerm { term: term.to_owned() };
        Ok(Some(match word {
            "latest" => Self::Latest(amount.parse().map_err(|_| bad())?),
            "older" => Self::Older(age_millis(amount).ok_or_else(bad)?),
            "newer" => Self::Newer(age_millis(amount).ok_or_else(bad)?),
            _ => return Ok(None),
        }))
    }
}

/// Reads `90s`, `15m`, `12h`, `30d` or `4w`.
#[must_use]
pub fn age_millis(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    number.parse::<u32>().ok().and_then(|number| i64::from(number).checked_mul(seconds * 1_000))
}

/// A snapshot of unknown age is neither older nor newer than anything.
fn limited(known: &mut Known<'_>, limit: Limit) -> Result<Vec<SnapshotIx>, BlobError> {
    let Known { repository, now_millis, .. } = *known;
    let origins = known.origins()?;
    let is_older = |age: i64, start: i64| now_millis.saturating_sub(start) > age;
    let matching = |matches: &dyn Fn(i64) -> bool| {
        let found = (0..).zip(origins).filter(|(_, origin)| origin.start_millis.is_some_and(matches));
        found.map(|(ix, _)| ix).collect()
    };
    Ok(match limit {
        Limit::Latest(n) => chronology::sorted_by(repository, origins).into_iter().rev().take(n).collect(),
        Limit::Older(age) => matching(&|start| is_older(age, start)),
        Limit::Newer(age) => matching(&|start| !is_older(age, start)),
    })
}

/// Some names, for a message.
fn candidates(repository: &Repository) -> Vec<String> {
    let mut names: Vec<String> = repository.root.snapshots.iter().map(|entry| entry.name.to_string()).collect();
    names.sort();
    names.truncate(MAX_CANDIDATES);
    names
}

/// Snapshots of a policy: the root knows it since Elasticsearch 7.16; else the snapshot blobs tell.
fn by_policy(repository: &Repository, pool: &Pool, policy: &str) -> Result<Vec<SnapshotIx>, BlobError> {
    let origins = chronology::origins(repository, pool, Wanted::Policies)?;
    let is_of = |origin: &Origin| origin.policy.as_deref().is_some_and(|name| glob(policy, name));
    Ok((0..).zip(&origins).filter(|(_, origin)| is_of(origin)).map(|(ix, _)| ix).collect())
}

/// How a cluster's restore call would treat a list of index names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A name that is not there is an error.
    Refuse,
    /// A name that is not there is skipped (`ignore_unavailable`).
    Ignore,
}

/// Selects index names exactly as the restore call of a product does (`docs/guides/selection.md`).
///
/// # Errors
/// When a plain name is not among `available` and missing names are refused.
pub fn indices<'a>(
    available: &[&'a str],
    patterns: &[String],
    product: Product,
    missing: Missing,
) -> Result<BTreeSet<&'a str>, SelectFault> {
    let mut patterns: Vec<&str> = patterns.iter().flat_map(|pattern| pattern.split(',')).collect();
    if product == Product::OpenSearch {
        // OpenSearch drops empty entries and sorts exclusions to the end.
        patterns.retain(|pattern| !pattern.is_empty());
        patterns.sort_by_key(|pattern| (pattern.starts_with('-'), *pattern));
    }
    if patterns.is_empty() || patterns == ["_all"] {
        return Ok(available.iter().copied().collect());
    }
    let mut selected = BTreeSet::new();
    for (position, entry) in patterns.iter().enumerate() {
        if let Some(exact) = available.iter().find(|name| *name == entry) {
            selected.insert(*exact);
            continue;
        }
        let (pattern, exclude) = match entry.as_bytes().first() {
            Some(b'-') => (entry.get(1..).unwrap_or(""), true),
            Some(b'+') => (entry.get(1..).unwrap_or(""), false),
            _ => (*entry, false),
        };
        let starts_with_all = match product {
            Product::OpenSearch => patterns.len() == 1,
            _ => true,
        };
        if exclude && position == 0 && starts_with_all {
            selected.extend(available.iter().copied());
        }
        let matched: Vec<&str> = available.iter().copied().filter(|name| wildcard(pattern, name)).collect();
        if matched.is_empty() && !pattern.contains('*') && missing == Missing::Refuse {
            return Err(SelectFault::NoIndex { index: pattern.to_owned() });
        }
        for name in matched {
            if exclude {
                selected.remove(name);
            } else {
                selected.insert(name);
            }
        }
    }
    Ok(selected)
}

/// Whether a text matches a pattern with `*` (any run) and `?` (any one character).
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    matches(pattern, text, |p, t| p == '?' || p == t)
}

/// Whether a text matches a pattern in which only `*` is special, as in the engines' own lists.
fn wildcard(pattern: &str, text: &str) -> bool {
    matches(pattern, text, |p, t| p == t)
}

/// Greedy matching with one point to return to: linear in practice, at worst pattern times text.
fn matches(pattern: &str, text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(q) if same(*q, *c) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star_p, star_t)) = star else { return false };
                star = Some((star_p, star_t + 1));
                p = star_p + 1;
                t = star_t + 1;
            }
        }
    }
    pattern.iter().skip(p).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests;
