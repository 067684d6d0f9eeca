//! Every metadata blob that real engines wrote is read without a fault, and is written back as the same bytes.
//!
//! Zstd frames may differ, because engines link several versions of its library; the document inside may not.

mod blobs;

use std::collections::{BTreeMap, BTreeSet};

use blobs::{Blob, Content, every};
use snaprepo_codec::{
    compression::{self, Encoding},
    envelope, lzf, smile,
    value::Value,
};
use snaprepo_format::{
    Document, document, encode,
    index_metadata::{IndexFacts, IndexMetadata},
    latest,
    root::Root,
    shard_generation::ShardGeneration,
    shard_paths::{ShardPathsNote, parse_note},
    shard_snapshot::{ShallowShardSnapshot, ShardSnapshot},
    snapshot_info::SnapshotInfo,
};
use snaprepo_lucene::{Commit, SegmentInfo, is_commit_file};

/// How a blob came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// The blob has the same bytes.
    SameBlob(&'static str),
    /// Only the document inside has the same bytes.
    SameDocument(&'static str),
}

#[test]
fn every_blob_is_written_back_as_it_was() {
    let outcomes = every(|blob| write_back(blob).map(|outcome| (blob.content, outcome)));
    let mut counts = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(outcome).or_insert(0_usize) += 1;
    }
    for ((content, outcome), count) in &counts {
        println!("{count:5} {content:?} {outcome:?}");
    }
    let count =
        |outcome| counts.iter().filter(|((_, found), _)| *found == outcome).map(|(_, count)| count).sum::<usize>();
    assert!(count(Outcome::SameBlob("plain")) >= 2400);
    assert!(count(Outcome::SameBlob("deflate")) >= 690);
    assert!(count(Outcome::SameBlob("zstd")) + count(Outcome::SameDocument("zstd")) >= 150);
    assert!(count(Outcome::SameBlob("bare")) >= 300);
}

fn write_back(blob: &Blob) -> Result<Outcome, String> {
    let bytes = &*blob.bytes;
    let Some(kind) = blob.content.kind() else {
        let written = match blob.content {
            Content::Latest => latest::encode(latest::parse(bytes).map_err(text)?).to_vec(),
            Content::List if bytes.starts_with(lzf::MARK) => {
                let list = lzf::decode(bytes).map_err(text)?;
                return same(&bare(&list)?.to_json(), &list, Outcome::SameDocument("lzf"));
            }
            _ => bare(bytes)?.to_json(),
        };
        return same(&written, bytes, Outcome::SameBlob("bare"));
    };
    let (value, packed) = document(bytes, kind).map_err(text)?;
    let written = encode(&value, kind, packed);
    match packed {
        Document::Wrapped(Encoding::Zstd) if written != bytes => {
            let open = envelope::open(bytes, kind.codec()).map_err(text)?;
            let (_, body) = compression::decode(open.body).map_err(text)?;
            same(&smile::to_vec(&value), &body, Outcome::SameDocument("zstd"))
        }
        Document::Wrapped(encoding) => same(&written, bytes, Outcome::SameBlob(encoding.name())),
        // Elasticsearch 1 indents the documents of shards; we write none of its documents.
        Document::Json if written != bytes => {
            let read = |bytes| serde_json::from_slice::<serde_json::Value>(bytes).map_err(text);
            if read(&written)? == read(bytes)? { Ok(Outcome::SameDocument("json")) } else { Err("differs".to_owned()) }
        }
        Document::Json => Ok(Outcome::SameBlob("json")),
        Document::Lzf => same(&written, &lzf::decode(bytes).map_err(text)?, Outcome::SameDocument("lzf")),
    }
}

fn same(written: &[u8], expected: &[u8], outcome: Outcome) -> Result<Outcome, String> {
    if written == expected {
        return Ok(outcome);
    }
    let at = written.iter().zip(expected).take_while(|(ours, theirs)| ours == theirs).count();
    Err(format!("{outcome:?} differs at byte {at}: {} bytes written, {} expected", written.len(), expected.len()))
}

#[test]
fn a_second_reader_of_smile_agrees() {
    let agreed = every(|blob| {
        let Some(kind) = blob.content.kind() else { return Ok(0_usize) };
        let (value, packed) = document(&blob.bytes, kind).map_err(text)?;
        if !matches!(packed, Document::Wrapped(_)) {
            return Ok(0);
        }
        let open = envelope::open(&blob.bytes, kind.codec()).map_err(text)?;
        let (_, body) = compression::decode(open.body).map_err(text)?;
        let other = serde_smile::from_slice(&body).map_err(text)?;
        if ours(other)? == value { Ok(1) } else { Err("the readers disagree".to_owned()) }
    });
    assert!(agreed.iter().sum::<usize>() >= 3000);
}

/// The other reader's value as ours.
fn ours(other: serde_smile::value::Value) -> Result<Value, String> {
    use serde_smile::value::Value as Other;
    Ok(match other {
        Other::Null => Value::Null,
        Other::Boolean(truth) => Value::Bool(truth),
        Other::Integer(number) => Value::Int(number.into()),
        Other::Long(number) => Value::Int(number),
        Other::Float(number) => Value::Float(number),
        Other::Double(number) => Value::Double(number),
        Other::String(text) => Value::Str(text.into()),
        Other::Binary(bytes) => Value::Bytes(bytes.into()),
        Other::Array(elements) => Value::Array(elements.into_iter().map(ours).collect::<Result<_, _>>()?),
        Other::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, member)| Ok((name.into(), ours(member)?)))
                .collect::<Result<_, String>>()?,
        ),
        Other::BigInteger(_) | Other::BigDecimal(_) => return Err("a big number".to_owned()),
    })
}

#[test]
fn every_blob_reads_into_its_type() {
    let mut counts = BTreeMap::new();
    for content in every(|blob| read(blob).map(|()| blob.content)) {
        *counts.entry(content).or_insert(0_usize) += 1;
    }
    println!("{counts:?}");
    let least = |content, n| assert!(counts.get(&content).is_some_and(|count| *count >= n), "{content:?}: {counts:?}");
    least(Content::Root, 79);
    least(Content::Latest, 74);
    least(Content::List, 13);
    least(Content::ShardPaths, 138);
    least(Content::SnapshotInfo, 239);
    least(Content::GlobalMetadata, 239);
    least(Content::IndexMetadata, 711);
    least(Content::ShardSnapshot, 1564);
    least(Content::ShallowShardSnapshot, 52);
    least(Content::ShardGeneration, 536);
}

fn read(blob: &Blob) -> Result<(), String> {
    let bytes = &blob.bytes;
    match blob.content {
        Content::Root => {
            let root = Root::parse(bytes).map_err(text)?;
            if root.oddities.is_empty() { Ok(()) } else { Err(format!("{:?}", root.oddities)) }
        }
        Content::Latest => latest::parse(bytes).map(|_| ()).map_err(text),
        // Both are advisory and have no type of their own.
        Content::List if bytes.starts_with(lzf::MARK) => bare(&lzf::decode(bytes).map_err(text)?).map(|_| ()),
        Content::List => bare(bytes).map(|_| ()),
        Content::ShardPaths => read_note(blob),
        Content::SnapshotInfo => SnapshotInfo::parse(bytes).map(|_| ()).map_err(text),
        Content::GlobalMetadata => document(bytes, snaprepo_format::Kind::GlobalMetadata).map(|_| ()).map_err(text),
        Content::IndexMetadata => {
            let facts = IndexFacts::parse(bytes).map_err(text)?;
            let metadata = IndexMetadata::parse(bytes).map_err(text)?;
            if facts.name == metadata.name { Ok(()) } else { Err(format!("{} and {}", facts.name, metadata.name)) }
        }
        Content::ShardSnapshot => ShardSnapshot::parse(bytes).map(|_| ()).map_err(text),
        Content::ShallowShardSnapshot => ShallowShardSnapshot::parse(bytes).map(|_| ()).map_err(text),
        Content::ShardGeneration => {
            let generation = ShardGeneration::parse(bytes).map_err(text)?;
            let whole = generation.duplicates.is_empty() && generation.snapshots.iter().all(|s| s.dangling.is_empty());
            if whole { Ok(()) } else { Err("names a file twice, or one that it does not have".to_owned()) }
        }
    }
}

fn read_note(blob: &Blob) -> Result<(), String> {
    let folders = parse_note(&blob.bytes).map_err(text)?;
    let name = blob.path.rsplit('/').next().unwrap_or_default();
    let note = ShardPathsNote::parse_name(name).ok_or("is not the name of a note")?;
    let of_index = |folder: &snaprepo_codec::BlobPath| folder.components().any(|part| part == &*note.index_id);
    if usize::try_from(note.n_shards) == Ok(folders.len()) && folders.iter().all(of_index) {
        Ok(())
    } else {
        Err(format!("{note:?} names the folders {folders:?}"))
    }
}

#[test]
fn every_commit_names_the_files_of_its_shard_snapshot() {
    let checked = every(|blob| match blob.content {
        Content::ShardSnapshot => commit_of(&ShardSnapshot::parse(&blob.bytes).map_err(text)?).map(Some),
        _ => Ok(None),
    });
    let segments: Vec<usize> = checked.into_iter().flatten().collect();
    println!("{} commits with {} segments", segments.len(), segments.iter().sum::<usize>());
    assert!(segments.len() >= 1564);
    assert!(segments.iter().sum::<usize>() >= 4199);
}

/// Checks that commit and segment infos together name the files of the shard snapshot; returns how many segments.
fn commit_of(shard: &ShardSnapshot) -> Result<usize, String> {
    let inlined = |name: &str| {
        let file = shard.files.iter().find(|file| &*file.physical_name == name);
        file.ok_or_else(|| format!("no file {name}"))?.inlined().ok_or_else(|| format!("{name} is not inlined"))
    };
    let mut commits = shard.files.iter().map(|file| &*file.physical_name).filter(|name| is_commit_file(name));
    let (Some(commit_file), None) = (commits.next(), commits.next()) else {
        return Err("has not exactly one commit".to_owned());
    };
    let commit = Commit::parse(inlined(commit_file)?).map_err(text)?;
    let mut named = BTreeSet::from([commit_file.to_owned()]);
    for segment in &commit.segments {
        let info_file = segment.info_file();
        let info = SegmentInfo::parse(inlined(&info_file)?, &segment.codec).map_err(text)?;
        named.insert(info_file);
        named.extend(info.files);
        named.extend(segment.live_docs_file(&commit));
        named.extend(segment.update_files.iter().cloned());
    }
    let listed: BTreeSet<String> = shard.files.iter().map(|file| file.physical_name.to_string()).collect();
    if named == listed {
        return Ok(commit.segments.len());
    }
    let only_named: Vec<_> = named.difference(&listed).collect();
    let only_listed: Vec<_> = listed.difference(&named).collect();
    Err(format!("only in the commit: {only_named:?}, only in the shard snapshot: {only_listed:?}"))
}

fn bare(json: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(json).map_err(text)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
