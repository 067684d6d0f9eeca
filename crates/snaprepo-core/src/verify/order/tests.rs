//! Late findings end up where a full listing would have put them.

use super::*;
use crate::verify::FindingKind;

fn finding(message: &str) -> Finding {
    Finding::new(FindingKind::BlobLengthMismatch, message)
}

#[test]
fn late_findings_are_merged_by_the_position_of_their_files() {
    // Two findings before, those of files 2 and 5 (two parts), and one behind.
    let findings = ["table", "list", "file 2", "file 5a", "file 5b", "extra"].map(finding).to_vec();
    let mut parts = PartFindings::default();
    for (position, from, to) in [(0, 2, 2), (1, 2, 2), (2, 2, 3), (3, 3, 3), (4, 3, 3), (5, 3, 5), (6, 5, 5)] {
        parts.note(position, from, to);
    }
    let late = [0, 1, 3, 4, 6].map(|position| (position, finding(&format!("file {position}")))).to_vec();
    let merged = parts.merge(findings, late);
    let messages: Vec<&str> = merged.iter().map(|finding| &*finding.message).collect();
    assert_eq!(
        messages,
        ["table", "list", "file 0", "file 1", "file 2", "file 3", "file 4", "file 5a", "file 5b", "file 6", "extra"]
    );
}
