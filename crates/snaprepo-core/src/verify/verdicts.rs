//! From findings to verdicts: what can be restored, and what decides that.

use hashbrown::{HashMap, HashSet};
use snaprepo_format::{
    root::{IndexIx, SnapshotIx},
    snapshot_info::SnapshotState,
};
use snaprepo_store::Pool;

use super::{
    collect::{Collector, Notes},
    finding::{Finding, FindingKind},
    indices::{IndexPlan, Mounted},
    report::{Cause, ClassTally, Outcome, PairVerdict, Report, SnapshotVerdict, Verdict},
    snapshots::SnapshotFacts,
};
use crate::{Repository, chronology};

/// The indices of one snapshot, added up.
#[derive(Default)]
struct Sums {
    n_indices: u64,
    n_restorable: u64,
    /// Not completely restorable, but not lost either.
    n_partly: u64,
    worst: Option<Verdict>,
    /// What decides, and how much it tells: damage before what was known when the snapshot was taken.
    cause: Option<(u8, Cause)>,
}

impl Sums {
    fn add(&mut self, verdict: Option<&PairVerdict>) {
        self.n_indices += 1;
        let Some(pair) = verdict else {
            self.n_restorable += 1;
            return;
        };
        if pair.verdict != Verdict::Not {
            self.n_partly += 1;
        }
        self.worst = self.worst.max(Some(pair.verdict));
        let rank = match pair.cause {
            Cause::Finding { .. } => 3,
            Cause::Unread(_) => 2,
            Cause::FailedShards(_) => 0,
            _ => 1,
        };
        if self.cause.as_ref().is_none_or(|(known, _)| rank > *known) {
            self.cause = Some((rank, pair.cause.clone()));
        }
    }
}

/// Verdicts from before on an index that is not looked at now.
pub(super) struct Carried {
    pub(super) index: IndexIx,
    /// Snapshots that hold it and were looked at.
    pub(super) held: Vec<SnapshotIx>,
    /// Those of which it is not completely restorable.
    pub(super) pairs: Vec<PairVerdict>,
}

/// From findings to verdicts.
pub(super) struct Verdicts<'a> {
    pub(super) repository: &'a Repository,
    pub(super) facts: &'a [SnapshotFacts],
    pub(super) plans: &'a [IndexPlan],
    pub(super) shallow: &'a HashSet<(SnapshotIx, IndexIx)>,
    pub(super) carried: &'a [Carried],
}

impl Verdicts<'_> {
    pub(super) fn report(
        &self,
        in_scope: &[SnapshotIx],
        unreferenced: Option<Vec<ClassTally>>,
        sampled_per_million: Option<u32>,
        pool: &Pool,
        mut collector: Collector<'_>,
    ) -> Report {
        let cancelled = pool.cancel().is_cancelled();
        self.note_remote(&mut collector);
        let mut pairs = Vec::new();
        let mut indices = Vec::with_capacity(self.plans.len() + self.carried.len());
        let mut of_snapshot: HashMap<SnapshotIx, Sums> = HashMap::new();
        let mut judge = |index: IndexIx, judged: Vec<(SnapshotIx, Option<PairVerdict>)>| {
            let n_held = judged.len() as u64;
            let mut n_restorable = 0;
            for (snapshot, pair) in judged {
                of_snapshot.entry(snapshot).or_default().add(pair.as_ref());
                let is_restorable = pair.is_none() && !collector.broken_snapshots.contains_key(&snapshot);
                n_restorable += u64::from(is_restorable);
                pairs.extend(pair);
            }
            indices.push((index, n_held, n_restorable));
        };
        for plan in self.plans {
            let held = self.repository.root.index_entry(plan.index).snapshots.iter().copied();
            let held = held.filter(|snapshot| in_scope.binary_search(snapshot).is_ok());
            let judged = held.map(|snapshot| (snapshot, self.pair(snapshot, plan, &collector, cancelled)));
            judge(plan.index, judged.collect());
        }
        for carried in self.carried {
            let known = |snapshot: SnapshotIx| carried.pairs.iter().find(|pair| pair.snapshot == snapshot).cloned();
            judge(carried.index, carried.held.iter().map(|snapshot| (*snapshot, known(*snapshot))).collect());
        }
        let start = |ix: SnapshotIx| self.fact(ix).start_millis;
        let snapshots = chronology::sorted(self.repository, in_scope.to_vec(), start)
            .into_iter()
            .map(|ix| self.snapshot(ix, of_snapshot.remove(&ix).unwrap_or_default(), &collector, cancelled))
            .collect();
        collector.findings.sort_by(|a, b| (b.severity, a.kind, &a.blob).cmp(&(a.severity, b.kind, &b.blob)));
        let outcome = match collector.n_findings {
            [_, 0, 0] if cancelled => Outcome::Interrupted,
            [_, 0, 0] if collector.n_failures > 0 => Outcome::Inconclusive,
            [_, 0, 0] => Outcome::Pass,
            _ => Outcome::Fail,
        };
        Report {
            repository: self.repository.clone(),
            outcome,
            findings: collector.findings,
            n_findings: collector.n_findings,
            n_archived: collector.n_archived,
            failures: collector.failures,
            n_failures: collector.n_failures,
            snapshots,
            pairs,
            indices,
            tally: collector.tally,
            unreferenced,
            sampled_per_million,
            final_generation: self.repository.generation,
        }
    }

    fn fact(&self, snapshot: SnapshotIx) -> &SnapshotFacts {
        &self.facts[usize::try_from(snapshot).unwrap_or(usize::MAX)]
    }

    /// Data in a remote store are worth one note, not one per shard.
    fn note_remote(&self, collector: &mut Collector<'_>) {
        if self.shallow.is_empty() {
            return;
        }
        let mut snapshots: Vec<SnapshotIx> = self.shallow.iter().map(|(snapshot, _)| *snapshot).collect();
        snapshots.sort_unstable();
        snapshots.dedup();
        let message = "segments are in a remote store: their presence and content were not checked";
        let finding = Finding::new(FindingKind::RemoteStoreData, message).in_snapshots(snapshots);
        collector.take(Notes { findings: vec![finding], ..Notes::default() });
    }

    /// The verdict on an index in a snapshot; `None` when it is completely restorable.
    fn pair(
        &self,
        snapshot: SnapshotIx,
        plan: &IndexPlan,
        collector: &Collector<'_>,
        cancelled: bool,
    ) -> Option<PairVerdict> {
        let index = plan.index;
        let held =
            plan.held.binary_search_by_key(&snapshot, |held| held.snapshot).ok().and_then(|at| plan.held.get(at));
        let n_shards = held.map_or(0, |held| held.n_shards);
        let failed: Vec<u32> =
            self.fact(snapshot).failed.iter().filter(|(ix, _)| *ix == index).map(|(_, shard)| *shard).collect();
        let n_failed = u32::try_from(failed.len()).unwrap_or(u32::MAX);
        let pair = |verdict, cause, n_broken| Some(PairVerdict { snapshot, index, verdict, cause, n_shards, n_broken });
        if let Some(broken) = collector.broken_pairs.get(&(snapshot, index)) {
            let also_failed = failed.iter().filter(|shard| !broken.shards.contains(*shard)).count();
            let n_broken = match broken.shards.len() {
                0 => n_shards,
                n => u32::try_from(n + also_failed).unwrap_or(u32::MAX),
            };
            let verdict = if n_broken >= n_shards { Verdict::Not } else { Verdict::Partly };
            return pair(verdict, broken.cause.clone(), n_broken);
        }
        if n_failed > 0 {
            let verdict = if n_failed >= n_shards { Verdict::Not } else { Verdict::Partly };
            // What could not be read may be broken, too.
            let unread = collector.unread_pairs.get(&(snapshot, index)).cloned();
            return pair(verdict, unread.unwrap_or(Cause::FailedShards(n_failed.into())), n_failed);
        }
        if let Some(cause) = collector.unread_pairs.get(&(snapshot, index)) {
            return pair(Verdict::Unknown, cause.clone(), 0);
        }
        if self.shallow.contains(&(snapshot, index)) {
            return pair(Verdict::Unknown, Cause::RemoteStore, 0);
        }
        if held.is_some_and(|held| held.mounted == Mounted::Elsewhere) {
            return pair(Verdict::Unknown, Cause::OtherRepository, 0);
        }
        if cancelled {
            return pair(Verdict::Unknown, Cause::NotReached, 0);
        }
        None
    }

    fn snapshot(
        &self,
        snapshot: SnapshotIx,
        Sums { n_indices, n_restorable, n_partly, worst, cause }: Sums,
        collector: &Collector<'_>,
        cancelled: bool,
    ) -> SnapshotVerdict {
        let state = self.fact(snapshot).state;
        let verdict =
            |verdict, cause, n_restorable| SnapshotVerdict { snapshot, state, verdict, cause, n_indices, n_restorable };
        if let Some(cause) = collector.broken_snapshots.get(&snapshot) {
            return verdict(Verdict::Not, Some(cause.clone()), 0);
        }
        if let Some(cause) = collector.unread_snapshots.get(&snapshot) {
            return verdict(Verdict::Unknown, Some(cause.clone()), n_restorable);
        }
        if let Some(state @ (SnapshotState::Failed | SnapshotState::InProgress | SnapshotState::Incompatible)) = state {
            return verdict(Verdict::Not, Some(Cause::State(state)), 0);
        }
        let cause = cause.map(|(_, cause)| cause);
        match worst {
            None if cancelled && n_indices == 0 => verdict(Verdict::Unknown, Some(Cause::NotReached), 0),
            None => verdict(Verdict::Restorable, None, n_restorable),
            Some(Verdict::Not) if n_restorable + n_partly == 0 => verdict(Verdict::Not, cause, 0),
            Some(Verdict::Not | Verdict::Partly) => verdict(Verdict::Partly, cause, n_restorable),
            Some(_) => verdict(Verdict::Unknown, cause, n_restorable),
        }
    }
}
