//! `info`: what is this?

use std::collections::{BTreeMap, BTreeSet};

use snaprepo_core::{BlobError, Repository};
use snaprepo_format::{
    engine::{Era, Product},
    latest, names,
    root::{SnapshotIx, VersionText},
    shard_paths::ShardPathType,
    snapshot_info::{SnapshotInfo, SnapshotState},
};

use super::{Problems, Run, list::shown, word};
use crate::{
    exit::Exit,
    explain::Failure,
    session::Session,
    views::info::{InfoView, Newest, StateCount},
};

/// Snapshot blobs read to find the newest where the root records no times.
const MAX_CANDIDATES: usize = 32;

pub(crate) fn run(run: &mut Run<'_>, location: &str) -> Result<Exit, Failure> {
    let session = run.session(location)?;
    let repository = session.open_with_cache()?;
    let mut errors = Vec::new();
    let view = view(&repository, session.hides_base(&repository), &mut errors);
    let mut problems = Problems::default();
    errors.iter().for_each(|error| problems.note(error));
    let exit = problems.exit(run, &session, &repository)?;
    reply(run, &session, &repository, view, exit)
}

fn reply(
    run: &mut Run<'_>,
    session: &Session,
    repository: &Repository,
    view: InfoView,
    exit: Exit,
) -> Result<Exit, Failure> {
    run.reply("info", session, Some(repository), word(exit), view)?;
    Ok(exit)
}

/// What cannot be had is collected in `errors`.
fn view(repository: &Repository, hides_base: bool, errors: &mut Vec<BlobError>) -> InfoView {
    let root = &repository.root;
    let newest = newest(repository, errors);
    let latest = read_latest(repository, errors);
    let mut states: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut versions = BTreeSet::new();
    let mut policies = BTreeSet::new();
    for entry in &root.snapshots {
        *states.entry(entry.state.map_or("unknown", SnapshotState::name)).or_default() += 1;
        versions.extend(entry.version.as_ref().map(|version| (version_order(version), version.to_string())));
        policies.extend(entry.slm_policy.as_deref().filter(|policy| !policy.is_empty()).map(str::to_owned));
    }
    let product = product(repository, newest.as_ref().map(|(_, info)| info));
    InfoView {
        product: product.name(),
        era: repository.era().name(),
        generation: repository.generation,
        latest,
        uuid: root.uuid.as_deref().map(str::to_owned),
        cluster_id: root.cluster_id.as_deref().map(str::to_owned),
        base_path: hides_base.then(|| repository.base().to_string()),
        last_writer: newest.as_ref().and_then(|(_, info)| Some(format!("{} {}", product.name(), info.version?))),
        newest: newest.as_ref().map(|(ix, info)| Newest {
            snapshot: root.snapshot_entry(*ix).name.to_string(),
            state: info.state.name(),
            start_time_in_millis: info.start_millis,
        }),
        n_snapshots: root.snapshots.len() as u64,
        states: states.into_iter().map(|(state, n)| StateCount { state, n }).collect(),
        n_indices: root.indices.len() as u64,
        policies: policies.into_iter().collect(),
        versions: versions.into_iter().map(|(_, text)| text).collect(),
        features: features(repository, newest.as_ref().map(|(_, info)| info)),
        oddities: oddities(repository, latest, errors),
    }
}

/// Product and version that took the newest snapshot, and when; and what of that cannot be had.
pub(super) fn writer_and_newest(repository: &Repository) -> (String, Option<i64>, Option<BlobError>) {
    let mut errors = Vec::new();
    let newest = newest(repository, &mut errors);
    let error = errors.into_iter().next();
    let product = product(repository, newest.as_ref().map(|(_, info)| info)).name();
    match newest {
        Some((_, SnapshotInfo { version: Some(version), start_millis, .. })) => {
            (format!("{product} {version}"), Some(start_millis), error)
        }
        newest => (product.to_owned(), newest.map(|(_, info)| info.start_millis), error),
    }
}

fn version_order(version: &VersionText) -> (u16, u16, u16) {
    let release = match version {
        VersionText::Release(release) => *release,
        VersionText::Id(id) => id.release(),
        VersionText::Other(_) => return (0, 0, 0),
    };
    (release.major, release.minor, release.patch)
}

/// The newest snapshot: by the times of the root, else among the last of each index, which are the newest.
fn newest(repository: &Repository, errors: &mut Vec<BlobError>) -> Option<(SnapshotIx, SnapshotInfo)> {
    let root = &repository.root;
    let by_root = (0_u32..).zip(&root.snapshots).filter_map(|(ix, entry)| Some((entry.start_millis?, ix))).max();
    let candidates: BTreeSet<SnapshotIx> = match by_root {
        Some((_, ix)) => BTreeSet::from([ix]),
        None => root.indices.iter().filter_map(|index| index.snapshots.last().copied()).collect(),
    };
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter_map(|ix| match repository.snapshot_info(ix) {
            Ok(info) => Some((ix, info)),
            Err(error) => {
                errors.push(error);
                None
            }
        })
        .max_by_key(|(_, info)| info.start_millis)
}

/// The root tells nearly always; the bit in a version id settles it.
fn product(repository: &Repository, newest: Option<&SnapshotInfo>) -> Product {
    match (repository.root.product(), newest.and_then(|info| info.version)) {
        (Product::CrateDb, _) => Product::CrateDb,
        (_, Some(version)) => version.product(),
        (product, None) => product,
    }
}

/// Only a `url` repository needs it, so that its damage is no damage of the repository.
fn read_latest(repository: &Repository, errors: &mut Vec<BlobError>) -> Option<u64> {
    let path = repository.blob(names::LATEST).ok().filter(|_| repository.scan.has_latest)?;
    match repository.load(&path, latest::parse) {
        Ok(latest) => Some(latest),
        Err(error) => {
            errors.extend(Some(error).filter(|error| !error.is_finding()));
            None
        }
    }
}

fn features(repository: &Repository, newest: Option<&SnapshotInfo>) -> Vec<String> {
    let root = &repository.root;
    let mut features = Vec::new();
    match repository.era() {
        Era::E1 | Era::E2 => features.push("names in paths".to_owned()),
        era => {
            features.push(
                if era.names_shard_generations() { "named shard generations" } else { "numbered shard generations" }
                    .to_owned(),
            );
        }
    }
    if !root.identifiers.is_empty() {
        features.push("shared index metadata".to_owned());
    }
    for path_type in [ShardPathType::HashedPrefix, ShardPathType::HashedInfix] {
        let n = root.indices.iter().filter(|index| index.shard_path_type == path_type).count();
        if n > 0 {
            features.push(format!("{} shard paths ({n} of {} indices)", path_type.name(), root.indices.len()));
        }
    }
    if let Some(info) = newest {
        if info.pinned_timestamp.is_some() {
            features.push("shallow snapshots of version 2".to_owned());
        } else if info.shallow == Some(true) {
            features.push("shallow snapshots".to_owned());
        }
        if info.data_streams.as_ref().is_some_and(|streams| !streams.is_empty()) {
            features.push("data streams".to_owned());
        }
    }
    features
}

fn oddities(repository: &Repository, latest: Option<u64>, errors: &[BlobError]) -> Vec<String> {
    let mut oddities: Vec<String> =
        repository.unreadable_roots.iter().map(|(_, error)| format!("damaged: {}", shown(repository, error))).collect();
    oddities.extend(errors.iter().map(|error| {
        let what = if error.is_finding() { "damaged" } else { "cannot be read" };
        format!("{what}: {}", shown(repository, error))
    }));
    let n = repository.root.oddities.len();
    if n > 0 {
        oddities.push(format!("the root contradicts itself in {n} place(s): snaprepo verify names them"));
    }
    if repository.generation.is_some() {
        let is_unread = errors.iter().any(|error| error.path.name() == names::LATEST);
        match (repository.scan.has_latest, latest) {
            (false, _) => {
                oddities.push("there is no index.latest: url repositories cannot be served from here".to_owned());
            }
            (true, latest) if latest != repository.generation && !is_unread => {
                oddities.push("index.latest does not name the newest generation".to_owned());
            }
            _ => {}
        }
    }
    if repository.scan.has_legacy_index && repository.era().has_root() {
        oddities.push("converted from the layout of Elasticsearch 2".to_owned());
    }
    oddities
}
