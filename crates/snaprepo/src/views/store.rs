//! The answers of `store`: blobs as they are.

use schemars::JsonSchema;
use serde::Serialize;
use snaprepo_cloud::{StoredBlob, Upload, Version};
use snaprepo_store::{Entry, OddEntry};

use super::{Layout, View, facts};
use crate::output::{
    table::{Align, Table},
    units::{Units, clean, count},
};

/// Something in a store.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct BlobRow {
    /// Its path, from the folder that was asked for.
    pub name: String,
    /// `blob`, `folder`, `version` (not the current one), `delete-marker`, `upload` (unfinished), `odd`.
    pub kind: &'static str,
    /// Its length; of an upload, that of its parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_in_bytes: Option<u64>,
    /// When it was written, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_in_millis: Option<i64>,
    /// Its storage class, where the listing tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The id of a version or an upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl BlobRow {
    /// An entry of a folder.
    pub(crate) fn of_entry(name: &str, entry: Entry<'_>) -> Self {
        let row = Self { name: name.to_owned(), ..Self::default() };
        match entry {
            Entry::Blob { len_bytes, modified_millis, .. } => {
                Self { kind: "blob", size_in_bytes: Some(len_bytes), modified_in_millis: modified_millis, ..row }
            }
            Entry::Folder { .. } => Self { kind: "folder", ..row },
            Entry::Odd { what, .. } => {
                let what = match what {
                    OddEntry::NotUtf8 => "name is not UTF-8",
                    OddEntry::Link => "link",
                    OddEntry::Special => "special",
                };
                Self { kind: "odd", class: Some(what.to_owned()), ..row }
            }
        }
    }

    /// A blob with its storage class.
    pub(crate) fn of_stored(blob: StoredBlob) -> Self {
        Self {
            name: blob.key,
            kind: "blob",
            size_in_bytes: Some(blob.len_bytes),
            modified_in_millis: blob.modified_millis,
            class: blob.class,
            id: None,
        }
    }

    /// A version, current or not.
    pub(crate) fn of_version(version: Version) -> Self {
        let kind = match (version.is_delete_marker, version.is_latest) {
            (true, _) => "delete-marker",
            (false, true) => "blob",
            (false, false) => "version",
        };
        Self { kind, id: Some(version.id), ..Self::of_stored(version.blob) }
    }

    /// An unfinished upload.
    pub(crate) fn of_upload(upload: Upload) -> Self {
        Self {
            name: upload.key,
            kind: "upload",
            size_in_bytes: Some(upload.len_bytes),
            modified_in_millis: upload.begun_millis,
            class: None,
            id: Some(upload.id),
        }
    }

    /// For people: size, time, what it is, name.
    pub(crate) fn line(&self, units: &Units) -> String {
        let size = self.size_in_bytes.map_or_else(|| "-".to_owned(), |bytes| units.size(bytes));
        let time = self.modified_in_millis.map_or_else(|| "-".to_owned(), |millis| units.time(millis));
        let kind = if self.kind == "blob" { "" } else { self.kind };
        let class = self.class.as_deref().unwrap_or_default();
        let more = [kind, class].iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ");
        let slash = if self.kind == "folder" { "/" } else { "" };
        format!("{size:>12}  {time:<19}  {:<14}  {}{slash}\n", clean(&more), clean(&self.name))
    }
}

/// A blob, looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StatView {
    /// Its location.
    pub location: String,
    /// Its length.
    pub size_in_bytes: u64,
    /// When it was written, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_in_millis: Option<i64>,
}

impl View for StatView {
    fn text(&self, layout: &Layout) -> String {
        let modified = self.modified_in_millis;
        facts(&[
            ("blob", self.location.clone()),
            ("size", format!("{} ({} bytes)", layout.units.size(self.size_in_bytes), count(self.size_in_bytes))),
            (
                "modified",
                modified
                    .map_or_else(String::new, |at| format!("{} {}", layout.units.time(at), layout.units.zone_name())),
            ),
        ])
    }
}

/// What a folder comes to.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DuView {
    /// One row for each folder directly below; `.` for the blobs directly in it.
    pub folders: Vec<DuRow>,
    /// All of it.
    pub total: DuRow,
}

/// Sums.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct DuRow {
    /// The folder.
    pub name: String,
    /// Blobs.
    pub n_blobs: u64,
    /// Their bytes.
    pub size_in_bytes: u64,
    /// Versions that are not current, delete markers, and unfinished uploads.
    pub n_hidden: u64,
    /// Their bytes: paid for, too.
    pub hidden_in_bytes: u64,
}

impl DuRow {
    /// Adds something.
    pub(crate) fn add(&mut self, row: &BlobRow) {
        let bytes = row.size_in_bytes.unwrap_or(0);
        let (n, sum) = match row.kind {
            "blob" => (&mut self.n_blobs, &mut self.size_in_bytes),
            "folder" | "odd" => return,
            _ => (&mut self.n_hidden, &mut self.hidden_in_bytes),
        };
        *n += 1;
        *sum = sum.saturating_add(bytes);
    }
}

impl View for DuView {
    fn text(&self, layout: &Layout) -> String {
        let has_hidden = self.total.n_hidden > 0;
        let mut table = Table::new([
            ("SIZE", Align::Right),
            ("BLOBS", Align::Right),
            ("HIDDEN SIZE", Align::Right),
            ("HIDDEN", Align::Right),
            ("FOLDER", Align::Flexible),
        ]);
        let rows = if layout.quiet { &[] } else { self.folders.as_slice() };
        for row in rows.iter().chain([&self.total]) {
            table.row([
                layout.units.size(row.size_in_bytes),
                count(row.n_blobs),
                layout.units.size(row.hidden_in_bytes),
                count(row.n_hidden),
                row.name.clone(),
            ]);
        }
        let table = if has_hidden { table } else { table.without("HIDDEN SIZE").without("HIDDEN") };
        table.render(layout.width)
    }
}
