//! One shard through all its snapshots: segments come and go, the table knows all of them.

use std::{fs, io, path::Path};

use rayon::prelude::*;
use snaprepo_codec::{base36, value::Value};
use snaprepo_format::{DataName, FileName, Kind, Uuid};

use super::{
    Content, Scale,
    documents::{INDEX_VERSION, text, wrap},
    lucene::{self, FRAME_LEN, Segment, VERSION_TEXT},
    plan::{Index, Snapshot},
    random::Seed,
};

/// Documents of every segment.
const DOCUMENTS_PER_SEGMENT: u32 = 1000;
/// How file entries say that a file is never split.
const NO_PART_SIZE: i64 = i64::MAX;
/// Endings of data files; a compound segment has the first two.
const EXTENSIONS: [&str; 16] =
    ["cfs", "cfe", "fdt", "fdx", "fdm", "doc", "pos", "tim", "tip", "tmd", "dvd", "dvm", "nvd", "nvm", "kdd", "kdi"];

/// What the root and the snapshots have to know of a shard.
pub(super) struct WrittenShard {
    /// Its current generation.
    pub(super) generation: Uuid,
    /// Bytes of all its files in each snapshot that holds it.
    pub(super) bytes: Vec<u64>,
}

/// A file entry, and what it is added up from.
#[derive(Clone)]
struct FileEntry {
    name: Value,
    len_bytes: u64,
    document: Value,
}

/// A segment and its file entries, that of its `.si` last.
struct SegmentFiles {
    segment: Segment,
    entries: Vec<FileEntry>,
}

/// Writes all blobs of a shard.
pub(super) fn write(
    scale: &Scale,
    index: &Index,
    shard: u32,
    snapshots: &[&Snapshot],
    folder: &Path,
) -> io::Result<WrittenShard> {
    fs::create_dir_all(folder)?;
    let seed = index.shard_seed(shard);
    let numbers = 0..scale.n_segments(snapshots.len());
    let segments: Vec<SegmentFiles> =
        numbers.into_par_iter().map(|number| write_segment(scale, seed, number, folder)).collect::<io::Result<_>>()?;
    let mut incoming = segments.iter();
    let mut live: Vec<&SegmentFiles> = Vec::new();
    let mut table = Table::default();
    let mut written = WrittenShard { generation: seed.part("generation", 0).uuid(), bytes: Vec::new() };
    let mut commit = None;
    for (turn, snapshot) in snapshots.iter().enumerate() {
        let n_new = if turn == 0 { scale.segments_per_shard } else { scale.new_segments_per_snapshot };
        for segment in incoming.by_ref().take(usize::try_from(n_new).unwrap_or(0)) {
            if live.len() == usize::try_from(scale.segments_per_shard).unwrap_or(0) {
                live.remove(0);
            }
            live.push(segment);
        }
        let Commit { entry, state } = match commit.take() {
            Some(unchanged) if n_new == 0 => unchanged,
            _ => Commit::new(seed, turn as u64, &live),
        };
        let new_segments = live.iter().rev().take(usize::try_from(n_new).unwrap_or(0)).rev();
        let mut new: Vec<&FileEntry> = new_segments.flat_map(|segment| &segment.entries).collect();
        let mut all: Vec<&FileEntry> = live.iter().flat_map(|segment| &segment.entries).collect();
        all.push(&entry);
        if turn == 0 || n_new > 0 {
            new.push(&entry);
        }
        let list = wrap(scale, Kind::ShardSnapshot, &file_list(snapshot, &new, &all));
        fs::write(folder.join(format!("snap-{}.dat", snapshot.uuid)), list)?;
        table.add(snapshot, &new, &all, &state);
        written.bytes.push(len_bytes(&all));
        commit = Some(Commit { entry, state });
    }
    let table = wrap(scale, Kind::ShardGeneration, &table.document());
    fs::write(folder.join(format!("index-{}", written.generation)), table)?;
    Ok(written)
}

fn write_segment(scale: &Scale, shard: Seed, number: u64, folder: &Path) -> io::Result<SegmentFiles> {
    let seed = shard.part("segment", number);
    let (name, id) = (format!("_{}", base36::encode(number)), seed.uuid());
    let extensions = EXTENSIONS.iter().take(usize::try_from(scale.files_per_segment).unwrap_or(0));
    let data_files = extensions.map(|extension| format!("{name}.{extension}")).collect();
    let segment = Segment { name, id, data_files };
    let mut entries = segment
        .data_files
        .par_iter()
        .enumerate()
        .map(|(file, physical_name)| {
            let mut numbers = seed.part("file", file as u64).numbers();
            let (shortest, longest) = (*scale.file_lens.start(), *scale.file_lens.end());
            let len_bytes = (shortest + numbers.next() % (longest - shortest + 1)).max(FRAME_LEN);
            let name = DataName::Uuid(seed.part("blob", file as u64).uuid());
            let checksum = match scale.content {
                Content::Whole => lucene::write_data(&folder.join(name.to_string()), &id, len_bytes, numbers)?,
                Content::Metadata | Content::Root => u32::try_from(numbers.next() >> 32).unwrap_or(0),
            };
            Ok(FileEntry::new(FileName::Data(name), physical_name, len_bytes, checksum, None, &id))
        })
        .collect::<io::Result<Vec<_>>>()?;
    let (bytes, checksum) = lucene::segment_info(&segment, DOCUMENTS_PER_SEGMENT);
    entries.push(FileEntry::inlined(seed, &segment.info_file(), bytes, checksum, &id));
    Ok(SegmentFiles { segment, entries })
}

/// A commit: its file entry, and the state id that follows from it.
struct Commit {
    entry: FileEntry,
    state: String,
}

impl Commit {
    fn new(shard: Seed, turn: u64, live: &[&SegmentFiles]) -> Self {
        let seed = shard.part("commit", turn);
        let segments: Vec<Segment> = live.iter().map(|files| files.segment.clone()).collect();
        let history = shard.part("history", 0).uuid().to_string();
        let translog = shard.part("translog", 0).uuid().to_string();
        let max_seq_no = (u64::from(DOCUMENTS_PER_SEGMENT) * (turn + live.len() as u64) - 1).to_string();
        let index_version = INDEX_VERSION.to_string();
        let user_data = [
            ("es_version", index_version.as_str()),
            ("history_uuid", &history),
            ("local_checkpoint", &max_seq_no),
            ("max_seq_no", &max_seq_no),
            ("max_unsafe_auto_id_timestamp", "-1"),
            ("min_retained_seq_no", "0"),
            ("translog_uuid", &translog),
        ];
        let (generation, id) = (turn + 3, seed.uuid());
        let (bytes, checksum) = lucene::commit(&id, generation, &segments, &user_data);
        let physical_name = format!("segments_{}", base36::encode(generation));
        let entry = FileEntry::inlined(seed, &physical_name, bytes, checksum, &id);
        Self { entry, state: format!("{history}-na-{max_seq_no}") }
    }
}

impl FileEntry {
    fn inlined(seed: Seed, physical_name: &str, bytes: Vec<u8>, checksum: u32, writer: &Uuid) -> Self {
        let name = FileName::Virtual(seed.part("virtual", 0).uuid());
        Self::new(name, physical_name, bytes.len() as u64, checksum, Some(bytes), writer)
    }

    fn new(
        name: FileName,
        physical_name: &str,
        len_bytes: u64,
        checksum: u32,
        content: Option<Vec<u8>>,
        writer: &Uuid,
    ) -> Self {
        let mut members = vec![
            ("name", text(&name)),
            ("physical_name", physical_name.into()),
            ("length", len_bytes.cast_signed().into()),
            ("checksum", text(&base36::encode(checksum.into()))),
            ("part_size", NO_PART_SIZE.into()),
            ("written_by", VERSION_TEXT.into()),
        ];
        members.extend(content.map(|bytes| ("meta_hash", Value::Bytes(bytes.into()))));
        members.push(("writer_uuid", Value::Bytes(writer.bytes().as_slice().into())));
        Self { name: text(&name), len_bytes, document: Value::object(members) }
    }
}

/// Shard `snap-<uuid>.dat`.
fn file_list(snapshot: &Snapshot, new: &[&FileEntry], all: &[&FileEntry]) -> Value {
    Value::object([
        ("name", text(&snapshot.name)),
        ("index_version", 0.into()),
        ("start_time", snapshot.start_millis.into()),
        ("time", (snapshot.end_millis - snapshot.start_millis).into()),
        ("number_of_files", i64::try_from(new.len()).unwrap_or(i64::MAX).into()),
        ("total_size", len_bytes(new).cast_signed().into()),
        ("files", Value::Array(all.iter().map(|entry| entry.document.clone()).collect())),
    ])
}

/// Shard `index-<gen>`, as it grows.
#[derive(Default)]
struct Table {
    files: Vec<Value>,
    snapshots: Vec<(Box<str>, Value)>,
}

impl Table {
    fn add(&mut self, snapshot: &Snapshot, new: &[&FileEntry], all: &[&FileEntry], state: &str) {
        self.files.extend(new.iter().map(|entry| entry.document.clone()));
        let names = all.iter().map(|entry| entry.name.clone()).collect();
        let entry = Value::object([("files", Value::Array(names)), ("shard_state_id", state.into())]);
        self.snapshots.push((snapshot.name.as_str().into(), entry));
    }

    fn document(self) -> Value {
        Value::object([("files", Value::Array(self.files)), ("snapshots", Value::Object(self.snapshots))])
    }
}

fn len_bytes(entries: &[&FileEntry]) -> u64 {
    entries.iter().map(|entry| entry.len_bytes).sum()
}
