//! `doctor`: can the store be reached, as whom, and what is allowed there?

use snaprepo_cloud::{Check, CheckKind, Verdict, WriteTest};
use snaprepo_codec::BlobPath;
use snaprepo_store::{Entry, LocalStore, StoreError, StoreErrorKind, WriteStore as _};

use super::{Run, word};
use crate::{
    args::DoctorArgs,
    exit::Exit,
    explain::Failure,
    place::{self, StorePlace},
    session::Session,
    views::doctor::{CheckRow, DoctorView, SettingRow},
};

/// What the write test leaves for an instant.
const SCRATCH: &str = "snaprepo-doctor-scratch";

pub(crate) fn run(run: &mut Run<'_>, args: &DoctorArgs) -> Result<Exit, Failure> {
    if let Some(verb) = &args.policy {
        return policy(run, &args.repo.repo, verb);
    }
    let session = run.session(&args.repo.repo)?;
    let write_test = if args.write_test { WriteTest::Write } else { WriteTest::Leave };
    let (store, checks, settings) =
        match &session.remote {
            Some(remote) => {
                let setting = |(key, value, origin): (snaprepo_cloud::Key, String, snaprepo_cloud::Origin)| {
                    SettingRow { name: key.name(), value, from: origin.to_string() }
                };
                let settings = remote.settings.iter().map(setting).collect();
                (remote.store.description().to_owned(), snaprepo_cloud::doctor(remote, write_test), settings)
            }
            None => ("local directory".to_owned(), directory(&session, write_test), Vec::new()),
        };
    let is_bad = checks.iter().any(|check| check.verdict == Verdict::Bad);
    let exit = if is_bad { Exit::Bad } else { Exit::Good };
    let checks = checks.into_iter().map(row).collect();
    let view = DoctorView { location: session.location.clone(), store, checks, settings };
    run.reply("doctor", &session, None, word(exit), view)?;
    Ok(exit)
}

fn policy(run: &mut Run<'_>, repo: &str, verb: &str) -> Result<Exit, Failure> {
    let place = place::find(repo, run.global, &run.io.environment)?;
    let StorePlace::Remote(target) = place.store else {
        return Err(Failure::Usage { message: "a directory has no policies".to_owned(), hint: None });
    };
    let text = snaprepo_cloud::policy(&target, verb)
        .map_err(|fault| Failure::Usage { message: fault.to_string(), hint: None })?;
    run.io.answer(format!("{text}\n").as_bytes())?;
    // Which paths a repository has takes rights to find out.
    if !target.base.is_root() {
        run.io.error_text(&format!(
            "only for what lies below {}: OpenSearch puts shards with hashed paths outside of it; for such a repository \
             give the location without its base path\n",
            target.base
        ));
    }
    Ok(Exit::Good)
}

fn row(check: Check) -> CheckRow {
    let Check { kind, verdict, found, next } = check;
    let verdict = match verdict {
        Verdict::Good => "good",
        Verdict::Note => "note",
        Verdict::Bad => "bad",
        Verdict::Skipped => "skipped",
    };
    CheckRow { check: kind.name(), verdict, found, next }
}

/// The checks that make sense for a directory.
fn directory(session: &Session, write_test: WriteTest) -> Vec<Check> {
    let check = |kind, verdict, found: String| Check { kind, verdict, found, next: None };
    let failed = |kind, error: &StoreError| {
        let next = matches!(error.kind, StoreErrorKind::Denied)
            .then(|| "run as another user, or change the permissions of the directory".to_owned());
        Check { next, ..check(kind, Verdict::Bad, format!("{}: {}", session.location_of(&error.path), error.kind)) }
    };
    let mut checks = Vec::new();
    let mut first_blob = None;
    let mut n_entries = 0_u64;
    let listed = session.store.list(&session.base, &mut |entry| {
        n_entries += 1;
        if let Entry::Blob { name, len_bytes, .. } = entry
            && first_blob.is_none()
        {
            first_blob = session.base.join(name).ok().map(|path| (path, len_bytes));
        }
    });
    checks.push(match listed {
        Ok(()) => check(CheckKind::List, Verdict::Good, format!("{n_entries} entries in the folder")),
        Err(error) => failed(CheckKind::List, &error),
    });
    checks.push(match first_blob {
        None => check(CheckKind::Read, Verdict::Skipped, "no blob to read".to_owned()),
        Some((path, len)) => {
            let take = usize::try_from(len.min(16)).unwrap_or(0);
            match session.store.read_range(&path, len.saturating_sub(take as u64), take) {
                Ok(bytes) => check(CheckKind::Read, Verdict::Good, format!("the last {} bytes of {path}", bytes.len())),
                Err(error) => failed(CheckKind::Read, &error),
            }
        }
    });
    if write_test == WriteTest::Leave {
        checks.push(check(CheckKind::Write, Verdict::Skipped, "only with --write-test".to_owned()));
        return checks;
    }
    match scratch(session) {
        Ok(()) => checks.push(check(
            CheckKind::Write,
            Verdict::Good,
            "written, not written a second time, and deleted again".to_owned(),
        )),
        Err(error) => checks.push(failed(CheckKind::Write, &error)),
    }
    checks
}

/// Writes a scratch blob, tries to write it again, and deletes it.
fn scratch(session: &Session) -> Result<(), StoreError> {
    let at_base = |_| StoreError::new(&session.base, StoreErrorKind::NotFound);
    let path: BlobPath = session.base.join(SCRATCH).map_err(at_base)?;
    let directory =
        session.directory.as_deref().ok_or_else(|| StoreError::new(&session.base, StoreErrorKind::NotABlob))?;
    let store = LocalStore::open(directory)?;
    store.create(&path, b"snaprepo doctor was here; whoever finds this may delete it\n")?;
    let again = store.create(&path, b"second");
    store.delete(&path)?;
    match again {
        Err(StoreError { kind: StoreErrorKind::Exists, .. }) => Ok(()),
        Err(error) => Err(error),
        Ok(()) => Err(StoreError::new(&path, StoreErrorKind::NotABlob)),
    }
}
