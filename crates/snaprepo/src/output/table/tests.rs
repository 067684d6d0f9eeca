//! Tables at several widths.

use super::*;

fn table() -> Table {
    let mut table = Table::new([("NAME", Align::Flexible), ("STATE", Align::Left), ("SIZE", Align::Right)]);
    table.row(["nightly-2026.11.04-with-a-long-name".to_owned(), "SUCCESS".to_owned(), "1.0 GiB".to_owned()]);
    table.row(["ü".to_owned(), "PARTIAL".to_owned(), "9 B".to_owned()]);
    table
}

#[test]
fn wide() {
    let text = table().render(usize::MAX);
    assert_eq!(text.lines().nth(2), Some("ü                                    PARTIAL      9 B"));
}

#[test]
fn narrow_tables_cut_what_may_be_cut() {
    let text = table().render(40);
    assert!(text.lines().all(|line| line.width() <= 40), "{text}");
    assert!(text.contains("nightly-2026.11.04-wi…"), "{text}");
    // Never narrower than the columns that may not be cut.
    assert!(table().render(5).contains("SUCCESS"));
}

#[test]
fn optional_columns_go_last_first() {
    let text = table().optional(2).render(22);
    assert_eq!(text.lines().next(), Some("NAME          STATE"));
    assert_eq!(table().optional(2).render(usize::MAX), table().render(usize::MAX));
}
