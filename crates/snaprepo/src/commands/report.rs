//! `report`: verification and sizes, written down.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use snaprepo_core::{
    Repository,
    chronology::{self, Origin, Wanted},
    usage::{Grouping, Question, Usage},
    verify::{self as core_verify, Options, Report},
};
use snaprepo_format::{engine::VersionId, root::SnapshotIx};

use super::{Run, du, verify, word};
use crate::{
    args::{DuBy, ReportArgs},
    exit::Exit,
    explain::Failure,
    metrics,
    output::{
        page::{Program, RepositoryFacts},
        units::{month, rfc_3339},
    },
    session::Session,
    views::report::{self, GrowthRow, LastSnapshot, PolicyRow, ReportSnapshot, ReportView},
};

/// Steps of growth that a page has room for.
const MAX_STEPS: usize = 60;

/// What the page is made from.
#[derive(Serialize)]
struct Data<'a> {
    snaprepo: Program,
    repository: &'a RepositoryFacts,
    result: &'a str,
    #[serde(flatten)]
    report: &'a ReportView,
}

pub(crate) fn run(run: &mut Run<'_>, args: &ReportArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let targets = Targets::of(args, &session)?;
    du::need_listings(&session)?;
    let all = verify::everything(&session, args.depth.into(), args.max_findings);
    let options = Options { sample: args.sample, seed: args.seed, ..all };
    let progress = run.progress();
    let failed = |error| Failure::Open { location: session.shown_location(), error };
    let verified = core_verify::verify(&session.store, &session.base, &options, &session.pool, &progress);
    let verified = verified.map_err(failed)?.map_err(|unopened| failed(unopened.error))?;
    verify::refuse_empty(&verified, &options, &session)?;
    let repository = &verified.repository;
    let origins = chronology::origins(repository, &session.pool, Wanted::Policies)?;
    let by_start = chronology::sorted_by(repository, &origins);
    let question = Question { groupings: &[Grouping::single(&by_start)], ..Question::default() };
    let usage = du::measured(&session, repository, question, &progress)?;

    let exit = match (verify::exit_of(verified.outcome), du::problems(&usage).exit(run, &session, repository)?) {
        (Exit::Interrupted, _) | (_, Exit::Interrupted) => {
            run.io.error_text("interrupted: nothing was written\n");
            return Ok(Exit::Interrupted);
        }
        (Exit::Good, exit) => exit,
        (exit, _) => exit,
    };
    let facts = RepositoryFacts::of(&session.location, repository);
    let mut view = view(run, args, &session, &options, &verified, &usage, &origins, &by_start);
    let data = Data { snaprepo: Program::running("report"), repository: &facts, result: word(exit), report: &view };
    let data = report::embeddable(&serde_json::to_string_pretty(&data).map_err(io::Error::from)?);
    let digest: String = Sha256::digest(&data).iter().map(|byte| format!("{byte:02x}")).collect();
    let name = run.name(&session);
    let texts = [report::page(&view, &facts, &data, &digest), data, metrics::metrics(&view, &facts, &name)];
    for (path, text) in targets.0.iter().zip(&texts) {
        if let Some(path) = path {
            write(path, text)?;
            view.written.push(path.display().to_string());
        }
    }
    run.reply("report", &session, Some(repository), word(exit), view)?;
    Ok(exit)
}

/// Where the page, its data and the metrics go.
struct Targets([Option<PathBuf>; 3]);

impl Targets {
    /// Links are followed. Nothing is written into a repository, and nothing twice.
    fn of(args: &ReportArgs, session: &Session) -> Result<Self, Failure> {
        let mut targets: [Option<PathBuf>; 3] = [None, None, None];
        let repository = session.directory.as_deref().and_then(|directory| directory.canonicalize().ok());
        for (at, path) in [&args.output, &args.data, &args.metrics_file].into_iter().enumerate() {
            let Some(path) = path else { continue };
            if path == Path::new("-") {
                return Err(Failure::Usage {
                    message: "a report goes to a file: standard output has the summary".to_owned(),
                    hint: Some("name a file, or /dev/stderr"),
                });
            }
            let failed = |source| Failure::Written { path: path.clone(), source };
            let target = match path.canonicalize() {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                    let folder = folder.unwrap_or(Path::new(".")).canonicalize().map_err(failed)?;
                    path.file_name().map_or_else(|| folder.clone(), |name| folder.join(name))
                }
                found => found.map_err(failed)?,
            };
            if target.is_dir() {
                return Err(failed(io::Error::from(ErrorKind::IsADirectory)));
            }
            if repository.as_deref().is_some_and(|repository| target.starts_with(repository)) {
                return Err(Failure::Usage {
                    message: format!("{} lies in the repository, where nothing else may be written", path.display()),
                    hint: Some("name a file outside of it"),
                });
            }
            if targets.contains(&Some(target.clone())) {
                let message = format!("{} cannot hold two of the page, its data and the metrics", path.display());
                return Err(Failure::Usage { message, hint: None });
            }
            targets[at] = Some(target);
        }
        Ok(Self(targets))
    }
}

/// Writes a file whole or not at all: whoever reads it meanwhile finds the old one. What is no file, such as a pipe, is
/// written through.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let is_special = fs::metadata(path).is_ok_and(|found| !found.is_file());
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = if is_special {
        fs::OpenOptions::new().write(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()))
    } else {
        tempfile::Builder::new().prefix(".snaprepo-").tempfile_in(folder).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            readable_by_all(file.as_file())?;
            file.persist(path).map(drop).map_err(|error| error.error)
        })
    };
    written.map_err(|source| Failure::Written { path: path.to_owned(), source })
}

/// Others read reports and metrics; a temporary file begins as its owner's alone.
#[cfg(unix)]
fn readable_by_all(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &fs::File) -> io::Result<()> {
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "everything that a report is about")]
fn view(
    run: &Run<'_>,
    args: &ReportArgs,
    session: &Session,
    options: &Options,
    verified: &Report,
    usage: &Usage,
    origins: &[Origin],
    by_start: &[SnapshotIx],
) -> ReportView {
    let repository = &verified.repository;
    let shares = usage.shares.first().map_or(&[][..], Vec::as_slice);
    let of = |snapshot: SnapshotIx| usize::try_from(snapshot).unwrap_or(usize::MAX);
    let verify = verify::view(verified, options);
    let mut du = du::view(repository, usage, None, None);
    du.by = Some("index");
    du.rows = du::rows(DuBy::Index, repository, usage, None, by_start);
    let verdicts: BTreeMap<&str, _> = verify.snapshots.iter().map(|row| (&*row.uuid, row)).collect();
    let row = |snapshot: &SnapshotIx| {
        let entry = repository.root.snapshot_entry(*snapshot);
        let origin = origins.get(of(*snapshot));
        let share = shares.get(of(*snapshot)).copied().unwrap_or_default();
        let verdict = verdicts.get(&*entry.uuid);
        ReportSnapshot {
            snapshot: entry.name.to_string(),
            uuid: entry.uuid.to_string(),
            state: verdict.and_then(|verdict| verdict.state),
            start_time_in_millis: origin.and_then(|origin| origin.start_millis),
            policy: origin.and_then(|origin| origin.policy.as_deref().map(str::to_owned)),
            verdict: verdict.map_or("unknown", |verdict| verdict.verdict),
            cause: verdict.and_then(|verdict| verdict.cause.as_ref()).map(|cause| cause.message.clone()),
            n_indices: repository.indices_of(*snapshot).len() as u64,
            size_in_bytes: share.logical.bytes,
            added_size_in_bytes: share.added.bytes,
            exclusive_size_in_bytes: share.exclusive.bytes,
        }
    };
    let snapshots: Vec<ReportSnapshot> = by_start.iter().map(row).collect();
    let now_millis = run.io.now_millis;
    ReportView {
        made_at: rfc_3339(now_millis),
        made_at_in_millis: now_millis,
        options: options_of(args, verify.depth),
        growth: growth(&snapshots),
        policies: policies(&snapshots, now_millis),
        last: last(repository, by_start),
        verify,
        du,
        snapshots,
        written: Vec::new(),
        location: session.location.clone(),
    }
}

/// The options that decide what the report says.
fn options_of(args: &ReportArgs, depth: &str) -> Vec<String> {
    let mut options = vec!["--depth".to_owned(), depth.to_owned()];
    if let Some(sample) = verify::sample_text(args.sample) {
        options.extend(["--sample".to_owned(), sample, "--seed".to_owned(), args.seed.to_string()]);
    }
    options
}

/// Snapshots, or months, or years: as many as there is room for.
fn growth(snapshots: &[ReportSnapshot]) -> Vec<GrowthRow> {
    let steps = |name: &dyn Fn(&ReportSnapshot) -> String| {
        let (mut rows, mut sum) = (Vec::<GrowthRow>::new(), 0_u64);
        for row in snapshots {
            let (name, added) = (name(row), row.added_size_in_bytes);
            sum = sum.saturating_add(added);
            match rows.last_mut().filter(|last| last.name == name) {
                Some(last) => {
                    last.snapshots += 1;
                    last.added_size_in_bytes = last.added_size_in_bytes.saturating_add(added);
                    last.size_in_bytes = sum;
                }
                None => {
                    rows.push(GrowthRow { name, snapshots: 1, added_size_in_bytes: added, size_in_bytes: sum });
                }
            }
        }
        rows
    };
    if snapshots.len() <= MAX_STEPS {
        return steps(&|row| row.snapshot.clone());
    }
    let month = |row: &ReportSnapshot| row.start_time_in_millis.map_or_else(|| "unknown".to_owned(), month);
    let months = steps(&month);
    if months.len() <= MAX_STEPS { months } else { steps(&|row| month(row).chars().take(4).collect()) }
}

fn policies(snapshots: &[ReportSnapshot], now_millis: i64) -> Vec<PolicyRow> {
    let mut policies: BTreeMap<Option<&str>, Vec<&ReportSnapshot>> = BTreeMap::new();
    for row in snapshots {
        policies.entry(row.policy.as_deref()).or_default().push(row);
    }
    let row = |(policy, rows): (Option<&str>, Vec<&ReportSnapshot>)| {
        let success = rows.iter().rev().find(|row| row.state == Some("SUCCESS"));
        let at = success.and_then(|row| row.start_time_in_millis);
        PolicyRow {
            policy: policy.map(str::to_owned),
            snapshots: rows.len() as u64,
            newest_state: rows.last().and_then(|row| row.state),
            newest_success: success.map(|row| row.snapshot.clone()),
            newest_success_in_millis: at,
            age_in_millis: at.map(|at| now_millis.saturating_sub(at)),
        }
    };
    policies.into_iter().map(row).collect()
}

/// What the newest snapshot says of itself; none where its blob cannot be had, which the verification has told.
fn last(repository: &Repository, by_start: &[SnapshotIx]) -> Option<LastSnapshot> {
    let info = repository.snapshot_info(*by_start.last()?).ok()?;
    Some(LastSnapshot {
        snapshot: info.name.to_string(),
        state: info.state.name(),
        version: info.version.map(VersionId::text),
        n_indices: info.indices.len() as u64,
        n_failures: info.failures.len() as u64,
        start_time_in_millis: info.start_millis,
        end_time_in_millis: info.end_millis,
        total_shards: info.total_shards,
        successful_shards: info.successful_shards,
    })
}
