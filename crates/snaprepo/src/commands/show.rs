//! `show`: one snapshot, an index in it, or its cluster state.

use std::cmp::Reverse;

use snaprepo_core::{Repository, status, usage::Usage};
use snaprepo_format::{
    engine::{Product, VersionId},
    root::{IndexIx, SnapshotIx},
};

use super::{
    Problems, Run, du,
    list::{shown, stranger},
    status::note,
    word,
};
use crate::{
    args::{IndexSort, ShowArgs},
    exit::Exit,
    explain::Failure,
    output::units::rfc_3339,
    session::Session,
    views::show::{DocumentView, FailureView, FeatureView, IndexRow, ShareView, ShowView},
};

pub(crate) fn run(run: &mut Run<'_>, args: &ShowArgs) -> Result<Exit, Failure> {
    let session = run.session(&args.repo.repo)?;
    let repository = session.open_for_shards()?;
    let snapshot = one_snapshot(&repository, &session, &args.snapshot)?;
    if let Some(name) = &args.index {
        return show_index(run, &session, &repository, snapshot, name);
    }
    if args.global {
        return show_global(run, &session, &repository, snapshot);
    }
    let status = status::of_snapshot(&repository, &session.pool, snapshot)?;
    if session.is_cancelled() {
        return Ok(run.interrupted());
    }
    let mut view = view(&repository, &status);
    let mut problems = Problems::default();
    if let Some(error) = stranger(repository.root.snapshot_entry(snapshot), &status.info) {
        problems.damage = true;
        view.unreadable.push(error);
    }
    status.indices.iter().for_each(|index| note(index, &mut problems));
    if args.indices.size {
        let usage = du::of_snapshots(run, &session, &repository)?;
        problems.add(du::problems(&usage));
        view.unreadable.extend(du::lacking(&repository, &usage));
        for (row, index) in view.indices.iter_mut().zip(&status.indices) {
            row.share = share_of(&usage, snapshot, index.index);
        }
    }
    match args.indices.sort.unwrap_or(IndexSort::Name) {
        IndexSort::Name => {}
        IndexSort::Size => view.indices.sort_by_key(|row| Reverse(row.size_in_bytes)),
        IndexSort::Files => view.indices.sort_by_key(|row| Reverse(row.files)),
    }
    let exit = problems.exit(run, &session, &repository)?;
    run.reply("show", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

/// What a snapshot alone has of an index.
pub(super) fn share_of(usage: &Usage, snapshot: SnapshotIx, index: IndexIx) -> Option<ShareView> {
    let index = usage.indices.get(usize::try_from(index).ok()?)?;
    let (_, share) = index.shares.first()?.iter().find(|(group, _)| *group == snapshot)?;
    Some(ShareView { added_size_in_bytes: share.added.bytes, exclusive_size_in_bytes: share.exclusive.bytes })
}

/// The one snapshot that a term means.
pub(crate) fn one_snapshot(repository: &Repository, session: &Session, term: &str) -> Result<SnapshotIx, Failure> {
    match session.select(repository, &[term.to_owned()])?[..] {
        [one] => Ok(one),
        ref several => Err(Failure::Usage {
            message: format!("{term:?} means {} snapshots", several.len()),
            hint: Some("name one: latest, latest~1, a name or a uuid"),
        }),
    }
}

fn view(repository: &Repository, status: &status::SnapshotStatus) -> ShowView {
    let info = &status.info;
    let entry = repository.root.snapshot_entry(status.snapshot);
    let (mut total, mut incremental) = (status::Amount::default(), status::Amount::default());
    let mut indices = Vec::with_capacity(status.indices.len());
    for index in &status.indices {
        let sum = index.sum();
        total = total.plus(sum.total);
        incremental = incremental.plus(sum.incremental);
        let shards = index.shards.as_ref();
        let unreadable = shards.ok().and_then(|shards| {
            shards.iter().find_map(|shard| match shard {
                status::ShardStatus::Unreadable(error) => Some(shown(repository, error)),
                _ => None,
            })
        });
        let failed = |shard: &&status::ShardStatus| matches!(shard, status::ShardStatus::Failed { .. });
        indices.push(IndexRow {
            index: repository.root.index_entry(index.index).name.to_string(),
            n_shards: shards.ok().map(|shards| shards.len() as u64),
            n_failed: shards.map_or(0, |shards| shards.iter().filter(failed).count() as u64),
            files: sum.total.files,
            size_in_bytes: sum.total.bytes,
            segments: sum.segments,
            error: index.shards.as_ref().err().map(|error| shown(repository, error)).or(unreadable),
            share: None,
        });
    }
    let texts = |list: &[Box<str>]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    ShowView {
        snapshot: info.name.to_string(),
        uuid: entry.uuid.to_string(),
        state: info.state.name(),
        reason: info.reason.as_deref().map(str::to_owned),
        product: info
            .version
            .map_or(repository.root.product(), |version| match repository.root.product() {
                Product::CrateDb => Product::CrateDb,
                _ => version.product(),
            })
            .name(),
        version: info.version.map(VersionId::text),
        start_time: rfc_3339(info.start_millis),
        start_time_in_millis: info.start_millis,
        end_time: rfc_3339(info.end_millis),
        end_time_in_millis: info.end_millis,
        total_shards: info.total_shards,
        successful_shards: info.successful_shards,
        failures: info
            .failures
            .iter()
            .map(|failure| FailureView {
                index: failure.index.to_string(),
                shard: failure.shard_id,
                reason: failure.reason.as_deref().map(str::to_owned),
            })
            .collect(),
        include_global_state: info.include_global_state,
        metadata: info.metadata.as_ref().and_then(|metadata| serde_json::to_value(metadata).ok()),
        data_streams: texts(info.data_streams.as_deref().unwrap_or_default()),
        feature_states: info
            .feature_states
            .iter()
            .flatten()
            .map(|state| FeatureView { feature: state.feature_name.to_string(), indices: texts(&state.indices) })
            .collect(),
        shallow: info.pinned_timestamp.is_some() || status.indices.iter().any(|index| index.sum().shallow),
        total: total.into(),
        incremental: incremental.into(),
        indices,
        unreadable: Vec::new(),
    }
}

fn show_index(
    run: &mut Run<'_>,
    session: &Session,
    repository: &Repository,
    snapshot: SnapshotIx,
    name: &str,
) -> Result<Exit, Failure> {
    let held = |ix: &u32| repository.root.index_entry(*ix).snapshots.contains(&snapshot);
    let Some(index) = repository.index_named(name).filter(held) else {
        return Err(Failure::Usage {
            message: format!("snapshot {} has no index {name:?}", repository.root.snapshot_entry(snapshot).name),
            hint: Some("snaprepo show REPO SNAPSHOT lists its indices"),
        });
    };
    let metadata = repository.index_metadata(snapshot, index)?;
    let blob = repository.index_metadata_path(snapshot, index)?;
    let view = DocumentView {
        snapshot: repository.root.snapshot_entry(snapshot).name.to_string(),
        index: Some(metadata.name.to_string()),
        blob: repository.shown(&blob).to_string(),
        document: serde_json::to_value(&metadata.document).unwrap_or_default(),
    };
    run.reply("show", session, Some(repository), word(Exit::Good), view)?;
    Ok(Exit::Good)
}

fn show_global(
    run: &mut Run<'_>,
    session: &Session,
    repository: &Repository,
    snapshot: SnapshotIx,
) -> Result<Exit, Failure> {
    let metadata = repository.global_metadata(snapshot)?;
    let path = repository.global_metadata_path(snapshot)?;
    let view = DocumentView {
        snapshot: repository.root.snapshot_entry(snapshot).name.to_string(),
        index: None,
        blob: repository.shown(&path).to_string(),
        document: serde_json::to_value(&metadata.document).unwrap_or_default(),
    };
    run.reply("show", session, Some(repository), word(Exit::Good), view)?;
    Ok(Exit::Good)
}
