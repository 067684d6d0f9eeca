//! File lists and file tables of shards: as they are, and behind a wrapper with the right checksum.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snaprepo_codec::envelope;
use snaprepo_format::{
    FileInfo, Kind,
    shard_generation::ShardGeneration,
    shard_snapshot::{ShallowShardSnapshot, ShardSnapshot},
};

fuzz_target!(|bytes: &[u8]| {
    let list = envelope::wrap(Kind::ShardSnapshot.codec(), bytes);
    for blob in [bytes, &list] {
        if let Ok(list) = ShardSnapshot::parse(blob) {
            list.files.iter().for_each(touch);
        }
        let _ = ShallowShardSnapshot::parse(blob);
    }
    let table = envelope::wrap(Kind::ShardGeneration.codec(), bytes);
    for blob in [bytes, &table] {
        if let Ok(table) = ShardGeneration::parse(blob) {
            table.files.iter().for_each(touch);
            for entry in &table.snapshots {
                assert_eq!(table.files_of(entry).count(), entry.files.len());
            }
        }
    }
});

/// The parts of a file hold its bytes, whatever its length claims.
fn touch(file: &FileInfo) {
    assert!(file.is_same(file));
    let Some(parts) = file.parts() else { return };
    let last = parts.n_parts - 1;
    assert!(parts.part_len(0) <= parts.len_bytes && parts.part_len(last) <= parts.len_bytes);
    let _ = (parts.blob_name(0), parts.blob_name(last), file.inlined());
}
