//! Snapshot infos, index metadata, cluster states: as they are, and behind a wrapper with the right checksum.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snaprepo_codec::envelope;
use snaprepo_format::{
    Kind,
    global_metadata::{self, GlobalMetadata},
    index_metadata::{IndexFacts, IndexMetadata},
    snapshot_info::SnapshotInfo,
};

fuzz_target!(|bytes: &[u8]| {
    let wrap = |kind: Kind| envelope::wrap(kind.codec(), bytes);
    for blob in [bytes, &wrap(Kind::SnapshotInfo)] {
        if let Ok(info) = SnapshotInfo::parse(blob) {
            let _ = (info.policy(), info.has_failed("index", 0));
        }
    }
    for blob in [bytes, &wrap(Kind::IndexMetadata)] {
        let _ = (IndexFacts::parse(blob), IndexMetadata::parse(blob));
    }
    for blob in [bytes, &wrap(Kind::GlobalMetadata)] {
        // The check skips texts, so it may pass more, and never less.
        assert!(GlobalMetadata::parse(blob).is_err() || global_metadata::check(blob).is_ok());
    }
});
