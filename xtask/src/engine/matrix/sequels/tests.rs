//! The table names what there is.

use std::{collections::BTreeSet, path::Path};

use snaprepo_lab::case::{Data, Plot};

use super::*;

#[test]
fn every_row_can_be_written() {
    for row in &SEQUELS {
        let (release, case) = (Release::find(row.release).unwrap(), Case::find(row.case).unwrap());
        assert_eq!(release.to_string(), row.release);
        case.check(release, Some(Path::new("from"))).unwrap();
        let (from, first) = (Release::find(row.from_release).unwrap(), Case::find(row.from_case).unwrap());
        assert_eq!(from.to_string(), row.from_release);
        first.check(from, None).unwrap();
        assert_eq!(first.plot, Plot::Full);
        // Its data come along, and any node of the later release finds them.
        assert_eq!((first.data, first.node_settings), (Data::Copied, [].as_slice()));
    }
}

#[test]
fn every_row_has_a_folder_of_its_own() {
    let folders: BTreeSet<_> = SEQUELS.iter().map(|row| (row.release, row.case)).collect();
    assert_eq!(folders.len(), SEQUELS.len());
}
