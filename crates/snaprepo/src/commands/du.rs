//! `du`: what takes how much room, and what deleting would free?

mod stored;

use std::collections::BTreeMap;

use snaprepo_cloud::Provider;
use snaprepo_core::{
    Repository,
    chronology::{self, Origin, Wanted},
    usage::{self, Blobs, Grouping, IndexUse, Question, Share, Usage},
};
use snaprepo_format::root::SnapshotIx;
use snaprepo_store::StoreErrorKind;

use super::{Problems, Run, shown_unread, word};
use crate::{
    args::{DuArgs, DuBy},
    exit::Exit,
    explain::Failure,
    output::units::{counted, month},
    prices::{Cost, Prices},
    progress::Progress,
    session::Session,
    views::du::{ClassRow, DuRow, DuView, FreeView, FreedIndex, KindRow},
};

/// Below this length of the average data blob, requests cost more than bytes.
const SMALL_BLOB_LEN: u64 = 1 << 20;
/// From so many blobs on that is worth a word.
const MANY_BLOBS: u64 = 10_000;
const DAY_MILLIS: i64 = 86_400_000;
/// Ages that snapshots are put together by: below so many days.
const AGES: [(i64, &str); 5] =
    [(1, "below 1 day"), (7, "1 to 7 days"), (30, "7 to 30 days"), (90, "30 to 90 days"), (365, "90 to 365 days")];
const OLDEST: &str = "365 days or more";
const UNKNOWN: &str = "unknown";

pub(crate) fn run(run: &mut Run<'_>, args: &DuArgs) -> Result<Exit, Failure> {
    let prices = args.prices.as_deref().map(Prices::read).transpose()?;
    let session = run.session(&args.repo.repo)?;
    stored::refuse_folders(args, &session)?;
    let repository = session.open_for_shards()?;
    need_listings(&session)?;
    let chosen = if args.free.is_empty() { None } else { Some(session.select(&repository, &args.free)?) };
    let wanted = if args.by == Some(DuBy::Policy) { Wanted::Policies } else { Wanted::Times };
    let origins = chronology::origins(&repository, &session.pool, wanted)?;
    let by_start = chronology::sorted_by(&repository, &origins);

    let named = args.by.and_then(|by| groups(by, &repository, &origins, &by_start, run.io.now_millis));
    let mut groupings = Vec::new();
    groupings.extend(named.as_ref().map(|(_, grouping)| grouping.clone()));
    groupings.extend(chosen.as_deref().map(|chosen| in_or_out(&repository, chosen, &by_start)));
    let question = Question { groupings: &groupings, shards: args.by == Some(DuBy::Shard), ..Question::default() };
    let usage = measured(&session, &repository, question, &run.progress())?;

    let exit = problems(&usage).exit(run, &session, &repository)?;
    // Half of a promise is none; and a newer root that cannot be read may need anything.
    let chosen = chosen.filter(|_| !usage.is_interrupted && repository.unreadable_roots.is_empty());
    let free = chosen.map(|chosen| free(&repository, &usage, &chosen, groupings.len() - 1));
    let mut view = view(&repository, &usage, free, prices.as_ref());
    view.by = args.by.map(by_name);
    if args.classes {
        view.classes = stored::classes(&session)?;
    }
    if args.versions {
        view.beside = Some(stored::beside(&session)?);
    }
    if let Some(by) = args.by {
        view.rows = rows(by, &repository, &usage, named.as_ref(), &by_start);
    }
    if run.global.ndjson && view.by.is_some() {
        // The lines are rows, and nothing else.
        let lines = run.layout().unreadable(&view.unreadable);
        run.io.error_text(&lines);
    }
    run.reply("du", &session, Some(&repository), word(exit), view)?;
    Ok(exit)
}

/// What each snapshot of a repository takes: one group for each, numbered as in the root.
pub(super) fn of_snapshots(run: &Run<'_>, session: &Session, repository: &Repository) -> Result<Usage, Failure> {
    need_listings(session)?;
    let by_start = chronology::by_start(repository, &session.pool)?;
    let question = Question { groupings: &[Grouping::single(&by_start)], ..Question::default() };
    measured(session, repository, question, &run.progress())
}

/// Measures a repository, which is the last step that takes long.
pub(super) fn measured(
    session: &Session,
    repository: &Repository,
    question: Question<'_>,
    progress: &Progress,
) -> Result<Usage, Failure> {
    let usage = usage::measure(repository, question, &session.pool, progress);
    progress.finish();
    usage.map_err(|error| Failure::Open { location: session.shown_location(), error: error.into() })
}

/// Web servers list nothing, whatever is asked of them.
pub(super) fn need_listings(session: &Session) -> Result<(), Failure> {
    if session.remote.as_ref().is_some_and(|remote| remote.store.provider() == Provider::Web) {
        return Err(Failure::Usage {
            message: format!("{}: {}", session.shown_location(), StoreErrorKind::CannotList),
            hint: Some("it takes listings: point at the bucket or the folder behind the web server"),
        });
    }
    Ok(())
}

/// What stands in the way of exact numbers.
pub(super) fn problems(usage: &Usage) -> Problems {
    let mut problems = Problems::of(&usage.unreadable);
    problems.damage |= usage.n_missing > 0;
    problems.whole = true;
    problems
}

/// What could not be read, in words.
pub(super) fn unreadable(repository: &Repository, usage: &Usage) -> Vec<String> {
    usage.unreadable.iter().map(|unread| shown_unread(repository, unread)).collect()
}

/// The same, and how many blobs are missing: for answers that have no number of their own for that.
pub(super) fn lacking(repository: &Repository, usage: &Usage) -> Vec<String> {
    let mut lines = unreadable(repository, usage);
    if usage.n_missing > 0 {
        lines.push(format!("{} missing: snaprepo verify names them", counted(usage.n_missing, "needed blob")));
    }
    lines
}

fn by_name(by: DuBy) -> &'static str {
    match by {
        DuBy::Snapshot => "snapshot",
        DuBy::Index => "index",
        DuBy::DataStream => "data-stream",
        DuBy::Policy => "policy",
        DuBy::Age => "age",
        DuBy::Month => "month",
        DuBy::Shard => "shard",
    }
}

/// Groups of snapshots with their names, in the order in which they are shown; `None` where rows are of something else.
fn groups(
    by: DuBy,
    repository: &Repository,
    origins: &[Origin],
    by_start: &[SnapshotIx],
    now_millis: i64,
) -> Option<(Vec<String>, Grouping)> {
    let name_of = |origin: &Origin| -> (i64, String) {
        match (by, origin.start_millis) {
            (DuBy::Policy, _) => (0, origin.policy.as_deref().unwrap_or("-").to_owned()),
            (_, None) => (i64::MAX, UNKNOWN.to_owned()),
            (DuBy::Month, Some(start)) => (0, month(start)),
            (_, Some(start)) => {
                let days = now_millis.saturating_sub(start) / DAY_MILLIS;
                let found = AGES.iter().find(|(below, _)| days < *below);
                found.map_or((i64::MAX - 1, OLDEST.to_owned()), |(below, name)| (*below, (*name).to_owned()))
            }
        }
    };
    match by {
        DuBy::Snapshot => {
            let names = repository.root.snapshots.iter().map(|entry| entry.name.to_string()).collect();
            Some((names, Grouping::single(by_start)))
        }
        DuBy::Policy | DuBy::Age | DuBy::Month => {
            let keys: Vec<_> = origins.iter().map(name_of).collect();
            let order: BTreeMap<_, u32> = keys.iter().map(|key| (key.clone(), 0)).collect();
            let order: BTreeMap<_, u32> = order.into_keys().zip(0..).collect();
            let groups = keys.iter().map(|key| order.get(key).copied().unwrap_or(0)).collect();
            Some((order.into_keys().map(|(_, name)| name).collect(), Grouping::new(groups, by_start)))
        }
        DuBy::Index | DuBy::DataStream | DuBy::Shard => None,
    }
}

/// Two groups: those that stay, and those that go.
fn in_or_out(repository: &Repository, chosen: &[SnapshotIx], by_start: &[SnapshotIx]) -> Grouping {
    let mut groups = vec![0; repository.root.snapshots.len()];
    for snapshot in chosen {
        if let Some(group) = usize::try_from(*snapshot).ok().and_then(|at| groups.get_mut(at)) {
            *group = 1;
        }
    }
    Grouping::new(groups, by_start)
}

/// What goes with the chosen snapshots; `at` is the position of their grouping.
fn free(repository: &Repository, usage: &Usage, chosen: &[SnapshotIx], at: usize) -> FreeView {
    let of_group = |index: &IndexUse, wanted: u32| {
        let shares = index.shares.get(at).map_or(&[][..], Vec::as_slice);
        shares.iter().find(|(group, _)| *group == wanted).map(|(_, share)| *share)
    };
    let freed = usage.shares.get(at).and_then(|groups| groups.get(1)).copied().unwrap_or_default().exclusive;
    let mut rewritten = usage.root;
    let mut indices = Vec::new();
    for (entry, index) in repository.root.indices.iter().zip(&usage.indices) {
        let Some(share) = of_group(index, 1) else { continue };
        let survives = of_group(index, 0).is_some();
        if survives {
            let of_index = index.replaced.get(at).into_iter().flatten();
            rewritten =
                of_index.filter(|(group, _)| *group == 1).map(|(_, tables)| *tables).fold(rewritten, Blobs::plus);
        }
        indices.push(FreedIndex {
            index: entry.name.to_string(),
            blobs: share.exclusive.n,
            size_in_bytes: share.exclusive.bytes,
            goes: !survives,
        });
    }
    indices.sort_by(|a, b| (b.size_in_bytes, &a.index).cmp(&(a.size_in_bytes, &b.index)));
    FreeView {
        snapshots: chosen.iter().map(|ix| repository.root.snapshot_entry(*ix).name.to_string()).collect(),
        blobs: freed.n,
        size_in_bytes: freed.bytes,
        replaced_blobs: rewritten.n,
        replaced_size_in_bytes: rewritten.bytes,
        indices,
    }
}

pub(super) fn view(repository: &Repository, usage: &Usage, free: Option<FreeView>, prices: Option<&Prices>) -> DuView {
    let kinds = &usage.kinds;
    let kind = |kind, blobs: Blobs| KindRow { kind, blobs: blobs.n, size_in_bytes: blobs.bytes };
    let unreferenced: Vec<ClassRow> = usage
        .unreferenced
        .iter()
        .map(|class| ClassRow {
            class: class.class.name(),
            blobs: class.n_blobs,
            size_in_bytes: class.bytes,
            oldest_in_millis: class.oldest_millis,
            newest_in_millis: class.newest_millis,
        })
        .collect();
    let outside = |of: fn(&ClassRow) -> u64| unreferenced.iter().map(of).fold(0, u64::saturating_add);
    let needed = kinds.total();
    let total = needed.plus(Blobs { n: outside(|row| row.blobs), bytes: outside(|row| row.size_in_bytes) });
    let average = kinds.data.bytes.checked_div(kinds.data.n);
    let cost = prices.map(|prices| Cost {
        currency: prices.currency.clone(),
        keep_month: prices.keep_month(total.bytes),
        copy_out: prices.copy_out(needed.n, needed.bytes),
        delete: free.as_ref().and_then(|free| prices.delete(free.blobs + free.replaced_blobs)),
        saved_month: free.as_ref().map(|free| prices.keep_month(free.size_in_bytes)),
    });
    DuView {
        blobs: total.n,
        size_in_bytes: total.bytes,
        kinds: vec![
            kind("data", kinds.data),
            kind("shard-metadata", kinds.shard_metadata),
            kind("index-metadata", kinds.index_metadata),
            kind("snapshot-metadata", kinds.snapshot_metadata),
            kind("root", kinds.root),
        ],
        unreferenced,
        logical_files: usage.logical.files,
        logical_size_in_bytes: usage.logical.bytes,
        average_data_blob_in_bytes: average,
        many_small_blobs: kinds.data.n >= MANY_BLOBS && average.is_some_and(|average| average < SMALL_BLOB_LEN),
        missing_blobs: usage.n_missing,
        remote_store_shards: usage.n_remote,
        classes: Vec::new(),
        beside: None,
        by: None,
        rows: Vec::new(),
        free,
        cost,
        unreadable: unreadable(repository, usage),
    }
}

pub(super) fn rows(
    by: DuBy,
    repository: &Repository,
    usage: &Usage,
    named: Option<&(Vec<String>, Grouping)>,
    by_start: &[SnapshotIx],
) -> Vec<DuRow> {
    let of_share = |name: &str, share: &Share| DuRow {
        name: name.to_owned(),
        logical_files: share.logical.files,
        logical_size_in_bytes: share.logical.bytes,
        size_in_bytes: share.used.bytes,
        blobs: share.used.n,
        added_size_in_bytes: Some(share.added.bytes),
        exclusive_size_in_bytes: Some(share.exclusive.bytes),
        exclusive_blobs: Some(share.exclusive.n),
        ..DuRow::default()
    };
    if let (Some((names, grouping)), Some(shares)) = (named, usage.shares.first()) {
        let mut rows: Vec<DuRow> = names.iter().zip(shares).map(|(name, share)| of_share(name, share)).collect();
        if by == DuBy::Snapshot {
            let mut by_position: Vec<Option<DuRow>> = rows.into_iter().map(Some).collect();
            let at = |ix: &SnapshotIx| usize::try_from(*ix).ok();
            rows = by_start.iter().filter_map(|ix| by_position.get_mut(at(ix)?)?.take()).collect();
        } else {
            rows.iter_mut().zip(grouping.n_snapshots()).for_each(|(row, n)| row.snapshots = Some(n));
        }
        return rows;
    }
    let of_index = |name: String, index: &IndexUse| {
        let taken = index.kinds.total();
        DuRow {
            name,
            shards: Some(index.n_shards.into()),
            logical_files: index.logical.files,
            logical_size_in_bytes: index.logical.bytes,
            size_in_bytes: taken.bytes,
            blobs: taken.n,
            unreferenced_size_in_bytes: Some(index.unreferenced.bytes),
            ..DuRow::default()
        }
    };
    let indices = || repository.root.indices.iter().zip(&usage.indices);
    let mut rows: Vec<DuRow> = match by {
        DuBy::DataStream => {
            let mut streams: BTreeMap<String, DuRow> = BTreeMap::new();
            for (entry, index) in indices() {
                let stream = data_stream(&entry.name).unwrap_or(&entry.name).to_owned();
                let row = of_index(stream.clone(), index);
                streams.entry(stream).and_modify(|sum| sum.add(&row)).or_insert(row);
            }
            streams.into_values().collect()
        }
        DuBy::Shard => {
            let name = |ix| &repository.root.index_entry(ix).name;
            let row = |shard: &usage::ShardUse| DuRow {
                name: format!("{}/{}", name(shard.index), shard.shard),
                logical_files: shard.logical.files,
                logical_size_in_bytes: shard.logical.bytes,
                size_in_bytes: shard.kinds.total().bytes,
                blobs: shard.kinds.total().n,
                ..DuRow::default()
            };
            usage.shards.iter().map(row).collect()
        }
        _ => indices().map(|(entry, index)| of_index(entry.name.to_string(), index)).collect(),
    };
    rows.sort_by(|a, b| (b.size_in_bytes, &a.name).cmp(&(a.size_in_bytes, &b.name)));
    rows
}

/// The data stream of a backing index: `.ds-<stream>-<date>-<number>`, or without a date.
fn data_stream(index: &str) -> Option<&str> {
    let (rest, number) = index.strip_prefix(".ds-")?.rsplit_once('-')?;
    let is_number = number.len() == 6 && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_date = |text: &str| text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let stream = rest.rsplit_once('-').filter(|(_, date)| is_date(date)).map_or(rest, |(stream, _)| stream);
    is_number.then_some(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_data_streams() {
        assert_eq!(data_stream(".ds-metrics-app-2026.11.21-000001"), Some("metrics-app"));
        assert_eq!(data_stream(".ds-metrics-app-000001"), Some("metrics-app"));
        assert_eq!(data_stream(".ds-x-1"), None);
        assert_eq!(data_stream("orders"), None);
    }
}
