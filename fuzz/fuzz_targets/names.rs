//! Names of blobs and paths; and any blob under any name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snaprepo_codec::BlobPath;
use snaprepo_core::cat::{self, BlobKind};
use snaprepo_format::{
    DataName, FileName, Uuid,
    names::{self, IndexBlob, RootBlob, RootFolder, ShardBlob},
    shard_paths::ShardPathsNote,
};

fuzz_target!(|input: (&str, &[u8])| {
    let (name, bytes) = input;
    let _ = (RootBlob::parse(name), RootFolder::parse(name), IndexBlob::parse(name));
    let _ = (ShardPathsNote::parse_name(name), names::shard_folder(name), FileName::parse(name));
    if let ShardBlob::Data(data, part) = ShardBlob::parse(name) {
        let written = names::data_blob_name(data, part);
        assert!(matches!(ShardBlob::parse(&written), ShardBlob::Data(again, _) if again == data));
    }
    if let Some(uuid) = Uuid::parse(name) {
        assert_eq!(uuid.to_string(), name);
    }
    if let Some(data) = DataName::parse(name) {
        assert_eq!(DataName::parse(&data.to_string()), Some(data));
    }
    if let Ok(path) = BlobPath::parse(name) {
        assert!(path.components().all(|component| component != ".."));
        let _ = cat::decode_bytes(BlobKind::of(&path), bytes);
    }
});
