//! Commits and segment infos of Lucene.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snaprepo_lucene::{Commit, SegmentInfo, shard_state_id};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(commit) = Commit::parse(bytes) {
        let _ = shard_state_id(&commit);
        for segment in &commit.segments {
            let _ = (segment.info_file(), segment.live_docs_file(&commit));
            let _ = SegmentInfo::parse(bytes, &segment.codec);
        }
    }
    for codec in ["Lucene46", "Lucene90", "Lucene99", "Lucene103"] {
        let _ = SegmentInfo::parse(bytes, codec);
    }
});
