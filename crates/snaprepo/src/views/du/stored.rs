//! What a bucket says of its objects, and keeps beside them.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Layout;
use crate::output::{
    table::{Align, Table},
    units::{count, counted},
};

/// Objects of one storage class.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StoredClassRow {
    /// The class or tier in the service's own word; `usual` where the listing does not tell.
    pub class: String,
    /// How many.
    pub blobs: u64,
    /// Their lengths.
    pub size_in_bytes: u64,
    /// Whether nothing can be read of it before it was restored.
    pub is_archive: bool,
}

/// What a bucket keeps beside the objects that it shows.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct BesideView {
    /// Versions that were replaced or deleted.
    pub replaced_versions: u64,
    /// Their lengths.
    pub replaced_size_in_bytes: u64,
    /// Markers of deletes.
    pub delete_markers: u64,
    /// Uploads in parts that were never finished.
    pub unfinished_uploads: u64,
    /// Bytes of their parts.
    pub unfinished_size_in_bytes: u64,
}

pub(super) fn classes(rows: &[StoredClassRow], layout: &Layout) -> String {
    let mut table = Table::new([
        ("STORAGE CLASS", Align::Left),
        ("BLOBS", Align::Right),
        ("SIZE", Align::Right),
        ("SHARE", Align::Right),
        ("", Align::Left),
    ]);
    let total = rows.iter().fold(0_u64, |sum, row| sum.saturating_add(row.size_in_bytes));
    for row in rows {
        let note = if row.is_archive { "archived: restore before reading" } else { "" };
        table.row([
            row.class.clone(),
            count(row.blobs),
            layout.units.size(row.size_in_bytes),
            super::share(row.size_in_bytes, total),
            note.to_owned(),
        ]);
    }
    table.render(layout.width)
}

pub(super) fn beside(view: &BesideView, layout: &Layout) -> String {
    let size = |bytes| layout.units.size(bytes);
    format!(
        "beside them: {} in {}, {}, {} in {}\n",
        size(view.replaced_size_in_bytes),
        counted(view.replaced_versions, "replaced version"),
        counted(view.delete_markers, "delete marker"),
        size(view.unfinished_size_in_bytes),
        counted(view.unfinished_uploads, "unfinished upload"),
    )
}
