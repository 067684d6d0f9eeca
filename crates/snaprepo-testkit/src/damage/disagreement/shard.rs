//! Disagreements inside a shard: between its table, its file lists, its commits and its data.

use snaprepo_codec::{BlobPath, base36, value::Value};
use snaprepo_format::{FileInfo, FileName, Kind, root::ShardGen};
use snaprepo_lucene::is_commit_file;

use super::{Disagreement, NOBODY, Named, named};
use crate::damage::{
    Editor,
    edit::{Shard, array, object},
    place::chosen,
};

/// A shard, with what the disagreements change.
struct Parts<'a> {
    editor: &'a Editor,
    shard: &'a Shard,
    /// The list that is changed, and the name of its snapshot.
    list: &'a BlobPath,
    snapshot: Box<str>,
    /// A file of that list with data blobs.
    data: &'a FileInfo,
}

pub(super) fn make(disagreement: Disagreement, editor: &Editor) -> Option<Named> {
    let shards = editor.shards();
    let shard = chosen(&shards)?;
    let (snapshot, list, content) = shard.lists.first()?;
    let data = content.files.iter().find(|file| file.parts().is_some() && file.meta_hash.is_none())?;
    let snapshot = editor.repository().root.snapshot_entry(*snapshot).name.clone();
    let parts = Parts { editor, shard, list, snapshot, data };
    match disagreement {
        Disagreement::LostShardFolder => {
            editor.remove_folder(&shard.folder);
            named(editor, &shard.folder)
        }
        Disagreement::UnnamedTable | Disagreement::NumberedTable | Disagreement::NumberInRoot => {
            parts.renamed_table(disagreement)
        }
        Disagreement::ListOfOtherSnapshot
        | Disagreement::NoCommit
        | Disagreement::BrokenCommit
        | Disagreement::FileOfCommitNotListed
        | Disagreement::FileNotInCommit
        | Disagreement::EntriesOfListsDiffer => parts.edit_list(disagreement),
        Disagreement::ExtraPartOfFile => {
            let name = data.parts()?.name;
            let path = shard.folder.join(&format!("{name}.part999")).ok()?;
            editor.write(&path, b"part");
            named(editor, &path)
        }
        Disagreement::CorruptInlinedFile | Disagreement::OtherInlinedCopy => parts.edit_inlined(disagreement),
        Disagreement::FootlessFile => parts.footless(),
        _ => parts.edit_table(disagreement),
    }
}

impl Parts<'_> {
    fn renamed_table(&self, disagreement: Disagreement) -> Option<Named> {
        let repository = self.editor.repository();
        let entry = repository.root.index_entry(self.shard.index);
        let position = usize::try_from(self.shard.shard).ok()?;
        let (Some(ShardGen::Named(_)), Some(table)) = (entry.shard_generations.get(position), &self.shard.table) else {
            return None;
        };
        let new = if disagreement == Disagreement::NumberInRoot { Value::from("5") } else { Value::Null };
        self.editor.edit_root(|root| {
            for (name, index) in object(root, "indices") {
                if **name == *entry.name {
                    array(index, "shard_generations")[position] = new.clone();
                }
            }
        });
        if disagreement != Disagreement::UnnamedTable {
            self.editor.rename(table, &self.shard.folder.join("index-5").ok()?);
        }
        named(self.editor, &repository.root_path()?)
    }

    fn edit_list(&self, disagreement: Disagreement) -> Option<Named> {
        let is_commit = |file: &Value| file.get("physical_name").and_then(Value::as_str).is_some_and(is_commit_file);
        let is_shared = self.shard.users(self.data.name).len() > 1;
        if disagreement == Disagreement::EntriesOfListsDiffer && !is_shared {
            return None;
        }
        self.editor.edit(self.list, Kind::ShardSnapshot, |list| match disagreement {
            Disagreement::ListOfOtherSnapshot => *list.get_mut("name").expect("lists have a name") = "ghost".into(),
            Disagreement::NoCommit => array(list, "files").retain(|file| !is_commit(file)),
            Disagreement::BrokenCommit => {
                let commit = array(list, "files").iter_mut().find(|file| is_commit(file));
                if let Some(hash) = commit.and_then(|commit| commit.get_mut("meta_hash")) {
                    spoil(hash, Bytes::Zeroed);
                }
            }
            Disagreement::FileOfCommitNotListed => array(list, "files").retain(|file| !self.is_data(file)),
            Disagreement::FileNotInCommit => {
                let mut stray = self.entry(array(list, "files")).clone();
                rename(&mut stray, "name", &self.ghost());
                rename(&mut stray, "physical_name", "_zzz.cfs");
                array(list, "files").push(stray);
            }
            _ => longer(self.entry(array(list, "files"))),
        });
        if disagreement == Disagreement::EntriesOfListsDiffer {
            Some(Named::Any)
        } else {
            named(self.editor, self.list)
        }
    }

    fn edit_table(&self, disagreement: Disagreement) -> Option<Named> {
        let path = self.shard.table.as_ref()?;
        let (document, _) = self.editor.document(path, Kind::ShardGeneration);
        let of_snapshot = document.get("snapshots")?.get(&self.snapshot)?;
        let listed = of_snapshot.get("files")?.elements();
        let others = document.get("files")?.elements().iter().filter_map(|file| file.get("name"));
        let not_listed = others.into_iter().find(|name| !listed.contains(name)).cloned();
        match disagreement {
            Disagreement::FileNotInList => {
                not_listed.as_ref()?;
            }
            Disagreement::OtherShardState => {
                of_snapshot.get("shard_state_id")?;
            }
            Disagreement::SnapshotNotInTable
            | Disagreement::UnknownSnapshotInTable
            | Disagreement::FileNotInTable
            | Disagreement::OtherEntryInTable
            | Disagreement::DanglingReference
            | Disagreement::UnusedEntry
            | Disagreement::EntryTwiceInTable => {}
            _ => return None,
        }
        let data = Value::from(&*self.data.name.to_string());
        self.editor.edit(path, Kind::ShardGeneration, |table| {
            let files = array(table, "files");
            match disagreement {
                Disagreement::OtherEntryInTable => return longer(self.entry(files)),
                Disagreement::UnusedEntry => {
                    let mut unused = files[0].clone();
                    rename(&mut unused, "name", &self.ghost());
                    return files.push(unused);
                }
                Disagreement::EntryTwiceInTable => return files.push(files[0].clone()),
                _ => {}
            }
            let snapshots = object(table, "snapshots");
            match disagreement {
                Disagreement::SnapshotNotInTable => return snapshots.retain(|(name, _)| **name != *self.snapshot),
                Disagreement::UnknownSnapshotInTable => {
                    let entry = Value::object([("files", Value::Array(Vec::new()))]);
                    return snapshots.push(("ghost".into(), entry));
                }
                _ => {}
            }
            let entry = snapshots.iter_mut().find(|(name, _)| **name == *self.snapshot).map(|(_, entry)| entry);
            let entry = entry.expect("the table has it, as was seen above");
            match disagreement {
                Disagreement::FileNotInTable => array(entry, "files").retain(|name| *name != data),
                Disagreement::FileNotInList => array(entry, "files").extend(not_listed),
                Disagreement::DanglingReference => array(entry, "files").push(Value::from(&*self.ghost())),
                _ => rename(entry, "shard_state_id", "other"),
            }
        });
        let is_of_list = matches!(disagreement, Disagreement::FileNotInTable | Disagreement::OtherEntryInTable);
        match disagreement {
            // Each snapshot that has the file disagrees.
            Disagreement::OtherEntryInTable => Some(Named::Any),
            _ => named(self.editor, if is_of_list { self.list } else { path }),
        }
    }

    /// Changes the copy of a file inside the metadata, in all of them.
    fn edit_inlined(&self, disagreement: Disagreement) -> Option<Named> {
        let is_virtual = disagreement == Disagreement::CorruptInlinedFile;
        let files = || self.shard.lists.iter().flat_map(|(_, _, list)| &list.files);
        let file = files().find(|file| file.meta_hash.is_some() && file.parts().is_none() == is_virtual)?;
        let change = |files: &mut Vec<Value>| {
            for entry in files.iter_mut().filter(|entry| is_entry_of(entry, file)) {
                if let Some(hash) = entry.get_mut("meta_hash") {
                    spoil(hash, Bytes::OneOther);
                }
            }
        };
        for (_, path, _) in &self.shard.lists {
            self.editor.edit(path, Kind::ShardSnapshot, |list| change(array(list, "files")));
        }
        if let Some(table) = &self.shard.table {
            self.editor.edit(table, Kind::ShardGeneration, |table| change(array(table, "files")));
        }
        let Some(parts) = file.parts() else {
            let first = *self.shard.users(file.name).first()?;
            let (_, list, _) = self.shard.lists.iter().find(|(snapshot, _, _)| *snapshot == first)?;
            return named(self.editor, list);
        };
        named(self.editor, &self.shard.folder.join(&parts.blob_name(0)).ok()?)
    }

    /// Takes the footer of a file away, and all that says that it must have one.
    fn footless(&self) -> Option<Named> {
        let parts = self.data.parts().filter(|parts| parts.n_parts == 1)?;
        let path = self.shard.folder.join(&parts.blob_name(0)).ok()?;
        let mut bytes = std::fs::read(self.editor.file(&path)).ok()?;
        let len = bytes.len();
        bytes.get_mut(len.checked_sub(16)?..)?.fill(0);
        self.editor.write(&path, &bytes);
        let checksum = base36::encode(adler32(&bytes).into());
        let change = |files: &mut Vec<Value>| {
            for entry in files.iter_mut().filter(|entry| is_entry_of(entry, self.data)) {
                rename(entry, "written_by", "4.7.0");
                rename(entry, "checksum", &checksum);
            }
        };
        for (_, list, _) in &self.shard.lists {
            self.editor.edit(list, Kind::ShardSnapshot, |list| change(array(list, "files")));
        }
        if let Some(table) = &self.shard.table {
            self.editor.edit(table, Kind::ShardGeneration, |table| change(array(table, "files")));
        }
        named(self.editor, &path)
    }

    fn is_data(&self, entry: &Value) -> bool {
        is_entry_of(entry, self.data)
    }

    fn entry<'v>(&self, files: &'v mut [Value]) -> &'v mut Value {
        files.iter_mut().find(|entry| self.is_data(entry)).expect("the file was taken from there")
    }

    /// A name for a file that is not there.
    fn ghost(&self) -> String {
        match self.data.name {
            FileName::Data(snaprepo_format::DataName::Counter(_)) => "__zzz".to_owned(),
            _ => format!("__{NOBODY}"),
        }
    }
}

fn is_entry_of(entry: &Value, file: &FileInfo) -> bool {
    entry.get("name").and_then(Value::as_str).and_then(FileName::parse) == Some(file.name)
}

fn longer(entry: &mut Value) {
    if let Some(Value::Int(len)) = entry.get_mut("length") {
        *len += 1;
    }
}

fn rename(entry: &mut Value, key: &str, new: &str) {
    if let Some(text) = entry.get_mut(key) {
        *text = new.into();
    }
}

/// Other inlined bytes of the same length.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bytes {
    Zeroed,
    /// One byte differs: in Base64 text, which only Elasticsearch 1 has, the first, else the last.
    OneOther,
}

fn spoil(hash: &mut Value, how: Bytes) {
    match (hash, how) {
        (Value::Bytes(bytes), Bytes::Zeroed) => bytes.fill(0),
        (Value::Bytes(bytes), Bytes::OneOther) => {
            if let Some(last) = bytes.last_mut() {
                *last ^= 0x80;
            }
        }
        (Value::Str(text), Bytes::Zeroed) => *text = text.replace(|letter| letter != '=', "A").into(),
        (Value::Str(text), Bytes::OneOther) => *text = format!("Q{}", text.get(1..).unwrap_or_default()).into(),
        _ => {}
    }
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}
