//! Looks at a store the way an operator would: who am I, can I list, read, read a part, write? Is the clock right, the
//! region, the address? Every check says what was found and, if it is bad, what to do; none of them ends the others.
//!
//! Nothing is written unless the caller asks for it, and then only under a scratch name that is deleted again.

use std::time::{Duration, SystemTime};

use snaprepo_codec::BlobPath;
use snaprepo_store::{ReadStore as _, RemoteErrorKind, StoreError, StoreErrorKind, WriteStore as _};

use crate::{
    location::Provider,
    open::Opened,
    probe::{Conditional, scratch_path},
    store::CloudStore,
};

mod look;
mod policy;

pub use policy::{PolicyFault, policy, verbs};

/// Bytes of a blob that the test of ranges reads.
const RANGE_LEN: usize = 16;
/// A blob up to this length is read as a whole to compare its end.
const MAX_COMPARED_LEN: u64 = 1 << 20;
/// Clocks further apart than this are worth a word.
const SKEW_WORTH_A_WORD: Duration = Duration::from_secs(30);
/// Signatures are refused from here on.
const SKEW_TOO_MUCH: Duration = Duration::from_secs(15 * 60);
/// Credentials that end sooner than this are worth a word: a verification can take that long.
const EXPIRES_SOON: Duration = Duration::from_secs(60 * 60);
/// What the write test writes.
const SCRATCH_TEXT: &[u8] = b"snaprepo doctor was here; whoever finds this may delete it\n";

/// Whether the doctor may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteTest {
    /// No.
    Leave,
    /// A scratch blob in the folder of the repository, which is deleted again.
    Write,
}

/// What the doctor looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckKind {
    /// Where requests go, and whether on the way anybody can read them.
    Endpoint,
    /// Which credentials are used, and from where.
    Credentials,
    /// Listing the folder of the repository.
    List,
    /// Reading a blob.
    Read,
    /// Reading a part of a blob.
    Range,
    /// The region of the bucket.
    Region,
    /// The clock.
    Clock,
    /// Writing a blob.
    Write,
    /// Writing only what is absent.
    Conditional,
    /// Deleting a blob.
    Delete,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It works, and one should know something.
    Note,
    /// It does not work.
    Bad,
    /// It was not looked at, because something before it failed or nobody asked for it.
    Skipped,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub kind: CheckKind,
    /// How it came out.
    pub verdict: Verdict,
    /// What was found: a fragment without a full stop.
    pub found: String,
    /// What to do: a fragment without a full stop.
    pub next: Option<String>,
}

impl CheckKind {
    /// Its name in JSON and text.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Credentials => "credentials",
            Self::List => "list",
            Self::Read => "read",
            Self::Range => "range",
            Self::Region => "region",
            Self::Clock => "clock",
            Self::Write => "write",
            Self::Conditional => "conditional",
            Self::Delete => "delete",
        }
    }
}

impl Check {
    fn new(kind: CheckKind, verdict: Verdict, found: impl Into<String>) -> Self {
        Self { kind, verdict, found: found.into(), next: None }
    }

    fn with_next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }

    fn failed(kind: CheckKind, error: &StoreError) -> Self {
        let next = match &error.kind {
            StoreErrorKind::Denied | StoreErrorKind::Remote(RemoteErrorKind::ListingDenied) => {
                Some("give this identity what `snaprepo doctor --policy` prints".to_owned())
            }
            kind => kind.next_step(),
        };
        Self { next, ..Self::new(kind, Verdict::Bad, error.kind.to_string()) }
    }
}

/// Looks at a store. The checks come in the order of [`CheckKind`].
#[must_use]
pub fn doctor(opened: &Opened, write_test: WriteTest) -> Vec<Check> {
    let (store, base) = (&opened.store, &opened.base);
    let mut checks = vec![endpoint(store), credentials(store)];
    let (list, seen) = list(store, base);
    checks.push(list);
    checks.extend(reading(store, base, seen.as_ref()));
    checks.extend(look::region(store));
    checks.push(clock(store));
    checks.extend(match write_test {
        _ if store.provider() == Provider::Web => skipped("a web server takes no writes"),
        WriteTest::Leave => skipped("not asked for"),
        WriteTest::Write => writing(store, base),
    });
    checks
}

fn endpoint(store: &CloudStore) -> Check {
    let url = store.url();
    let style = match (store.provider(), store.client().service().site.path_style) {
        (Provider::S3, true) => ", bucket in the path",
        (Provider::S3, false) => ", bucket in the host name",
        _ => "",
    };
    if url.starts_with("http://") {
        return Check::new(CheckKind::Endpoint, Verdict::Note, format!("{url}{style}, not encrypted"));
    }
    Check::new(CheckKind::Endpoint, Verdict::Good, format!("{url}{style}"))
}

fn credentials(store: &CloudStore) -> Check {
    let report = match store.credentials() {
        Ok(report) => report,
        Err(error) => return Check::failed(CheckKind::Credentials, &error),
    };
    let mut found = report.source;
    if let Some(identity) = report.identity {
        found.push_str(", ");
        found.push_str(&identity);
    }
    let Some(end) = report.expires_at else { return Check::new(CheckKind::Credentials, Verdict::Good, found) };
    let left = end.duration_since(SystemTime::now()).unwrap_or_default();
    let found = format!("{found}, good for {} minutes", left.as_secs() / 60);
    let verdict = if left < EXPIRES_SOON { Verdict::Note } else { Verdict::Good };
    Check::new(CheckKind::Credentials, verdict, found)
}

/// Lists the first page; what it has is read later.
fn list(store: &CloudStore, base: &BlobPath) -> (Check, Option<look::Seen>) {
    if store.provider() == Provider::Web {
        let check = Check::new(CheckKind::List, Verdict::Note, "a web server cannot be listed: index.latest leads");
        return (check, None);
    }
    match look::first_page(store, base) {
        Ok(seen) if seen.n_entries == 0 => {
            let check = Check::new(CheckKind::List, Verdict::Note, "nothing is there");
            (check.with_next("look at the base path"), Some(seen))
        }
        Ok(seen) => {
            let more = if seen.is_all { "" } else { " and more" };
            let found = format!("{} entries{more}", seen.n_entries);
            (Check::new(CheckKind::List, Verdict::Good, found), Some(seen))
        }
        Err(error) => {
            let check = Check::failed(CheckKind::List, &error);
            let check = match look::other_style(store, base, &error) {
                Some(hint) => check.with_next(hint),
                None => check,
            };
            (check, None)
        }
    }
}

fn reading(store: &CloudStore, base: &BlobPath, seen: Option<&look::Seen>) -> [Check; 2] {
    let skipped = |kind, why: &str| Check::new(kind, Verdict::Skipped, why);
    let blob = seen.and_then(|seen| seen.blob.clone());
    let Some(path) = blob.or_else(|| base.join("index.latest").ok()) else {
        return [skipped(CheckKind::Read, "no blob"), skipped(CheckKind::Range, "no blob")];
    };
    let len_bytes = match store.stat(&path) {
        Ok(stat) => stat.len_bytes,
        Err(error) if error.is_absence() => {
            let why = format!("{path} is not there, and no other blob is known");
            return [skipped(CheckKind::Read, &why), skipped(CheckKind::Range, &why)];
        }
        Err(error) => {
            return [Check::failed(CheckKind::Read, &error), skipped(CheckKind::Range, "nothing could be read")];
        }
    };
    let compared = len_bytes <= MAX_COMPARED_LEN;
    let whole = if compared { store.read(&path) } else { store.read_range(&path, 0, RANGE_LEN) };
    let whole = match whole {
        Ok(whole) => whole,
        Err(error) => {
            return [Check::failed(CheckKind::Read, &error), skipped(CheckKind::Range, "nothing could be read")];
        }
    };
    let read = Check::new(CheckKind::Read, Verdict::Good, format!("{path}, {len_bytes} bytes"));
    [read, range(store, &path, len_bytes, compared.then_some(&whole))]
}

fn range(store: &CloudStore, path: &BlobPath, len_bytes: u64, whole: Option<&Vec<u8>>) -> Check {
    let len = usize::try_from(len_bytes).unwrap_or(usize::MAX).min(RANGE_LEN);
    let start = len_bytes.saturating_sub(len as u64);
    match store.read_range(path, start, len) {
        Err(error) => Check::failed(CheckKind::Range, &error),
        Ok(part) if whole.is_some_and(|whole| !whole.ends_with(&part)) => {
            Check::new(CheckKind::Range, Verdict::Bad, "the store answers with another part than it was asked for")
                .with_next("do not trust this store: a proxy in front of it may rewrite answers")
        }
        Ok(_) if look::ignores_ranges(store, path) => {
            Check::new(CheckKind::Range, Verdict::Note, "the store sends the whole blob when asked for a part")
                .with_next("reading footers costs as much as reading everything: switch ranges on in the server")
        }
        Ok(_) => Check::new(CheckKind::Range, Verdict::Good, format!("the last {len} bytes")),
    }
}

fn clock(store: &CloudStore) -> Check {
    let Some(skew) = store.client().skew().millis() else {
        return Check::new(CheckKind::Clock, Verdict::Skipped, "the store does not tell the time");
    };
    let apart = Duration::from_millis(skew.unsigned_abs());
    let words =
        format!("{} seconds {}", apart.as_secs(), if skew > 0 { "behind the store" } else { "ahead of the store" });
    if apart >= SKEW_TOO_MUCH {
        Check::new(CheckKind::Clock, Verdict::Bad, words).with_next("set the clock of this machine")
    } else if apart >= SKEW_WORTH_A_WORD {
        Check::new(CheckKind::Clock, Verdict::Note, words).with_next("set the clock of this machine")
    } else {
        Check::new(CheckKind::Clock, Verdict::Good, "as that of the store")
    }
}

fn skipped(why: &str) -> Vec<Check> {
    let kinds = [CheckKind::Write, CheckKind::Conditional, CheckKind::Delete];
    kinds.into_iter().map(|kind| Check::new(kind, Verdict::Skipped, why)).collect()
}

/// (1) Writes a scratch blob and reads it back. (2) Asks about put-if-absent. (3) Deletes the scratch blob, whatever
/// came before.
fn writing(store: &CloudStore, base: &BlobPath) -> Vec<Check> {
    let path = scratch_path(base);
    let write = match store.replace(&path, SCRATCH_TEXT).and_then(|()| store.read(&path)) {
        Ok(read) if read == SCRATCH_TEXT => Check::new(CheckKind::Write, Verdict::Good, "a scratch blob, read back"),
        Ok(_) => Check::new(CheckKind::Write, Verdict::Bad, "what was written reads back as something else"),
        Err(error) => {
            // It may be there all the same; if it can be deleted it is gone, and if it cannot, nothing was written.
            let _ = store.delete(&path);
            let mut checks = skipped("nothing could be written");
            if let Some(first) = checks.first_mut() {
                *first = Check::failed(CheckKind::Write, &error);
            }
            return checks;
        }
    };
    let conditional = match store.probe(base) {
        Ok(Conditional::Honoured) => Check::new(CheckKind::Conditional, Verdict::Good, "it writes only what is absent"),
        Ok(Conditional::Ignored) => {
            Check::new(CheckKind::Conditional, Verdict::Bad, "it overwrites although it is told not to")
                .with_next("let only one program at a time write to this repository")
        }
        Ok(Conditional::Unsupported) => {
            Check::new(CheckKind::Conditional, Verdict::Note, "it does not know the condition")
                .with_next("let only one program at a time write to this repository")
        }
        Err(error) => Check::failed(CheckKind::Conditional, &error),
    };
    let delete = match store.delete(&path).and_then(|()| gone(store, &path)) {
        Ok(()) => Check::new(CheckKind::Delete, Verdict::Good, "the scratch blob is gone"),
        Err(error) => Check::failed(CheckKind::Delete, &error).with_next(format!("delete {path} by hand")),
    };
    vec![write, conditional, delete]
}

fn gone(store: &CloudStore, path: &BlobPath) -> Result<(), StoreError> {
    match store.stat(path) {
        Err(error) if error.is_absence() => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(StoreError::new(path, RemoteErrorKind::NotOffered { what: "deletes that last" }.into())),
    }
}

#[cfg(test)]
mod tests;
