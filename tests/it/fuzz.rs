//! Real blobs, mutated: no parser panics, whatever the bytes, and none takes memory out of proportion. Mutations also
//! reach behind the checksum, which is computed anew for half of them.
//!
//! Bounded and deterministic; `fuzz/` has the unbounded targets.

use std::{fs, panic, sync::Mutex};

use snaprepo_codec::{BlobPath, compression, crc::crc32, envelope, lzf, smile, value::Value};
use snaprepo_core::cat::{self, BlobKind};
use snaprepo_format::{
    global_metadata::{self, GlobalMetadata},
    incompatible,
    index_metadata::{IndexFacts, IndexMetadata},
    json_document, latest,
    names::{self, IndexBlob, RootBlob, RootFolder, ShardBlob},
    root::Root,
    shard_generation::ShardGeneration,
    shard_paths::{ShardPathsNote, parse_note},
    shard_snapshot::{ShallowShardSnapshot, ShardSnapshot},
    snapshot_info::SnapshotInfo,
};
use snaprepo_lucene::{Commit, SegmentInfo, is_commit_file};
use snaprepo_testkit::fixtures;

/// One of each era, and of each encoding.
const FIXTURES: [&str; 8] = [
    "elasticsearch-1.7.6-compressed",
    "elasticsearch-2.4.6-plain",
    "elasticsearch-6.8.23-compressed",
    "elasticsearch-7.10.2-plain",
    "elasticsearch-9.5.3-compressed",
    "opensearch-2.19.6-shallow",
    "opensearch-3.6.0-hashed-infix",
    "opensearch-3.6.0-zstd",
];

const CASES: usize = 20_000;

type Parser = (&'static str, fn(&[u8]));

/// Every parser of the workspace. What it makes of the bytes does not matter here.
const PARSERS: [Parser; 20] = [
    ("Root", |bytes| drop(Root::parse(bytes))),
    ("SnapshotInfo", |bytes| drop(SnapshotInfo::parse(bytes))),
    ("IndexFacts", |bytes| drop(IndexFacts::parse(bytes))),
    ("IndexMetadata", |bytes| drop(IndexMetadata::parse(bytes))),
    ("GlobalMetadata", |bytes| drop(GlobalMetadata::parse(bytes))),
    ("global_metadata::check", |bytes| drop(global_metadata::check(bytes))),
    ("ShardSnapshot", |bytes| {
        if let Ok(list) = ShardSnapshot::parse(bytes) {
            for parts in list.files.iter().filter_map(snaprepo_format::FileInfo::parts) {
                let _ = (parts.part_len(0), parts.part_len(parts.n_parts - 1), parts.blob_name(0));
            }
        }
    }),
    ("ShallowShardSnapshot", |bytes| drop(ShallowShardSnapshot::parse(bytes))),
    ("ShardGeneration", |bytes| {
        if let Ok(table) = ShardGeneration::parse(bytes) {
            table.snapshots.iter().for_each(|entry| table.files_of(entry).for_each(drop));
        }
    }),
    ("shard path note", |bytes| drop(parse_note(bytes))),
    ("latest", |bytes| drop(latest::parse(bytes))),
    ("incompatible", |bytes| drop(incompatible::parse(bytes))),
    ("json_document", |bytes| drop(json_document(bytes))),
    ("envelope", |bytes| drop(envelope::open_any(bytes))),
    ("compression", |bytes| drop(compression::decode(bytes))),
    ("lzf", |bytes| drop(lzf::decode(bytes))),
    ("smile", |bytes| drop(smile::from_slice::<Value>(bytes))),
    ("Commit", |bytes| {
        if let Ok(commit) = Commit::parse(bytes) {
            commit.segments.iter().for_each(|segment| drop((segment.info_file(), segment.live_docs_file(&commit))));
        }
    }),
    ("SegmentInfo", |bytes| {
        for codec in ["Lucene46", "Lucene90", "Lucene99", "x"] {
            drop(SegmentInfo::parse(bytes, codec));
        }
    }),
    ("names", |bytes| {
        if let Ok(name) = std::str::from_utf8(bytes) {
            let _ = (RootBlob::parse(name), RootFolder::parse(name), IndexBlob::parse(name), ShardBlob::parse(name));
            let _ = (ShardPathsNote::parse_name(name), names::generation(name), BlobPath::parse(name));
        }
    }),
];

/// A piece of a real repository.
struct Seed {
    path: String,
    bytes: Vec<u8>,
    /// Whether a checksum stands at its end.
    is_wrapped: bool,
}

/// Metadata blobs, what is inside them, the Lucene files in these, and names.
fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for fixture in FIXTURES.map(fixtures::named) {
        let root = fixture.root();
        for path in fixtures::files(&root).unwrap() {
            let name = path.rsplit('/').next().unwrap();
            let bytes = fs::read(root.join(&path)).unwrap();
            if name.starts_with("__") || bytes.len() > 64 << 10 {
                continue;
            }
            if let Ok(list) = ShardSnapshot::parse(&bytes) {
                let inlined = |file: &&snaprepo_format::FileInfo| {
                    is_commit_file(&file.physical_name) || file.physical_name.ends_with(".si")
                };
                for file in list.files.iter().filter(inlined) {
                    let bytes = file.inlined().unwrap().to_vec();
                    seeds.push(Seed { path: file.physical_name.to_string(), bytes, is_wrapped: true });
                }
            }
            if let Ok(open) = envelope::open_any(&bytes) {
                seeds.push(Seed { path: format!("{path} body"), bytes: open.body.to_vec(), is_wrapped: false });
                let (_, decoded) = compression::decode(open.body).unwrap();
                seeds.push(Seed { path: format!("{path} document"), bytes: decoded.into_owned(), is_wrapped: false });
            }
            seeds.push(Seed { path: format!("{path} name"), bytes: name.as_bytes().to_vec(), is_wrapped: false });
            let is_wrapped = envelope::open_any(&bytes).is_ok();
            seeds.push(Seed { path, bytes, is_wrapped });
        }
    }
    seeds
}

/// Marsaglia's xorshift: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap()
    }

    fn byte(&mut self) -> u8 {
        // Edges are worth more than the middle.
        let edges = [0, 1, 0x7f, 0x80, 0xff, b'{', b'[', b'"'];
        let any = self.next().to_be_bytes()[3];
        if self.below(2) == 0 { edges[self.below(edges.len())] } else { any }
    }
}

fn mutated(seed: &Seed, other: &Seed, random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.bytes.clone();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => bytes[at] = random.byte(),
            2 => bytes.truncate(at),
            3 => {
                let new: Vec<u8> = (0..=random.below(8)).map(|_| random.byte()).collect();
                bytes.splice(at..at, new);
            }
            4 => {
                let from = random.below(other.bytes.len());
                let to = from + random.below(other.bytes.len() - from);
                bytes.splice(at.., other.bytes[from..to].iter().copied());
            }
            _ => {
                let end = at + random.below(bytes.len() - at);
                bytes.drain(at..end);
            }
        }
    }
    if seed.is_wrapped && random.below(2) == 0 {
        seal(&mut bytes);
    }
    bytes
}

/// Puts a footer with the right checksum at the end.
fn seal(bytes: &mut Vec<u8>) {
    let body = bytes.len().saturating_sub(envelope::FOOTER_LEN);
    bytes.truncate(body);
    bytes.extend_from_slice(&envelope::FOOTER_MAGIC.to_be_bytes());
    bytes.extend_from_slice(&[0; 4]);
    let crc = crc32(bytes);
    bytes.extend_from_slice(&u64::from(crc).to_be_bytes());
}

#[test]
fn no_parser_panics() {
    let seeds = seeds();
    assert!(seeds.len() > 1_500, "{}", seeds.len());
    let mut random = Random(0x5eed_0f5e_ed0f_5eed);
    let panicked = Mutex::new(Vec::new());
    for case in 0..CASES {
        let (seed, other) = (&seeds[random.below(seeds.len())], &seeds[random.below(seeds.len())]);
        let bytes = mutated(seed, other, &mut random);
        let path = BlobPath::parse(seed.path.split(' ').next().unwrap()).unwrap();
        let try_it = |name: &str, parse: &dyn Fn(&[u8])| {
            if panic::catch_unwind(panic::AssertUnwindSafe(|| parse(&bytes))).is_err() {
                panicked.lock().unwrap().push(format!("{name}, case {case}, {}", seed.path));
            }
        };
        for (name, parse) in PARSERS {
            try_it(name, &parse);
        }
        try_it("cat", &|bytes| drop(cat::decode_bytes(BlobKind::of(&path), bytes)));
    }
    let panicked = panicked.into_inner().unwrap();
    assert!(panicked.is_empty(), "{} panics: {panicked:#?}", panicked.len());
}
