//! `verify`: is it intact?

use std::{collections::BTreeSet, sync::Arc};

use snaprepo_core::{
    Repository, chronology, select,
    verify::{self, Cause, Depth, Finding, FindingKind, Options, Outcome, Report, Sample, Scope, Severity, Unopened},
};
use snaprepo_format::{root::IndexIx, snapshot_info::SnapshotState};
use snaprepo_store::ReadStore;

use super::Run;
use crate::{
    args::{ApiFormat, VerifyArgs},
    engine_api,
    exit::Exit,
    explain::Failure,
    output::units::{count, counted, duration},
    progress::Progress,
    session::Session,
    views::verify::{
        CauseView, Checked, Counts, ErrorView, FindingView, IndexVerdictView, PairVerdictView, SampleView,
        SnapshotVerdictView, UnreferencedView, VerifyView,
    },
};

pub(crate) fn run(run: &mut Run<'_>, args: &VerifyArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let options = Options {
        scope: scope(run, &session, args)?,
        sample: args.sample,
        seed: args.seed,
        ..everything(&session, args.depth.into(), args.max_findings)
    };
    let progress = run.progress();
    let verified = verify::verify(&session.store, &session.base, &options, &session.pool, &progress)
        .map_err(|error| Failure::Open { location: session.location.clone(), error });
    progress.finish();
    match verified? {
        Ok(report) => answer(run, &session, &options, args, &report),
        Err(unopened) => without_root(run, &session, &options, &unopened),
    }
}

/// Options that verify everything.
pub(super) fn everything(session: &Session, depth: Depth, max_findings: usize) -> Options {
    Options { depth, scope: Scope::default(), sample: Sample::All, seed: 0, max_findings, width: session.width() }
}

/// Verifies for a verb that has no answer without a root: what lies in `store`, at the place of the session. The report
/// holds the generation that was verified.
pub(super) fn verified(
    session: &Session,
    store: &Arc<dyn ReadStore>,
    options: &Options,
    progress: &Progress,
) -> Result<Report, Failure> {
    verify::verify(store, &session.base, options, &session.pool, progress)
        .map_err(|error| Failure::Open { location: session.shown_location(), error })?
        .map_err(|unopened| no_root(session, &unopened))
}

/// What to verify. A narrowed scope needs the repository once before.
fn scope(run: &Run<'_>, session: &Session, args: &VerifyArgs) -> Result<Scope, Failure> {
    let mut scope = Scope::default();
    if !args.shard.is_empty() {
        scope.shards = Some(args.shard.iter().copied().collect());
    }
    if args.snapshot.is_empty() && args.newest.is_none() && args.index.is_empty() {
        return Ok(scope);
    }
    let repository = session.open()?;
    let uuids = |chosen: &[u32]| -> BTreeSet<Box<str>> {
        chosen.iter().map(|ix| repository.root.snapshot_entry(*ix).uuid.clone()).collect()
    };
    if !args.snapshot.is_empty() {
        scope.snapshots = Some(uuids(&session.select(&repository, &args.snapshot)?));
    } else if let Some(newest) = args.newest {
        let order = chronology::by_start(&repository, &session.pool)?;
        let start = order.len().saturating_sub(newest.get());
        scope.snapshots = Some(uuids(order.get(start..).unwrap_or_default()));
    }
    if !args.index.is_empty() {
        let names: Vec<&str> = repository.root.indices.iter().map(|entry| &*entry.name).collect();
        let product = run.global.imitate.map_or(repository.root.product(), |target| target.product);
        let chosen = select::indices(&names, &args.index, product, select::Missing::Refuse)?;
        if chosen.is_empty() {
            return Err(Failure::Usage {
                message: format!("no index matches {}", args.index.join(",")),
                hint: Some("snaprepo find REPO '*' shows all indices"),
            });
        }
        scope.indices = Some(chosen.into_iter().map(Into::into).collect());
    }
    Ok(scope)
}

pub(super) fn exit_of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Pass => Exit::Good,
        Outcome::Fail => Exit::Bad,
        Outcome::Inconclusive => Exit::Partly,
        Outcome::Interrupted => Exit::Interrupted,
    }
}

fn answer(
    run: &mut Run<'_>,
    session: &Session,
    options: &Options,
    args: &VerifyArgs,
    report: &Report,
) -> Result<Exit, Failure> {
    refuse_empty(report, options, session)?;
    let exit = if session.is_cancelled() { Exit::Interrupted } else { exit_of(report.outcome) };
    if run.global.format == Some(ApiFormat::Es) {
        let node = run.node(&report.repository, session);
        // A cluster has no place for what it could not read; without a word, nobody would know why there is no verdict.
        let unread =
            report.failures.iter().map(|failure| format!("unreadable: {}: {}\n", failure.path, failure.message));
        run.io.error_text(&unread.take(args.max_findings).collect::<String>());
        run.json(&engine_api::verify::answer(&node, report, options, run.io.now_millis))?;
        return Ok(exit);
    }
    let mut view = view(report, options);
    view.location.clone_from(&session.location);
    view.now_millis = run.io.now_millis;
    view.closing = closing(run, session, exit);
    let repository = &report.repository;
    run.reply("verify", session, Some(repository), report.outcome.name(), view)?;
    Ok(exit)
}

/// A selection or a sample without anything in it must not pass for "intact".
pub(super) fn refuse_empty(report: &Report, options: &Options, session: &Session) -> Result<(), Failure> {
    if session.is_cancelled() || report.outcome != Outcome::Pass {
        return Ok(());
    }
    let tally = &report.tally;
    if options.scope.shards.is_some() && tally.shards == 0 {
        return Err(Failure::Usage { message: "no index has a shard of that number".to_owned(), hint: None });
    }
    let is_sampled = options.sample != Sample::All && options.depth >= Depth::Footers;
    if is_sampled && tally.files > 0 && tally.footers + tally.contents == 0 {
        let message = format!("the sample has none of the {} files", count(tally.files));
        return Err(Failure::Usage { message, hint: Some("choose a larger sample, or another --seed") });
    }
    Ok(())
}

fn closing(run: &Run<'_>, session: &Session, exit: Exit) -> String {
    let mut parts = vec![counted(session.requests().total(), "request")];
    if run.io.started.is_some() {
        parts.push(duration(run.io.elapsed_millis()));
    }
    parts.push(format!("exit {}", exit.code()));
    parts.join(" · ")
}

/// The same for verbs that have no answer then.
fn no_root(session: &Session, unopened: &Unopened) -> Failure {
    let (location, finding) = (session.shown_location(), &unopened.finding);
    let message = match &finding.blob {
        Some(blob) => format!("{location} has no readable root: {blob}: {}", finding.message),
        None => format!("{location} {}", finding.message),
    };
    Failure::Usage { message, hint: Some("snaprepo verify REPO names the damage") }
}

/// The repository has no readable root: one finding, no verdicts.
fn without_root(run: &mut Run<'_>, session: &Session, options: &Options, unopened: &Unopened) -> Result<Exit, Failure> {
    let finding = &unopened.finding;
    let view = VerifyView {
        counts: Counts { error: 1, ..Counts::default() },
        findings: vec![finding_view(None, finding)],
        heading: "no root can be read".to_owned(),
        location: session.location.clone(),
        now_millis: run.io.now_millis,
        closing: closing(run, session, Exit::Bad),
        ..empty_view(options)
    };
    run.reply("verify", session, None, Outcome::Fail.name(), view)?;
    Ok(Exit::Bad)
}

fn empty_view(options: &Options) -> VerifyView {
    VerifyView {
        depth: depth_name(options.depth),
        counts: Counts::default(),
        findings: Vec::new(),
        errors: Vec::new(),
        n_errors: 0,
        only_archived: false,
        snapshots: Vec::new(),
        indices: Vec::new(),
        not_restorable: Vec::new(),
        checked: Checked::default(),
        unreferenced: None,
        unlisted: false,
        sample: None,
        final_generation: None,
        heading: String::new(),
        location: String::new(),
        now_millis: 0,
        closing: String::new(),
        result: Outcome::Fail.name(),
    }
}

fn depth_name(depth: Depth) -> &'static str {
    match depth {
        Depth::Metadata => "metadata",
        Depth::Presence => "presence",
        Depth::Footers => "footers",
        Depth::Content => "content",
    }
}

pub(super) fn view(report: &Report, options: &Options) -> VerifyView {
    let repository = &report.repository;
    let root = &repository.root;
    let snapshot_name = |ix: u32| root.snapshot_entry(ix).name.to_string();
    let index_name = |ix: IndexIx| root.index_entry(ix).name.to_string();
    let tally = &report.tally;
    VerifyView {
        counts: Counts {
            error: report.count(Severity::Error),
            warning: report.count(Severity::Warning),
            info: report.count(Severity::Info),
        },
        findings: report.findings.iter().map(|finding| finding_view(Some(repository), finding)).collect(),
        n_errors: report.n_failures,
        only_archived: report.is_only_archived(),
        errors: report
            .failures
            .iter()
            .map(|failure| ErrorView { path: failure.path.to_string(), message: failure.message.clone() })
            .collect(),
        snapshots: report
            .snapshots
            .iter()
            .map(|row| SnapshotVerdictView {
                snapshot: snapshot_name(row.snapshot),
                uuid: root.snapshot_entry(row.snapshot).uuid.to_string(),
                state: row.state.map(SnapshotState::name),
                verdict: row.verdict.name(),
                cause: row.cause.as_ref().map(cause_view),
                n_indices: row.n_indices,
                n_restorable: row.n_restorable,
            })
            .collect(),
        indices: report
            .indices
            .iter()
            .map(|(index, total, restorable)| IndexVerdictView {
                index: index_name(*index),
                total_snapshot_count: *total,
                restorable_snapshot_count: *restorable,
            })
            .collect(),
        not_restorable: report
            .pairs
            .iter()
            .map(|pair| PairVerdictView {
                snapshot: snapshot_name(pair.snapshot),
                index: index_name(pair.index),
                verdict: pair.verdict.name(),
                cause: cause_view(&pair.cause),
                n_shards: pair.n_shards,
                n_broken: pair.n_broken,
            })
            .collect(),
        checked: Checked {
            snapshots: tally.snapshots,
            indices: tally.indices,
            index_snapshots: tally.index_snapshots,
            shards: tally.shards,
            shard_snapshots: tally.shard_snapshots,
            files: tally.files,
            blobs: tally.blobs,
            size_in_bytes: tally.bytes,
            inlined_files: tally.inlined_files,
            footers: tally.footers,
            contents: tally.contents,
            content_bytes: tally.content_bytes,
        },
        unlisted: report.repository.scan.by_latest,
        unreferenced: report.unreferenced.as_ref().map(|classes| {
            let class = |class: &verify::ClassTally| UnreferencedView {
                class: class.class.name(),
                n_blobs: class.n_blobs,
                size_in_bytes: class.bytes,
                oldest_in_millis: class.oldest_millis,
                newest_in_millis: class.newest_millis,
                examples: class.examples.iter().map(ToString::to_string).collect(),
            };
            classes.iter().map(class).collect()
        }),
        sample: sample_view(report, options),
        final_generation: report.final_generation,
        heading: heading(repository),
        result: report.outcome.name(),
        ..empty_view(options)
    }
}

fn sample_view(report: &Report, options: &Options) -> Option<SampleView> {
    let sample = match options.sample {
        Sample::Bytes(bytes) => {
            format!("{} bytes ({})", count(bytes), per_cent(report.sampled_per_million.unwrap_or(0)))
        }
        sample => sample_text(sample)?,
    };
    Some(SampleView { sample, seed: options.seed })
}

/// A sample as `--sample` takes it; `None` when it is everything.
pub(super) fn sample_text(sample: Sample) -> Option<String> {
    Some(match sample {
        Sample::All => return None,
        Sample::PerMillion(share) => per_cent(share),
        Sample::Slice { part, of } => format!("{}/{of}", part + 1),
        Sample::Bytes(bytes) => format!("{bytes}B"),
    })
}

fn per_cent(per_million: u32) -> String {
    format!("{}.{:04}%", per_million / 10_000, per_million % 10_000)
}

fn heading(repository: &Repository) -> String {
    let mut parts = Vec::new();
    parts.extend(repository.generation.map(|generation| format!("generation {generation}")));
    parts.extend(repository.root.uuid.as_deref().map(|uuid| format!("uuid {uuid}")));
    parts.push(format!("{} ({})", repository.root.product().name(), repository.era().name()));
    parts.join(" · ")
}

pub(super) fn finding_view(repository: Option<&Repository>, finding: &Finding) -> FindingView {
    let snapshot = |ix: &u32| repository.map(|repository| repository.root.snapshot_entry(*ix).name.to_string());
    let index = |ix: IndexIx| repository.map(|repository| repository.root.index_entry(ix).name.to_string());
    FindingView {
        kind: finding.kind.name(),
        severity: finding.severity.name(),
        blob: finding.blob.as_ref().map(ToString::to_string),
        offset: finding.offset,
        expected: finding.expected.clone(),
        found: finding.found.clone(),
        snapshots: {
            let mut names: Vec<String> = finding.snapshots.iter().filter_map(snapshot).collect();
            names.sort();
            names
        },
        indices: finding.index.and_then(index).into_iter().collect(),
        shard: finding.shard,
        file: finding.file.as_deref().map(str::to_owned),
        breaks_restore: finding.breaks_restore,
        message: finding.message.clone(),
        next: next(finding.kind, finding.severity),
    }
}

/// What to do about a finding; `REPO` stands for the location.
fn next(kind: FindingKind, severity: Severity) -> Option<&'static str> {
    use FindingKind as K;
    Some(match kind {
        K::RootUnreadable | K::RootMissing => {
            "bring the root back from a copy or an older version of the bucket, or let snaprepo repair make one of what is left"
        }
        K::LatestMismatch => "harmless unless a url repository reads from here; snaprepo repair writes it again",
        K::RootUnknownSnapshot | K::RootLookupUnknownIdentifier => {
            "the engines refuse or misread this root: snaprepo repair takes out what is not there"
        }
        K::RootDuplicate => "the engines refuse or misread this root; bring an older one back from a copy",
        K::RootEmptyIndex | K::RootLookupUnknownIndex | K::RootUnusedIdentifier | K::ShardGenerationNumeric => {
            "snaprepo repair takes it out of the root"
        }
        K::ShardPathTypeLost => {
            "an OpenSearch node older than 2.17 wrote this root: delete nothing; snaprepo repair puts it back, with what else that node has lost"
        }
        K::SnapshotInfoUnreadable
        | K::IndexMetadataUnreadable
        | K::ShardSnapshotUnreadable
        | K::MissingBlob
        | K::BlobLengthMismatch
        | K::FooterInvalid
        | K::ChecksumMismatch
        | K::ContentCorrupt
        | K::GlobalMetadataUnreadable
        | K::IndexMetadataMismatch
        | K::ShardSnapshotMismatch
        | K::InlinedFileCorrupt
        | K::InlinedCopyMismatch => {
            "bring the blob back from a copy or an older version of the bucket, then verify again"
        }
        K::BlobArchived => {
            "restore the objects of the repository from the archive, then verify again: what they hold is not known to be broken"
        }
        K::ShardFolderMissing => {
            "bring the folder back from a copy; hashed shard folders lie outside the base path (docs/guides/locations.md)"
        }
        K::ShardGenerationUnreadable | K::ShardGenerationUndefined => {
            "restores still work, the next snapshot or delete does not: snaprepo repair makes the table of the file lists"
        }
        K::FileNotInShardGeneration | K::SnapshotNotInShardGeneration => {
            "delete no snapshot with a cluster, it may remove a blob that is still needed: snaprepo repair makes the table anew"
        }
        K::DanglingFileReference => "snaprepo repair makes the table of the file lists",
        K::UnknownSnapshotInShardGeneration => {
            "a snapshot of this name cannot be taken again until the entry is gone: snaprepo repair takes it out"
        }
        K::GenerationMoved | K::SnapshotMayBeRunning => "verify again when no snapshot is running",
        K::MountedSnapshotMissing => "bring the snapshot it needs back, or delete this one",
        _ if severity == Severity::Info => return None,
        _ => "snaprepo cat-blob REPO shows the blob",
    })
}

pub(super) fn cause_view(cause: &Cause) -> CauseView {
    let plain = |kind, message: String| CauseView { kind, blob: None, message };
    match cause {
        Cause::Finding { kind, blob } => CauseView {
            kind: kind.name(),
            blob: blob.as_ref().map(ToString::to_string),
            message: blob.as_ref().map_or_else(|| kind.name().to_owned(), |blob| format!("{} {blob}", kind.name())),
        },
        Cause::FailedShards(n) => plain("failed-shards", format!("{} failed when it was taken", counted(*n, "shard"))),
        Cause::State(state) => plain("state", format!("its state is {}", state.name())),
        Cause::RemoteStore => plain("remote-store", "the data are in a remote store".to_owned()),
        Cause::OtherRepository => plain("other-repository", "the data are in another repository".to_owned()),
        Cause::Unread(path) => {
            CauseView { kind: "unread", blob: Some(path.to_string()), message: format!("could not be read: {path}") }
        }
        Cause::NotReached => plain("not-reached", "stopped before it was checked".to_owned()),
    }
}
