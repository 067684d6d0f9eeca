//! A small repository of every shape is intact, and the same each time.

use std::{fs, num::NonZeroUsize, sync::Arc};

use snaprepo_codec::BlobPath;
use snaprepo_core::{
    NoObserver,
    verify::{self, Depth, Options, Outcome, Report, Sample, Scope, Severity},
};
use snaprepo_store::{Cancel, LocalStore, Pool, ReadStore};

use super::{Content, Scale};

fn verified(scale: &Scale, depth: Depth) -> Report {
    let folder = tempfile::tempdir().unwrap();
    scale.build(folder.path()).unwrap();
    let width = NonZeroUsize::MIN.saturating_add(1);
    let store: Arc<dyn ReadStore> = Arc::new(LocalStore::open(folder.path()).unwrap());
    let options = Options { depth, scope: Scope::default(), sample: Sample::All, seed: 0, max_findings: 10, width };
    let pool = Pool::new(width, Cancel::default());
    verify::verify(&store, &BlobPath::root(), &options, &pool, &NoObserver).unwrap().unwrap()
}

#[track_caller]
fn check(scale: &Scale) {
    let depth = if scale.content == Content::Whole { Depth::Content } else { Depth::Metadata };
    let report = verified(scale, depth);
    let bad: Vec<_> = report.findings.iter().filter(|finding| finding.severity > Severity::Info).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!((report.outcome, report.n_failures), (Outcome::Pass, 0));
    assert_eq!(report.tally.files, scale.n_data_files());
    assert_eq!(report.tally.snapshots, u64::from(scale.n_snapshots));
    let unreferenced = report.unreferenced.unwrap();
    assert!(unreferenced.is_empty(), "{unreferenced:#?}");
}

#[test]
fn large_files_are_intact() {
    // Longer than what is written at once, and not a multiple of it.
    check(&Scale { file_lens: 600_001..=600_001, ..Scale::large_files() });
}

#[test]
fn small_files_are_intact() {
    check(&Scale { shards_per_index: 2, segments_per_shard: 3, file_lens: 0..=300, ..Scale::small_files() });
}

#[test]
fn many_snapshots_are_intact() {
    check(&Scale { n_indices: 7, n_snapshots: 20, content: Content::Metadata, ..Scale::many_snapshots() });
}

#[test]
fn a_root_alone_lists_its_snapshots() {
    let folder = tempfile::tempdir().unwrap();
    Scale { n_snapshots: 100, ..Scale::many_snapshots() }.build(folder.path()).unwrap();
    let root = snaprepo_format::root::Root::parse(&fs::read(folder.path().join("index-7")).unwrap()).unwrap();
    assert_eq!((root.snapshots.len(), root.indices.len()), (100, 50));
    assert_eq!(root.oddities, []);
}

#[test]
fn many_shards_are_intact() {
    check(&Scale { n_indices: 3, indices_per_snapshot: 3, n_snapshots: 9, ..Scale::many_shards() });
    // Segments that change have data, too.
    let with_data = Scale { content: Content::Whole, file_lens: 100..=5000, n_indices: 1, ..Scale::many_shards() };
    check(&Scale { n_snapshots: 5, ..with_data });
}

#[test]
fn repositories_for_memory_are_intact_and_grow_as_asked() {
    let [once, four_times] = [1, 4].map(|times| Scale { file_lens: 64..=128, ..Scale::for_memory(times) });
    check(&once);
    assert_eq!(four_times.n_data_files(), 4 * once.n_data_files());
}

#[test]
fn the_seed_decides_every_byte() {
    let built = |seed| {
        let folder = tempfile::tempdir().unwrap();
        let scale =
            Scale { n_indices: 2, n_snapshots: 2, segments_per_shard: 2, file_lens: 64..=99, ..Scale::small_files() };
        Scale { seed, ..scale }.build(folder.path()).unwrap();
        crate::fixtures::files(folder.path())
            .unwrap()
            .into_iter()
            .map(|path| {
                let bytes = fs::read(folder.path().join(&path)).unwrap();
                (path, bytes)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(built(5), built(5));
    assert_ne!(built(5), built(6));
}
