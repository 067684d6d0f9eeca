//! The JSON Schemas of every answer, made from the types themselves.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};

use super::{
    cat_blob, change, compat, diff, discover, doctor, du, find, gc, info, list, ls, repair, report, show, status,
    store, verify,
};
use crate::output::page::Envelope;

/// Name of each answer and its schema.
#[must_use]
pub fn schemas() -> Vec<(&'static str, Schema)> {
    fn of<B: JsonSchema>() -> Schema {
        // What is written, not what would be read: fields without a value are left out.
        let settings = SchemaSettings::draft2020_12().for_serialize();
        settings.into_generator().into_root_schema_for::<Envelope<'static, B>>()
    }
    vec![
        ("cat-blob", of::<cat_blob::CatBlobView>()),
        ("change", of::<change::ChangeView>()),
        ("compat", of::<compat::CompatView>()),
        ("diff-listing", of::<diff::ListingDiffView>()),
        ("diff-repositories", of::<diff::RepositoryDiffView>()),
        ("diff-snapshots", of::<diff::SnapshotDiffView>()),
        ("discover", of::<discover::DiscoverView>()),
        ("doctor", of::<doctor::DoctorView>()),
        ("du", of::<du::DuView>()),
        ("find", of::<find::FindView>()),
        ("gc", of::<gc::GcView>()),
        ("info", of::<info::InfoView>()),
        ("list", of::<list::ListView>()),
        ("ls", of::<ls::LsView>()),
        ("repair", of::<repair::RepairView>()),
        ("report", of::<report::ReportView>()),
        ("show", of::<show::ShowView>()),
        ("show-document", of::<show::DocumentView>()),
        ("status", of::<status::StatusView>()),
        ("store-du", of::<store::DuView>()),
        ("store-stat", of::<store::StatView>()),
        ("undo", of::<change::UndoView>()),
        ("verify", of::<verify::VerifyView>()),
    ]
}
