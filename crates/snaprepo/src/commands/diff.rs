//! `diff`: what changed between two snapshots, and is a copy complete?

mod listing;

use std::collections::{BTreeSet, HashMap};

use snaprepo_core::{
    Repository, Unread,
    diff::{self, Change, Difference, IndexDiff, Moves, RepositoryDiff, ShardSide, Side, SnapshotPair},
    documents::Documents,
    verify::{Cause, Depth, Report, Severity, SnapshotVerdict, Verdict},
};
use snaprepo_format::{root::SnapshotIx, snapshot_info::SnapshotInfo};

use super::{
    Problems, Run,
    show::one_snapshot,
    shown_unread,
    verify::{cause_view, everything, verified},
};
use crate::{
    args::{DiffArgs, GlobalArgs},
    exit::Exit,
    explain::Failure,
    output::{
        page::RepositoryFacts,
        units::{counted, rfc_3339},
    },
    session::Session,
    views::diff::{
        ChangeView, CopiedView, DifferenceView, DocumentsView, IndexDiffView, MovesView, RepositoryDiffView,
        ShardDiffView, SideView, SnapshotDiffView,
    },
};

pub(crate) fn run(run: &mut Run<'_>, args: &DiffArgs) -> Result<Exit, Failure> {
    if let Some(file) = &args.listing {
        return listing::run(run, args, file.as_deref());
    }
    match (&args.what[..], &args.with) {
        ([other], None) if !args.global => repositories(run, args, other),
        ([_], None) => Err(Failure::Usage {
            message: "--global compares the cluster states of two snapshots".to_owned(),
            hint: Some("name them: snaprepo diff REPO SNAPSHOT SNAPSHOT --global"),
        }),
        (_, _) if args.verify_content => Err(Failure::Usage {
            message: "--verify-content compares two repositories, not two snapshots".to_owned(),
            hint: Some("snaprepo diff REPO OTHER --verify-content; snaprepo verify REPO --snapshot reads one snapshot"),
        }),
        ([both], Some(with)) => snapshots(run, args, [both, both], Some(with)),
        ([before, after], with) => snapshots(run, args, [before, after], with.as_deref()),
        _ => Err(Failure::Usage { message: "nothing to compare with".to_owned(), hint: None }),
    }
}

/// The other repository: a base path of the first one does not hold for it.
fn other(run: &mut Run<'_>, args: &DiffArgs, location: &str) -> Result<Session, Failure> {
    let global = GlobalArgs { base_path: args.other_base_path.clone(), ..run.global.clone() };
    Session::start(location, &global, run.io)
}

fn snapshots(run: &mut Run<'_>, args: &DiffArgs, terms: [&str; 2], with: Option<&str>) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let repository = session.open_for_shards()?;
    let theirs = match with {
        Some(with) => {
            let session = other(run, args, with)?;
            let repository = session.open_for_shards()?;
            Some((session, repository))
        }
        None => None,
    };
    let (other_session, other_repository) =
        theirs.as_ref().map_or((&session, &repository), |(session, repository)| (session, repository));
    let chosen = |session: &Session, repository: &Repository, term| -> Result<(SnapshotIx, SnapshotInfo), Failure> {
        let snapshot = one_snapshot(repository, session, term)?;
        Ok((snapshot, repository.snapshot_info(snapshot)?))
    };
    let before = chosen(&session, &repository, terms[0])?;
    let after = chosen(other_session, other_repository, terms[1])?;
    let sides = [
        Side { repository: &repository, snapshot: before.0, info: &before.1 },
        Side { repository: other_repository, snapshot: after.0, info: &after.1 },
    ];
    let progress = run.progress();
    let diff = diff::snapshots(sides, args.global, &session.pool, &progress);
    progress.finish();

    let is_other = |index: &IndexDiff| !matches!(index.change, diff::IndexChange::Same | diff::IndexChange::Unknown);
    let is_different = diff.indices.iter().any(is_other)
        || !diff.global.is_empty()
        || diff.data_streams.iter().any(|streams| !streams.is_empty());
    let is_unknown = diff.indices.iter().any(|index| index.change == diff::IndexChange::Unknown);
    let pairs = [(&session, &repository), (other_session, other_repository)];
    let (exit, result) = ending(run, pairs, &diff.unreadable, is_different, is_unknown)?;
    let unreadable: BTreeSet<String> =
        [0, 1].into_iter().flat_map(|at: usize| told(pairs[at], &diff.unreadable[at])).collect();
    let sum = diff.indices.iter().fold(Moves::default(), |sum, index| sum.plus(index.moves()));
    let [removed, added] = diff.data_streams.map(|names| names.iter().map(ToString::to_string).collect());
    let view = SnapshotDiffView {
        before: side_view(sides[0]),
        after: side_view(sides[1]),
        other: theirs.as_ref().map(|(session, repository)| RepositoryFacts::of(&session.location, repository)),
        files: sum.into(),
        data_streams_removed: removed,
        data_streams_added: added,
        indices: diff.indices.into_iter().map(index_view).collect(),
        global: args.global.then(|| diff.global.into_iter().map(change_view).collect()),
        unreadable: unreadable.into_iter().collect(),
        result,
    };
    run.reply("diff", &session, Some(&repository), result, view)?;
    Ok(exit)
}

/// How the verb ends, and its answer in one word. What is missing from a repository that has moved on is no difference
/// and no damage: the verb starts again.
fn ending(
    run: &mut Run<'_>,
    sides: [(&Session, &Repository); 2],
    unreadable: &[Vec<Unread>; 2],
    is_different: bool,
    is_unknown: bool,
) -> Result<(Exit, &'static str), Failure> {
    let mut worst = Exit::Good;
    for ((session, repository), unreadable) in sides.into_iter().zip(unreadable) {
        match Problems::of(unreadable).exit(run, session, repository)? {
            Exit::Interrupted => return Ok((Exit::Interrupted, "interrupted")),
            Exit::Bad => worst = Exit::Bad,
            exit if worst == Exit::Good => worst = exit,
            _ => {}
        }
    }
    Ok(match worst {
        _ if is_different => (Exit::Bad, "different"),
        Exit::Good if is_unknown => (Exit::Partly, "unknown"),
        Exit::Good => (Exit::Good, "same"),
        exit => (exit, "unknown"),
    })
}

fn told<'u>(
    (session, repository): (&'u Session, &'u Repository),
    unreadable: &'u [Unread],
) -> impl Iterator<Item = String> + 'u {
    unreadable.iter().map(move |unread| format!("{}: {}", session.shown_location(), shown_unread(repository, unread)))
}

fn side_view(side: Side<'_>) -> SideView {
    let entry = side.repository.root.snapshot_entry(side.snapshot);
    SideView {
        snapshot: entry.name.to_string(),
        uuid: entry.uuid.to_string(),
        state: side.info.state.name(),
        start_time: rfc_3339(side.info.start_millis),
        start_time_in_millis: side.info.start_millis,
    }
}

impl From<Moves> for MovesView {
    fn from(moves: Moves) -> Self {
        Self { added: moves.added.into(), removed: moves.removed.into(), kept: moves.kept.into() }
    }
}

impl From<Documents> for DocumentsView {
    fn from(Documents { live, deleted }: Documents) -> Self {
        Self { live, deleted }
    }
}

fn change_view(change: Change) -> ChangeView {
    let json = |value: snaprepo_codec::value::Value| serde_json::to_value(value).unwrap_or_default();
    ChangeView {
        path: change.path.iter().map(ToString::to_string).collect(),
        before: change.before.map(json),
        after: change.after.map(json),
    }
}

fn index_view(index: IndexDiff) -> IndexDiffView {
    IndexDiffView {
        change: index.change.name(),
        files: index.moves().into(),
        documents_before: index.documents(0).map(Into::into),
        documents_after: index.documents(1).map(Into::into),
        shards: index
            .shards
            .iter()
            .map(|shard| ShardDiffView {
                shard: shard.shard,
                files: shard.moves.into(),
                before: kind(shard.sides[0]),
                after: kind(shard.sides[1]),
                documents_before: documents(shard.sides[0]),
                documents_after: documents(shard.sides[1]),
            })
            .collect(),
        metadata: index.metadata.into_iter().map(change_view).collect(),
        index: index.name.into(),
    }
}

fn kind(side: ShardSide) -> &'static str {
    match side {
        ShardSide::Absent => "absent",
        ShardSide::Failed => "failed",
        ShardSide::Files { .. } => "files",
        ShardSide::RemoteStore => "remote-store",
        ShardSide::Unknown => "unknown",
    }
}

fn documents(side: ShardSide) -> Option<DocumentsView> {
    match side {
        ShardSide::Files { documents, .. } => documents.map(Into::into),
        _ => None,
    }
}

fn repositories(run: &mut Run<'_>, args: &DiffArgs, location: &str) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let repository = session.open_for_shards()?;
    if repository.root.snapshots.iter().any(|entry| &*entry.name == location) {
        return Err(Failure::Usage {
            message: format!("{location} is a snapshot of {}", session.shown_location()),
            hint: Some("name the one to compare it with: snaprepo diff REPO SNAPSHOT SNAPSHOT"),
        });
    }
    let other = other(run, args, location)?;
    if session.place() == other.place() && session.base == other.base {
        return Err(Failure::Usage {
            message: format!("both are the same repository: {}", session.shown_location()),
            hint: Some("name its copy, or two of its snapshots"),
        });
    }
    let progress = run.progress();
    let depth = if args.verify_content { Depth::Content } else { Depth::Presence };
    let checked = |session: &Session| verified(session, &session.store, &everything(session, depth, 0), &progress);
    let ours = if args.verify_content { Some(checked(&session)?) } else { None };
    let repository = match &ours {
        Some(report) => report.repository.clone(),
        None => repository,
    };
    let theirs = checked(&other)?;
    let diff = diff::repositories([&repository, &theirs.repository], &session.pool, &progress);
    progress.finish();

    let snapshots = copies(&repository, &theirs, &diff);
    let n_same = snapshots.iter().filter(|row| row.copy == "same").count() as u64;
    let is_newest = |repository: &Repository| repository.unreadable_roots.is_empty();
    let complete =
        n_same == repository.root.snapshots.len() as u64 && is_newest(&repository) && is_newest(&theirs.repository);
    let is_unknown = snapshots.iter().any(|row| row.copy == "unknown") || theirs.n_failures > 0;
    let is_different = snapshots.iter().any(|row| !matches!(row.copy, "same" | "unknown"));
    let own_damage = ours.as_ref().map(|report| report.count(Severity::Error));
    let other_damage = theirs.count(Severity::Error);
    let is_bad = is_different || other_damage > 0 || own_damage.is_some_and(|n| n > 0);
    let sides = [(&session, &repository), (&other, &theirs.repository)];
    let (exit, result) = ending(run, sides, &diff.unreadable, is_bad, is_unknown)?;
    let mut unreadable: Vec<String> =
        [0, 1].into_iter().flat_map(|at: usize| told(sides[at], &diff.unreadable[at])).collect();
    unreadable.extend(
        theirs.failures.iter().map(|failure| format!("{}: {}: {}", other.location, failure.path, failure.message)),
    );
    let view = RepositoryDiffView {
        other: RepositoryFacts::of(&other.location, &theirs.repository),
        complete,
        checked: if args.verify_content { "content" } else { "presence" },
        n_snapshots: repository.root.snapshots.len() as u64,
        n_same,
        n_only_in_other: diff.only[1].len() as u64,
        snapshots,
        other_damage,
        own_damage,
        unreadable,
        result,
        location: session.location.clone(),
    };
    run.reply("diff", &session, Some(&repository), result, view)?;
    Ok(exit)
}

/// What became of each snapshot of either.
fn copies(repository: &Repository, theirs: &Report, diff: &RepositoryDiff) -> Vec<CopiedView> {
    let verdicts: HashMap<SnapshotIx, &SnapshotVerdict> =
        theirs.snapshots.iter().map(|verdict| (verdict.snapshot, verdict)).collect();
    let verdict = |snapshot: SnapshotIx| verdicts.get(&snapshot).copied();
    let row = |repository: &Repository, snapshot: SnapshotIx, copy, verdict: Option<&SnapshotVerdict>| {
        let entry = repository.root.snapshot_entry(snapshot);
        CopiedView {
            snapshot: entry.name.to_string(),
            uuid: entry.uuid.to_string(),
            copy,
            other_verdict: verdict.map(|verdict| verdict.verdict.name()),
            cause: verdict.and_then(|verdict| verdict.cause.as_ref()).map(cause_view),
            differences: Vec::new(),
            n_differences: 0,
        }
    };
    let mut rows: Vec<CopiedView> =
        diff.only[0].iter().map(|snapshot| row(repository, *snapshot, "missing", None)).collect();
    for pair in &diff.snapshots {
        let verdict = verdict(pair.snapshots[1]);
        let mut one = row(repository, pair.snapshots[0], copy(pair, verdict), verdict);
        one.differences = pair.differences.iter().map(difference_view).collect();
        one.n_differences = pair.n_differences;
        rows.push(one);
    }
    let theirs_only = diff.only[1].iter();
    rows.extend(theirs_only.map(|snapshot| row(&theirs.repository, *snapshot, "added", verdict(*snapshot))));
    rows.sort_by(|a, b| (&a.snapshot, &a.uuid).cmp(&(&b.snapshot, &b.uuid)));
    rows
}

/// A copy is as good as what it was made from: shards that failed when the snapshot was taken are missing in both.
fn copy(pair: &SnapshotPair, verdict: Option<&SnapshotVerdict>) -> &'static str {
    match verdict {
        Some(SnapshotVerdict { cause: Some(Cause::Finding { .. }), .. }) => "damaged",
        _ if pair.n_differences > 0 => "different",
        _ if pair.is_unknown => "unknown",
        Some(SnapshotVerdict { verdict: Verdict::Restorable, .. }) => "same",
        Some(SnapshotVerdict { cause: Some(Cause::FailedShards(_) | Cause::State(_)), .. }) => "same",
        _ => "unknown",
    }
}

fn difference_view(difference: &Difference) -> DifferenceView {
    let plain = |kind, index: Option<&str>, message: String| DifferenceView {
        kind,
        index: index.map(str::to_owned),
        shard: None,
        files: None,
        message,
    };
    match difference {
        Difference::Facts(names) => plain("facts", None, format!("other {}", names.join(", "))),
        Difference::GlobalMetadata(n) => {
            plain("global-metadata", None, format!("cluster state differs in {}", counted(*n, "place")))
        }
        Difference::IndexMissing(index) => plain("index-missing", Some(index), format!("lacks {index}")),
        Difference::IndexAdded(index) => plain("index-added", Some(index), format!("has {index}, too")),
        Difference::IndexMetadata(index, n) => {
            plain("index-metadata", Some(index), format!("{index}: metadata differ in {}", counted(*n, "place")))
        }
        Difference::Files { index, shard, moves } => {
            let (lacks, has) = (counted(moves.removed.files, "file"), counted(moves.added.files, "other file"));
            DifferenceView {
                shard: Some(*shard),
                files: Some((*moves).into()),
                ..plain("files", Some(index), format!("{index} shard {shard}: lacks {lacks}, has {has}"))
            }
        }
    }
}
